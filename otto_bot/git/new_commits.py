"""What a push would bring: each commit that the remote does not have yet, and what it changes against its parents."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from otto_bot.git.changes import FileChange
from otto_bot.git.commits import checked_sha
from otto_bot.git.mirror import Mirror
from otto_bot.git.reading import Reading

EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
MOST = 200
"""Commits of one push: Otto makes a few; more are none of its doing."""


class TooManyCommits(Exception):
    """A push would bring more than MOST commits."""


@dataclass(frozen=True)
class NewCommit:
    """`changes` are against each parent, an empty list where a merge only brings together what stood in one of them.

    A commit without a parent is held against nothing.
    """

    sha: str
    message: str
    changes: tuple[tuple[FileChange, ...], ...]


async def new_commits(mirror: Mirror, reading: Reading, sha: str, known: Sequence[str]) -> list[NewCommit]:
    """The commits that `sha` has and none of `known` (commits that the remote has; what is not here is passed over).

    Oldest first. Raises TooManyCommits.
    """
    here = [one for one in dict.fromkeys(known) if await mirror.has(checked_sha(one))]
    argv = ["rev-list", "--topo-order", "--reverse", "--parents", checked_sha(sha), *(f"^{one}" for one in here)]
    lines = (await mirror.git(*argv)).stdout.decode("ascii").splitlines()
    if len(lines) > MOST:
        raise TooManyCommits(f"{len(lines)} commits, at most {MOST} are pushed at once")
    return [await _commit(mirror, reading, *line.split()) for line in lines]


async def _commit(mirror: Mirror, reading: Reading, sha: str, *parents: str) -> NewCommit:
    message = (await mirror.git("log", "--no-walk", "--format=%B", sha)).stdout.decode("utf-8", "surrogateescape")
    only = await _own_of_merge(mirror, sha) if len(parents) > 1 else None
    if only is not None and not only:
        return NewCommit(sha, message, ())
    sides = [await asyncio.to_thread(reading.diff, parent, sha) for parent in parents or (EMPTY_TREE,)]
    kept = [tuple(one for one in side if only is None or one.path in only) for side in sides]
    return NewCommit(sha, message, tuple(kept))


async def _own_of_merge(mirror: Mirror, sha: str) -> frozenset[str]:
    """Paths in which a merge differs from every one of its parents."""
    argv = ("diff-tree", "-c", "-r", "-z", "--name-only", "--no-commit-id", "--no-renames", sha)
    names = (await mirror.git(*argv)).stdout.split(b"\0")
    return frozenset(name.decode("utf-8", "surrogateescape") for name in names if name)
