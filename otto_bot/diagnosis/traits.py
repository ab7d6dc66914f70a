"""What is known of a line among its neighbours: the traits that the weights of `weights.py` are given to.

A trait is a name. `is:error` is a sign of the line itself, `above1:frame` of the line before it, `below3:echo` of one
of the two after the next; the others say where the line stands in its step and near which error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from otto_bot.diagnosis.scan import Line, Scan
from otto_bot.diagnosis.signs import BIT, is_strong

FAR = 1001
UNIT = 500
"""Bytes that are counted as one where the distance to the end is told."""
_GAP = 40
"""Lines that are counted for a part that was not read."""

CLOSE_TO_END = (1, 3, 8, 20, 60, 200, 1000)
BYTES_TO_END = (1500, 4000, 16000)
BELOW_ERROR = ((1, 1), (2, 2), (3, 5), (6, 12), (13, 30))
ABOVE_ERROR = ((1, 1), (2, 2), (3, 4), (5, 8))
NEIGHBOURS = (
    ("above1", (-1,)),
    ("above3", (-2, -3)),
    ("below1", (1,)),
    ("below3", (2, 3)),
)


class Spot(NamedTuple):
    """A line with its neighbours' signs and its distance, in lines that say anything, to the strong ones."""

    line: Line
    strong: bool
    around: tuple[int, int, int, int]
    below: int
    above: int
    nth: int
    left: int
    to_end: int
    bytes_left: int
    heading: bool


def spots(found: Scan) -> list[Spot]:
    """The lines of a scan with what stands around them."""
    lines = found.lines
    strong = [is_strong(line.signs) for line in lines]
    below, above = _distances(lines, strong), _distances_up(lines, strong)
    count, nth = 0, []
    for is_one in strong:
        count += is_one
        nth.append(count)
    header = _headers(lines)
    last = lines[-1].number if lines else 0
    return [
        Spot(
            line,
            strong[k],
            _around(lines, k),
            below[k],
            above[k],
            nth[k],
            count - nth[k],
            last - line.number,
            found.end - line.start,
            header[k],
        )
        for k, line in enumerate(lines)
    ]


def _distances(lines: Sequence[Line], strong: Sequence[bool]) -> list[int]:
    far, found = FAR, []
    for line, is_one in zip(lines, strong, strict=True):
        far = 0 if is_one else min(FAR, far + (_GAP if line.fresh else 1))
        found.append(far)
    return found


def _distances_up(lines: Sequence[Line], strong: Sequence[bool]) -> list[int]:
    far, found, gap = FAR, [], False
    for line, is_one in zip(reversed(lines), reversed(strong), strict=True):
        far = 0 if is_one else min(FAR, far + (_GAP if gap else 1))
        gap = line.fresh
        found.append(far)
    return found[::-1]


def _headers(lines: Sequence[Line]) -> list[bool]:
    """Which lines show a step's own command and environment, as Actions does before it runs it."""
    inside, found = False, []
    for line in lines:
        if line.text.startswith("##[group]"):
            inside = line.text.startswith("##[group]Run ")
        elif line.fresh:
            inside = False
        found.append(inside)
        inside = inside and not line.text.startswith("##[endgroup]")
    return found


def _around(lines: Sequence[Line], k: int) -> tuple[int, int, int, int]:
    found = []
    for _, offsets in NEIGHBOURS:
        signs = 0
        for offset in offsets:
            if 0 <= k + offset < len(lines):
                signs |= lines[k + offset].signs
        found.append(signs)
    return found[0], found[1], found[2], found[3]


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip())


class Measure(NamedTuple):
    """A figure of a line, and the names of the ranges it may be in, each with its ends."""

    figure: Callable[[Spot], int]
    ranges: tuple[tuple[str, int, int], ...]


MEASURES = (
    Measure(lambda s: s.below, tuple((f"{low} to {high} below a strong", low, high) for low, high in BELOW_ERROR)),
    Measure(lambda s: s.above, tuple((f"{low} to {high} above a strong", low, high) for low, high in ABOVE_ERROR)),
    Measure(lambda s: s.to_end, tuple((f"within {n} lines of the end", 0, n) for n in CLOSE_TO_END)),
    Measure(
        lambda s: s.bytes_left // UNIT, tuple((f"within {n} bytes of the end", 0, n // UNIT - 1) for n in BYTES_TO_END)
    ),
    Measure(
        lambda s: s.line.alike,
        (
            ("its form stands once", 0, 1),
            ("its form stands 2 or 3 times", 2, 3),
            ("its form stands over 20 times", 21, FAR),
        ),
    ),
    Measure(
        lambda s: len(s.line.text),
        (
            ("under 8 characters", 0, 7),
            ("under 30 characters", 0, 29),
            ("over 120 characters", 121, FAR),
            ("over 200 characters", 201, FAR),
        ),
    ),
    Measure(lambda s: _indent(s.line.text), (("indented", 1, FAR), ("indented by over 4", 5, FAR))),
)
"""A figure counts as `FAR` where it is over that."""

PAIRS: tuple[tuple[str, int], ...] = (
    ("place and error", BIT["place"] | BIT["error"]),
    ("error and warning", BIT["error"] | BIT["warning"]),
    ("echo and error", BIT["echo"] | BIT["error"]),
    ("passed and error", BIT["passed"] | BIT["error"]),
    ("chatter and error", BIT["chatter"] | BIT["error"]),
)
"""Signs that mean something else together than each alone."""

IF_STRONG: tuple[tuple[str, Callable[[Spot], bool]], ...] = (
    ("strong", lambda s: s.strong),
    ("first strong", lambda s: s.nth == 1),
    ("strong, one of the first 3", lambda s: s.nth <= 3),
    ("last strong", lambda s: s.left == 0),
    ("strong, one of the last 4", lambda s: s.left <= 3),
    ("strong, within 40 lines of the end", lambda s: s.to_end <= 40),
    ("strong, over 200 lines from the end", lambda s: s.to_end > 200),
)
"""Of strong lines only."""

PLACES: tuple[tuple[str, Callable[[Spot], bool]], ...] = (
    ("before any strong", lambda s: s.nth == 0),
    ("within 6 below the first strong", lambda s: s.nth == 1 and 1 <= s.below <= 6),
    ("error, within 30 lines of the end", lambda s: s.to_end <= 30 and bool(s.line.signs & BIT["error_first"])),
    ("trouble, within 30 lines of the end", lambda s: s.to_end <= 30 and bool(s.line.signs & BIT["trouble"])),
    ("after a blank line", lambda s: s.line.after_blank),
    ("in the step's own heading", lambda s: s.heading),
    ("asserted, close below a strong", lambda s: s.below < 8 and bool(s.line.signs & BIT["asserted"])),
    ("frame, close below a strong", lambda s: s.below < 4 and bool(s.line.signs & BIT["frame"])),
    ("frame, far below a strong", lambda s: s.below >= 4 and bool(s.line.signs & BIT["frame"])),
)

NAMES = (
    *(f"is:{name}" for name in BIT),
    *(f"{where}:{name}" for where, _ in NEIGHBOURS for name in BIT),
    *(name for measure in MEASURES for name, _, _ in measure.ranges),
    *(name for name, _ in (*PAIRS, *IF_STRONG, *PLACES)),
)
"""Every trait there is."""


def bits_of(signs: int) -> Iterator[str]:
    """Names of the signs."""
    return (name for name, bit in BIT.items() if signs & bit)


def traits(spot: Spot) -> Iterator[str]:
    """Every trait of a line."""
    for name in bits_of(spot.line.signs):
        yield f"is:{name}"
    for (where, _), signs in zip(NEIGHBOURS, spot.around, strict=True):
        for name in bits_of(signs):
            yield f"{where}:{name}"
    for figure, ranges in MEASURES:
        value = min(figure(spot), FAR)
        yield from (name for name, low, high in ranges if low <= value <= high)
    yield from (name for name, bits in PAIRS if spot.line.signs & bits == bits)
    if spot.strong:
        yield from (name for name, holds in IF_STRONG if holds(spot))
    yield from (name for name, holds in PLACES if holds(spot))
