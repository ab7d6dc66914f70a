"""The original number of every quoted line, also where an excerpt left blank lines out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from otto_bot.core.evidence import Excerpt
from otto_bot.diagnosis.clean import LINE_LIMIT, clean_line

_CHUNK = 1 << 20
_LONGEST = 4 * LINE_LIMIT
_CUT = " …"
"""How a long line ends in an excerpt."""


def line_numbers(log: bytes, excerpts: Sequence[Excerpt]) -> tuple[tuple[int, ...], ...]:
    """For each excerpt the numbers of its lines, 1-based; empty where it has none or they are not certain."""
    return tuple(_numbers(log, excerpt) for excerpt in excerpts)


def _numbers(log: bytes, excerpt: Excerpt) -> tuple[int, ...]:
    first, last = excerpt.first_line, excerpt.last_line
    if excerpt.kind != "log" or first is None or last is None:
        return ()
    texts = excerpt.text.split("\n")
    found: list[int] = []
    for number, line in _lines(log, first, last):
        if len(found) == len(texts):
            break
        text = texts[len(found)]
        # A part of a log may begin or end within a line.
        whole = line == text or (text.endswith(_CUT) and line.startswith(text.removesuffix(_CUT)))
        if whole or (number == last and line.startswith(text)) or (number == first and line.endswith(text)):
            found.append(number)
    return tuple(found) if len(found) == len(texts) else ()


def _lines(log: bytes, first: int, last: int) -> Iterator[tuple[int, str]]:
    """Cleaned lines with their numbers; each part between bare CRs may have been quoted as a line of its own."""
    start = _offset(log, first)
    for number in range(first, last + 1):
        stop = log.find(b"\n", start)
        stop = len(log) if stop < 0 else stop
        raw = log[start : min(stop, start + _LONGEST)]
        yield from ((number, clean_line(part[:LINE_LIMIT])) for part in raw.split(b"\r"))
        start = stop + 1


def _offset(log: bytes, number: int) -> int:
    """Where line `number` begins."""
    start, at = 0, 1
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
