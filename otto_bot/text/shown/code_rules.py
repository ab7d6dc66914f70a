"""Spans of code as GitHub's published parser (cmark-gfm) finds them, which is not quite as CommonMark says."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from markdown_it.rules_inline import StateInline

_TICKS = re.compile("`+")
_MOST_TICKS = 80


_BARE = re.compile(r"(?:(?<=http)|(?<=https)|(?<=ftp))://[^\s<]+|(?<![^\s*_~(])www\.[^\s<]+", re.IGNORECASE)
_TAIL = re.compile(r"[?!.,:*_~'\")]+$")


@dataclass
class _Ticks:
    """What is known of one text's backticks: where spans end, and where the last run of each length was seen."""

    ends: dict[int, int] = field(default_factory=dict)
    last: dict[int, int] = field(default_factory=dict)
    all_seen: bool = False


def backtick(state: StateInline, silent: bool) -> bool:
    """A span of code, or backticks that begin none.

    Once a run of them was without an end, GitHub takes the last run of a length that it came by for the last there is.
    """
    run = _TICKS.match(state.src, state.pos)
    if run is None:
        return False
    known = state.env["ticks"].setdefault(state.src, _Ticks())
    begin, length = run.end(), len(run.group())
    if state.pos not in known.ends:
        known.ends[state.pos] = _end(known, state.src, begin, length)
    end = known.ends[state.pos]
    if end < 0 or end > state.posMax:
        state.pending += "" if silent else run.group()
        state.pos = min(begin, state.posMax)
        return True
    if not silent:
        token = state.push("code_inline", "code", 0)
        token.markup, token.content = run.group(), state.src[begin : end - length]
    state.pos = end
    return True


def _end(known: _Ticks, source: str, begin: int, length: int) -> int:
    """Behind the span that begins here with so many backticks; -1 where it has no end."""
    if length > _MOST_TICKS or (known.all_seen and known.last.get(length, 0) <= begin):
        return -1
    for run in _TICKS.finditer(source, begin):
        known.last[len(run.group())] = run.start()
        if len(run.group()) == length:
            return run.end()
    known.all_seen = True
    return -1


def has_bare_address(text: str) -> bool:
    """Whether an address without brackets may take in what would begin code or make a character plain."""
    return any("`" in found.group() or "\\" in found.group() for found in _BARE.finditer(text))


def bare_address(state: StateInline, silent: bool) -> bool:
    """An address without brackets goes on to the next blank or tag, over backticks and backslashes."""
    if state.src[state.pos] not in ":wW":
        return False
    found = _BARE.match(state.src, state.pos, state.posMax)
    if found is None:
        return False
    tail = _TAIL.search(found.group())
    end = found.end() - (len(tail.group()) if tail else 0)
    if end <= state.pos:
        return False
    if not silent:
        state.pending += state.src[state.pos : end]
    state.pos = end
    return True
