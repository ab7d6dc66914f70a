"""The lines of a failing step worth weighing: those with an error's words, what stands around them, and its end.

A step of any size is searched for literals in pieces; only the lines around what was found are read. Memory and work
after the search do not grow with the log.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from otto_bot.diagnosis.clean import LINE_LIMIT, clean_line
from otto_bot.diagnosis.signs import narrowed, signs_of, strong

PIECE = 1 << 20
LONGEST = 4 * LINE_LIMIT
"""Bytes after which a line is taken for two."""
WEAK_TAIL = 1 << 17
"""Bytes before the end in which words are looked for that stand in harmless lines too."""
PER_PIECE = 32
"""Places of one word that are looked at from either end of a piece, whatever stands there."""
MOST_PLACES = 4000
"""Places of one word in a piece that are compared with those before."""
MOST_HITS = 300
FIRST_STRONG, LAST_STRONG, LAST_WEAK = 16, 20, 16
BEFORE, AFTER, TAIL, NEAR = 5, 12, 70, 1
MOST_LINES = 900
TOGETHER = 24
"""Lines whose words are looked for in one go."""
FIRST_PARTS, LAST_PARTS = 8, 24
"""Parts of a line that was drawn again and again."""

WORDS = (
    *(b"error", b"fail", b"fatal", b"exception", b"traceback", b"panic", b"not ok ", b"abort", b"segmentation"),
    *(b"core dumped", b"err!", b"  1) "),
)
WEAK_WORDS = (
    *(b" denied", b"not found", b"cannot ", b"undefined", b"no such ", b"unable to", b"timed out", b"killed"),
    *(b"mismatch", b"invalid", b"missing", b"expected", b"assert", b"could not"),
)
SIGNS = tuple(sign.encode() for sign in "✖✗✘✕●")
_DIGITS = b"0123456789"
_MARKS = ("travis_time:", "travis_fold:", "section_start:", "section_end:")
"""Lines by which a runner parts its log; they say nothing to people."""


class Line(NamedTuple):
    """A line of interest. `start` is its place in the log; `fresh`: nothing that was read stands right before it."""

    start: int
    number: int
    text: str
    signs: int
    alike: int
    fresh: bool
    after_blank: bool


class Scan(NamedTuple):
    """What was read of a section: its lines of interest in order, and where in the log it ends."""

    lines: tuple[Line, ...]
    end: int


def scan(log: bytes, start: int, end: int, number: int, also: Sequence[int] = ()) -> Scan:
    """Lines worth weighing of `log[start:end]`, whose first line has the given number; those at `also` in any case."""
    hits, counts = _hits(log, start, end)
    tail = _back(log, end, start, TAIL)
    chosen = _chosen(log, [hit for hit in hits if hit[0] < tail])  # what stands in the tail is read in any case
    most = MOST_LINES + (2 * NEAR + 1) * len(also)
    ranges = _fitting(log, _ranges(log, start, end, chosen, also), most)
    return Scan(tuple(_read(log, start, number, ranges, counts)), end)


def _hits(log: bytes, start: int, end: int) -> tuple[list[tuple[int, bool]], dict[bytes, int]]:
    """Line starts with an error's words (True: a word that seldom stands elsewhere), and how often each form stands."""
    found: dict[int, bool] = {}
    counts: dict[bytes, int] = {}
    for at, stop in _pieces(log, start, end):
        for line, telling in _in_piece(log[at:stop].lower(), stop == end):
            form = _form(log, at + line)
            seen = counts.get(form, 0)
            counts[form] = seen + 1
            if seen < 3 or seen % 16 == 0:
                found[at + line] = found.get(at + line, False) or telling
    hits = sorted(found.items())
    if len(hits) > MOST_HITS:
        hits = hits[: MOST_HITS // 2] + hits[-MOST_HITS // 2 :]
    return hits, counts


def _pieces(log: bytes, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Pieces of whole lines as far as lines end; the last one is about `WEAK_TAIL` long."""
    while start < end:
        rest = end - start
        stop = end if rest <= WEAK_TAIL + LONGEST else start + min(rest - WEAK_TAIL, PIECE)
        if stop < end:
            stop = log.rfind(b"\n", start, stop) + 1 or stop
        yield start, stop
        start = stop


def _in_piece(piece: bytes, last: bool) -> list[tuple[int, bool]]:
    lines: dict[int, bool] = {}
    words = WORDS if piece.isascii() else WORDS + SIGNS
    for group, telling in ((words, True), (WEAK_WORDS if last else (), False)):
        for word in group:
            for place in _places(piece, word):
                line = max(piece.rfind(b"\n", 0, place), piece.rfind(b"\r", max(0, place - 4000), place)) + 1
                if telling or line not in lines:
                    lines[line] = telling
    return sorted(lines.items())


def _places(piece: bytes, word: bytes) -> Iterator[int]:
    """Places of the word, one a line: the first and the last `PER_PIECE`, between them the first of each new form."""
    forms: set[bytes] = set()
    at, last = piece.find(word), -1
    for count in range(MOST_PLACES):
        if at < 0:
            return
        form = _form(piece, piece.rfind(b"\n", 0, at) + 1)
        if count < PER_PIECE or form not in forms:
            yield at
        forms.add(form)
        last = at
        stop = piece.find(b"\n", at)
        at = piece.find(word, stop) if stop >= 0 else -1
    at = piece.rfind(word)
    for _ in range(PER_PIECE):
        if at <= last:
            return
        yield at
        at = piece.rfind(word, 0, piece.rfind(b"\n", 0, at) + 1)


def _form(log: bytes, start: int) -> bytes:
    """The beginning of a line without digits: equal for lines that differ only in numbers."""
    stop = log.find(b"\n", start, start + 240)
    return log[start : stop if stop >= 0 else start + 240].translate(None, _DIGITS)


def _chosen(log: bytes, hits: list[tuple[int, bool]]) -> list[int]:
    """The hits whose surroundings are read: strong ones from both ends, and the last of the others."""
    told = [start for start, telling in hits if telling]
    weak = [start for start, telling in hits if not telling]
    sure: list[int] = []
    for at in range(0, len(told), TOGETHER):
        some = told[at : at + TOGETHER]
        for start, is_one in zip(some, strong([_text_at(log, start) for start in some]), strict=True):
            (sure if is_one else weak).append(start)
    if len(sure) > FIRST_STRONG + LAST_STRONG:
        sure = sure[:FIRST_STRONG] + sure[-LAST_STRONG:]
    return sorted({*sure, *sorted(weak)[-LAST_WEAK:]})


def _text_at(log: bytes, start: int) -> str:
    stop = log.find(b"\n", start, start + LINE_LIMIT)
    return clean_line(log[start : stop if stop >= 0 else start + LINE_LIMIT])


def _ranges(log: bytes, start: int, end: int, hits: Sequence[int], also: Sequence[int]) -> list[tuple[int, int]]:
    """Byte ranges of whole lines around the hits and at the end, merged, in order."""
    found: list[tuple[int, int]] = []
    wanted = [(_back(log, at, start, BEFORE), _on(log, at, end, AFTER)) for at in hits]
    wanted += [(_back(log, at, start, NEAR), _on(log, at, end, NEAR)) for at in also]
    wanted.append((_back(log, end, start, TAIL), end))
    for low, high in sorted(wanted):
        if found and low <= found[-1][1]:
            found[-1] = (found[-1][0], max(high, found[-1][1]))
        else:
            found.append((low, high))
    return found


def _fitting(log: bytes, ranges: list[tuple[int, int]], most: int) -> list[tuple[int, int]]:
    """What of the ranges has `most` lines together: more of the last than of the first ones, none of the middle."""
    if sum(log.count(b"\n", low, high) + 1 for low, high in ranges) <= most:
        return ranges
    left = most * 3 // 5
    last: list[tuple[int, int]] = []
    for low, high in reversed(ranges):
        if left <= 0:
            break
        last.append((_back(log, high, low, left), high))
        left -= log.count(b"\n", *last[-1]) + 1
    border, left = last[-1][0], most * 2 // 5
    first: list[tuple[int, int]] = []
    for low, high in ranges:
        if left <= 0 or low >= border:
            break
        first.append((low, _on(log, low, min(high, border), left - 1)))
        left -= log.count(b"\n", *first[-1]) + 1
    return first + last[::-1]


def _back(log: bytes, at: int, start: int, lines: int) -> int:
    for _ in range(lines):
        if at <= start:
            return start
        at = log.rfind(b"\n", max(start, at - 1 - LONGEST), max(start, at - 1)) + 1 or max(start, at - 1 - LONGEST)
    return at


def _on(log: bytes, at: int, end: int, lines: int) -> int:
    for _ in range(lines + 1):
        stop = log.find(b"\n", at, min(end, at + LONGEST))
        at = stop + 1 if stop >= 0 else min(end, at + LONGEST)
        if at >= end:
            return end
    return at


def _read(
    log: bytes, start: int, number: int, ranges: list[tuple[int, int]], counts: dict[bytes, int]
) -> Iterator[Line]:
    known: dict[str, int] = {}
    counted = start
    for low, high in ranges:
        number += log.count(b"\n", counted, low)
        counted = low
        found = list(_cleaned(log, low, high, number))
        _look(found, known)
        fresh, blank = True, low == start
        for place, line, text in found:
            if not text.strip():
                blank = True
                continue
            yield Line(place, line, text, known[text], counts.get(_form(log, place), 1), fresh, blank)
            fresh = blank = False


def _look(found: list[tuple[int, int, str]], known: dict[str, int]) -> None:
    """Note the signs of these lines; equal ones are looked at once, and together for words that none of them has."""
    texts = list(dict.fromkeys(text for _, _, text in found if text not in known))
    for at in range(0, len(texts), TOGETHER):
        some = texts[at : at + TOGETHER]
        tests = narrowed("\n".join(some))
        known.update((text, signs_of(text, tests)) for text in some)


def _cleaned(log: bytes, low: int, high: int, number: int) -> Iterator[tuple[int, int, str]]:
    """Place, number and text of each line between two places, without those that only part a log."""
    while low < high:
        stop = log.find(b"\n", low, high)
        stop = high if stop < 0 else stop
        for place, raw in _parts(log, low, stop):
            text = clean_line(raw)
            if not text.startswith(_MARKS):
                yield place, number, text
        low, number = stop + 1, number + 1


def _parts(log: bytes, start: int, stop: int) -> Iterator[tuple[int, bytes]]:
    """The line in the parts that bare CRs make of it: each was a line of its own on some screen."""
    if log.find(b"\r", start, stop - 1) < 0:
        yield start, log[start : min(stop, start + LINE_LIMIT)]
        return
    if stop - start <= LONGEST:
        found = list(_drawn(log, start, stop))
        yield from found if len(found) <= FIRST_PARTS + LAST_PARTS else found[:FIRST_PARTS] + found[-LAST_PARTS:]
        return
    half = LONGEST // 2
    yield from list(_drawn(log, start, start + half))[:FIRST_PARTS]
    yield from list(_drawn(log, stop - half, stop))[-LAST_PARTS:]


def _drawn(log: bytes, start: int, stop: int) -> Iterator[tuple[int, bytes]]:
    at = start
    for part in log[start:stop].split(b"\r"):
        yield at, part[:LINE_LIMIT]
        at += len(part) + 1
