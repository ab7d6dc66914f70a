"""A pull request that somebody closed without merging it, and opened again."""

from __future__ import annotations

from otto_bot.core import events as e
from otto_bot.core import steering
from otto_bot.core.run import Run


def by(who: str) -> str:
    """Why a run is paused whose pull request was closed."""
    return f"its pull request was closed without being merged{f', by {who}' if who else ''}"


def reopened(run: Run, event: e.PullRequestReopened) -> Run:
    """It is open again. Who may write says by it what `/otto resume` says."""
    if not run.pull_closed:
        return run
    run = run.model_copy(update={"pull_closed": False})
    return steering.awake(run) if event.goes_on and run.hold is not None and run.hold.closed else run
