"""The command by which a person says that changed tests are right, and when it is refused."""

from __future__ import annotations

from datetime import datetime

from otto_bot.core.attempt import TaskState
from otto_bot.core.decision import Action, Decider, Decision, Move
from otto_bot.core.evidence import Cause
from otto_bot.core.gates import batches_with, decided_gate, revise
from otto_bot.core.run import Run

WAITING = frozenset({TaskState.FAILED, TaskState.ASKED, TaskState.HELD})


def cannot_accept(run: Run, key: str) -> str:
    """Why a task's tests cannot be accepted now, in words; empty = they can."""
    task = run.tasks.get(key)
    if task is None:
        return f"there is no task {key}"
    if task.state not in WAITING:
        return f"{key} is {task.state.value}"
    failure = task.failure
    if failure is None or failure.cause is not Cause.TESTS_WEAKENED or not failure.hits:
        return f"{key} is not held for changed tests"
    return ""


def waiting(run: Run) -> tuple[str, ...]:
    """Tasks that are held for changed tests."""
    return tuple(key for key in run.tasks if not cannot_accept(run, key))


def accept(run: Run, tasks: tuple[str, ...], who: str, at: datetime) -> Run:
    """A decision by a person, posted like every other: nothing is coded again, the same commit goes on to the judge."""
    reason = f"@{who} accepted the changed tests; the same commit goes on"[:300]
    moves = {key: Move(task=key, action=Action.ACCEPT, reason=reason, decided_by=Decider.HUMAN) for key in tasks}
    if run.gate is not None:
        return revise(run, run.gate, moves, who, at)
    why = f"@{who} accepted the changed tests"
    decision = Decision(decided_by=Decider.HUMAN, why=why, moves=tuple(moves.values()), batches=batches_with(run, ()))
    return decided_gate(run, tasks, decision, at, who)
