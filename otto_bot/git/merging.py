"""Merging without a working directory: squash a branch, or take one branch into another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from otto_bot.git.commits import Author, checked_sha, tree_of, write_commit
from otto_bot.git.mirror import Mirror

_SCRATCH = Author("merge input", "merge@invalid")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Conflict:
    """The two sides cannot be merged by rule. `paths` may be empty (a conflict of directories)."""

    paths: tuple[str, ...]


class Merging:
    """Merges of commits that are in the mirror. Nothing is written but objects."""

    def __init__(self, mirror: Mirror) -> None:
        self._mirror = mirror

    async def squash(
        self, base: str, head: str, onto: str, *, message: str, author: Author, when: datetime
    ) -> str | Conflict:
        """One commit on `onto` with what changed from `base` to `head`. `onto` itself when that changes nothing."""
        tree = await self._three_way(base, onto, head)
        if isinstance(tree, Conflict):
            return tree
        if tree == await tree_of(self._mirror, onto):
            return onto
        return await write_commit(self._mirror, tree, [onto], message, author=author, when=when)

    async def merge_in(self, ours: str, theirs: str, *, message: str, author: Author, when: datetime) -> str | Conflict:
        """Take `theirs` into `ours`: a merge commit, or the one that already holds both."""
        if await self.is_ancestor(theirs, ours):
            return ours
        if await self.is_ancestor(ours, theirs):
            return theirs
        tree = await self._merge_tree(ours, theirs)
        if isinstance(tree, Conflict):
            return tree
        return await write_commit(self._mirror, tree, [ours, theirs], message, author=author, when=when)

    async def same_tree(self, a: str, b: str) -> bool:
        """Whether two commits hold the same files."""
        return await tree_of(self._mirror, a) == await tree_of(self._mirror, b)

    async def is_ancestor(self, older: str, newer: str) -> bool:
        """Whether `newer` contains `older` (a commit contains itself)."""
        argv = ("merge-base", "--is-ancestor", checked_sha(older), checked_sha(newer))
        return (await self._mirror.git(*argv, ok=(0, 1))).exit_code == 0

    async def _three_way(self, base: str, ours: str, theirs: str) -> str | Conflict:
        # git 2.39 cannot be told a merge base, so both sides become children of one commit: then it is that one.
        root = await self._scratch(await tree_of(self._mirror, base), [])
        sides = [await self._scratch(await tree_of(self._mirror, side), [root]) for side in (ours, theirs)]
        return await self._merge_tree(*sides)

    async def _scratch(self, tree: str, parents: Sequence[str]) -> str:
        return await write_commit(self._mirror, tree, parents, "merge input", author=_SCRATCH, when=_EPOCH)

    async def _merge_tree(self, ours: str, theirs: str) -> str | Conflict:
        argv = (
            "merge-tree",
            "--write-tree",
            "-z",
            "--name-only",
            "--no-messages",
            checked_sha(ours),
            checked_sha(theirs),
        )
        ran = await self._mirror.git(*argv, ok=(0, 1))
        tree, *paths = [part for part in ran.stdout.decode("utf-8", "surrogateescape").split("\0") if part]
        if ran.exit_code == 0:
            return tree.strip()
        return Conflict(tuple(dict.fromkeys(paths)))
