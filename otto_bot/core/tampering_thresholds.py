"""Numbers that a check is held against: coverage that was demanded, complexity that was allowed."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from otto_bot.core.patches import Line
from otto_bot.core.tampering_entries import Config
from otto_bot.core.tampering_hits import TamperHit, hit

_N = r"[\s=:\"'>,\[\]{}()]{0,8}(?P<n>\d{1,6}(?:\.\d{1,6})?)"
_LEAST: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...] = (
    (
        re.compile(r""),
        re.compile(
            r"(?P<key>fail[_-]under|minimum_coverage\w*|min[_-]coverage|coverage[_-]threshold|fail_under|minCoverage)\b"
            + _N
        ),
    ),
    (
        re.compile(r"package\.json$|\.config\.|\.nycrc|\.c8rc|stryker|karma|vite"),
        re.compile(r"[\"']?\b(?P<key>branches|functions|lines|statements|break)[\"']?\s*:\s*(?P<n>\d{1,3}(?:\.\d+)?)"),
    ),
    (re.compile(r""), re.compile(r"--(?P<key>lines|branches|functions|statements)[= ](?P<n>\d{1,3}(?:\.\d+)?)")),
    (re.compile(r"codecov"), re.compile(r"\b(?P<key>target)\s*:\s*(?P<n>\d{1,3}(?:\.\d+)?)%?")),
    (re.compile(r"pom\.xml$|gradle|build\.sbt"), re.compile(r"\b(?P<key>minimum|coverageMinimum\w*)\b" + _N)),
    (re.compile(r"phpunit|infection"), re.compile(r"\b(?P<key>min(?:Covered)?Msi|lowLowerBound)\b" + _N)),
)
_MOST: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...] = (
    (
        re.compile(r""),
        re.compile(
            r"\b(?P<key>max[-_]?(?:warnings|complexity|line[-_]length|args|statements|branches|returns|locals|public-methods|lines"
            r"(?:-per-function)?|depth|params|nested-callbacks|nested-blocks|positional-args|bool-expr|attributes|parents"
            r"|issues-per-linter|same-issues|cognitive-complexity|doc-length|module-lines|len))\b[\"']?\s*"
            + _N.replace("{0,8}", "{0,8}(?:error|warn|max)?[\\s=:\"'>,\\[\\]{}()]{0,8}")
        ),
    ),
    (
        re.compile(
            r"eslint|package\.json|golangci|ruff|pyproject|pylint|flake8|tox\.ini|setup\.cfg|clippy|detekt|biome"
        ),
        re.compile(
            r"[\"']?\b(?P<key>complexity|line[-_]length|min-complexity|cognitive-complexity(?:-threshold)?|too-many-\w+-threshold"
            r"|type-complexity-threshold|allowedComplexity|maxIssues)\b[\"']?[\s=:\"'>,\[\]{}()]{0,8}(?:error|warn|max)?"
            + _N
        ),
    ),
    (re.compile(r"rubocop"), re.compile(r"\b(?P<key>Max|CountAsOne)\s*:\s*(?P<n>\d+)")),
    (re.compile(r"codecov"), re.compile(r"\b(?P<key>threshold)\s*:\s*(?P<n>\d{1,3}(?:\.\d+)?)%?")),
    (
        re.compile(r"pom\.xml$|gradle"),
        re.compile(r"\b(?P<key>maxWarnings|maxErrors|maxAllowedViolations|maximumValue)\b" + _N),
    ),
)


class _Limit(NamedTuple):
    key: str
    number: float
    least: bool
    line: Line


def lowered(configs: Sequence[Config]) -> Iterator[TamperHit]:
    """Limits that allow more than before, or are gone. One that moves to another file is compared there."""
    spare: dict[str, list[_Limit]] = defaultdict(list)
    open_: list[tuple[str, _Limit]] = []
    for config in configs:
        path = config.file.path
        before = _limits(path, (entry.line for entry in config.removed))
        after = _limits(path, (entry.line for entry in config.added))
        for key, olds in before.items():
            news = after.get(key, [])
            for old, new in zip(olds, news, strict=False):
                yield from _compared(path, old, new)
            open_ += [(path, old) for old in olds[len(news) :]]
        for key, news in after.items():
            spare[key] += news[len(before.get(key, [])) :]
    for path, old in open_:
        if spare[old.key]:
            yield from _compared(path, old, spare[old.key].pop(0))
        else:
            yield hit("threshold_lowered", path, old.line, "a limit that a check was held against is gone")


def limited(path: str, lines: Iterable[Line]) -> set[int]:
    """Lines that hold such a number, by identity."""
    return {id(limit.line) for limits in _limits(path, lines).values() for limit in limits}


def _limits(path: str, lines: Iterable[Line]) -> dict[str, list[_Limit]]:
    found: dict[str, list[_Limit]] = defaultdict(list)
    tables = [
        (least, pattern)
        for least, table in ((True, _LEAST), (False, _MOST))
        for where, pattern in table
        if where.search(path)
    ]
    for line in lines:
        seen: set[int] = set()
        for least, pattern in tables:
            for match in pattern.finditer(line.text):
                if match.start("n") not in seen:
                    seen.add(match.start("n"))
                    key = match["key"].lower().replace("_", "-")
                    found[key].append(_Limit(key, float(match["n"]), least, line))
    return found


def _compared(path: str, old: _Limit, new: _Limit) -> Iterator[TamperHit]:
    if old.least and new.number < old.number:
        yield hit(
            "threshold_lowered",
            path,
            new.line,
            f"less is demanded than before: {new.number:g} instead of {old.number:g}",
        )
    elif not old.least and new.number > old.number:
        yield hit(
            "threshold_lowered",
            path,
            new.line,
            f"more is allowed than before: {new.number:g} instead of {old.number:g}",
        )
