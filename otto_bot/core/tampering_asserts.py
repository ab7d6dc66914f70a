"""Checks of a test that are gone or check less: each old one must have one at least as strong in its place."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from otto_bot.core.patches import Line
from otto_bot.core.tampering_cases import Side
from otto_bot.core.tampering_checks import EXACT, LONGEST_CHECK, NOTHING, PARTIAL, TRUTHY, same_check, strength, subject
from otto_bot.core.tampering_hits import TamperHit, hit
from otto_bot.core.tampering_pairs import Pair

_LONGEST = 15
"""Lines of one check."""
_COMPARED = 300
"""Checks of one test that are compared with each other."""
_STRINGS = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|`[^`]*`")
_WORDS = {
    NOTHING: "always holds",
    TRUTHY: "only checks that something is there",
    PARTIAL: "only checks a part or a property",
    EXACT: "checks a value",
}


class Check(NamedTuple):
    """One check, over all its lines."""

    line: Line
    text: str
    strength: int
    key: str


class Pool:
    """Checks that all files of the diff gained: one that moved elsewhere is not lost."""

    def __init__(self, texts: Iterable[tuple[Side, Side]]) -> None:
        self._gained: Counter[str] = Counter()
        for old, new in texts:
            self._gained.update(check.key for case in new.cases for check in checks(case.whole))
            self._gained.subtract(check.key for case in old.cases for check in checks(case.whole))

    def take(self, key: str) -> bool:
        """Whether the same check was gained elsewhere; it is taken once."""
        # What was lost here counts in the balance: a moved check leaves it at zero.
        if self._gained[key] < 0:
            self._gained[key] += 1
            return False
        return True


def checks(lines: Sequence[Line]) -> list[Check]:
    """All checks in these lines."""
    found = []
    ranks = [strength(line.text) for line in lines]
    for place, line in enumerate(lines):
        if ranks[place] is None:
            continue
        text, changed = _statement(lines, place, ranks)
        rank = ranks[place] if text == line.text else strength(text)
        if rank is not None:
            found.append(Check(changed, text, rank, same_check(text)))
    return found


def _statement(lines: Sequence[Line], place: int, ranks: Sequence[int | None]) -> tuple[str, Line]:
    """A check with the lines that its open brackets reach over, and its first changed line."""
    start = lines[place]
    text, depth = start.text, _depth(start.text)
    changed = start
    for after, line in enumerate(lines[place + 1 : place + _LONGEST], place + 1):
        if depth <= 0 or (ranks[after] is not None and line.indent <= start.indent):
            break
        text += "\n" + line.text
        depth += _depth(line.text)
        if changed.sign == " " and line.sign != " ":
            changed = line
    return text, changed


def _depth(text: str) -> int:
    bare = _STRINGS.sub("", text[:LONGEST_CHECK])
    return sum(bare.count(char) for char in "([{") - sum(bare.count(char) for char in ")]}")


def weaker_checks(pair: Pair, pool: Pool, ignored: frozenset[int], path: str) -> Iterator[TamperHit]:
    """Hits of one test; `path` is the file it was in."""
    old = [check for check in checks(pair.old.whole) if id(check.line) not in ignored]
    new = [check for check in checks(pair.new.whole) if id(check.line) not in ignored]
    old, new = _different(old, new)
    if len(old) * len(new) > _COMPARED**2:
        old, new = old[:_COMPARED], sorted(new, key=lambda check: -check.strength)[:_COMPARED]
    fresh = sorted(new, key=lambda check: -check.strength)
    about = {check.key: subject(check.text) for check in fresh}
    for check in sorted(old, key=lambda check: -check.strength):
        if check.strength == NOTHING:
            continue
        match = _in_place_of(check, fresh, about)
        if match is not None and match.strength >= check.strength:
            fresh.remove(match)
        elif not pool.take(check.key):
            if match is not None:
                fresh.remove(match)
                yield hit("check_weakened", path, check.line, f"what stands in its place {_WORDS[match.strength]}")
            else:
                yield hit("check_removed", path, check.line, "a check is gone, and nothing as strong is in its place")
    empty = [check for check in fresh if check.strength == NOTHING and check.line.sign == "+"]
    before = sum(1 for check in old if check.strength == NOTHING)
    yield from (hit("check_empty", pair.path, check.line, "this check always holds") for check in empty[before:])


def _different(old: list[Check], new: list[Check]) -> tuple[list[Check], list[Check]]:
    """Both without the checks that they share."""
    ours, theirs = Counter(check.key for check in old), Counter(check.key for check in new)
    return _without(old, ours & theirs), _without(new, ours & theirs)


def _without(found: list[Check], shared: Counter[str]) -> list[Check]:
    left = shared.copy()
    out = []
    for check in found:
        if left[check.key] > 0:
            left[check.key] -= 1
        else:
            out.append(check)
    return out


def _in_place_of(check: Check, fresh: Sequence[Check], about: dict[str, frozenset[str]]) -> Check | None:
    """The new check that took its place: of those as strong the one about the same thing, else the nearest weaker."""
    if not fresh:
        return None
    mine = subject(check.text)
    fit = [one for one in fresh if one.strength >= check.strength] or list(fresh)
    return max(fit, key=lambda one: (len(mine & about[one.key]), one.strength))
