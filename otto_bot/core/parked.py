"""What a limit does to a run: it is told, its clock stands still, and nothing else changes."""

from __future__ import annotations

from otto_bot.core.parking import Parked, Parking, Unparked
from otto_bot.core.run import Run
from otto_bot.core.waits import waiting


def parked(run: Run, event: Parked) -> Run:
    """The run with what holds it back; one that is over, at rest or with people is held back by no limit."""
    if not at_work(run):
        return run
    before = run.parked
    since = before.since if before is not None and before.why == event.why else event.at
    parking = Parking(why=event.why, reason=event.reason, until=event.until, since=since)
    return run if parking == before else run.model_copy(update={"parked": parking})


def unparked(run: Run, _event: Unparked) -> Run:
    """The run that no limit holds back."""
    return run if run.parked is None else run.model_copy(update={"parked": None})


def cleared(run: Run) -> Run:
    """Who rests, waits for people or is over waits for no limit: it asks again when it goes on."""
    return run if run.parked is None or at_work(run) else run.model_copy(update={"parked": None})


def at_work(run: Run) -> bool:
    """Whether the run counts among those that work at once.

    It is not over, rests not, waits for nobody's word, and its repository is open to it.
    """
    return not run.ended and not run.resting and not run.bars and not waiting(run)
