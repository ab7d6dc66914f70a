"""A part of a log for a script that asks for one: whole lines as text, where they stand, and how the log stands."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from otto_bot.text.logs import standing_words
from otto_bot.text.spoken import line
from otto_bot.web.logs.drawn import drawn
from otto_bot.web.logs.lines import LogFile, Part
from otto_bot.web.logs.source import Source
from otto_bot.web.views.log import SEARCHED, number_of

MOST, LEAST = 256 * 1024, 4 * 1024
MATCHES = 200


def told(source: Source, query: Mapping[str, str], now: datetime) -> dict[str, object]:
    """What `…/part` answers. `find` asks where words stand; `line`, `tail`, `before` and `from` ask for lines."""
    log, age = source.log, (now - source.at).total_seconds()
    lines, size = (log.index.lines, log.size) if log is not None else (0, 0)
    said: dict[str, object] = {
        "standing": source.standing,
        "final": source.final,
        "words": standing_words(source.standing, lines=lines, size=size, age=age, words=line(source.words, 300)),
        "age": max(0.0, round(age, 1)),
        "size": size,
        "lines": lines,
    }
    if log is None:
        return said
    if query.get("find"):
        return {**said, **_found(log, query)}
    part = _part(log, source, query)
    text = "\n".join(drawn(part.body)) + ("\n" if part.body.endswith(b"\n") else "")
    return {**said, "from": part.start, "next": part.end, "line": part.line, "text": text}


def _part(log: LogFile, source: Source, query: Mapping[str, str]) -> Part:
    most = max(LEAST, min(number_of(query.get("most")) or MOST, MOST))
    if "tail" in query:
        return log.part_before(log.size, most)
    if "before" in query:
        return log.part_before(number_of(query["before"]), most)
    start = log.offset_of(number_of(query["line"])) if "line" in query else number_of(query.get("from"))
    return log.part(start, most, final=source.final)


def _found(log: LogFile, query: Mapping[str, str]) -> dict[str, object]:
    got = log.find(query["find"][:200], number_of(query.get("after")), SEARCHED, MATCHES)
    return {"matches": [list(one) for one in got.matches], "following": got.following}
