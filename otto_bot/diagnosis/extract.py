"""The lines that say why a step failed, within a budget of characters: the first error is kept, then the best rest.

Two passes over the step's own lines: the first scores each line and remembers where the good ones stand, the second
reads those and what surrounds them. Memory does not grow with the log.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from otto_bot.core.evidence import Excerpt
from otto_bot.diagnosis.anchors import score
from otto_bot.diagnosis.clean import LogLine, lines
from otto_bot.diagnosis.models import CheckedJob
from otto_bot.diagnosis.slice import Section

WIDTH = 400
"""Longest line of an excerpt in characters."""

_KEPT = 2000
_BEFORE, _AFTER, _TAIL = 2, 6, 14
_CUT = " …"


class Anchor(NamedTuple):
    """A line that says something, and how much."""

    line: LogLine
    score: int


class Anchors:
    """Collects scored lines: the first and the last `_KEPT` of them, and the number of the last line."""

    def __init__(self) -> None:
        self._first: list[Anchor] = []
        self._last: deque[Anchor] = deque(maxlen=_KEPT)
        self._header = False
        self.last_number = 0

    def feed(self, line: LogLine) -> None:
        """Take the next line of the step. Its own command, shown in the group at its head, is no error."""
        if line.text.startswith("##[group]"):
            self._header = line.text.startswith("##[group]Run ")
        elif line.text.startswith("##[endgroup]"):
            self._header = False
        if line.text.strip():
            self.last_number = line.number
        worth = 0 if self._header else score(line.text)
        if not worth:
            return
        if len(self._first) < _KEPT:
            self._first.append(Anchor(line, worth))
        else:
            self._last.append(Anchor(line, worth))

    def all(self) -> tuple[Anchor, ...]:
        """Every remembered line in order."""
        return (*self._first, *self._last)


def excerpts(jobs: Sequence[tuple[CheckedJob, Sequence[tuple[Section, Anchors]]]], budget: int) -> tuple[Excerpt, ...]:
    """Excerpts of every failing step; each gets an even share, what one leaves goes to those after it."""
    pieces = [(job, section, anchors) for job, found in jobs for section, anchors in found]
    sizes = [section.end - section.start for _, section, _ in pieces]
    result: list[Excerpt] = []
    left = budget
    for done, index in enumerate(sorted(range(len(pieces)), key=lambda i: sizes[i])):
        share = left // (len(pieces) - done)
        found = excerpt_section(*pieces[index], budget=share)
        left -= sum(len(item.text) + 1 for item in found)
        result += found
    order = {(job.source, section.line): i for i, (job, section, _) in enumerate(pieces)}
    return tuple(sorted(result, key=lambda item: (order.get((item.source, 0), 0), item.source, item.first_line or 0)))


def excerpt_section(job: CheckedJob, section: Section, anchors: Anchors, budget: int) -> list[Excerpt]:
    """The best lines of one step as contiguous excerpts with original line numbers, at most `budget` characters."""
    wanted = _ranked(anchors, section.line)
    texts = _read(job.log or b"", section, set(wanted))
    chosen: set[int] = set()
    left = budget
    for number in wanted:
        text = texts.get(number)
        if text is None or number in chosen:
            continue
        if len(text) + 1 > left:
            if chosen or left < len(_CUT) + 2:
                continue
            text = texts[number] = text[: max(0, left - len(_CUT) - 1)] + _CUT
        chosen.add(number)
        left -= len(text) + 1
        if left < 8:
            break
    return [_excerpt(job, section, block, texts) for block in _blocks(chosen, texts)]


def _ranked(anchors: Anchors, first_line: int) -> list[int]:
    """Line numbers by worth: the first error with what follows, the end, other errors, their surroundings."""
    found = anchors.all()
    order: dict[int, None] = {}

    def take(numbers: Iterable[int]) -> None:
        for number in numbers:
            if number >= first_line:
                order.setdefault(number)

    best = max((item.score for item in found), default=0)
    strong = [item.line.number for item in found if item.score == best]
    if strong:
        take(range(strong[0], strong[0] + 4))
        take(range(strong[0] - 1, strong[0] - _BEFORE - 1, -1))
    take(range(anchors.last_number, anchors.last_number - _TAIL, -1))
    take(_outside_in(strong))
    near: list[int] = []
    for number in _outside_in(strong):
        near += [*range(number + 1, number + _AFTER + 1), *range(number - 1, number - _BEFORE - 1, -1)]
    take(near)
    take(item.line.number for item in sorted(found, key=lambda item: -item.score))
    take(range(anchors.last_number - _TAIL, anchors.last_number - 400, -1))
    return list(order)


def _outside_in(numbers: Sequence[int]) -> list[int]:
    """First, last, second, last but one, …: neither end of a long list of errors starves the other."""
    result: list[int] = []
    low, high = 0, len(numbers) - 1
    while low <= high:
        result.append(numbers[low])
        if high != low:
            result.append(numbers[high])
        low, high = low + 1, high - 1
    return result


def _read(log: bytes, section: Section, wanted: set[int]) -> dict[int, str]:
    found: dict[int, str] = {}
    for line in lines(log, section.start, section.end, section.line):
        if line.number in wanted and line.text.strip():
            text = line.text
            found[line.number] = text if len(text) <= WIDTH else text[: WIDTH - len(_CUT)] + _CUT
    return found


def _blocks(chosen: set[int], texts: dict[int, str]) -> list[list[int]]:
    """Runs of neighbouring lines; blank lines between two of them (not in `texts`) do not part them."""
    blocks: list[list[int]] = []
    for number in sorted(chosen):
        if blocks and number - blocks[-1][-1] <= 2 and all(n not in texts for n in range(blocks[-1][-1] + 1, number)):
            blocks[-1].append(number)
        else:
            blocks.append([number])
    return blocks


def _excerpt(job: CheckedJob, section: Section, block: Sequence[int], texts: dict[int, str]) -> Excerpt:
    return Excerpt(
        kind="log",
        source=job.source if section.step is None else f"{job.source} · {section.step.name}",
        text="\n".join(texts[number] for number in block),
        first_line=block[0],
        last_line=block[-1],
        url=_link(job, section, block[0]),
    )


def _link(job: CheckedJob, section: Section, number: int) -> str:
    """Where GitHub shows the line: its pages count lines within the step."""
    if not job.url or section.step is None:
        return job.url
    return f"{job.url}#step:{section.step.number}:{number - section.line + 1}"
