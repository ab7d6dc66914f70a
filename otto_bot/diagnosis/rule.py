"""What a rule about log lines is, and how a log is searched for all of them at once.

A rule is a list of phrases (regular expressions). Of each phrase the longest plain part is searched for in the bytes
first; only lines that hold it are looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from otto_bot.core.evidence import CLASS_OF, Cause, FailureClass

FATAL = 100
"""The platform's own last word."""
HARD = 80
"""No disk, no memory, a crash of the machine: it makes whatever ran on it fail."""
TOLD = 60
"""A tool's own verdict."""
LIKELY = 40
"""Mostly the reason when it stands near the end, and often harmless elsewhere."""
HINT = 20
"""Says which tool failed, not why."""

_SHORTEST = 3


class Phrase(NamedTuple):
    """`pattern` can match only in lines that hold one of `literals` (lower case)."""

    literals: tuple[bytes, ...]
    pattern: re.Pattern[str]


class Rule(NamedTuple):
    """Any of `phrases` in a line speaks for `cause`, with `weight`; `name` is shown as the signal.

    An `incident` (a network error, a missing command) decides where it stands close to the end of the failing step; a
    verdict keeps its weight wherever it stands in it. `hint` is the class, where it is not that of the cause.
    """

    name: str
    cause: Cause
    weight: int
    phrases: tuple[Phrase, ...]
    incident: bool = False
    hint: FailureClass | None = None

    @property
    def failure_class(self) -> FailureClass | None:
        """Whose problem it is, as far as the rule alone tells."""
        return self.hint or CLASS_OF[self.cause]

    def matches(self, text: str) -> bool:
        """Whether any phrase stands in this line."""
        return any(phrase.pattern.search(text) for phrase in self.phrases)


def verdict(
    name: str, cause: Cause, weight: int, *phrases: str, exact: bool = False, hint: FailureClass | None = None
) -> Rule:
    """A rule that holds wherever its words stand in the failing step."""
    return Rule(name, cause, weight, _phrases(phrases, exact), False, hint)


def incident(
    name: str, cause: Cause, weight: int, *phrases: str, exact: bool = False, hint: FailureClass | None = None
) -> Rule:
    """A rule whose words matter the less the farther they stand from the end of the failing step."""
    return Rule(name, cause, weight, _phrases(phrases, exact), True, hint)


def by_literal(rules: Iterable[Rule]) -> Mapping[bytes, tuple[tuple[Rule, re.Pattern[str]], ...]]:
    """Rules and patterns under the literal to search for."""
    found: dict[bytes, list[tuple[Rule, re.Pattern[str]]]] = {}
    for rule in rules:
        for phrase in rule.phrases:
            for literal in phrase.literals:
                found.setdefault(literal, []).append((rule, phrase.pattern))
    return {literal: tuple(pairs) for literal, pairs in found.items()}


def _phrases(phrases: Iterable[str], exact: bool) -> tuple[Phrase, ...]:
    flags = 0 if exact else re.IGNORECASE
    return tuple(Phrase(literals_of(phrase), re.compile(phrase, flags)) for phrase in phrases)


def literals_of(phrase: str) -> tuple[bytes, ...]:
    """Plain texts, lower case, one of which stands in every match of the phrase. ValueError where there are none."""
    found = tuple(text.lower().encode() for text in _alternatives(phrase, 0)[0])
    if min(map(len, found)) < _SHORTEST:
        raise ValueError(f"the phrase {phrase!r} has no plain part of {_SHORTEST} bytes to search for")
    return found


def _alternatives(phrase: str, at: int) -> tuple[tuple[str, ...], int]:
    """The texts to search for in the group whose inside begins at `at`, and where it ends."""
    found: list[str] = []
    while True:
        best, at = _sequence(phrase, at)
        found += best or [""]
        if at >= len(phrase) or phrase[at] == ")":
            return tuple(found), at
        at += 1


def _sequence(phrase: str, at: int) -> tuple[list[str], int]:
    """The best texts of one alternative, and where it ends: at `|`, at `)` or at the end."""
    candidates: list[list[str]] = [[""]]
    while at < len(phrase) and phrase[at] not in "|)":
        char, begin, at = phrase[at], at, at + 1
        if char == "(":
            inner, at = _alternatives(phrase, at + 2 if phrase.startswith("?:", at) else at)
            ignored = phrase.startswith("(?", begin) and not phrase.startswith("(?:", begin)
            at += 1
            candidates += [[""]] if ignored else [list(inner), [""]]
            if at < len(phrase) and phrase[at] in "?*{":
                candidates[-2:] = [[""]]
        elif char == "[":
            at = phrase.index("]", at + (2 if phrase.startswith("^", at) else 1)) + 1
            candidates.append([""])
        elif char in "?*{":
            at = phrase.index("}", at) + 1 if char == "{" else at
            candidates[-1] = [candidates[-1][0][:-1]]
            candidates.append([""])
        elif char in ".^$+":
            candidates.append([""])
        elif char == "\\" and phrase[at].isalnum():
            at += 1
            candidates.append([""])
        else:
            at += char == "\\"
            candidates[-1] = [candidates[-1][0] + phrase[at - 1]]
    return max(candidates, key=lambda texts: (min(map(len, texts)), -len(texts))), at
