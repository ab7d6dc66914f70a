"""Whatever is decided, and by whomever: rules 1 to 9 and the invariants hold, and a decision is applied whole, once."""

import random

from core_builders import T0, at, fold, said
from core_gates import facts_of, good_answer, random_gate, spoiled
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from otto_bot.agents.rules import rules_decision
from otto_bot.core import events as e
from otto_bot.core.attempt import MOVING, TaskState
from otto_bot.core.decision import REOPENING, Action, Decider, Decision, PilotDecision, settle
from otto_bot.core.gates import apply, fits
from otto_bot.core.invariants import broken
from otto_bot.core.plan import Relation, order_problems
from otto_bot.core.run import Run, RunPhase
from otto_bot.core.validation import RULES, validate

MANY = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
DICE = st.randoms(use_true_random=False)
OPEN = {TaskState.PENDING, TaskState.REOPENED}


def opened(dice: random.Random) -> Run:
    run = random_gate(dice)
    assume(run is not None)
    assert run is not None
    return run


def through(run: Run, decision: Decision) -> Run:
    """Made, posted, approved, applied: by the events alone. `reduce` checks every invariant on the way."""
    run = fold(run, e.DecisionMade(at=T0, gate=1, decision=decision))
    revision = run.gates[0].revision
    if not revision:
        return run
    run = fold(run, e.DecisionPosted(at=at(1), gate=1, revision=revision, comment_id=9))
    run = fold(run, said(f"/otto approve r{revision}", seconds=2))
    return fold(run, e.DecisionApplied(at=at(3), gate=1, revision=revision))


def holds(before: Run, after: Run, decision: Decision) -> None:
    """What is true of every run after a decision."""
    assert broken(after) == ()
    assert tuple(after.tasks) == tuple(before.tasks)
    assert after.plan == before.plan
    assert after.plan is not None
    flat = [key for batch in after.order for key in batch]
    assert len(flat) == len(set(flat))
    if after.phase is RunPhase.EXECUTING and after.outcome is None:
        assert {key for key, task in after.tasks.items() if task.state in OPEN} <= set(flat)
    for batch in after.order:
        assert not [pair for pair in after.plan.apart() if pair <= set(batch)], "they may not share a batch"
    out = {m.task for m in decision.moves if m.action not in REOPENING | {Action.RERUN}}
    out |= {skip.task for skip in decision.skips}
    for key, task in before.tasks.items():
        later = after.tasks[key]
        if task.state is TaskState.MERGED:
            assert later.state is TaskState.MERGED
        if later.state is TaskState.FAILED:
            assert task.state is TaskState.FAILED, "nobody fails by a decision"
        needs = after.plan.depends()[key]
        if task.state in OPEN and needs & {k for k in out if after.tasks[k].state is not TaskState.MERGED}:
            assert later.state in (TaskState.BLOCKED, TaskState.SKIPPED), "what depends on it is blocked"
    assert after.gates[0].failures == before.gates[0].failures


@MANY
@given(DICE)
def test_an_answer_that_keeps_the_rules_may_stand_and_is_carried_out(dice: random.Random) -> None:
    run = opened(dice)
    facts = facts_of(run)
    raw = PilotDecision.model_validate(good_answer(facts, dice))
    assert validate(raw, facts) == ()
    decision = settle(raw, facts)
    assert run.gate is not None
    assert fits(run, run.gate, decision)
    after = through(run, decision)
    assert after.gates[0].state == "applied"
    holds(run, after, decision)
    for move in decision.moves:
        state = after.tasks[move.task].state
        if move.action in REOPENING:
            assert state in (TaskState.REOPENED, TaskState.BLOCKED)
            assert after.tasks[move.task].next_gate == 1
        if move.action is Action.RERUN:
            assert state in MOVING | {TaskState.ASKED, TaskState.FAILED}


@MANY
@given(DICE)
def test_the_rules_alone_always_give_a_decision_that_may_stand(dice: random.Random) -> None:
    run = opened(dice)
    for serial in (True, False):
        decision = rules_decision(facts_of(run), "no model", serial=serial)
        assert run.gate is not None
        assert fits(run, run.gate, decision)
        holds(run, through(run, decision), decision)


@MANY
@given(DICE)
def test_a_spoiled_answer_is_judged_and_never_raises(dice: random.Random) -> None:
    """Whoever would make a decision of it in spite of that: nothing happens, or nothing that breaks an invariant."""
    run = opened(dice)
    facts = facts_of(run)
    raw = PilotDecision.model_validate(spoiled(good_answer(facts, dice), facts, dice))
    found = validate(raw, facts)
    decision = settle(raw, facts)
    gate = run.gate
    assert gate is not None
    named = [key for batch in decision.batches for key in batch]
    if {m.task for m in decision.moves} != set(gate.tasks) or order_problems(facts.plan, decision.batches, named, ()):
        assert found or not decision.batches
    after = through(run, decision)
    if after.gates[0].state == "applied":
        assert fits(run, gate, decision)
        holds(run, after, decision)
    else:
        assert after == run
        assert found


@MANY
@given(DICE)
def test_applying_anything_is_total_and_applying_it_twice_is_once(dice: random.Random) -> None:
    run = opened(dice)
    facts = facts_of(run)
    answer = good_answer(facts, dice)
    raw = PilotDecision.model_validate(answer if dice.random() < 0.5 else spoiled(answer, facts, dice))
    decision = settle(raw, facts, dice.choice(list(Decider)))
    gate = run.gate
    assert gate is not None
    once = apply(decision, run, gate)
    assert apply(decision, once, gate) == once
    assert apply(decision, once, once.gates[0]) == once
    if once != run:
        holds(run, once, decision)


@MANY
@given(DICE)
def test_a_contradiction_stays_in_the_plan_and_out_of_any_batch(dice: random.Random) -> None:
    run = opened(dice)
    assert run.plan is not None
    pairs = {frozenset({r.a, r.b}) for r in run.plan.relations if r.kind is Relation.CONTRADICTORY}
    assume(pairs)
    after = through(run, rules_decision(facts_of(run), "why", serial=False))
    assert after.plan is not None
    assert {frozenset({r.a, r.b}) for r in after.plan.relations if r.kind is Relation.CONTRADICTORY} == pairs
    assert not [pair for batch in after.order for pair in pairs if pair <= set(batch)]


@MANY
@given(DICE)
def test_a_skip_by_a_machine_waits_for_a_person(dice: random.Random) -> None:
    """No time that passes applies it; also not after a person changed something else."""
    run = opened(dice)
    facts = facts_of(run)
    decision = settle(PilotDecision.model_validate(good_answer(facts, dice)), facts)
    left_out = [m.task for m in decision.moves if m.action is Action.SKIP] + [skip.task for skip in decision.skips]
    assume(left_out)
    run = fold(run, e.DecisionMade(at=T0, gate=1, decision=decision))
    if dice.random() < 0.5:
        other = [m.task for m in decision.moves if m.task not in left_out]
        assume(other)
        run = fold(run, said(f"/otto retry {other[0]} -- use dicts", seconds=1))
    revision = run.gates[0].revision
    run = fold(run, e.DecisionPosted(at=at(2), gate=1, revision=revision, comment_id=9))
    assert run.gates[0].deadline is None
    late = fold(run, e.DecisionApplied(at=at(10**6), gate=1, revision=revision))
    assert late.tasks == run.tasks


@MANY
@given(DICE, st.binary(max_size=300))
def test_no_rule_raises_on_any_answer_of_the_right_shape(dice: random.Random, noise: bytes) -> None:
    run = opened(dice)
    facts = facts_of(run)
    text = noise.decode("latin-1")
    raw = PilotDecision.model_validate({
        "failure_analysis": [{"task": text, "class": "code", "summary": text[:300] or "s",
                              "citations": [{"evidence": text[:8], "quote": text[:600] or "q"}]}],
        "cross_task": [{"tasks": [text, "t1"], "finding": text or "f"}],
        "retry_strategies": [{"task": text, "action": text, "guidance": text, "reason": text, "question": text}],
        "routed_context": [{"target_task": text, "context": text or "c"}],
        "skip_tasks": [{"task": text, "reason": text or "r"}],
        "new_learnings": [{"text": text or "l", "scope": text[:200]}],
        "batches": [[text, "t1"], [text]],
    })  # fmt: skip
    for rule in RULES:
        assert isinstance(list(rule(raw, facts)), list)
    assert validate(raw, facts)
