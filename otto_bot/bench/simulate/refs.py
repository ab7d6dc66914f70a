"""Commits and branches on the simulated GitHub: what a push accepts, what a merge makes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from otto_bot.bench.simulate.makers import OTTO, chance_of, sha_of
from otto_bot.bench.simulate.rules import Broken

BASE = "main"
CONFLICTS = 0.08
"""How likely two commits that each know something the other does not cannot be merged, in a world in trouble."""


@dataclass(frozen=True)
class Commit:
    """`parts` is what it contains: names of changes. Equal parts are an equal tree."""

    sha: str
    parents: tuple[str, ...]
    parts: frozenset[str]
    author: str
    named: str = ""
    """The name of its tree, where that comes from somewhere else."""

    @property
    def tree(self) -> str:
        """The name of what it contains."""
        return self.named or f"tree-{sha_of(*sorted(self.parts))[:12]}"


class Rejected(Exception):
    """A push that GitHub does not take. `moved`: somebody else's commits are there."""

    def __init__(self, moved: bool) -> None:
        self.moved = moved
        super().__init__("moved" if moved else "refused")


class Refs:
    """Every commit and every branch, and who pushed what to it."""

    def __init__(self, seed: int, pushed: Callable[[str, Commit, str], None]) -> None:
        self._seed = seed
        self._pushed = pushed
        self.trouble = True
        self.commits: dict[str, Commit] = {}
        self.heads: dict[str, str] = {}
        self.theirs: dict[str, list[str]] = {}
        """Commits of people, by branch."""
        self.add(Commit("base", (), frozenset({"base"}), "bob"))
        self.heads[BASE] = "base"

    def add(self, commit: Commit) -> Commit:
        """Remember a commit; the same one again is the same."""
        return self.commits.setdefault(commit.sha, commit)

    def write(self, *parents: str, adds: str, author: str = OTTO, sha: str = "") -> Commit:
        """A commit that adds something to what its parents contain."""
        parts = frozenset().union(*(self.commits[one].parts for one in parents)) | ({adds} if adds else frozenset())
        return self.add(Commit(sha or sha_of(parents, adds, author), parents, parts, author))

    def holds(self, sha: str, ancestor: str) -> bool:
        """Whether a commit has another in its history."""
        seen, todo = set(), [sha]
        while todo:
            one = todo.pop()
            if one == ancestor:
                return True
            if one not in seen:
                seen.add(one)
                todo += self.commits[one].parents
        return False

    def merged(self, onto: str, other: str) -> Commit | None:
        """`other` merged into `onto`, always the same commit; None where they do not fit."""
        if self.holds(onto, other):
            return self.commits[onto]
        if self.holds(other, onto):
            return self.commits[other]
        return None if self._clash(onto, other) else self.write(onto, other, adds="")

    def squashed(self, onto: str, other: str) -> Commit | None:
        """What `other` contains as one commit on `onto`; None where it does not fit."""
        if self._clash(onto, other) and not self.holds(other, onto):
            return None
        parts = self.commits[onto].parts | self.commits[other].parts
        return self.add(Commit(sha_of("squash", onto, other), (onto,), parts, OTTO))

    def _clash(self, one: str, other: str) -> bool:
        left, right = self.commits[one].parts, self.commits[other].parts
        if not self.trouble or left <= right or right <= left:
            return False
        return chance_of("clash", self._seed, *sorted(left ^ right)) < CONFLICTS

    def push(self, branch: str, sha: str, expected: str | None, author: str) -> None:
        """Move a branch forward, or make it. Raises Rejected, as a push with a lease that only goes forward does."""
        now = self.heads.get(branch)
        if now == sha:
            return
        if now != expected or (now is not None and not self.holds(sha, now)):
            raise Rejected(moved=True)
        self.heads[branch] = sha
        if author != OTTO:
            self.theirs.setdefault(branch, []).append(sha)
        for lost in self.theirs.get(branch, ()):
            if not self.holds(sha, lost):
                raise Broken(9, f"{lost} by a person was on {branch} and is not in {sha}")
        self._pushed(branch, self.commits[sha], author)
