"""What people are given at a gate: a comment of its own or one shared by re-runs, and time to object."""

from __future__ import annotations

from datetime import datetime, timedelta

from otto_bot.core.decision import Action, Decider, Decision
from otto_bot.core.run import Gate, GateState, Run


def only_reruns(decision: Decision) -> bool:
    """Whether nothing is coded again: only jobs run again, on the commits they ran on."""
    return bool(decision.moves) and not decision.skips and all(m.action is Action.RERUN for m in decision.moves)


def by_person(decision: Decision) -> bool:
    """Whether a person made every move of it: nobody is left to object to."""
    if decision.decided_by is not Decider.HUMAN:
        return False
    moved = all((move.decided_by or decision.decided_by) is Decider.HUMAN for move in decision.moves)
    return moved and all((s.decided_by or decision.decided_by) is Decider.HUMAN for s in decision.skips)


def deadline(run: Run, decision: Decision, at: datetime) -> datetime | None:
    """When a decision posted at this moment may be applied; None = when a person says yes."""
    if decision.waits:
        return None
    if by_person(decision) or only_reruns(decision):
        return at
    if run.config.pilot.approval == "always":
        return None
    return at + timedelta(minutes=run.config.pilot.grace_minutes)


def goes_on(before: Run, after: Run) -> bool:
    """Whether it rested, or was barred from its repository, and does so no more. Nobody could object meanwhile."""
    return after.hold is None and not after.bars and (before.hold is not None or bool(before.bars))


def renewed(before: Run, after: Run, at: datetime) -> Run:
    """A run that rested goes on: its retry plan can be objected to for as long again as at the beginning."""
    gate = after.gate
    if not goes_on(before, after) or gate is None or gate.decision is None:
        return after
    if gate.state is not GateState.POSTED or gate.deadline is None:
        return after
    return after.with_gate(gate.model_copy(update={"deadline": deadline(after, gate.decision, at)}))


def shared(run: Run, gate: Gate, decision: Decision) -> int | None:
    """The gate whose comment this one goes on with: jobs of the same commits have run again before."""
    if not only_reruns(decision) or decision.decided_by is Decider.HUMAN:
        return None
    heads = _heads(gate)
    for old in reversed(run.gates):
        told = old.number < gate.number and old.comment_id is not None and old.decision is not None
        if told and old.decision is not None and only_reruns(old.decision) and heads and heads <= _heads(old):
            return old.shares or old.number
    return None


def _heads(gate: Gate) -> set[tuple[str, int, str | None]]:
    return {(failure.task, failure.attempt, failure.sha) for failure in gate.failures}


def gate_surface(gate: Gate) -> str:
    """Name of the surface that is the gate's comment."""
    return f"gate/g{gate.shares or gate.number}"


def told_together(run: Run, gate: Gate) -> tuple[Gate, ...]:
    """Earlier gates that the same comment tells of, oldest first."""
    surface = gate_surface(gate)
    return tuple(old for old in run.gates if old.number < gate.number and gate_surface(old) == surface)


def comment_of(run: Run, gate: Gate) -> int | None:
    """The comment to edit; None = it is still to be written."""
    ids = [old.comment_id for old in (*told_together(run, gate), gate) if old.comment_id is not None]
    return ids[-1] if ids else None


def told_by(run: Run) -> dict[str, Gate]:
    """Surface → the gate that its comment tells of now."""
    return {gate_surface(gate): gate for gate in run.gates if gate.decision is not None}
