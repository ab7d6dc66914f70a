"""A bare repository that people push to at any moment: between two git processes of Otto, and inside of its pushes."""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from otto_bot.git.runner import GitRunner, Ran

OTTO = "4242+otto[bot]@users.noreply.github.com"
RACE = """#!/bin/sh
# Somebody is faster than the push that is just about to move this ref.
case "$1" in */t1-*) [ -f refuse ] && cat refuse >&2 && exit 1 ;; esac
[ -f race.in ] || exit 0
mv race.in raced.in && git fast-import --quiet < raced.in >/dev/null 2>&1
exit 0
"""


def commit_script(ref: str, who: str, files: Mapping[str, str], message: str, on: str, number: int = 0) -> str:
    """One commit, as `git fast-import` takes it."""
    begun = f"from {on}\n" if on else ""
    head = f"commit {ref}\ncommitter Somebody <{who}> {1_790_000_000 + number} +0000\n"
    body = [f"M 100644 inline {name}\ndata {len(text)}\n{text}\n" for name, text in files.items()]
    return "".join([head, f"data {len(message)}\n{message}\n{begun}", *body])


class Remote:
    """The repository on GitHub. Its reflogs know each position that a branch ever had."""

    def __init__(self, path: Path, rng: random.Random) -> None:
        self.path, self.rng, self.made = path, rng, 0
        self.run("init", "--quiet", "--bare", "--initial-branch=main", str(path), where=path.parent)
        for key, value in (("core.logAllRefUpdates", "always"), ("gc.auto", "0")):
            self.run("config", key, value)
        hook = path / "hooks" / "update"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(RACE)
        hook.chmod(0o755)
        self.commit("main", {"README": "Texts.\n"}, "Begin")

    def run(self, *argv: str, said: str = "", where: Path | None = None) -> str:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        env = {**kept, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
        ran = subprocess.run(
            ["git", *argv], cwd=where or self.path, env=env, input=said, text=True, capture_output=True, check=True
        )
        return ran.stdout

    def heads(self, prefix: str = "") -> dict[str, str]:
        """Branch → commit. They are plain files: nobody packs them."""
        root = self.path / "refs" / "heads"
        files = {str(file.relative_to(root)): file for file in root.rglob("*") if file.is_file()}
        return {name: file.read_text().strip() for name, file in files.items() if name.startswith(prefix)}

    def script(self, branch: str, files: Mapping[str, str], message: str) -> str:
        """What `git fast-import` is told for one commit of a person on top of a branch."""
        on = f"refs/heads/{branch}^0" if branch in self.heads() else ""
        return commit_script(f"refs/heads/{branch}", "rita@users.noreply.github.com", files, message, on, self.made)

    def commit(self, branch: str, files: Mapping[str, str], message: str) -> None:
        self.run("fast-import", "--quiet", said=self.script(branch, files, message))

    def refuse(self, words: str) -> None:
        """From here on no branch of the first task is made or moved, with these words."""
        (self.path / "refuse").write_text(words)

    def news(self) -> dict[str, str]:
        """Files of a person's next commit: mostly their own, now and then what a task writes, too."""
        self.made += 1
        theirs = f"{self.rng.choice(('t1', 't2'))}.txt" if self.rng.random() < 0.12 else f"rita-{self.made}.txt"
        return {theirs: f"by a person, {self.made}\n"}

    def moves(self) -> list[tuple[str, str, str]]:
        """Every move of every branch, oldest first for each: branch, from, to."""
        logs, found = self.path / "logs" / "refs" / "heads", []
        for file in sorted(one for one in logs.rglob("*") if one.is_file()):
            for line in file.read_text().splitlines():
                old, new, *_ = line.split(" ")
                found.append((str(file.relative_to(logs)), old, new))
        return found

    def parents(self) -> dict[str, list[str]]:
        """Commit → parents, of all that a branch holds."""
        rows = (line.split(" ") for line in self.run("rev-list", "--parents", "--all").splitlines())
        return {sha: before for sha, *before in rows}

    def authors(self) -> dict[str, str]:
        """Commit → the address of who wrote it."""
        rows = (line.split(" ") for line in self.run("log", "--all", "--format=%H %ae").splitlines())
        return {sha: who for sha, who, *_ in rows}

    def files(self, revision: str) -> set[str]:
        return set(self.run("ls-tree", "-r", "--name-only", revision).splitlines())


class Interrupted(GitRunner):
    """Otto's git, with people at work between any two of its processes."""

    def __init__(self, home: Path, remote: Remote) -> None:
        super().__init__(home, protocols=("file",))
        self.remote = remote
        self.prefix = ""
        """Of the branches that people push to, next to the default branch; empty = nobody is there."""
        self.left = 0
        """How many commits people will still make."""
        self.story: list[str] = []
        self.onto_run: list[str] = []
        """Files that people put onto the run branch."""

    async def run(self, argv: Sequence[str], **given: Any) -> Ran:
        talks = argv[0] in ("fetch", "ls-remote", "push")
        if self.left and self.prefix and self.remote.rng.random() < (0.2 if talks else 0.02):
            self.push()
        racing = argv[0] == "push" and self.left > 0 and self.remote.rng.random() < 0.15
        if racing:
            self._race(argv)
        try:
            return await super().run(argv, **given)
        finally:
            if racing:
                (self.remote.path / "race.in").unlink(missing_ok=True)
            self.story.append(" ".join(argv[:1]) if not talks else " ".join([argv[0], *argv[-1:]]))

    def push(self) -> None:
        """A person commits onto one of the run's branches, or onto the default branch."""
        rng, branches = self.remote.rng, sorted(self.remote.heads(self.prefix))
        own = [one for one in branches if one.endswith("/run")]
        among = [*own * 3, *branches, "main"] if own else ["main"]
        branch, files = rng.choice(among), self.remote.news()
        self.left -= 1
        self.remote.commit(branch, files, f"A person's {self.remote.made}")
        self.onto_run += files if branch.endswith("/run") else []
        self.story.append(f"PERSON {branch} {next(iter(files))}")

    def _race(self, argv: Sequence[str]) -> None:
        """Somebody moves the branch after git has looked where it is, and before the remote has moved it."""
        branch = argv[-1].partition(":refs/heads/")[2]
        if branch not in self.remote.heads():
            return
        self.left -= 1
        script = self.remote.script(branch, self.remote.news(), f"A person's {self.remote.made}, just in time")
        (self.remote.path / "race.in").write_text(script)
        self.story.append(f"RACE {branch}")


def lost(remote: Remote) -> list[str]:
    """Moves of a branch that left something behind, and branches that are gone."""
    parents, heads = remote.parents(), remote.heads()
    known: dict[str, set[str]] = {}

    def holds(sha: str) -> set[str]:
        if sha not in known:
            found, todo = {sha}, [sha]
            while todo:
                for one in parents.get(todo.pop(), []):
                    if one not in found:
                        found.add(one)
                        todo.append(one)
            known[sha] = found
        return known[sha]

    wrong = []
    for branch, old, new in remote.moves():
        if branch not in heads:
            wrong.append(f"{branch} is gone")
        elif old.strip("0") and old not in holds(new):
            wrong.append(f"{branch} went from {old[:7]} to {new[:7]}, which does not hold it")
    return wrong
