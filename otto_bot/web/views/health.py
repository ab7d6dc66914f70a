"""The page of the host: what arrives, what waits, who works, and which limits hold something back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from otto_bot.store.installations import Totals
from otto_bot.store.pressure import Pressure
from otto_bot.store.run_pages import SILENT_SECONDS
from otto_bot.store.worker_rows import WorkerRow
from otto_bot.text import pages as text
from otto_bot.text.spoken import line
from otto_bot.text.words import clock, count
from otto_bot.web.views.parts import Moment, moment


class WorkerView(NamedTuple):
    """A worker. `state` says whether it is there."""

    name: str
    host: str
    version: str
    started: Moment | None
    heard: str
    state: str
    tone: str


class Count(NamedTuple):
    """How many there are of something."""

    words: str
    number: int


class HealthPage(NamedTuple):
    """Everything of the page."""

    at: str
    deliveries: tuple[Count, ...]
    oldest_delivery: str
    effects: tuple[Count, ...]
    oldest_effect: str
    runs: tuple[Count, ...]
    workers: tuple[WorkerView, ...]
    limits: tuple[str, ...]
    version: str


class Counted(NamedTuple):
    """What the store counts."""

    deliveries: Mapping[str, int]
    effects: Mapping[str, int]
    pressure: Pressure
    github: Totals


def health_page(found: Counted, workers: Sequence[WorkerRow], version: str, now: datetime) -> HealthPage:
    """The page as it is shown."""
    at = now.timestamp()
    return HealthPage(
        at=clock(now),
        deliveries=_counts(text.DELIVERIES, found.deliveries),
        oldest_delivery=_oldest(found.pressure.oldest_delivery, "delivery"),
        effects=_counts(text.EFFECTS, found.effects),
        oldest_effect=_oldest(found.pressure.oldest_effect, "step"),
        runs=_counts(text.RUNS, found.pressure.runs),
        workers=tuple(_worker(one, at) for one in workers),
        limits=_limits(found),
        version=version,
    )


def _counts(words: Mapping[str, str], found: Mapping[str, int]) -> tuple[Count, ...]:
    """What is known by name first, with nought where there is none; then what has another name."""
    more = {state: line(state, 40) for state in sorted(found) if state not in words}
    return tuple(Count(said, found.get(state, 0)) for state, said in {**words, **more}.items())


def _oldest(seconds: float, what: str) -> str:
    return f"The oldest {what} waits for {ago(seconds)}." if seconds >= 1 else f"No {what} waits."


def ago(seconds: float) -> str:
    """A span as people say it."""
    if seconds < 90:
        return f"{max(0, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _worker(one: WorkerRow, at: float) -> WorkerView:
    age = at - one.heartbeat_at
    state, tone = ("stopping", "wait") if one.stopping else ("at work", "done")
    if age > SILENT_SECONDS:
        state, tone = "not heard any more", "bad"
    heard = f"{ago(age)} ago"
    started = moment(float(one.started_at)) if one.started_at else None
    return WorkerView(line(one.name, 80), line(one.host, 120), line(one.version, 40), started, heard, state, tone)


def _limits(found: Counted) -> tuple[str, ...]:
    said = [f"${found.pressure.spent_today:.2f} spent today (UTC), calls under way at their worst case."]
    closed = found.github.closed
    said.append(
        f"GitHub's limit closes {count(closed, 'installation')} now." if closed else "No limit of GitHub is reached."
    )
    said += [f"{count(number, 'run')}: {text.PARKED[why]}" for why, number in sorted(found.pressure.parked.items())]
    return tuple(said)
