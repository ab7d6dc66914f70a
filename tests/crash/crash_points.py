"""Every write point of the small scenario: counted in an undisturbed run, then a SIGKILL at each, a few in one run.

A point is named by what is written and how often that was written before (`POST /repos/octo/small/pulls 2`), not by its
place among all writes: side by side, tasks write in another order each time.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import httpx
from crash_runs import Ended, Json, TrapControl, look_at, reader, rest, set_faults
from forks import ForkServer

from otto_bot.playground.demo.harness import ENDED, Playground
from otto_bot.playground.scenario import load

SMALL = Path(__file__).with_name("small")
QUIET_SECONDS = 0.3
PAUSES_SECONDS = 512.0
"""The pause of a step that failed five times in a row: with each new head its write is another one, which fails."""
HELD_SECONDS = 240.0
AT_ONCE = 2
NEVER = 10**9
"""A commit that no run comes to."""
SENT_AGAIN = re.compile(r"/issues/N/labels$|/reactions$|/requested_reviewers$|/graphql$")
"""What GitHub keeps once however often it is sent, and what only asks: nobody looks whether it is there."""
NUMBERS = re.compile(r"[0-9]+")


@dataclass(frozen=True)
class Point:
    """The n-th write of one shape (`POST /repos/octo/small/issues/N/comments`), before or after it is carried out."""

    method: str
    shape: str
    nth: int
    when: Literal["before", "after"]

    def __str__(self) -> str:
        return f"{self.when} {self.method} {self.shape} {self.nth}"

    @property
    def makes(self) -> bool:
        """Whether something new would come of it: that could be there twice afterwards.

        What GitHub keeps once may be sent once or twice: a label is seen by its delivery and then by looking.
        """
        return self.method == "POST" and SENT_AGAIN.search(self.shape) is None

    @property
    def sent_again(self) -> bool:
        """Whether a kill here makes one more write of this shape: later ones have a higher number then.

        What was made is found instead; a push of git outlives the bot.
        """
        return not self.makes or (self.when == "before" and not self.shape.endswith("/git-receive-pack"))

    def trap(self, more: int = 0) -> Json:
        """As the stand-in takes it; `more` writes of this shape were sent again."""
        path = re.escape(self.shape).replace("N", "[0-9]+")
        return {"nth": self.nth + more, "when": self.when, "method": self.method, "path": f"^{path}$"}


def points(writes: Sequence[str]) -> list[Point]:
    """Both sides of each write. `writes` as in `Ended.writes`."""
    seen: Counter[tuple[str, str]] = Counter()
    found = []
    for write in writes:
        method, _, path = write.partition(" ")
        key = (method, NUMBERS.sub("N", path))
        seen[key] += 1
        found += [Point(*key, seen[key], when) for when in ("before", "after")]
    return found


def rounds(rows: Sequence[Point], kills: int) -> list[list[Point]]:
    """At most `kills` points of one run, in order and far apart; each point is in one of them."""
    number = -(-len(rows) // kills)
    return [list(rows[first::number]) for first in range(number)]


async def undisturbed(server: ForkServer, folder: Path) -> Ended:
    """Nothing happens."""
    async with Small(server, folder) as play:
        await play.label()
        ended = await rest(play, QUIET_SECONDS)
    assert not ended.problems, "\n".join([*ended.problems, ended.log])
    return ended


async def killed_at(server: ForkServer, folder: Path, chosen: Sequence[Point]) -> Ended:
    """The bot's whole process group gets SIGKILL at each of these points, in their order.

    `killed` names those that the run came to. The next trap is set before the bot is there again.
    """
    killed: list[Point] = []
    async with Small(server, folder) as play:
        trap, left = TrapControl(play), list(chosen)
        point = await _armed(trap, left, killed)
        await play.label()
        while point is not None and (held := await _reached(play, trap)) is not None:
            await play.kill_bot()
            await trap.let_go(held)
            killed.append(point)
            point = await _armed(trap, left, killed)
            await play.start_bot()
        ended = await rest(play, QUIET_SECONDS)
    ended.killed = [str(point) for point in killed]
    return ended


async def _armed(trap: TrapControl, left: list[Point], killed: Sequence[Point]) -> Point | None:
    """Sets the trap for the next of `left` that was not passed already, and takes it out."""
    while left:
        point = left.pop(0)
        again = sum((one.method, one.shape) == (point.method, point.shape) and one.sent_again for one in killed)
        try:
            await trap.put(point.trap(again))
        except httpx.HTTPStatusError as error:
            if "were made already" not in error.response.text:
                raise
            continue  # tasks write in another order each time
        return point
    return None


async def with_faults(server: ForkServer, folder: Path, faults: Sequence[Json]) -> Ended:
    """Requests fail this way."""
    async with Small(server, folder) as play:
        await set_faults(play, faults)
        await play.label()
        return await rest(play, QUIET_SECONDS, PAUSES_SECONDS)


async def killed_at_commit(server: ForkServer, folder: Path, number: int, when: str) -> Ended:
    """The worker kills its group at its n-th commit to a database. `killed` is empty where there were fewer."""
    more = {"CRASH_COMMITS": str(folder / "commits"), "CRASH_AT": str(number), "CRASH_WHEN": when}
    os.makedirs(folder)  # noqa: PTH103 - a moment's work, in tests
    async with Small(server, folder / "play", more) as play:
        await play.label()
        killed = await _died(play)
        if killed:
            await play.start_bot()
        ended = await rest(play, QUIET_SECONDS)
    ended.killed = [f"{when} commit {number}"] if killed else []
    return ended


def commits(folder: Path) -> int:
    """How many commits the worker of a run in this folder made."""
    return (folder / "commits").stat().st_size


async def side_by_side(work: Sequence[Any], at_once: int = AT_ONCE) -> list[Any]:
    """Results of coroutine functions, a few at a time, in their order."""
    room = asyncio.Semaphore(at_once)

    async def one(what: Any) -> Any:
        async with room:
            return await what()

    async with asyncio.TaskGroup() as group:  # where one fails the others are ended, not left behind
        tasks = [group.create_task(one(what)) for what in work]
    return [task.result() for task in tasks]


class Small(Playground):
    """The small scenario by forks."""

    def __init__(self, server: ForkServer, folder: Path, more: dict[str, str] | None = None) -> None:
        super().__init__(load(SMALL), folder, launch=server.launch)
        self._more = more or {}

    def bot_environment(self) -> dict[str, str]:
        return {**super().bot_environment(), **self._more}


async def _reached(play: Playground, trap: TrapControl) -> Json | None:
    """The held write; None when the run has come to rest without it."""
    deadline = time.monotonic() + HELD_SECONDS
    with contextlib.closing(reader(play)) as reads:
        while (held := await trap.reached()) is None:
            now = await look_at(reads)
            if now.get("resting") and now.get("outcome") in ENDED:
                await trap.disarm()
                return None
            assert time.monotonic() < deadline, f"neither held nor at rest\n{play.logs()}"
    return held


async def _died(play: Playground) -> bool:
    """True when the bot has killed itself; False when the run has come to rest."""
    deadline = time.monotonic() + HELD_SECONDS
    assert play.bot is not None
    with contextlib.closing(reader(play)) as reads:
        while play.bot.running:
            now = await look_at(reads)
            if now.get("resting") and now.get("outcome") in ENDED:
                return False
            assert time.monotonic() < deadline, f"neither killed nor at rest\n{play.logs()}"
            await asyncio.sleep(0.1)
    await play.bot.kill()
    return True
