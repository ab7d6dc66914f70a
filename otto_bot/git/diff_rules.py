"""Reads what the diff gate looks at: path patterns, and the added lines of a patch."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from otto_bot.core.globs import checked_all, ignore_glob

_HUNK = re.compile(r"@@ -\d+(?:,\d+)? \+(\d+)")


class Globs:
    """Path patterns as in .gitignore, without regard to case. Raises BadGlob beyond the limits of `core.globs`."""

    def __init__(self, patterns: Iterable[str]) -> None:
        wanted = checked_all([pattern for pattern in patterns if pattern.strip()])
        self._patterns = [(pattern, ignore_glob(pattern.casefold())) for pattern in wanted]

    def match(self, path: str) -> str | None:
        """The first pattern that covers `path`, or a directory above it."""
        folded = path.casefold()
        return next((pattern for pattern, glob in self._patterns if glob.matches(folded)), None)


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
