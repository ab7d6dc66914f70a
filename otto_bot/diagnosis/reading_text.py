"""The lines of a log that rules have something to say about, with their distance from the end of the failing step.

Bounded work: of each failing part only the last `WINDOW` bytes are searched, earlier ones (at most `MOST_WINDOWS` of
them) only while nothing telling was found; of each plain text at most `MOST_HITS` places are looked at, the last first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from otto_bot.diagnosis.clean import clean
from otto_bot.diagnosis.literals import Literals
from otto_bot.diagnosis.rule import Rule, by_literal
from otto_bot.diagnosis.rules_code import CODE
from otto_bot.diagnosis.rules_machine import MACHINE
from otto_bot.diagnosis.rules_network import NETWORK
from otto_bot.diagnosis.rules_packages import DEPENDENCIES
from otto_bot.diagnosis.rules_platform import PLATFORM
from otto_bot.diagnosis.rules_setup import SETUP

WINDOW = 192 * 1024
MOST_WINDOWS = 5
MOST_SPANS = 6
MOST_HITS = 40
_LONGEST = 3000

RULES: tuple[Rule, ...] = (*PLATFORM, *MACHINE, *NETWORK, *DEPENDENCIES, *SETUP, *CODE)
_INDEX = by_literal(RULES)
_LITERALS = Literals(_INDEX)

_PREFIX = re.compile(
    r"(?:\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[\d.,]*(?:Z|[+-]\d\d:?\d\d)?\]?\s+(?:\d\d[OE][+ ]?)?"
    r"|\d\d[OE][+ ]|\[?\d\d:\d\d:\d\d(?:[.,]\d+)?\]?\s+|#\d+ \d+\.\d+ )+"
)
_CARET = re.compile(r"\^\[\[[0-9;]*[A-Za-z]")
"""Colours in a log that was kept in printable form."""
_ENDS = re.compile(
    rb'ERROR: Job failed|marked build as failure|The command ".{1,400}" (?:failed and )?exited with [1-9]'
)
_END_WORDS = (b"ERROR: Job failed", b"marked build as failure", b"exited with ")


class Said(NamedTuple):
    """A line that matches rules: cleaned text, lines between it and the end of the failing part, number of the part."""

    text: str
    back: int
    part: int
    rules: tuple[Rule, ...]


def end_of_failure(log: bytes) -> int:
    """Where the last message stands by which a CI system other than GitHub says that a command failed."""
    for word in _END_WORDS:
        at = len(log)
        for _ in range(MOST_HITS):
            at = log.rfind(word, 0, at)
            if at < 0:
                break
            start, stop = log.rfind(b"\n", 0, at) + 1, log.find(b"\n", at)
            stop = len(log) if stop < 0 else stop
            if _ENDS.search(log[start : min(stop, start + _LONGEST)]):
                return stop
    return len(log)


def said(log: bytes, spans: Sequence[tuple[int, int]]) -> Iterator[tuple[Said, ...]]:
    """Matching lines of the failing parts `spans`, one tuple per round: the ends first, then what stands before."""
    chosen = list(spans)[:MOST_SPANS]
    for turn in range(MOST_WINDOWS):
        found: list[Said] = []
        for part, (start, end) in enumerate(chosen):
            until = end - turn * WINDOW
            if until > start:
                found += _in_window(log, max(start, until - WINDOW), until, end, part)
        if turn and not any(end - turn * WINDOW > start for start, end in chosen):
            return
        yield tuple(found)


def said_in(texts: Sequence[str], part: int = 0) -> tuple[Said, ...]:
    """The same for lines that are at hand."""
    found: list[Said] = []
    for number, text in enumerate(texts):
        low = text.lower().encode("utf-8", "replace")
        pairs = [pair for _, literal in _LITERALS.places(low, 1) for pair in _INDEX[literal]]
        if rules := _matching(text, pairs):
            found.append(Said(text, len(texts) - 1 - number, part, rules))
    return tuple(found)


def _in_window(log: bytes, start: int, until: int, end: int, part: int) -> list[Said]:
    window = log[start:until]
    low = window.lower()
    skipped = _headers(window)
    lines: dict[int, list[bytes]] = {}
    for at, literal in _LITERALS.places(low, MOST_HITS):
        lines.setdefault(low.rfind(b"\n", 0, at) + 1, []).append(literal)
    found: list[Said] = []
    counted, back = len(window), log.count(b"\n", until, end)
    for begin in sorted(lines, reverse=True):
        back += window.count(b"\n", begin, counted)
        counted = begin
        if any(first <= begin < last for first, last in skipped):
            continue
        stop = window.find(b"\n", begin)
        stop = len(window) if stop < 0 else stop
        text = plain(window[begin : min(stop, begin + _LONGEST)])
        if rules := _matching(text, [pair for literal in lines[begin] for pair in _INDEX[literal]]):
            found.append(Said(text, max(0, back - 1), part, rules))
    return found


def plain(raw: bytes) -> str:
    """One raw line as text, without the times that CI systems and build tools put before it."""
    text = clean(raw, 1).text
    if "^[[" in text:
        text = _CARET.sub("", text)
    match = _PREFIX.match(text)
    return text[match.end() :] if match else text


def _matching(text: str, pairs: Sequence[tuple[Rule, re.Pattern[str]]]) -> tuple[Rule, ...]:
    return tuple(dict.fromkeys(rule for rule, pattern in pairs if pattern.search(text)))


def _headers(window: bytes) -> list[tuple[int, int]]:
    """Byte ranges in which a step only shows its own script and settings."""
    found: list[tuple[int, int]] = []
    at = window.find(b"##[group]Run ")
    while at >= 0 and len(found) < MOST_HITS:
        stop = window.find(b"##[endgroup]", at)
        if stop < 0:
            break
        found.append((window.rfind(b"\n", 0, at) + 1, stop))
        at = window.find(b"##[group]Run ", stop)
    return found
