"""A pull request that somebody closed without merging it, and opened again."""

from __future__ import annotations

from otto_bot.core import events as e
from otto_bot.core import steering
from otto_bot.core.run import Run

TROUBLE = "human-closes"
"""The entry of docs/troubleshooting.md about it."""


def closed(run: Run, event: e.PullRequestClosed) -> Run:
    """It was closed: the run pauses, unless it rests already; it is opened again before any work goes on."""
    if run.pull_closed:
        return run
    run = run.model_copy(update={"pull_closed": True})
    if run.resting:
        return run
    reason = f"its pull request was closed without being merged{f', by {event.by}' if event.by else ''}"
    return steering.rest(run, "paused", reason, event.at, trouble=TROUBLE, closed=True)


def reopened(run: Run, event: e.PullRequestReopened) -> Run:
    """It is open again. Who may write says by it what `/otto resume` says."""
    if not run.pull_closed:
        return run
    run = run.model_copy(update={"pull_closed": False})
    return steering.awake(run) if event.goes_on and run.hold is not None and run.hold.closed else run
