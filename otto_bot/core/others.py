"""Commits of others on Otto's branches: part of what is verified there, before it is merged."""

from __future__ import annotations

from otto_bot.core import base, integration, journey_rounds
from otto_bot.core import events as e
from otto_bot.core.attempt import Attempt, Task, TaskState
from otto_bot.core.run import Others, Run, RunPhase
from otto_bot.core.tasks import behind, pushed_once_more

_VERIFIED = (TaskState.VERIFYING, TaskState.JUDGING)


def run_branch_moved(run: Run, event: e.RunBranchMoved) -> Run:
    """Somebody pushed to the run branch: what is under way goes on on top of that."""
    if event.sha == run.head or run.pull_request is None:
        return run
    run = journey_rounds.moved(run, event.sha)
    return base.look_again(integration.rebuild(_moved(run, event)))


def _moved(run: Run, event: e.RunBranchMoved) -> Run:
    """The run branch is where somebody else has put it.

    Where tasks are coded on it, what would be merged by being verified takes their commits in first: else the branch
    would be called done with a head that nobody has verified. It stays the same attempt.
    """
    run = _told(run, event.sha, event.by).model_copy(update={"head": event.sha, "head_tree": event.tree})
    if run.ended or not run.single:
        return run
    for task in run.tasks.values():
        if task.state in _VERIFIED and behind(run, task):
            run = run.with_task(pushed_once_more(task))
    return run


def attempt_branch_moved(run: Run, event: e.AttemptBranchMoved) -> Run:
    """A task's branch is where somebody else has put it. What is being put together already goes on as it is."""
    task = run.tasks.get(event.task)
    last = task.last if task is not None else None
    if task is None or last is None or last.number != event.attempt or last.sha == event.sha or run.single:
        return run
    if not _takes_in(run, task):
        return run
    return _told(run, event.sha, event.by).with_task(pushed_once_more(task))


def watched(run: Run) -> list[Attempt]:
    """Pushed attempts on branches of their own that would take in what others push there."""
    if run.single:
        return []
    last = [task.last for task in run.tasks.values() if _takes_in(run, task)]
    return [one for one in last if one is not None and one.pushed and one.branch != run.run_branch]


def _takes_in(run: Run, task: Task) -> bool:
    waits = task.state is TaskState.VERIFIED and run.phase is RunPhase.EXECUTING
    return not run.ended and run.outcome is None and (waits or task.state in _VERIFIED)


def _told(run: Run, sha: str, by: str) -> Run:
    count = run.others.count + 1 if run.others is not None else 1
    return run.model_copy(update={"others": Others(sha=sha, by=by, count=count)})
