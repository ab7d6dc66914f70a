"""Looks at a commit for what Otto leaves alone: files of Git LFS, submodules; and at the branch for a merge queue."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from otto_bot.core.aside import MOST_NAMED, Aside, ReadOnly, aside
from otto_bot.core.lfs import ATTRIBUTES, POINTER_BYTES, Kept, pointer_size
from otto_bot.core.run import Run
from otto_bot.git.blobs import Blob, list_blobs, read_blobs
from otto_bot.git.errors import OutputTooLarge
from otto_bot.git.mirror import Mirror
from otto_bot.github.errors import Forbidden, NotFound
from otto_bot.jobs.context import Context

ATTRIBUTES_BYTES = 256 * 1024
MOST_FILES = 200
"""So many files of attributes are read; a repository with more has them made by a program."""


@dataclass(frozen=True)
class SetAside:
    """What was found, and the paths that nobody writes."""

    found: Aside
    read_only: ReadOnly


async def read_only_of(mirror: Mirror, commit: str) -> ReadOnly:
    """Paths of a commit that no attempt may write."""
    return (await _look(mirror, commit)).read_only


async def set_aside(context: Context, run: Run, mirror: Mirror, commit: str) -> SetAside:
    """All of it, for the plan."""
    seen = await _look(mirror, commit)
    shown = seen.lfs[:MOST_NAMED]
    texts = await read_blobs(mirror, shown)
    sizes = [pointer_size(texts.get(one.path, b"").decode("utf-8", "replace")) or 0 for one in shown]
    found = aside(
        [one.path for one in seen.lfs], [one.path for one in seen.modules], await _has_queue(context, run),
        sizes, [one.sha for one in seen.modules],
    )  # fmt: skip
    return SetAside(found, seen.read_only)


class _Seen(NamedTuple):
    read_only: ReadOnly
    lfs: list[Blob]
    modules: list[Blob]


async def _look(mirror: Mirror, commit: str) -> _Seen:
    try:
        blobs = await list_blobs(mirror, commit)
    except OutputTooLarge:
        blobs = []
    kept = Kept(await _attributes(mirror, blobs))
    modules = [blob for blob in blobs if blob.module]
    lfs = await asyncio.to_thread(_kept_by, kept, blobs) if kept else []
    return _Seen(ReadOnly(kept, {one.path: one.sha for one in modules}), lfs, modules)


async def _attributes(mirror: Mirror, blobs: Sequence[Blob]) -> dict[str, str]:
    named = [blob for blob in blobs if blob.path == ATTRIBUTES or blob.path.endswith(f"/{ATTRIBUTES}")]
    small = [blob for blob in named if blob.size is not None and blob.size <= ATTRIBUTES_BYTES]
    found = await read_blobs(mirror, small[:MOST_FILES])
    return {path: body.decode("utf-8", "replace") for path, body in found.items()}


def _kept_by(kept: Kept, blobs: Sequence[Blob]) -> list[Blob]:
    return [blob for blob in blobs if blob.size is not None and blob.size <= POINTER_BYTES and kept.has(blob.path)]


async def _has_queue(context: Context, run: Run) -> bool:
    try:
        rules = await context.repository(run).branch_rules(run.repo.default_branch)
    except (Forbidden, NotFound):
        return False
    return any(rule.type == "merge_queue" for rule in rules)
