"""`make crash-full`: shipped scenarios with a SIGKILL at every few writes, and the small one at every write and commit.

Writes the table of `docs/crash.md` when it is asked to. One run of a scenario is killed many times: at every k-th
write, before and after it in turn; `--rounds` plays it again with other writes.
"""

from __future__ import annotations

import argparse
import asyncio
import functools
import os
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))

from crash_points import (
    NEVER,
    commits,
    killed_at,
    killed_at_commit,
    points,
    side_by_side,
    undisturbed,
)
from crash_runs import Ended, Moment, killed_run, undisturbed_run
from forks import ForkServer

from otto_bot.playground.scenario import shipped

DOCS = Path(__file__).parents[2] / "docs" / "crash.md"
BEGIN, END = "<!-- results -->", "<!-- end of results -->"
SMALL_ROWS = ("small: writes", "small: commits")


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    name: str
    writes: str
    kills: int
    seconds: float
    found: tuple[str, ...]

    def line(self) -> str:
        """As Markdown."""
        result = "the same end" if not self.found else f"**{len(self.found)} differences**"
        return f"| {self.name} | {self.writes} | {self.kills} | {self.seconds:.0f} | {result} |"


def every(writes: int, step: int, number: int) -> list[Moment]:
    """Every `step`-th write of round `number` (from 0), before and after it in turn."""
    places = range(1 + (number * 2) % step, writes + 1, step)
    return [Moment(nth, ("before", "after")[(index + number) % 2]) for index, nth in enumerate(places)]


async def scenario(server: ForkServer, folder: Path, options: argparse.Namespace, name: str) -> Row:
    """A shipped scenario, undisturbed and then killed."""
    began = time.monotonic()
    want = await undisturbed_run(name, folder / "undisturbed", server.launch)
    found: list[str] = []
    kills = 0
    for number in range(options.rounds):
        moments = every(len(want.writes), options.every, number)
        got = await killed_run(name, folder / f"killed-{number}", moments, server.launch)
        kills += len(got.killed)
        found += [f"{name}, round {number}: {line}" for line in got.against(want)]
        if found:
            found += [f"{name}: killed {'; '.join(got.killed)}"]
    return Row(name, str(len(want.writes)), kills, time.monotonic() - began, tuple(found))


async def small_writes(server: ForkServer, folder: Path, options: argparse.Namespace) -> Row:
    """The small scenario: one run for each write, before and after it."""
    began = time.monotonic()
    want = await undisturbed(server, folder / "undisturbed")
    chosen = points(want.writes)
    work = [functools.partial(killed_at, server, folder / str(at), [point]) for at, point in enumerate(chosen)]
    return _small(SMALL_ROWS[0], f"{len(want.writes)}", want, await side_by_side(work, options.at_once), began)


async def small_commits(server: ForkServer, folder: Path, options: argparse.Namespace) -> Row:
    """The small scenario: one run for each commit of the worker, before or after it in turn."""
    began = time.monotonic()
    want = await killed_at_commit(server, folder / "undisturbed", NEVER, "before")
    number = commits(folder / "undisturbed")
    work = [
        functools.partial(killed_at_commit, server, folder / str(at), at, ("before", "after")[at % 2])
        for at in range(1, number + 1, options.commits)
    ]
    return _small(SMALL_ROWS[1], f"{number} commits", want, await side_by_side(work, options.at_once), began)


def _small(name: str, writes: str, want: Ended, ended: Sequence[Ended], began: float) -> Row:
    found = [f"{'; '.join(got.killed)}: {line}" for got in ended for line in got.against(want)]
    return Row(name, writes, sum(bool(got.killed) for got in ended), time.monotonic() - began, tuple(found))


def table(rows: Sequence[Row], options: argparse.Namespace, now: datetime) -> str:
    """What stands in the documents."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    head = (
        f"{now:%Y-%m-%d}, {os.cpu_count()} cores, {memory:.0f} GiB; a kill at every {options.every} writes, "
        f"{options.rounds} rounds a scenario, {options.at_once} at once; "
        f"{sum(row.kills for row in rows)} kills, {sum(len(row.found) for row in rows)} differences."
    )
    lines = ["| scenario | writes | kills | seconds | result |", "| --- | --- | --- | --- | --- |"]
    return "\n".join([head, "", *lines, *(row.line() for row in rows)])


def into_docs(text: str, rows: str) -> str:
    """The document with this table. Raises ValueError where it has no place for one."""
    before, apart, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not apart or not end:
        raise ValueError(f"there is no {BEGIN} … {END} in the document")
    return f"{before}{BEGIN}\n{rows}\n{END}{after}"


async def play(options: argparse.Namespace, folder: Path) -> list[Row]:
    """All that was asked for. A scenario that breaks off is a difference, and the others go on."""
    server = ForkServer(folder)
    server.start()
    rows: list[Row] = []

    async def one(name: str, work: Callable[[], Awaitable[Row]]) -> None:
        began = time.monotonic()
        try:
            row = await work()
        except Exception as error:  # noqa: BLE001 - it is told, and the rest is played
            row = Row(name, "-", 0, time.monotonic() - began, (f"{name}: {type(error).__name__}: {error}",))
        rows.append(row)
        _say("\n".join([row.line(), *row.found]))

    try:
        for name, small in zip(SMALL_ROWS, (small_writes, small_commits), strict=True):
            if name in options.scenarios:
                await one(name, functools.partial(small, server, folder / name.replace(": ", "-"), options))
        others = [name for name in options.scenarios if name not in SMALL_ROWS]
        work = [
            functools.partial(one, name, functools.partial(scenario, server, folder / name, options, name))
            for name in others
        ]
        await side_by_side(work, options.at_once)
    finally:
        server.stop()
    place = {name: at for at, name in enumerate(options.scenarios)}
    return sorted(rows, key=lambda row: place[row.name])


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main(argv: Sequence[str]) -> int:
    """0: every run ended the same."""
    known = [*SMALL_ROWS, *shipped()]
    parser = argparse.ArgumentParser(prog="make crash-full", description=__doc__)
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", help="instead of all")
    parser.add_argument("--every", type=int, default=6, metavar="K", help="kill at every K-th write [6]")
    parser.add_argument(
        "--rounds", type=int, default=1, metavar="N", help="runs a scenario, each with other writes [1]"
    )
    parser.add_argument("--commits", type=int, default=1, metavar="K", help="small: kill at every K-th commit [1]")
    parser.add_argument("--at-once", type=int, default=3, metavar="N", help="runs side by side [3]")
    parser.add_argument("--docs", action="store_true", help="write the table into docs/crash.md")
    options = parser.parse_args(argv)
    if unknown := sorted(set(options.scenarios) - set(known)):
        parser.error(f"there is no scenario {', '.join(unknown)}; there are {', '.join(known)}")
    options.scenarios = options.scenarios or known
    with tempfile.TemporaryDirectory(prefix="otto-crash-") as folder:
        rows = asyncio.run(play(options, Path(folder)))
    shown = table(rows, options, datetime.now(UTC))
    _say(shown)
    if options.docs:
        DOCS.write_text(into_docs(DOCS.read_text(encoding="utf-8"), shown), encoding="utf-8")
    return 1 if any(row.found for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
