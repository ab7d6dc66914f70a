"""When the default branch is ahead of the run, and when it is taken in: before a batch starts, or before a push."""

from __future__ import annotations

from otto_bot.core.attempt import MOVING, Attempt, TaskState
from otto_bot.core.run import Run, RunPhase

OLD_MARK = "?"
"""What old ledgers have in `base_taken` for `base_look`."""


def outdated(run: Run) -> bool:
    """Whether the default branch has commits that nobody has tried to take into the run branch yet, as far as known."""
    return run.base_look or newest(run) not in (run.base_taken or run.base_sha, run.base_conflict)


def newest(run: Run) -> str:
    """The default branch's newest commit that was heard of."""
    return run.base_head or run.base_sha


def contained(run: Run) -> str:
    """The default branch's newest commit that the run branch is known to hold."""
    return run.base_taken if run.base_taken not in ("", OLD_MARK) else run.base_sha


def begun(run: Run) -> int:
    """How many attempts were ever started."""
    return sum(len(task.attempts) for task in run.tasks.values())


def before_batch(run: Run) -> bool:
    """Whether the next batch first gets the new base: nobody is at work, and nobody of the batch has begun.

    Once between two batches, whatever comes of it: a default branch that moves all the time starves nobody.
    """
    if not _working(run) or not outdated(run) or begun(run) <= run.base_begun:
        return False
    if any(task.state in MOVING for task in run.tasks.values()):
        return False
    waiting = (TaskState.PENDING, TaskState.REOPENED)
    return bool(run.current) and all(run.tasks[key].state in waiting for key in run.current)


def push_waits(run: Run, attempt: Attempt) -> bool:
    """Whether a finished commit waits for the base: the workflows there are others now."""
    return _wanted(run) and attempt.sha is not None and not attempt.pushed and attempt.awaits_base


def before_push(run: Run) -> bool:
    """Whether the base is taken in now because a push waits for it."""
    coding = [task.last for task in run.tasks.values() if task.state is TaskState.CODING]
    return any(last is not None and push_waits(run, last) for last in coding)


def due(run: Run) -> bool:
    """Whether work goes on only after the new base was taken in."""
    return before_batch(run) or before_push(run)


def _wanted(run: Run) -> bool:
    return _working(run) and bool(run.base_wanted) and outdated(run)


def _working(run: Run) -> bool:
    return run.phase is RunPhase.EXECUTING and not run.resting and run.pull_request is not None
