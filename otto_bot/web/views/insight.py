"""The page of insight: what decisions at gates and estimates were worth, as tables and one picture."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from otto_bot.core.decision import Decider
from otto_bot.core.insight_values import Insight
from otto_bot.text.insight import cause_words, cost_rows, decider_rows, estimate_rows, tally_rows
from otto_bot.text.words import DECIDERS, clock, count

LEFT, WIDE, HIGH, ROW = 90, 480, 22, 34
"""Pixels: where bars begin, how long the longest is, how high, and from one to the next."""


class Table(NamedTuple):
    """Head and rows; the first cell of a row is its head."""

    id: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Piece(NamedTuple):
    """A part of a bar."""

    tone: str
    x: int
    width: int
    number: int


class Bar(NamedTuple):
    """One decider. `name` is what a screen reader says of it."""

    words: str
    name: str
    y: int
    pieces: tuple[Piece, ...]


class InsightPage(NamedTuple):
    """Everything of the page. `tables` are by the label of their heading."""

    over: str
    gates: int
    bars: tuple[Bar, ...]
    height: int
    tables: tuple[Table, ...]


def insight_page(found: Insight, most: int, at: datetime) -> InsightPage:
    """The page as it is shown."""
    bars = _bars(found)
    causes = tally_rows("cause", {cause_words(name): one for name, one in found.causes.items()})
    tables = [
        _table("deciders", decider_rows(found)),
        _table("deciding", cost_rows(found)),
        _table("causes", causes),
        _table("classes", tally_rows("class", found.classes)),
    ] if found.gates else []  # fmt: skip
    if found.estimates.all.runs:
        tables.append(_table("estimates", estimate_rows(found.estimates)))
    over = f"{count(found.gates, 'gate')} of {count(found.runs, 'run')}"
    cut = f", the newest {most}" if found.runs >= most else ""
    return InsightPage(
        over=f"{over}{cut}, as of {clock(at)}.",
        gates=found.gates,
        bars=bars,
        height=len(bars) * ROW,
        tables=tuple(one for one in tables if one.rows),
    )


def _table(name: str, rows: Sequence[Sequence[str]]) -> Table:
    return Table(name, tuple(rows[0]), tuple(tuple(row) for row in rows[1:]))


def _bars(found: Insight) -> tuple[Bar, ...]:
    """One bar for each decider that reopened something."""
    known = {name: one.attempts for name, one in found.deciders.items() if one.attempts.reopened}
    longest = max((one.reopened for one in known.values()), default=1)
    bars = []
    for row, (name, one) in enumerate(known.items()):
        parts = (("done", one.passed), ("bad", one.failed), ("off", one.open))
        x, pieces = LEFT, []
        for tone, number in parts:
            width = round(WIDE * number / longest)
            if number:
                pieces.append(Piece(tone, x, max(2, width), number))
            x += width
        words = DECIDERS[Decider(name)]
        said = f"{words}: {one.passed} passed, {one.failed} failed, {one.open} without a result"
        bars.append(Bar(words, said, row * ROW + 4, tuple(pieces)))
    return tuple(bars)
