"""A run's events as a table, newest first, and the way to earlier ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlencode

from otto_bot.core.events import read_event
from otto_bot.store.run_pages import Timeline, TimelineRow
from otto_bot.text.spoken import line
from otto_bot.text.timeline import about, event_words
from otto_bot.text.words import count
from otto_bot.web.views.parts import Link, Moment, gate_url, moment, run_url, task_url

ROWS = 50


class EventRow(NamedTuple):
    """One event: its number, time, words, and the pages that tell more. `refused` says why it changed nothing."""

    seq: int
    at: Moment | None
    words: str
    where: tuple[Link, ...]
    refused: str


class TimelineView(NamedTuple):
    """The events, how many there are, and links to the others; empty = there are none."""

    rows: tuple[EventRow, ...]
    total: str
    earlier: str
    newest: str
    other: str
    every: bool


class Which(NamedTuple):
    """Which events an address asks for."""

    before: int | None = None
    every: bool = False


def which(query: Mapping[str, str]) -> Which:
    """What makes no sense in an address is as if it were not there."""
    said = query.get("before", "")
    good = said.isascii() and said.isdigit() and 0 < len(said) < 10
    return Which(int(said) if good else None, query.get("events") == "every")


def timeline_view(run_id: int, found: Timeline, asked: Which) -> TimelineView:
    """The events as they are shown."""
    last = found.rows[-1].seq if found.rows else 0
    hidden = f"; {found.hidden} more only say how the work is done" if found.hidden else ""
    return TimelineView(
        rows=tuple(event_row(run_id, row) for row in found.rows),
        total=f"{count(found.total, 'event')}{hidden}.",
        earlier=_url(run_id, Which(last, asked.every)) if found.more else "",
        newest=_url(run_id, Which(None, asked.every)) if asked.before is not None else "",
        other=_url(run_id, Which(asked.before, not asked.every)) if found.hidden or asked.every else "",
        every=asked.every,
    )


def _url(run_id: int, asked: Which) -> str:
    parts = {"before": str(asked.before) if asked.before else "", "events": "every" if asked.every else ""}
    said = urlencode({name: value for name, value in parts.items() if value})
    return run_url(run_id) + (f"?{said}" if said else "") + "#timeline"


def event_row(run_id: int, row: TimelineRow) -> EventRow:
    """One event as it is shown."""
    refused = line(row.refused, 300)
    try:
        event = read_event(row.body)
    except ValueError:
        return EventRow(row.seq, moment(float(row.at)), f"{line(row.type, 40)} (of another version)", (), refused)
    task, gate = about(event)
    where = [Link(task, task_url(run_id, task))] if task else []
    where += [Link(f"gate {gate}", gate_url(run_id, gate))] if gate is not None else []
    return EventRow(row.seq, moment(event.at), event_words(event), tuple(where), refused)
