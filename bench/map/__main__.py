"""`python -m bench.map [REPOSITORY]`: how many of the files that a commit really touched a prompt would have shown.

For each of the last commits its message is the task and its parent the repository. A file counts as shown where its
path can be read from the text, and as opened where definitions of it stand there. The other column is what a plain
list of the same size shows: `git ls-files`, cut at the same number of bytes.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from otto_bot.agents.mapping.ranking import Focus
from otto_bot.agents.packing import BYTES_PER_TOKEN, bullets
from otto_bot.agents.surroundings import CODER_MAP_TOKENS, PLANNER_MAP_TOKENS
from otto_bot.core.enclosing import plainly
from otto_bot.git.blobs import list_blobs
from otto_bot.git.mirror import Mirror
from otto_bot.git.runner import GitRunner
from otto_bot.jobs.surroundings import map_of

COMMITS = 40
MOST_TOUCHED = 12
"""Commits that touch more files are no task."""


@dataclass(frozen=True)
class Case:
    """One commit: its parent, its message, and the files it changed that were there before."""

    parent: str
    message: str
    touched: tuple[str, ...]


@dataclass
class Column:
    """Counts of one way to show a repository; seconds are of all cases together."""

    shown: int = 0
    opened: int = 0
    seconds: float = 0.0


def main(argv: Sequence[str] | None = None) -> int:
    """0 when measured, 2 where there is no history to measure on."""
    parser = argparse.ArgumentParser(prog="bench.map", description=__doc__)
    parser.add_argument("repository", nargs="?", type=Path, default=Path())
    parser.add_argument("--commits", type=int, default=COMMITS)
    options = parser.parse_args(argv)
    folder = Path(_git(options.repository, "rev-parse", "--git-common-dir"))
    folder = folder if folder.is_absolute() else options.repository / folder
    cases = history(options.repository, options.commits)
    if not cases:
        print("bench: no commit here touches files that were there before", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as home:
        asyncio.run(_measure(folder.resolve(), Path(home), cases))
    return 0


def history(repository: Path, most: int) -> list[Case]:
    """The newest commits with one parent that change a few files, newest first."""
    found = []
    for sha in _git(repository, "rev-list", "--no-merges", "--min-parents=1", "HEAD").split():
        parent = _git(repository, "rev-parse", f"{sha}^")
        touched = _git(repository, "diff-tree", "-r", "--name-only", "--diff-filter=MD", parent, sha).splitlines()
        if 0 < len(touched) <= MOST_TOUCHED:
            found.append(Case(parent, _git(repository, "log", "-1", "--format=%B", sha), tuple(touched)))
        if len(found) == most:
            break
    return found


async def _measure(folder: Path, home: Path, cases: Sequence[Case]) -> None:
    async def nobody(_pushes: bool) -> str | None:
        return None

    mirror = Mirror(folder, "https://invalid.example/r.git", nobody, GitRunner(home))
    files = len(await list_blobs(mirror, cases[0].parent))
    touched = sum(len(case.touched) for case in cases)
    print(f"{len(cases)} commits, {touched} touched files, {files} files in the repository, {os.cpu_count()} cores\n")
    print("| tokens | way | shown | opened | seconds each |\n| --- | --- | --- | --- | --- |")
    for tokens in (CODER_MAP_TOKENS, PLANNER_MAP_TOKENS):
        drawn, listed = Column(), Column()
        for case in cases:
            await _one(mirror, case, tokens, drawn, listed)
        for name, column in (("map", drawn), ("`git ls-files`, cut", listed)):
            print(
                f"| {tokens:,} | {name} | {column.shown / touched:.0%} | {column.opened / touched:.0%} "
                f"| {column.seconds / len(cases):.2f} |"
            )
        print(f"| {tokens:,} | ratio of shown | {drawn.shown / max(1, listed.shown):.2f} | | |")


async def _one(mirror: Mirror, case: Case, tokens: int, drawn: Column, listed: Column) -> None:
    began = time.monotonic()
    text = await map_of(mirror, case.parent, Focus(text=case.message), tokens, plainly)
    drawn.seconds += time.monotonic() - began
    began = time.monotonic()
    plain = bullets([blob.path for blob in await list_blobs(mirror, case.parent)], tokens * BYTES_PER_TOKEN)
    listed.seconds += time.monotonic() - began
    files, _, definitions = text.partition("\n\nDefinitions")
    folders: dict[str, list[str]] = {}
    for line in files.splitlines():
        name, _, names = line.partition(": ")
        folders.setdefault(name, []).extend(names.split(" "))
    opened = set(definitions.splitlines())
    lines = set(plain.splitlines())
    for path in case.touched:
        folder, _, name = path.rpartition("/")
        drawn.opened += path in opened
        drawn.shown += path in opened or name in folders.get(f"{folder}/" if folder else "./", ())
        listed.shown += f"- {path}" in lines


def _git(repository: Path, *argv: str) -> str:
    ran = subprocess.run(["git", *argv], cwd=repository, capture_output=True, text=True, check=True)
    return ran.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
