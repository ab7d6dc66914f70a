"""What a job tells a role about the repository: house rules of the default branch, and a map of the commit at hand."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from otto_bot.agents.mapping.ranking import Focus
from otto_bot.agents.mapping.repo_map import FILE_BYTES, File, repository_map
from otto_bot.agents.packing import BYTES_PER_TOKEN
from otto_bot.core.enclosing import Enclose
from otto_bot.core.house_rules import FILE_BYTES as RULE_BYTES
from otto_bot.core.house_rules import HouseRules, bounded, rule_paths
from otto_bot.core.plan import TaskSpec
from otto_bot.git.blobs import Blob, list_blobs, read_blobs
from otto_bot.git.errors import OutputTooLarge
from otto_bot.git.mirror import Mirror
from otto_bot.git.reading import Reading

READ_AT_MOST = 16 * RULE_BYTES
"""A larger file with house rules is none: nobody wrote that by hand."""


async def house_rules(reading: Reading, commit: str, near: Sequence[str] = ()) -> HouseRules:
    """The house rules at a commit of the default branch, never at one that a model made.

    `near` are a task's likely files: the AGENTS.md nearest to them is among the rules.
    """
    return await asyncio.to_thread(_house_rules, reading, commit, near)


def _house_rules(reading: Reading, commit: str, near: Sequence[str]) -> HouseRules:
    found = []
    for path in rule_paths(reading.files(commit), near):
        body = reading.file_at(commit, path, max_bytes=READ_AT_MOST)
        if body is not None:
            found.append((path, body.decode("utf-8", "replace")))
    return bounded(found)


async def map_of(mirror: Mirror, commit: str, focus: Focus, tokens: int, enclose: Enclose | None) -> str:
    """The map of a commit in at most so many tokens; without definitions where no cage can be made to read them in."""
    try:
        blobs = {blob.path: blob for blob in await list_blobs(mirror, commit)}
    except OutputTooLarge:
        return "There are too many files for a map of them."

    async def read(paths: Sequence[str]) -> dict[str, bytes]:
        return await read_blobs(mirror, [blobs[path] for path in paths if _fits(blobs[path])])

    files = [File(blob.path, blob.size) for blob in blobs.values()]
    return await repository_map(files, read, focus, tokens * BYTES_PER_TOKEN, enclose)


def _fits(blob: Blob) -> bool:
    return blob.size is not None and blob.size <= FILE_BYTES


def focus_of(task: TaskSpec, *more: str) -> Focus:
    """What a coder's map is for: the task's own words and likely files, and other texts such as guidance."""
    criteria = [criterion.text for criterion in task.criteria]
    return Focus(task.files, "\n".join([task.title, task.goal, *criteria, *more]))
