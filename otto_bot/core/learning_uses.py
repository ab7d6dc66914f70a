"""What a run says of learnings: who was told which, what came of it, and what is still to be written down."""

from __future__ import annotations

from enum import StrEnum

from otto_bot.core.answers import bounded
from otto_bot.core.attempt import Attempt, Task, TaskState
from otto_bot.core.changed import remembered
from otto_bot.core.commands import Given
from otto_bot.core.evidence import Cause, Failure
from otto_bot.core.learning_events import LearningsWritten
from otto_bot.core.learnings import LearningOrder, LearningStatus
from otto_bot.core.policy import UNCHARGED
from otto_bot.core.run import Gate, GateState, Reply, Run

EXCUSED = UNCHARGED | {
    Cause.FLAKY, Cause.BILLING, Cause.PERMISSION, Cause.ACTION_REQUIRED, Cause.NO_CI, Cause.BUDGET,
}  # fmt: skip
"""Failures that say nothing about what an attempt was told."""


class Use(StrEnum):
    """What came of telling a learning to one attempt."""

    TOLD = "told"
    HELPED = "helped"
    PASSED = "passed"
    FAILED = "failed"


def own(run: Run) -> frozenset[int]:
    """Numbers of learnings that applied gates of this run proposed: only these are told before they are accepted."""
    return frozenset(
        learning.number
        for gate in run.gates
        if gate.state is GateState.APPLIED
        for learning in gate.learnings
        if learning.number
    )


def proposed_at(run: Run, number: int) -> frozenset[int]:
    """Gates of this run that proposed a learning."""
    return frozenset(gate.number for gate in run.gates if any(one.number == number for one in gate.learnings))


def uses(run: Run) -> dict[str, str]:
    """`L3/t2/a2` → what came of it, for every attempt that was told something."""
    found: dict[str, str] = {}
    for task in run.tasks.values():
        for attempt in task.attempts:
            for told in attempt.learnings:
                key = f"L{told.number}/{task.key}/a{attempt.number}"
                found[key] = _use(run, task, attempt, told.number).value
    return found


def _use(run: Run, task: Task, attempt: Attempt, number: int) -> Use:
    if attempt.failure is not None:
        return Use.FAILED if _counts(attempt.failure) else Use.TOLD
    if attempt is not task.last or task.state is not TaskState.MERGED:
        return Use.TOLD
    return Use.HELPED if _helped(run, task, attempt, number) else Use.PASSED


def _counts(failure: Failure) -> bool:
    return failure.cause not in EXCUSED and not failure.pre_existing and not failure.flaky


def _helped(run: Run, task: Task, attempt: Attempt, number: int) -> bool:
    """The attempt before failed without it; this one was told it, and is merged.

    A learning of this run helped only the attempt that was reopened at the very gate that proposed it.
    """
    before = next((old for old in task.attempts if old.number == attempt.number - 1), None)
    if before is None or before.failure is None or not _counts(before.failure):
        return False
    if any(told.number == number for told in before.learnings):
        return False
    gates = proposed_at(run, number)
    return attempt.gate in gates if gates else True


def unwritten(run: Run) -> dict[str, str]:
    """Uses that the store does not know yet, or knows otherwise."""
    told = remembered(run, "uses", (), uses)
    return {key: use for key, use in told.items() if run.learnt.get(key) != use}


def order(run: Run, given: Given) -> Run:
    """A person's word about a learning waits to be carried out; its answer follows."""
    number = run.learning_orders_seen + 1
    waiting = (*run.learning_orders, LearningOrder(number=number, given=given))
    return run.model_copy(update={"learning_orders": waiting, "learning_orders_seen": number})


def learnings_written(run: Run, event: LearningsWritten) -> Run:
    """What the store knows now: uses, orders that are done (each owes its reply), and where learnings stand."""
    answers = {answer.number: answer for answer in event.answers}
    before, done = run, [waiting for waiting in run.learning_orders if waiting.number in answers]
    for waiting in done:
        number = run.replies[-1].number + 1 if run.replies else 1
        answer, given = answers[waiting.number], waiting.given
        said = Reply(
            number=number, where=given.where or run.issue, comment_id=given.comment_id, key=answer.key,
            detail=answer.detail,
        )  # fmt: skip
        run = run.model_copy(update={"replies": (*run.replies, said)})
    now = {one.number: (one.status, one.by) for one in event.standing}
    run = bounded(before, run, event.at)
    return run.model_copy(
        update={
            "learnt": {**run.learnt, **event.uses},
            "learnt_count": run.learnt_count + 1,
            "learning_orders": tuple(waiting for waiting in run.learning_orders if waiting not in done),
            "gates": tuple(_standing(gate, now) for gate in run.gates),
        }
    )


def _standing(gate: Gate, now: dict[int, tuple[LearningStatus, str]]) -> Gate:
    if not any(one.number in now for one in gate.learnings):
        return gate
    told = tuple(
        one.model_copy(update={"status": now[one.number][0], "by": now[one.number][1]}) if one.number in now else one
        for one in gate.learnings
    )
    return gate.model_copy(update={"learnings": told})
