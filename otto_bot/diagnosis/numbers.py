"""The original number of every quoted line, also where an excerpt left blank lines out."""

from __future__ import annotations

from collections.abc import Sequence

from otto_bot.core.evidence import Excerpt
from otto_bot.diagnosis.clean import lines

_CHUNK = 1 << 20


def line_numbers(log: bytes, excerpts: Sequence[Excerpt]) -> tuple[tuple[int, ...], ...]:
    """For each excerpt the numbers of its lines, 1-based; empty where it has none or they are not certain."""
    return tuple(_numbers(log, excerpt) for excerpt in excerpts)


def _numbers(log: bytes, excerpt: Excerpt) -> tuple[int, ...]:
    first, last = excerpt.first_line, excerpt.last_line
    if excerpt.kind != "log" or first is None or last is None:
        return ()
    texts = excerpt.text.split("\n")
    if last - first + 1 == len(texts):
        return tuple(range(first, last + 1))
    start = _offset(log, first)
    end = _offset(log, last + 1, start, first)
    told = tuple(line.number for line in lines(log, start, end, first) if line.text.strip())
    return told if len(told) == len(texts) else ()


def _offset(log: bytes, number: int, start: int = 0, at: int = 1) -> int:
    """Where line `number` begins; line `at` begins at `start`."""
    while at < number and start < len(log):
        end = min(start + _CHUNK, len(log))
        breaks = log.count(b"\n", start, end)
        if at + breaks < number:
            start, at = end, at + breaks
            continue
        for _ in range(number - at):
            start = log.find(b"\n", start, end) + 1
        at = number
    return start
