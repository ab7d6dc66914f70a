"""Switches that keep a test from running, from ending, or from failing, added to one that had none."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from otto_bot.core.patches import Line, squeezed
from otto_bot.core.tampering_checks import strength
from otto_bot.core.tampering_hits import TamperHit, hit
from otto_bot.core.tampering_languages import Language
from otto_bot.core.tampering_pairs import Pair

_ALONE = re.compile(r"\.only\b|(?<![\w.])f(?:it|describe|context|specify)\s*\(|\bfocus\b")
"""Switches that turn off every other test."""
_RETURN = re.compile(r"\s*return\s*;?\s*(?:#.*|//.*)?$")
_EXIT = re.compile(r"\b(?:sys\.exit|os\._exit|process\.exit|pytest\.exit|os\.Exit)\(|^\s*exit\s+0\b")
_SWALLOWED = re.compile(
    r"^\s*except\s*(?:\(?[^:]*\b(?:AssertionError|Exception|BaseException)\b[^:]*)?:|\bsuppress\([^)]*(?:AssertionError|Exception)"
    r"|\bcatch\s*(?:\([^)]*\))?\s*\{\s*\}|\.catch\(\s*\(\w*\)\s*=>\s*\{\s*\}\s*\)|\bcatch\s*\(\s*(?:\w+\.)*(?:AssertionError|Throwable|AssertionFailedError)\b"
    r"|\brescue\s*(?:Exception|StandardError|Minitest::Assertion|RSpec\S*)?\s*(?:=>.*)?$|\brecover\(\)|catch_unwind"
)
_IF = re.compile(r"\s*(?:\}?\s*(?:if|elif|else\s+if|unless)\b.*(?:[:{]|then)?\s*)$")


def switched_off(pair: Pair, language: Language, path: str) -> Iterator[TamperHit]:
    """Hits of one test, or of what stands outside of tests."""
    added = [line for line in pair.new.whole if line.sign == "+"]
    if not added:
        return
    removed = [line for line in pair.old.whole if line.sign == "-"]
    yield from _skips(added, removed, language, path)
    if pair.old.name:
        yield from _cut_short(pair, language, path)
        yield from _guarded(pair, added, removed, path)


def alone(lines: Sequence[Line], language: Language, path: str) -> Iterator[TamperHit]:
    """Hits of a new test: it may be skipped itself, but not make all others be left out."""
    for line in lines:
        if line.sign == "+" and language.skip.search(line.text) and _ALONE.search(line.text):
            yield hit("test_skipped", path, line, "only this test runs now, all others are left out")


def _skips(added: Sequence[Line], removed: Sequence[Line], language: Language, path: str) -> Iterator[TamperHit]:
    """Switches that are new: one that only says another reason, or became a weaker one, took the place of another."""
    before = Counter(squeezed(line.text) for line in removed if language.skip.search(line.text))
    fresh = []
    for line in added:
        if not language.skip.search(line.text):
            continue
        if before[squeezed(line.text)] > 0:
            before[squeezed(line.text)] -= 1
        else:
            fresh.append(line)
    for line in fresh[before.total() :]:
        yield hit("test_skipped", path, line, "a test is switched off, or allowed to fail")


def _cut_short(pair: Pair, language: Language, path: str) -> Iterator[TamperHit]:
    lines = pair.new.lines
    body = [line.indent for line in lines if line is not pair.new.start]
    for place, line in enumerate(lines):
        if line.sign != "+":
            continue
        if _EXIT.search(line.text):
            yield hit("test_cut_short", path, line, "the test ends here, as if it had passed")
        elif _RETURN.match(line.text) and any(strength(later.text) is not None for later in lines[place + 1 :]):
            alone = line.indent <= min(body)
            guarded = place > 0 and lines[place - 1].sign == "+" and _IF.match(lines[place - 1].text) is not None
            if alone or (guarded and language.name in ("python", "go", "javascript", "ruby")):
                yield hit("test_cut_short", path, line, "the test ends before it has checked everything")


def _guarded(pair: Pair, added: Sequence[Line], removed: Sequence[Line], path: str) -> Iterator[TamperHit]:
    gone = Counter(squeezed(line.text) for line in removed)
    for line in added:
        text = squeezed(line.text)
        if gone[text] > 0:
            gone[text] -= 1
        elif _SWALLOWED.search(line.text):
            yield hit("failure_swallowed", path, line, "a failing check would be caught here, and nobody would see it")
    yield from _conditions(pair, removed, path)


def _conditions(pair: Pair, removed: Sequence[Line], path: str) -> Iterator[TamperHit]:
    """Checks that stood alone and are made only under a condition now."""
    before = {squeezed(line.text): line.indent for line in removed if strength(line.text) is not None}
    condition: Line | None = None
    for line in pair.new.lines:
        if line.sign == "+" and _IF.match(line.text):
            condition = line
        elif condition is not None and line.indent <= condition.indent:
            condition = None
        elif condition is not None and line.sign == "+" and strength(line.text) is not None:
            stood = before.get(squeezed(line.text), line.indent)
            if stood < line.indent:
                yield hit("check_conditional", path, line, "the check is made only under a condition now")
