"""Puts a map together: what to read, in which order to show it, and how much of it fits."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from otto_bot.agents.mapping import ranking
from otto_bot.agents.mapping.definitions import Definition
from otto_bot.agents.mapping.languages import language_of
from otto_bot.agents.mapping.listing import listing, shown
from otto_bot.agents.mapping.parsing import parse
from otto_bot.agents.mapping.ranking import Focus, Looked
from otto_bot.agents.packing import head, size

FILE_BYTES = 200_000
"""A larger file is only listed."""
READ_BYTES = 3_000_000
READ_FILES = 240
LISTING_SHARE = 3
"""One part in so many of the budget is for the list of files."""
LINES_FIRST, LINES_LATER = 40, 14
"""Definitions of each of the first few files, and of each later one."""
FIRST = 12
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


async def repository_map(files: Sequence[File], read: Read, focus: Focus, limit: int) -> str:
    """At most `limit` bytes; empty where `limit` is below SMALLEST_BUDGET or there are no files.

    What is read and parsed is bounded whatever the repository's size: READ_FILES, READ_BYTES and the time of
    `parsing.parse`. What cannot be parsed is only listed.
    """
    if not files or limit < SMALLEST_BUDGET:
        return ""
    paths = [file.path for file in files]
    scores = await asyncio.to_thread(ranking.first_scores, paths, focus)
    readable = {file.path: file.size for file in files if _readable(file)}
    looked = await _look(readable, scores, read, ranking.SOURCES, named=True)
    for path, more in (await asyncio.to_thread(ranking.mentioned, list(readable), list(looked.values()))).items():
        scores[path] = scores.get(path, 0) + more
    looked |= await _look({p: s for p, s in readable.items() if p not in looked}, scores, read, READ_FILES)
    points = await asyncio.to_thread(ranking.with_references, list(looked.values()), scores)
    everywhere = {**scores, **points}
    first = ranking.order(everywhere, everywhere)
    return await asyncio.to_thread(_written, paths, first, looked, limit)


def _readable(file: File) -> bool:
    return file.size is not None and 0 < file.size <= FILE_BYTES and language_of(file.path) is not None


async def _look(
    readable: Mapping[str, int | None], scores: Mapping[str, int], read: Read, most: int, *, named: bool = False
) -> dict[str, Looked]:
    """Read and parse the best files, within the bounds; with `named` only such as are named."""
    chosen, left = [], READ_BYTES // (4 if named else 1)
    best = [p for p in readable if scores.get(p, 0) >= ranking.NAMED] if named else readable
    for path in ranking.order(best, scores)[:most]:
        left -= readable[path] or 0
        if left < 0:
            break
        chosen.append(path)
    bodies = await read(chosen) if chosen else {}
    whole = [path for path in chosen if path in bodies]
    sources = [(language_of(path) or "", bodies[path][:FILE_BYTES]) for path in whole]
    found = await asyncio.to_thread(parse, sources) if sources else []
    return {
        path: Looked(path, tuple(definitions), ranking.words_of(body))
        for path, definitions, (_, body) in zip(whole, found, sources, strict=True)
    }


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
