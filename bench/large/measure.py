"""One step of the work on a large repository, done by the code of the product: time, processor time, memory, disk."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from bench.large.make import path_of
from otto_bot.agents.mapping.ranking import Focus
from otto_bot.core.enclosing import plainly
from otto_bot.git.commits import Author
from otto_bot.git.diff_gate import Looked, inspect
from otto_bot.git.mirror import Mirror
from otto_bot.git.new_commits import new_commits
from otto_bot.git.reading import Reading
from otto_bot.git.runner import GitRunner
from otto_bot.git.workspace import Workspace
from otto_bot.jobs.set_aside import read_only_of
from otto_bot.jobs.surroundings import house_rules, map_of
from otto_bot.model.toolset import FileTools

WHO = Author("otto[bot]", "1+otto[bot]@users.noreply.github.com")
WHEN = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
MAP_TOKENS = 4_000
CHANGED = 20
"""Files that the task of the bench changes."""


class Step(NamedTuple):
    """Seconds, processor seconds with all children, MiB at the peak of the largest process, MiB on disk."""

    name: str
    seconds: float
    processor: float
    peak: float
    disk: float


class Place(NamedTuple):
    """Where a bench works: a folder, and the address of the repository."""

    folder: Path
    url: str
    head: str

    def mirror(self, *, partial: bool) -> Mirror:
        """A mirror of it, made where there is none."""

        async def nobody(_pushes: bool) -> None:
            return None

        name = "partial" if partial else "full"
        return Mirror(self.folder / f"{name}.git", self.url, nobody, GitRunner(self.folder / "home"), partial=partial)


def measured(name: str, work: Callable[[], object], disk: Path | None = None) -> Step:
    """A step in a process of its own, so that its memory is its own. Raises RuntimeError where it fails."""
    sys.stdout.flush()
    started = time.monotonic()
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - told by the exit code
            print(f"{name}: {error!r}", file=sys.stderr)
            os._exit(1)
        os._exit(0)
    _, status, used = os.wait4(child, 0)
    if status:
        raise RuntimeError(f"{name} failed")
    seconds = time.monotonic() - started
    return Step(name, seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, _mib(disk) if disk else 0.0)


def done(work: Callable[..., Coroutine[Any, Any, object]], *given: object, **more: object) -> Callable[[], object]:
    """A coroutine as a step."""
    return lambda: asyncio.run(work(*given, **more))


def clone(place: Place) -> Callable[[], object]:
    """The named alternative: a plain clone with a checkout, as everybody makes it."""
    return lambda: subprocess.run(["git", "clone", "-q", place.url, str(place.folder / "clone")], check=True)


async def fetched(place: Place, *, partial: bool) -> None:
    """The first mirror."""
    await place.mirror(partial=partial).fetch("refs/heads/main")


async def opened(place: Place, name: str, *, partial: bool) -> None:
    """A workspace of the newest commit."""
    await Workspace.open(place.mirror(partial=partial), place.head, place.folder / "work" / name)


async def mapped(place: Place, *, partial: bool) -> None:
    """What a coder is told of the repository: map, house rules, what Otto leaves alone."""
    mirror = place.mirror(partial=partial)
    shown = await map_of(mirror, place.head, Focus((path_of(0),), "queue and ledger"), MAP_TOKENS, plainly)
    assert len(shown.encode()) <= MAP_TOKENS * 4
    await house_rules(Reading(mirror.path, mirror.runner.environment()), place.head)
    await read_only_of(mirror, place.head)


async def searched(place: Place, name: str, tool: str, pattern: str) -> None:
    """A search over everything; the answer is bounded, and so is the time: on a busy machine it may be refused."""
    answer = await FileTools(place.folder / "work" / name).call(tool, {"pattern": pattern})
    if answer.is_error:
        print(f"{tool}: {answer.text}", file=sys.stderr)
    assert len(answer.text) < 40_000


async def turned(place: Place, name: str, *, partial: bool) -> str:
    """The tree after a turn: what is kept of each turn of a coder."""
    workspace = await Workspace.open(place.mirror(partial=partial), place.head, place.folder / "work" / name)
    return (await workspace.snapshot()).tree


async def gated(place: Place, name: str, *, partial: bool) -> None:
    """A change of some files: the tree, the commit, and everything that the gate before a push looks at."""
    mirror = place.mirror(partial=partial)
    workspace = await Workspace.open(mirror, place.head, place.folder / "work" / name)
    for number in range(CHANGED):
        path = workspace.path / path_of(number * 20)
        path.write_text(path.read_text() + f"CHANGED = {number}\n")
    tree = (await workspace.snapshot()).tree
    sha = await workspace.commit(tree, [place.head], "Change", author=WHO, when=WHEN)
    for commit in await new_commits(mirror, Reading(mirror.path, mirror.runner.environment()), sha, [place.head]):
        for side in commit.sides:
            found = inspect(side.changes, looked=Looked(side.contents, side.sources, None, side.kept))
            assert (len(side.changes), found) == (CHANGED, []), found


def _mib(path: Path) -> float:
    ran = subprocess.run(["du", "-sm", "--apparent-size", str(path)], capture_output=True, text=True, check=True)
    return float(ran.stdout.split()[0])
