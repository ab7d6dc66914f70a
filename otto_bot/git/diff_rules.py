"""Reads what the diff gate looks at: path patterns, and the added lines of a patch."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_HUNK = re.compile(r"@@ -\d+(?:,\d+)? \+(\d+)")


class Globs:
    """Path patterns as in .gitignore, without regard to case."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self._patterns = [(pattern, _translated(pattern)) for pattern in patterns if pattern.strip()]

    def match(self, path: str) -> str | None:
        """The first pattern that covers `path`, or a directory above it."""
        folded = path.casefold()
        return next((pattern for pattern, expression in self._patterns if expression.fullmatch(folded)), None)


def _translated(pattern: str) -> re.Pattern[str]:
    folded = re.sub(r"(?:\*\*/)+", "**/", pattern.strip().casefold())
    anchored = "/" in folded.rstrip("/")
    body = folded.strip("/")
    out = "" if anchored else "(?:.*/)?"
    for piece in re.findall(r"\*\*/|/\*\*$|\*\*|\*|\?|.", body, re.DOTALL):
        out += {"**/": "(?:.*/)?", "/**": "/.*", "**": ".*", "*": "[^/]*", "?": "[^/]"}.get(piece, re.escape(piece))
    return re.compile(out + "(?:/.*)?", re.DOTALL)


def added_lines(patch: str) -> Iterator[tuple[int, str]]:
    """(line number in the new file, text) of each added line."""
    number = 0
    in_hunk = False
    for line in patch.split("\n"):
        if hunk := _HUNK.match(line):
            number, in_hunk = int(hunk[1]), True
        elif line.startswith("diff --git "):
            in_hunk = False
        elif in_hunk and line.startswith("+"):
            yield number, line[1:]
            number += 1
        elif in_hunk and line.startswith(" "):
            number += 1
