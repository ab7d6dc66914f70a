"""Simulated jobs of a gate: decided, posted, applied; and what is learnt."""

from __future__ import annotations

from otto_bot.agents.rules import money_decision, rules_decision
from otto_bot.bench.simulate.jobs.case import Case, Steps
from otto_bot.bench.simulate.jobs.pilot import decided, evidence_of
from otto_bot.bench.simulate.jobs.telling import gate_says
from otto_bot.bench.simulate.rules import hold
from otto_bot.core import events as e
from otto_bot.core import policy
from otto_bot.core.decision import Decision, Learning
from otto_bot.core.events import RunEvent
from otto_bot.core.evidence import EvidenceItem
from otto_bot.core.gate_account import Shadow
from otto_bot.core.machine import reduce
from otto_bot.core.reviewing import gate_surface
from otto_bot.core.run import Gate, GateState
from otto_bot.core.surfaces import gate_digest


def gate(case: Case) -> Steps[list[RunEvent]]:
    """The gate opens at once; then rules, pilot or replan decide, paid call by call."""
    run = case.record(e.GateOpened(at=case.now, gate=case.effect.gate))
    found = run.gate
    if found is None or found.number != case.effect.gate or found.state is not GateState.OPENED:
        return []
    yield 1.0
    items = evidence_of(found)
    facts = policy.facts_for(run, found, items)
    if not facts.open_failures:
        return [_made(case, found, items, rules_decision(facts, "one move each", serial=False))]
    name = f"run/{run.id}/pilot/h{run.rests}/g{found.number}"
    if not (yield from case.paid(name)):
        return [_made(case, found, items, money_decision(facts, "no money"))]
    made, shadow = decided(case.dice, facts, run.config.pilot, case.world.faults.work)
    return [_made(case, found, items, made.model_copy(update={"learnings": (Learning(text="x"),)}), shadow)]


def _made(
    case: Case, found: Gate, items: dict[str, EvidenceItem], made: Decision, shadow: Shadow | None = None
) -> RunEvent:
    stands = case.world.shelf.proposed(case.dice) if made.learnings else ()
    return e.DecisionMade(
        at=case.now, gate=found.number, decision=made, evidence=tuple(items.values()), calls=1, usd=0.01,
        learnings=stands, shadow=shadow,
    )  # fmt: skip


def post_decision(case: Case) -> Steps[list[RunEvent]]:
    """From here on the decision may count."""
    run, begun = case.run, case.now
    found = run.gate
    if found is None or (found.number, found.revision) != (case.effect.gate, case.effect.number):
        return []
    hold(1, run.pull_request is not None, "there is no pull request to post a decision on")
    where, surface = run.pull_request or 0, gate_surface(found)
    says = gate_says(case, run, found)
    number = yield from case.write(lambda: case.github.upsert(f"{run.id}/{surface}", where, says))
    case.world.first_told.setdefault((run.id, found.number, found.revision), case.now)
    posted = e.DecisionPosted(
        at=case.now, gate=found.number, revision=found.revision, comment_id=number, begun_at=begun
    )
    after = reduce(run, posted) or run
    digest = gate_digest(after, after.gate or found)
    return [posted, e.Published(at=case.now, surface=surface, digest=digest, github_id=number)]


def apply(case: Case) -> Steps[list[RunEvent]]:
    """Grace has passed, or a person said yes; the state machine checks it again."""
    found = case.run.gate
    yield 0.1
    if found is None or (found.number, found.revision) != (case.effect.gate, case.effect.number):
        return []
    if found.state not in (GateState.POSTED, GateState.APPROVED):
        return []
    return [e.DecisionApplied(at=case.now, gate=found.number, revision=found.revision)]


def learn(case: Case) -> Steps[list[RunEvent]]:
    """Uses of learnings, and people's words about them, go onto the shelf that outlives the run."""
    yield 0.1
    return [case.world.shelf.written(case.run, case.now)]
