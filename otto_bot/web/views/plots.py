"""Where things lie in the plots of insight: pure layout, in pixels, narrow enough for a phone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

WIDE = 340
"""Pixels from the left to the right: as wide as a small phone shows without being pushed."""
ROW, BAR, TEXT = 46, 16, 14
"""From one bar to the next, how high a bar is, and where the words above it stand."""
LEAST = 3
"""Pixels that every piece has besides its share, so that each is seen and all of them fit."""
HIGH, COLUMN, FOOT = 120, 22, 22
"""How high the highest column is, how wide each is, and the room below for its name."""
MOST_COLUMNS = 12


class Part(NamedTuple):
    """So much of one kind; `tone` is its colour and pattern, `words` say the kind, `legend` in more words."""

    tone: str
    number: int
    words: str
    legend: str = ""


class Piece(NamedTuple):
    """A part of a bar or of a column."""

    tone: str
    x: int
    y: int
    width: int
    height: int


class Bar(NamedTuple):
    """One row: its label, its value in words, and where its pieces lie. `high` = where a thin line ends; 0 = none."""

    label: str
    value: str
    y: int
    pieces: tuple[Piece, ...]
    high: int = 0
    mark: int = -1


class Label(NamedTuple):
    """Words at a place."""

    words: str
    x: int
    y: int


class Plot(NamedTuple):
    """A picture. `name` is what a screen reader says of it, `legend` which tone means what."""

    id: str
    name: str
    legend: tuple[tuple[str, str], ...]
    bars: tuple[Bar, ...]
    columns: tuple[Piece, ...]
    labels: tuple[Label, ...]
    height: int
    width: int = WIDE


Row = tuple[str, Sequence[Part]]


def stacked(plot: str, title: str, rows: Sequence[Row]) -> Plot | None:
    """A bar for each row that has anything, its parts one after the other; None where no row has."""
    shown = [(label, parts) for label, parts in rows if any(part.number for part in parts)]
    if not shown:
        return None
    longest = max(sum(part.number for part in parts) for _, parts in shown)
    bars = tuple(_stack(place, label, parts, longest) for place, (label, parts) in enumerate(shown))
    said = ". ".join(f"{bar.label}: {bar.value}" for bar in bars)
    return Plot(plot, f"{title}. {said}.", _legend(shown), bars, (), (), len(bars) * ROW)


def _legend(rows: Sequence[Row]) -> tuple[tuple[str, str], ...]:
    return tuple(dict.fromkeys((part.tone, part.legend or part.words) for _, parts in rows for part in parts))


def _stack(place: int, label: str, parts: Sequence[Part], longest: int) -> Bar:
    y, x, pieces = place * ROW, 0, []
    room = WIDE - LEAST * len(parts)
    for part in parts:
        if part.number:
            width = LEAST + room * part.number // longest
            pieces.append(Piece(part.tone, x, y + TEXT + 6, width, BAR))
            x += width
    value = ", ".join(f"{part.number} {part.words}" for part in parts if part.number)
    return Bar(label, value, y + TEXT, tuple(pieces))


class Span(NamedTuple):
    """A middle and a high value; `value` says both with their unit."""

    label: str
    middle: float
    high: float
    value: str


def spans(plot: str, title: str, rows: Sequence[Span]) -> Plot | None:
    """A bar to the middle and a thin line to the high value; None where there is no row."""
    if not rows:
        return None
    longest = max((row.high for row in rows), default=0.0) or 1.0
    bars = tuple(
        Bar(
            row.label,
            row.value,
            place * ROW + TEXT,
            (Piece("work", 0, place * ROW + TEXT + 6, _at(row.middle, longest), BAR),) if row.middle > 0 else (),
            high=_at(row.high, longest) if row.high > 0 else 0,
        )
        for place, row in enumerate(rows)
    )
    said = ". ".join(f"{bar.label}: {bar.value}" for bar in bars)
    return Plot(plot, f"{title}. {said}.", (), bars, (), (), len(bars) * ROW)


def _at(value: float, longest: float) -> int:
    return max(LEAST, min(WIDE - 1, round((WIDE - 1) * value / longest)))


class Range(NamedTuple):
    """A range, and the value that came."""

    label: str
    low: float
    high: float
    actual: float
    value: str
    tone: str


def ranges(plot: str, title: str, rows: Sequence[Range], legend: tuple[tuple[str, str], ...]) -> Plot | None:
    """A bar from low to high with a mark where the value came; None where there is no row."""
    if not rows:
        return None
    longest = max(max(row.high, row.actual) for row in rows) or 1.0
    bars = []
    for place, row in enumerate(rows):
        low, high = round((WIDE - 1) * row.low / longest), _at(row.high, longest)
        piece = Piece(row.tone, low, place * ROW + TEXT + 6, max(LEAST, high - low), BAR)
        mark = round((WIDE - 3) * row.actual / longest)
        bars.append(Bar(row.label, row.value, place * ROW + TEXT, (piece,), mark=mark))
    said = ". ".join(f"{bar.label}: {bar.value}" for bar in bars)
    return Plot(plot, f"{title}. {said}.", legend, tuple(bars), (), (), len(bars) * ROW)


def columns(plot: str, title: str, rows: Sequence[Row]) -> Plot | None:
    """A column for each of the newest rows, parts from below; None where none has anything."""
    shown = list(rows)[-MOST_COLUMNS:]
    highest = max((sum(part.number for part in parts) for _, parts in shown), default=0)
    if not highest:
        return None
    step = min(60, WIDE // len(shown))
    pieces, labels = [], []
    for place, (label, parts) in enumerate(shown):
        x, top = place * step + (step - COLUMN) // 2, HIGH + TEXT
        for part in parts:
            if part.number:
                height = LEAST + (HIGH - LEAST * len(parts)) * part.number // highest
                top -= height
                pieces.append(Piece(part.tone, x, top, COLUMN, height))
        total = sum(part.number for part in parts)
        labels.append(Label(str(total), place * step + step // 2, top - 4))
        # Where there is little room every second name is left out: the table has them all.
        if step >= 50 or place % 2 == (len(shown) - 1) % 2:
            labels.append(Label(label, place * step + step // 2, HIGH + TEXT + FOOT - 6))
    said = ". ".join(
        f"{label}: " + (", ".join(f"{part.number} {part.words}" for part in parts if part.number) or "nothing")
        for label, parts in shown
    )
    height = HIGH + TEXT + FOOT
    return Plot(plot, f"{title}. {said}.", _legend(shown), (), tuple(pieces), tuple(labels), height)
