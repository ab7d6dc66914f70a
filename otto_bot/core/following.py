"""What follows from an event by itself: batches that settle, reviews taken up, outcomes of moves, the run's clock."""

from __future__ import annotations

from collections.abc import Set

from otto_bot.core import (
    additions,
    base,
    context_notes,
    estimates,
    journey_rounds,
    outcomes,
    parked,
    review_rounds,
    reviewing,
    tasks,
)
from otto_bot.core.attempt import TaskState
from otto_bot.core.changed import follows
from otto_bot.core.events import CommandGiven, RunEvent
from otto_bot.core.run import Run
from otto_bot.core.values import keep, kept
from otto_bot.core.waits import waiting

_QUIET = "quiet"


def followed(before: Run, after: Run, event: RunEvent) -> Run:
    """The run after an event, with all that follows from it."""
    after = journey_rounds.renewed(before, reviewing.renewed(before, after, event.at), event.at)
    after = tasks.advance(review_rounds.taken_up(additions.resumed(after)))
    after = outcomes.followed(base.reopen(_stopped(after), event.at), event)
    after = _clock(parked.cleared(estimates.timed(before, after, event.at)), event)
    return context_notes.grown(before, after)


def followed_if_needed(before: Run, after: Run, event: RunEvent, changed: Set[str]) -> Run:
    """The same. Where nothing followed from the run before, and the event changed nothing that anything follows from,
    nothing follows now either."""
    if isinstance(event, CommandGiven):
        found = followed(before, after, event)  # who gave it is written into outcomes
    elif quiet(before) and not follows(before, after, changed):
        pass_on(before, after)
        return after
    else:
        found = followed(before, after, event)
    known = {name: answer for name, answer in kept(before).items() if name != _QUIET}
    keep(found, {**known, _QUIET: True} if found is after else known)
    return found


def quiet(run: Run) -> bool:
    """Whether it is known that nothing follows from the run as it stands."""
    return _QUIET in kept(run)


def pass_on(before: Run, after: Run) -> None:
    """What is known of a run is known of the next one, where nothing changed that anything follows from."""
    keep(after, kept(before))


def _stopped(run: Run) -> Run:
    """A cancelled run has stopped when no coder is left that has something to push."""
    if not run.stopping or any(task.state is TaskState.CODING for task in run.tasks.values()):
        return run
    return run.model_copy(update={"stopping": False})


def _clock(run: Run, event: RunEvent) -> Run:
    """Time spent waiting for people, or for a limit, is not the run's own: its minutes stand still."""
    idle = run.resting or run.parked is not None or bool(run.bars) or waiting(run)
    if idle and run.idle_since is None:
        return run.model_copy(update={"idle_since": event.at})
    if not idle and run.idle_since is not None:
        waited = max(0.0, (event.at - run.idle_since).total_seconds())
        return run.model_copy(update={"idle_since": None, "idle_seconds": run.idle_seconds + waited})
    return run
