"""What it does to a run that its repository is shut, that it is open again, and that it is called otherwise."""

from __future__ import annotations

from datetime import datetime, timedelta

from otto_bot.core.barring import Bar, Barred, IssueGone, RepositoryMoved, RightsAccepted, Unbarred
from otto_bot.core.run import Run
from otto_bot.core.run_events import IssueChanged
from otto_bot.core.steering import awake, cancel
from otto_bot.core.values import Repo

MISSING_PERMISSION = "missing-permission"
LACKING = frozenset({"permission", "no-actions-write"})
"""Kinds of trouble that are the want of a right."""


def barred(run: Run, event: Barred) -> Run:
    """Nothing of it is due any more. One whose repository was taken from Otto is over."""
    if any(bar.by == event.by for bar in run.bars):
        return run
    run = run.model_copy(update={"bars": (*run.bars, Bar(by=event.by, since=event.at))})
    return cancel(run) if event.by == "removed" and not run.ended else run


def unbarred(run: Run, event: Unbarred) -> Run:
    """With the last bar it goes on where it was.

    What failed for good meanwhile failed for that reason, and nobody could read of it: it is tried again.
    """
    over = next((bar for bar in run.bars if bar.by == event.by), None)
    if over is None:
        return run
    # Those that are left count from where the first of them all began: nobody could work since then.
    left = tuple(bar.model_copy(update={"since": min(bar.since, over.since)}) for bar in run.bars if bar is not over)
    run = run.model_copy(update={"bars": left, "barred_before": over.model_copy(update={"until": event.at})})
    if left:
        return run
    run = run.model_copy(update={"trouble": {}}) if run.trouble else run
    return _looks_again(run, event.at, event.at - over.since)


def _looks_again(run: Run, at: datetime, missed: timedelta) -> Run:
    """What Actions is asked about has as much time as before: nobody could look while it was barred."""
    for one in run.verifications.values():
        if one.ending is None:
            begun = min(one.started_at + missed, at)
            run = run.with_verification(one.model_copy(update={"started_at": begun, "next_at": at}))
    return run


def repository_moved(run: Run, event: RepositoryMoved) -> Run:
    """The id is the truth: everything goes on under the new name."""
    if event.repo == run.repo or event.repo.id != run.repo.id:
        return run
    named = run.repo.full_name if event.repo.full_name != run.repo.full_name else run.moved_from
    branch = run.repo.default_branch if event.repo.default_branch != run.repo.default_branch else run.base_was
    return run.model_copy(update={"repo": event.repo, "moved_from": named, "base_was": branch})


def rights_accepted(run: Run, _event: RightsAccepted) -> Run:
    """What was refused for want of a right is tried again; what rests for one goes on."""
    if run.hold is not None and run.hold.trouble == MISSING_PERMISSION:
        return awake(run)
    kept = {key: one for key, one in run.trouble.items() if one.kind not in LACKING}
    return run if kept == run.trouble else run.model_copy(update={"trouble": kept})


def news_of(run: Run, repo: Repo, *, archived: bool, at: datetime) -> list[Barred | Unbarred | RepositoryMoved]:
    """What a run has to be told of its repository, which could be read just now; nothing where it knows all of it."""
    found: list[Barred | Unbarred | RepositoryMoved] = []
    if repo != run.repo:
        found.append(RepositoryMoved(at=at, repo=repo))
    barred = {bar.by for bar in run.bars}
    if archived and "archived" not in barred and not run.ended:
        found.append(Barred(at=at, by="archived"))
    over = barred - ({"archived"} if archived else set())
    return [*found, *(Unbarred(at=at, by=by) for by in sorted(over))]


def issue_changed(run: Run, event: IssueChanged) -> Run:
    """The run is over. Of an issue that was moved to another repository, or deleted, nothing can be said there."""
    if event.what not in ("transferred", "deleted"):
        return run if run.ended else cancel(run)
    if run.issue_gone is not None:
        return run
    at_work = not run.ended
    gone = IssueGone(what=event.what, to=event.to, at_work=at_work)
    run = run.model_copy(update={"issue_gone": gone})
    return cancel(run) if at_work else run
