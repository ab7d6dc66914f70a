"""The diff of an attempt as evidence: which files changed, and the hunks near what failed."""

from __future__ import annotations

import re
from collections.abc import Sequence

from otto_bot.agents.packing import clip, size
from otto_bot.core.evidence import Excerpt, Failure
from otto_bot.core.values import Frozen

DIFF_BYTES = 8_000
"""One attempt's diff; the coder of the next attempt sees more of it."""
FILES = 40
NEAR = 15
"""Lines between a hunk and a failing line that still count as near."""
_HUNK = re.compile(r"^@@ -\d+(?:,\d+)? \+(\d+)(?:,(\d+))? @@", re.MULTILINE)
_PLACE = re.compile(r"([\w./-]+\.\w+)(?::|\", line |\()(\d+)")


class Changed(Frozen):
    """One changed file: counts and unified hunks."""

    path: str
    additions: int = 0
    deletions: int = 0
    patch: str = ""


def diff_excerpt(changes: Sequence[Changed], failure: Failure, limit: int = DIFF_BYTES) -> Excerpt | None:
    """Stat of all files, then hunks within `limit` bytes: near failing lines, then in suspected files, then others.

    None where nothing changed. What is left out is said.
    """
    if not changes:
        return None
    stat = [f"{c.path} +{c.additions} -{c.deletions}" for c in changes[:FILES]]
    if len(changes) > FILES:
        stat.append(f"… and {len(changes) - FILES} more files")
    places = _places(failure)
    hunks = [
        (_rank(c.path, start, end, failure, places), c.path, text) for c in changes for start, end, text in _hunks(c)
    ]
    hunks.sort(key=lambda hunk: hunk[0])
    parts, left = ["\n".join(stat)], limit - size("\n".join(stat))
    kept = 0
    for _, path, text in hunks:
        part = clip(f"--- {path}\n{text}", 2_000)
        if size(part) > left:
            break
        parts.append(part)
        left -= size(part) + 1
        kept += 1
    if kept < len(hunks):
        parts.append(f"[… {len(hunks) - kept} of {len(hunks)} hunks left out for space …]")
    return Excerpt(kind="diff", source=f"diff of attempt {failure.attempt}", text="\n".join(parts))


def _hunks(change: Changed) -> list[tuple[int, int, str]]:
    """First and last new line of each hunk, and its text."""
    starts = list(_HUNK.finditer(change.patch))
    ends = [match.start() for match in starts[1:]] + [len(change.patch)]
    return [
        (int(m[1]), int(m[1]) + int(m[2] or 1), change.patch[m.start() : end].rstrip())
        for m, end in zip(starts, ends, strict=True)
    ]


def _places(failure: Failure) -> set[tuple[str, int]]:
    """Files and lines that tests, annotations and frames name."""
    found = {(test.file, test.line) for test in failure.failing_tests if test.file and test.line}
    words = [frame for test in failure.failing_tests for frame in test.frames]
    words += [excerpt.text[:20_000] for excerpt in failure.excerpts]
    found |= {(path, int(line)) for text in words for path, line in _PLACE.findall(text)[:200]}
    return found


def _rank(path: str, start: int, end: int, failure: Failure, places: set[tuple[str, int]]) -> int:
    """0 near a failing line, 1 in a file that is named, 2 elsewhere."""
    if any(_is(path, named) and start - NEAR <= line <= end + NEAR for named, line in places):
        return 0
    named = {name for name, _ in places} | set(failure.suspected_files)
    return 1 if any(_is(path, name) for name in named) else 2


def _is(path: str, named: str) -> bool:
    """Whether a name in a log is this file: logs often have a longer or a shorter path."""
    return path == named or path.endswith(f"/{named}") or named.endswith(f"/{path}")
