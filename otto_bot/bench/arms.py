"""The arms of a bench: who decides at a gate, and what a run without a decider does there."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from otto_bot.agents.rules import rules_decision
from otto_bot.bench.options import BLIND, LIVE, NONE, PILOT, RULES
from otto_bot.core.attempt import Task, TaskState
from otto_bot.core.decision import Action, Decider, Decision, Move, dependents
from otto_bot.core.effects import Effect
from otto_bot.core.events import DecisionMade, GateOpened, RunEvent
from otto_bot.core.plan import batches
from otto_bot.core.run import Gate, GateState, Run
from otto_bot.core.values import Frozen
from otto_bot.jobs.context import Context
from otto_bot.jobs.gate_request import request_for
from otto_bot.jobs.run_pilot import run_pilot
from otto_bot.store.effect_rows import Ticket


class Variant(Frozen):
    """One arm, and for a pilot that is not always right the seed of its mistakes."""

    arm: str
    seed: int = 0

    @property
    def name(self) -> str:
        """`pilot-0.5-s2`."""
        return f"{self.arm}-s{self.seed}" if self.seeded else self.arm

    @property
    def seeded(self) -> bool:
        """Whether chance plays a part."""
        return self.arm in PILOT and self.arm != "pilot-1"

    @property
    def pilot(self) -> bool:
        """Whether the pilot decides."""
        return self.arm in PILOT or self.arm == LIVE

    @property
    def facts_first(self) -> bool:
        """Whether causes with one move are settled before anyone decides."""
        return self.arm not in (NONE, BLIND)

    @property
    def tuning(self) -> str:
        """What the model server is told by its address: accuracy and seed."""
        return f"{PILOT[self.arm]:g},{self.seed}" if self.arm in PILOT else "1,0"


def variants(arms: Sequence[str], seeds: int) -> tuple[Variant, ...]:
    """Every run of one scenario."""
    found: list[Variant] = []
    for arm in arms:
        seeded = Variant(arm=arm, seed=1).seeded
        found += [Variant(arm=arm, seed=seed) for seed in range(1, seeds + 1)] if seeded else [Variant(arm=arm)]
    return tuple(found)


Decide = Callable[[Context, Run, Gate], DecisionMade]


async def gate_job(variant: Variant, context: Context, run: Run, effect: Effect, ticket: Ticket) -> Sequence[RunEvent]:
    """The real gate for replan and pilot; a decision without a model for the others."""
    decide = {NONE: _none, BLIND: _blind, RULES: _rules}.get(variant.arm)
    if decide is None:
        return await run_pilot(context, run, effect, ticket)
    if run.gate is None:
        run = await context.record(run.id, GateOpened(at=context.now(), gate=effect.gate))
    gate = run.gate
    if gate is None or gate.number != effect.gate or gate.state is not GateState.OPENED:
        return []
    return [decide(context, run, gate)]


def _rules(context: Context, run: Run, gate: Gate) -> DecisionMade:
    """Facts first, then the rules alone, as where no model can be reached."""
    request = request_for(run, gate, context.nonce())
    decision = rules_decision(request.facts, "no model is asked", serial=bool(request.facts.open_failures))
    items = tuple(request.facts.evidence.values())
    return DecisionMade(at=context.now(), gate=gate.number, decision=decision, evidence=items)


def _blind(context: Context, run: Run, gate: Gate) -> DecisionMade:
    """Everything again with its raw evidence while attempts are left, whatever the cause."""
    moves = tuple(_again(run, run.task(key)) for key in gate.tasks)
    return _plain(context, run, gate, moves)


def _again(run: Run, task: Task) -> Move:
    if len(task.attempts) < run.config.attempts.per_task + task.granted:
        return Move(task=task.key, action=Action.RETRY, reason="again", decided_by=Decider.RULES)
    return _stop(task.key)


def _none(context: Context, run: Run, gate: Gate) -> DecisionMade:
    """No second attempt: what failed stays; the rest of the plan goes on."""
    return _plain(context, run, gate, tuple(_stop(key) for key in gate.tasks))


def _stop(key: str) -> Move:
    return Move(task=key, action=Action.ASK, question=f"What should happen to {key}?", decided_by=Decider.RULES)


def _plain(context: Context, run: Run, gate: Gate, moves: tuple[Move, ...]) -> DecisionMade:
    assert run.plan is not None
    stopped = {move.task for move in moves if move.action is Action.ASK}
    again = {move.task for move in moves} - stopped
    waiting = {key for key, task in run.tasks.items() if task.state in (TaskState.PENDING, TaskState.REOPENED)}
    order = batches(run.plan, (waiting | again) - stopped - dependents(run.plan, stopped))
    decision = Decision(decided_by=Decider.RULES, why="no decider", moves=moves, batches=order)
    return DecisionMade(at=context.now(), gate=gate.number, decision=decision)
