"""What a passing run of the same job did not say: the lines of a failing log that are new against it.

Lines are compared without numbers, hashes and times. Only digests of the passing run's lines are kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from otto_bot.diagnosis.clean import LINE_LIMIT, clean_line

MOST_LINES = 400_000
"""Lines of a passing log that are read, and of a failing one that are compared."""
MOST_NEW = 150
"""New lines that are looked at, from either end of a step."""

_CHANGING = re.compile(r"0x[0-9a-f]+|\b(?=[0-9a-f]*[0-9])[0-9a-f]{7,64}\b|\d+", re.IGNORECASE)
_DIGITS = b"0123456789"
_SPACES = re.compile(r"\s+")


class Passing:
    """The forms of a passing log's lines."""

    def __init__(self, log: bytes) -> None:
        self._raw: set[int] = set()
        self._known: set[int] = set()
        for _, raw in _raw_lines(log, 0, len(log)):
            rough = hash(raw.translate(None, _DIGITS))
            if rough not in self._raw:
                self._raw.add(rough)
                self._known.add(hash(form(raw)))

    def says(self, text: str) -> bool:
        """Whether the passing run said this (cleaned) line too."""
        return hash(_form(text)) in self._known

    def new_lines(self, log: bytes, start: int, end: int) -> list[int]:
        """Where lines begin that the passing run did not say, the first and the last of them, in order."""
        first: list[int] = []
        last: list[int] = []
        for at, raw in _raw_lines(log, start, end):
            if hash(raw.translate(None, _DIGITS)) in self._raw:  # most lines; the same by a cheaper look
                continue
            shape = form(raw)
            if not shape or hash(shape) in self._known:
                continue
            if len(first) < MOST_NEW:
                first.append(at)
            else:
                last.append(at)
                if len(last) > 4 * MOST_NEW:
                    del last[:-MOST_NEW]
        return first + last[-MOST_NEW:]


def form(raw: bytes) -> str:
    """One raw line without what changes from run to run."""
    return _form(clean_line(raw))


def _form(text: str) -> str:
    return _SPACES.sub(" ", _CHANGING.sub("0", text)).strip()


def _raw_lines(log: bytes, start: int, end: int) -> Iterator[tuple[int, bytes]]:
    at = start
    for _ in range(MOST_LINES):
        if at >= end:
            return
        stop = log.find(b"\n", at, end)
        stop = end if stop < 0 else stop
        place = at
        for part in log[at : min(stop, at + LINE_LIMIT)].split(b"\r"):
            yield place, part
            place += len(part) + 1
        at = stop + 1
