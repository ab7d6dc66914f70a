"""Puts a map together: what to read, in which order to show it, and how much of it fits."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from otto_bot.agents.mapping import ranking
from otto_bot.agents.mapping.definitions import Definition
from otto_bot.agents.mapping.languages import language_of
from otto_bot.agents.mapping.listing import listing, shown
from otto_bot.agents.mapping.parsing import parse
from otto_bot.agents.mapping.ranking import Focus, Looked
from otto_bot.agents.packing import head, size
from otto_bot.core.enclosing import Enclose

FILE_BYTES = 200_000
"""A larger file is only listed."""
READ_FILES, READ_BYTES = 1_500, 8_000_000
"""What is looked at for the words in it."""
PARSED_FILES, PARSED_BYTES = 200, 2_500_000
LISTING_SHARE = 2
"""One part in so many of the budget is for the list of files, at most."""
LINES_FIRST, LINES_LATER = 30, 8
"""Definitions of each of the first few files, and of each later one."""
FIRST = 4
SMALLEST_BUDGET = 200

_FILES = "Files:\n"
_DEFINITIONS = "\n\nDefinitions, nearest to the task first (line, signature):\n"


@dataclass(frozen=True)
class File:
    """A file of the repository; `size` in bytes, None where its content cannot be read (a link, a submodule)."""

    path: str
    size: int | None


Read = Callable[[Sequence[str]], Awaitable[Mapping[str, bytes]]]
"""Contents of files by path; one that cannot be read is not in it."""


async def repository_map(files: Sequence[File], read: Read, focus: Focus, limit: int, enclose: Enclose | None) -> str:
    """At most `limit` bytes; empty where `limit` is below SMALLEST_BUDGET or there are no files.

    What is read and parsed is bounded whatever the repository's size: READ_FILES, READ_BYTES, PARSED_FILES,
    PARSED_BYTES, and the time of `parsing.parse`. What cannot be parsed is only listed; without a cage nothing is.
    """
    if not files or limit < SMALLEST_BUDGET:
        return ""
    paths = [file.path for file in files]
    scores = await asyncio.to_thread(ranking.first_scores, paths, focus)
    sizes = {file.path: file.size for file in files if file.size is not None and 0 < file.size <= FILE_BYTES}
    chosen = await asyncio.to_thread(_to_read, sizes, scores)
    bodies = await read(chosen) if chosen else {}
    kept = {path: bodies[path] for path in chosen if path in bodies}
    return await asyncio.to_thread(_drawn, paths, scores, kept, focus, limit, enclose)


def _to_read(sizes: Mapping[str, int], scores: Mapping[str, int]) -> list[str]:
    """The best files within the bounds; sources come before other texts that nobody named."""
    best = ranking.order(sizes, scores)
    best.sort(key=lambda path: language_of(path) is None and scores.get(path, 0) < ranking.NAMED)
    return _within(best[:READ_FILES], sizes, READ_BYTES)


def _within(paths: Sequence[str], sizes: Mapping[str, int], most: int) -> list[str]:
    """As many of the paths as have so many bytes together."""
    chosen = []
    for path in paths:
        most -= sizes[path]
        if most < 0:
            break
        chosen.append(path)
    return chosen


def _drawn(
    paths: Sequence[str],
    scores: Mapping[str, int],
    bodies: Mapping[str, bytes],
    focus: Focus,
    limit: int,
    enclose: Enclose | None,
) -> str:
    """The map, from the files that were read."""
    words = ranking.Words()
    looked = [Looked(path, *words.of(body)) for path, body in bodies.items() if b"\0" not in body]
    points = dict(scores)
    named = [one for one in looked if scores.get(one.path, 0) >= ranking.NAMED][: ranking.SOURCES]
    for more in (ranking.mentioned(paths, named), ranking.by_content(looked, focus.text)):
        for path, gained in more.items():
            points[path] = points.get(path, 0) + gained
    looked = _parsed(looked, bodies, points, enclose)
    points |= ranking.with_references(looked, points)
    first = ranking.order(points, points)
    return _written(paths, first, {one.path: one for one in looked}, limit)


def _parsed(
    looked: Sequence[Looked], bodies: Mapping[str, bytes], points: Mapping[str, int], enclose: Enclose | None
) -> list[Looked]:
    """The best of them with their definitions."""
    sources = [one.path for one in looked if language_of(one.path) is not None]
    sizes = {path: len(body) for path, body in bodies.items()}
    best = _within(ranking.order(sources, points)[:PARSED_FILES], sizes, PARSED_BYTES)
    texts = [(language_of(path) or "", bodies[path]) for path in best]
    found = dict(zip(best, parse(texts, enclose), strict=True))
    return [replace(one, definitions=tuple(found.get(one.path, ()))) for one in looked]


def _written(paths: Sequence[str], first: Sequence[str], looked: Mapping[str, Looked], limit: int) -> str:
    """Both halves; what the list of files leaves goes to the definitions."""
    fixed = size(_FILES) + size(_DEFINITIONS)
    files = listing(paths, first, max(80, (limit - fixed) // LISTING_SHARE))
    text = f"{_FILES}{files}"
    defined = _defined([looked[path] for path in first if path in looked], limit - fixed - size(files))
    return head(f"{text}{_DEFINITIONS}{defined}" if defined else text, limit)


def _defined(looked: Iterable[Looked], room: int) -> str:
    """Definitions file by file until there is no more room; a file is cut rather than left out."""
    lines: list[str] = []
    shown_files = 0
    for one in looked:
        if not one.definitions:
            continue
        most = LINES_FIRST if shown_files < FIRST else LINES_LATER
        block = [shown(one.path), *_lines(one.definitions, most)]
        for line in block:
            room -= size(line) + 1
            if room < 0:
                return "\n".join(lines)
            lines.append(line)
        shown_files += 1
    return "\n".join(lines)


def _lines(definitions: Sequence[Definition], most: int) -> list[str]:
    """The outer ones first where not all are shown, in the order of the file all the same."""
    kept = sorted(range(len(definitions)), key=lambda at: (definitions[at][0], at))[:most]
    lines = []
    for at in sorted(kept):
        nesting, line, signature, _ = definitions[at]
        plain = "".join(char if char.isprintable() else "?" for char in signature)
        lines.append(f"{'  ' * (nesting + 1)}{line} {plain}")
    if len(kept) < len(definitions):
        lines.append(f"  … and {len(definitions) - len(kept)} more")
    return lines
