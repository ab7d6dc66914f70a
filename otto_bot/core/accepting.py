"""The command by which a person says that what was held is right, and when it is refused."""

from __future__ import annotations

from datetime import datetime

from otto_bot.core.acceptance import acceptable
from otto_bot.core.attempt import TaskState
from otto_bot.core.decision import Action, Decider, Decision, Move
from otto_bot.core.evidence import Cause
from otto_bot.core.gates import batches_with, decided_gate, revise
from otto_bot.core.run import Run

WAITING = frozenset({TaskState.FAILED, TaskState.ASKED, TaskState.HELD})


def cannot_accept(run: Run, key: str) -> str:
    """Why what a task was held for cannot be accepted now, in words; empty = it can."""
    task = run.tasks.get(key)
    if task is None:
        return f"there is no task {key}"
    if task.state not in WAITING:
        return f"{key} is {task.state.value}"
    failure = task.failure
    if not acceptable(failure):
        return f"{key} is not held for changed tests, or by the gate before the push"
    return ""


def waiting(run: Run) -> tuple[str, ...]:
    """Tasks that only a person's yes stops."""
    return tuple(key for key in run.tasks if not cannot_accept(run, key))


def accept(run: Run, tasks: tuple[str, ...], who: str, at: datetime) -> Run:
    """A decision by a person, posted like every other: nothing is coded again, the same commit goes on to the judge."""
    moves = {key: _move(run, key, who) for key in tasks}
    if run.gate is not None:
        return revise(run, run.gate, moves, who, at)
    why = f"@{who} accepted {_what(run, tasks[0])}"
    decision = Decision(decided_by=Decider.HUMAN, why=why, moves=tuple(moves.values()), batches=batches_with(run, ()))
    return decided_gate(run, tasks, decision, at, who)


def _move(run: Run, key: str, who: str) -> Move:
    reason = f"@{who} accepted {_what(run, key)}; the same commit goes on"[:300]
    return Move(task=key, action=Action.ACCEPT, reason=reason, decided_by=Decider.HUMAN)


def _what(run: Run, key: str) -> str:
    failure = run.tasks[key].failure
    gate = failure is not None and failure.cause is Cause.HELD_BY_DIFF_GATE
    return "what the gate before the push held" if gate else "the changed tests"
