"""Which files say how a repository wants to be worked on, and how much of them is told."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

MOST_FILES = 8
FILE_BYTES = 12_000
"""Of one file; the rest of a longer one is cut, and it is said."""
ALL_BYTES = 24_000

HouseRules = tuple[tuple[str, str], ...]
"""(path, text) of each file, the ones for the whole repository first."""

_ROOTS = ("", ".github/", "docs/")
_NAMES = ("agents.md", "claude.md")
_CONTRIBUTING = re.compile(r"contributing(?:\.(?:md|markdown|rst|txt|adoc))?", re.IGNORECASE)


def rule_paths(paths: Iterable[str], near: Sequence[str] = ()) -> tuple[str, ...]:
    """The files with house rules, most important first, at most MOST_FILES.

    For the whole repository: AGENTS.md, CLAUDE.md and CONTRIBUTING at its root, in `.github` and in `docs`. For the
    files `near` (a task's likely ones): the AGENTS.md or CLAUDE.md of the folders above them, the nearest first.
    """
    known = list(dict.fromkeys(paths))
    lower = {path.lower(): path for path in reversed(known)}
    general = [lower[root + name] for name in _NAMES for root in _ROOTS if root + name in lower]
    general += sorted(path for path in known if _is_contributing(path))
    nested: dict[str, None] = {}
    for file in near[:50]:
        for folder in _above(file.lower().strip("/")):
            if folder not in (".github", "docs"):
                nested.update((lower[f"{folder}/{name}"], None) for name in _NAMES if f"{folder}/{name}" in lower)
    half = max(MOST_FILES // 2, MOST_FILES - len(nested))
    first = list(dict.fromkeys(general))[:half]
    return tuple([*first, *[path for path in nested if path not in first]][:MOST_FILES])


def _above(file: str) -> Iterator[str]:
    """The folders above a file, the nearest first, without the root."""
    while file := file.rpartition("/")[0]:
        yield file


def _is_contributing(path: str) -> bool:
    folder, _, name = path.rpartition("/")
    return f"{folder}/".lstrip("/").lower() in _ROOTS and _CONTRIBUTING.fullmatch(name) is not None


def bounded(files: Iterable[tuple[str, str]]) -> HouseRules:
    """The texts within FILE_BYTES each and ALL_BYTES together; what is cut or left out is said in their place."""
    kept: list[tuple[str, str]] = []
    left = ALL_BYTES
    for path, text in files:
        if not text.strip():
            continue
        room = min(FILE_BYTES, left)
        if room < 400:
            kept.append((path, "[left out for space: read the file itself]"))
            continue
        cut = text.encode("utf-8", "replace")[:room].decode("utf-8", "ignore")
        whole = len(text.encode("utf-8", "replace")) <= room
        left -= min(room, len(cut.encode()))
        kept.append((path, text if whole else f"{cut}\n[… cut here: read the file itself for the rest …]"))
    return tuple(kept)
