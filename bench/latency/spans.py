"""Stretches of time: put together without counting a moment twice, and taken away from one another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

Json = dict[str, Any]


class Span(NamedTuple):
    """From `begin` until `end`."""

    begin: datetime
    end: datetime


def moment(text: str) -> datetime:
    """A time as reports write it."""
    return datetime.fromisoformat(text)


def span(begin: str, seconds: float | None) -> Span:
    """So many seconds from a written time on."""
    at = moment(begin)
    return Span(at, at + timedelta(seconds=seconds or 0.0))


def covered(spans: Iterable[Span], within: Span) -> float:
    """Seconds of `within` that lie in at least one span; each counts once, however many overlap."""
    clipped = sorted(Span(max(s.begin, within.begin), min(s.end, within.end)) for s in spans)
    total, reached = 0.0, within.begin
    for begin, end in clipped:
        if end > max(begin, reached):
            total += (end - max(begin, reached)).total_seconds()
            reached = end
    return total


def left(within: Span, spans: Iterable[Span]) -> float:
    """Seconds of `within` that lie in no span."""
    return (within.end - within.begin).total_seconds() - covered(spans, within)


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of the values does not exceed. Raises ValueError without values."""
    if not values:
        raise ValueError("nothing was measured")
    ranked = sorted(values)
    return ranked[max(0, -int(-share * len(ranked) // 1) - 1)]
