"""What the status comment says of a limit that holds a run back: which, until when, and what people can do."""

from __future__ import annotations

from datetime import datetime

from otto_bot.core.parking import Parking
from otto_bot.core.run import Run
from otto_bot.text.markdown import inline
from otto_bot.text.words import clock, phase_words

PHASES = {
    "runs": "waits for its turn",
    "agents": "waits for its turn",
    "github_limit": "waits for a limit of GitHub",
    "day": "waits for the next day",
}
"""The heading, by what the run is parked for."""
SURE = "Nothing is lost, and none of its minutes are used up meanwhile: it goes on by itself."
WHAT = {
    "runs": "`/otto stop` takes it out of the queue. Whoever hosts Otto sets the limits (`OTTO_MAX_RUNS`, "
    "`OTTO_MAX_RUNS_PER_INSTALLATION`).",
    "agents": "Whoever hosts Otto sets the limits (`OTTO_MAX_AGENTS`, `OTTO_MAX_ATTEMPTS_AT_ONCE`) and how many "
    "workers there are.",
    "github_limit": "Commands are heard meanwhile; what they do shows when GitHub lets it through.",
    "day": "That is the latest time: it goes on earlier where others leave room. `/otto stop` ends it. Whoever hosts "
    "Otto sets what a day allows (`OTTO_MAX_USD_PER_DAY`, `OTTO_MAX_RUNS_PER_DAY_PER_REPOSITORY` and the like).",
}


def now_words(run: Run) -> str:
    """Where the run stands: its phase, or the limit that holds it back. No full stop."""
    return PHASES[run.parked.why] if run.parked is not None else phase_words(run)


def why_parked(run: Run) -> str:
    """Which limit holds the run back, as a sentence; empty where none does."""
    return "" if run.parked is None else _sentence(run.parked)


def parked_in_status(run: Run, now: datetime) -> str:
    """The paragraph of a run that is held back; empty where it is not."""
    parking = run.parked
    if parking is None:
        return ""
    return f"**Waits{_until(parking, now)}:** {_sentence(parking)} {SURE} {WHAT[parking.why]}"


def _until(parking: Parking, now: datetime) -> str:
    return f" until {clock(parking.until)}" if parking.until is not None and parking.until > now else ""


def _sentence(parking: Parking) -> str:
    words = inline(parking.reason, 400).rstrip(". ")
    return f"{words[:1].upper()}{words[1:]}." if words else "A limit is reached."
