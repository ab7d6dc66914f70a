"""What a push would bring: each commit that the remote does not have yet, and what it changes against its parents."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from otto_bot.core.lfs import Kept, attribute_paths
from otto_bot.core.lock_sources import known_sources, tells_sources
from otto_bot.git.changes import FileChange
from otto_bot.git.commits import checked_sha
from otto_bot.git.diff_gate import BLOB_BYTES, wanted
from otto_bot.git.mirror import Mirror
from otto_bot.git.reading import Reading

EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
MOST = 200
"""Commits of one push: Otto makes a few; more are none of its doing."""


PATCH_BYTES = 2 * BLOB_BYTES
CONTENTS = 48 * 1024 * 1024
"""Bytes of all contents of one commit that are read as a whole."""


class TooManyCommits(Exception):
    """A push would bring more than MOST commits."""


@dataclass(frozen=True)
class Side:
    """A commit against one parent; `contents` by blob id, `sources` and `kept` of the parent, for the diff gate."""

    changes: tuple[FileChange, ...]
    contents: Mapping[str, bytes]
    sources: frozenset[str]
    kept: Kept


@dataclass(frozen=True)
class NewCommit:
    """One side for each parent, none where a merge only brings together what stood in one of them.

    A commit without a parent is held against nothing.
    """

    sha: str
    message: str
    sides: tuple[Side, ...]


async def new_commits(mirror: Mirror, reading: Reading, sha: str, known: Sequence[str]) -> list[NewCommit]:
    """The commits that `sha` has and none of `known` (commits that the remote has; what is not here is passed over).

    Oldest first. Raises TooManyCommits.
    """
    here = await _here(mirror, known)
    argv = ["rev-list", "--topo-order", "--reverse", "--parents", checked_sha(sha), *(f"^{one}" for one in here)]
    lines = (await mirror.git(*argv)).stdout.decode("ascii").splitlines()
    if len(lines) > MOST:
        raise TooManyCommits(f"{len(lines)} commits, at most {MOST} are pushed at once")
    return [await _commit(mirror, reading, *line.split()) for line in lines]


async def _here(mirror: Mirror, known: Sequence[str]) -> list[str]:
    """Those of `known` that the mirror has, asked for in one process."""
    asked = "".join(f"{checked_sha(one)}\n" for one in dict.fromkeys(known))
    told = (await mirror.git("cat-file", "--batch-check", input=asked.encode())).text if asked else ""
    return [words[0] for line in told.splitlines() if (words := line.split())[1:2] == ["commit"]]


async def _commit(mirror: Mirror, reading: Reading, sha: str, *parents: str) -> NewCommit:
    message = (await mirror.git("log", "--no-walk", "--format=%B", sha)).stdout.decode("utf-8", "surrogateescape")
    only = await _own_of_merge(mirror, sha) if len(parents) > 1 else None
    if only is not None and not only:
        return NewCommit(sha, message, ())
    sides = [await asyncio.to_thread(_side, reading, parent, sha, only) for parent in parents or (EMPTY_TREE,)]
    return NewCommit(sha, message, tuple(sides))


def _side(reading: Reading, parent: str, sha: str, only: frozenset[str] | None) -> Side:
    found = reading.diff(parent, sha, patch_bytes=PATCH_BYTES)
    changes = tuple(one for one in found if only is None or one.path in only)
    contents = reading.contents(wanted(changes), max_bytes=BLOB_BYTES, total=CONTENTS)
    sources = frozenset[str]()
    if parent != EMPTY_TREE and any(tells_sources(change.path) for change in changes):
        told = [path for path in reading.files(parent) if tells_sources(path)]
        sources = known_sources(reading.texts(parent, told, max_bytes=BLOB_BYTES, total=CONTENTS))
    return Side(changes, contents, sources, _kept(reading, parent, changes))


def _kept(reading: Reading, parent: str, changes: Sequence[FileChange]) -> Kept:
    """What Git LFS keeps of the changed paths, as the parent says: a commit's own attributes are held anyway."""
    if parent == EMPTY_TREE:
        return Kept({})
    paths = [path for change in changes for path in (change.path, change.old_path) if path is not None]
    return Kept(reading.texts(parent, attribute_paths(paths)))


async def _own_of_merge(mirror: Mirror, sha: str) -> frozenset[str]:
    """Paths in which a merge differs from every one of its parents."""
    argv = ("diff-tree", "-c", "-r", "-z", "--name-only", "--no-commit-id", "--no-renames", sha)
    names = (await mirror.git(*argv)).stdout.split(b"\0")
    return frozenset(name.decode("utf-8", "surrogateescape") for name in names if name)
