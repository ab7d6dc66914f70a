"""The page of a log: how it stands, and a window of its lines around those that were asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from urllib.parse import urlencode

from otto_bot.core.evidence import Excerpt
from otto_bot.text.links import Links
from otto_bot.text.logs import LOGS, standing_words
from otto_bot.text.spoken import line, weight
from otto_bot.web.logs.drawn import Piece, drawn, pieces
from otto_bot.web.logs.lines import LogFile
from otto_bot.web.logs.source import Source
from otto_bot.web.views.parts import Link, Moment, Shown, excerpt_view, lines_of, moment

ROWS = 400
BEFORE = 12
"""Lines before those that were asked for."""
WIDTH = 1_000
"""Characters of one line on a page."""
ROOM, AROUND = 100_000, 64
"""Bytes of HTML for the lines, and what stands around each of them or of its pieces."""
READ = 512 * 1024
SEARCHED = 64 * 1024 * 1024
"""Bytes that one request looks through."""
EXCERPTS, EXCERPT = 8, 8_000
MARKED = 5_000
"""Lines that one address may mark."""
TONES = {"final": "done", "live": "work", "loading": "work", "waiting": "wait"}
QUOTES = 10
"""Quotes that are looked for."""
_BARE = re.compile(r"^\d{4}-\d\d-\d\dT[\d:.]+Z ?|\x1b\[[0-9;]*m")
"""What stands around the words of a line: when it was written, and colours."""
_LINES = re.compile(r"L?([0-9]{1,9})(?:-L?([0-9]{1,9}))?")


class Wanted(NamedTuple):
    """What an address asks for: lines to mark, a first line, words to find from an offset on. 0 and empty: nothing."""

    first: int = 0
    last: int = 0
    start: int = 0
    find: str = ""
    after: int = 0
    lines: frozenset[int] = frozenset()
    """The lines among those that quoted words stand in; none: all of them are marked."""


class Row(NamedTuple):
    """One line."""

    number: int
    pieces: tuple[Piece, ...]
    marked: bool


class Window(NamedTuple):
    """Lines in a row, and the offsets that they begin and end at."""

    rows: tuple[Row, ...]
    start: int
    end: int


class LogPage(NamedTuple):
    """Everything of a log's page."""

    run: Link
    where: tuple[Link, ...]
    title: str
    state: str
    tone: str
    standing: str
    updated: Moment | None
    github: Link
    here: str
    part: str
    window: Window
    first: int
    last: int
    marks: str
    """Their numbers, where not all from the first to the last are marked."""
    begins: str
    """The offset that was asked for; empty for the end."""
    following: tuple[tuple[str, str, str], ...]
    find: str
    found: str
    matches: tuple[Link, ...]
    excerpts: tuple[Shown, ...]
    gone: bool


def wanted_of(query: Mapping[str, str]) -> Wanted:
    """What stands in an address; nonsense is nothing."""
    found = _LINES.fullmatch(query.get("line", ""))
    first = int(found[1]) if found else 0
    last = max(first, int(found[2] or 0)) if found else 0
    return Wanted(
        first, min(last, first + MARKED), number_of(query.get("from")), query.get("find", "")[:200],
        number_of(query.get("after")),
    )  # fmt: skip


def number_of(said: str | None) -> int:
    """A number in an address; 0 where it is none."""
    return int(said) if said and said.isascii() and said.isdigit() and len(said) < 16 else 0


def log_page(
    source: Source, wanted: Wanted, now: datetime, run: Link, where: Sequence[Link], title: str, here: str,
    github: Link, kept: Sequence[Excerpt], links: Links, quotes: Sequence[str] = (),
) -> LogPage:  # fmt: skip
    """The page as it is shown. Reads the log's file."""
    log = source.log
    lines, size = (log.index.lines, log.size) if log is not None else (0, 0)
    found, matches, wanted = _found(log, wanted, here) if log is not None else ("", (), wanted)
    if log is not None and size:
        wanted = exactly(log, wanted, quotes)
    window = window_of(log, wanted) if log is not None and size else Window((), 0, 0)
    gone = source.standing in ("gone", "failed", "full")
    age = (now - source.at).total_seconds()
    return LogPage(
        run=run,
        where=tuple(where),
        title=line(title, 200),
        state=standing_words(source.standing, lines=lines, size=size, age=age, words=line(source.words, 300)),
        tone=TONES.get(source.standing, "bad"),
        standing=source.standing,
        updated=moment(source.at),
        github=github,
        here=here,
        part=f"{here}/part",
        window=window,
        first=wanted.first,
        last=wanted.last,
        marks=",".join(str(one) for one in sorted(wanted.lines)),
        begins=str(window.start) if wanted.start else "",
        following=_following(window, lines, here),
        find=wanted.find,
        found=found,
        matches=matches,
        excerpts=tuple(excerpt_view(one, links, limit=EXCERPT) for one in kept[:EXCERPTS]) if gone else (),
        gone=gone,
    )


def window_of(log: LogFile, wanted: Wanted) -> Window:
    """Lines from before those that are asked for, or the last ones."""
    if wanted.first:
        around = _from(log, max(1, wanted.first - BEFORE), wanted)
        seen = any(row.marked for row in around.rows)
        return around if seen else _from(log, wanted.first, wanted)  # the lines before it are too long
    if wanted.start:
        return _from(log, wanted.start, wanted)
    return _last(log, wanted)


def _from(log: LogFile, number: int, wanted: Wanted) -> Window:
    part = log.part(log.offset_of(number), READ)
    some = part.body.split(b"\n", ROWS)[:ROWS] if part.body.count(b"\n") > ROWS else [part.body]
    rows, used = _rows(drawn(b"\n".join(some)), part.line, wanted), 0
    shown: list[Row] = []
    for row in rows:
        used += _size(row)
        if used > ROOM and shown:
            break
        shown.append(row)
    return Window(tuple(shown), part.start, part.end)


def _last(log: LogFile, wanted: Wanted) -> Window:
    part = log.part_before(log.size, READ)
    body, first = part.body.removesuffix(b"\n"), part.line
    if (more := body.count(b"\n") + 1 - ROWS) > 0:
        body, first = b"\n".join(body.rsplit(b"\n", ROWS)[1:]), first + more
    rows, used = _rows(drawn(body), first, wanted), 0
    shown: list[Row] = []
    for row in reversed(rows):
        used += _size(row)
        if used > ROOM and shown:
            break
        shown.append(row)
    return Window(tuple(reversed(shown)), part.start, part.end)


def _rows(lines: Sequence[str], first: int, wanted: Wanted) -> list[Row]:
    return [Row(number, tuple(_cut(pieces(text))), _marked(number, wanted)) for number, text in enumerate(lines, first)]


def _marked(number: int, wanted: Wanted) -> bool:
    if wanted.lines:
        return number in wanted.lines
    return bool(wanted.first) and wanted.first <= number <= wanted.last


def exactly(log: LogFile, wanted: Wanted, quotes: Sequence[str]) -> Wanted:
    """The lines that quoted words stand in, of those that are asked for; where they are not there, all of those."""
    if not quotes or not wanted.first:
        return wanted
    part = log.part(log.offset_of(wanted.first), READ)
    texts = [_BARE.sub("", text) for text in drawn(part.body)[: min(wanted.last - wanted.first + 1, ROWS)]]
    found = {wanted.first + number for quote in quotes[:QUOTES] for number in lines_of(quote, texts)}
    return wanted._replace(first=min(found), last=max(found), lines=frozenset(found)) if found else wanted


def _cut(found: Sequence[Piece]) -> list[Piece]:
    """As many pieces as a line has room for."""
    kept: list[Piece] = []
    room = WIDTH
    for piece in found:
        cost = len(piece.text) + (AROUND // 4 if piece.look else 0)
        if cost > room:
            return [*kept, Piece(piece.text[: max(0, room)] + LOGS["cut_line"], piece.look)]
        kept.append(piece)
        room -= cost
    return kept


def _size(row: Row) -> int:
    return AROUND + sum(weight(piece.text) + (AROUND if piece.look else 0) for piece in row.pieces)


def _found(log: LogFile, wanted: Wanted, here: str) -> tuple[str, tuple[Link, ...], Wanted]:
    """What came of a search: words, where to go on, and the line that is shown then."""
    if not wanted.find:
        return "", (), wanted
    got = log.find(wanted.find, wanted.after, SEARCHED, 1)
    asked = {"find": wanted.find, "after": str(got.following or 0)}
    if got.matches:
        offset, number = got.matches[0]
        more = Link(LOGS["next_match"], f"{here}?{urlencode({**asked, 'after': str(offset + 1)})}")
        return f"Line {number:,}.", (more,), wanted._replace(first=number, last=number)
    if got.following is not None:
        return "Not found so far.", (Link(LOGS["go_on"], f"{here}?{urlencode(asked)}"),), wanted
    start = Link(LOGS["first"], f"{here}?{urlencode({'find': wanted.find})}")
    return ("No more matches from there on.", (start,), wanted) if wanted.after else ("Not found.", (), wanted)


def _following(window: Window, lines: int, here: str) -> tuple[tuple[str, str, str], ...]:
    """Where else to go: name, words, address."""
    if not window.rows:
        return ()
    first, last = window.rows[0].number, window.rows[-1].number
    found = []
    if first > 1:
        found += [("first", LOGS["first"], f"{here}?from=1")]
        found += [("previous", LOGS["previous"], f"{here}?from={max(1, first - ROWS)}")]
    if last < lines:
        found += [("next", LOGS["next"], f"{here}?from={last + 1}"), ("last", LOGS["last"], here)]
    return tuple(found)
