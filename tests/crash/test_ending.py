"""SIGTERM while something hangs: the bot ends within ten seconds, and the next one goes on to the same end."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from crash_end_state import doubles
from crash_runs import Ended, TrapControl, playing, rest

from otto_bot.playground.demo.harness import Playground
from otto_bot.store import tables as t
from otto_bot.store.database import open_database

END_SECONDS = 10.0
SLACK_SECONDS = 3.0
"""Of the test itself, on a loaded machine: it shares two cores with four processes."""
PATIENCE = 90.0


async def running(play: Playground, kind: str) -> None:
    """Wait until an effect of a kind is at work."""
    engine = open_database(play.bot_environment()["OTTO_DATABASE_URL"])
    query = sa.select(t.effects.c.key).where((t.effects.c.kind == kind) & (t.effects.c.state == "running"))

    def found() -> bool:
        with engine.connect() as c:
            return c.execute(query).first() is not None

    async with asyncio.timeout(PATIENCE):
        while not await asyncio.to_thread(found):  # noqa: ASYNC110 - another process writes it
            await asyncio.sleep(0.05)
    engine.dispose()


async def model_hangs(play: Playground) -> Callable[[], Awaitable[None]]:
    """It takes the connection and never answers."""
    assert play.model is not None
    play.model.signal(signal.SIGSTOP)
    await play.label()
    await running(play, "plan")

    async def on() -> None:
        assert play.model is not None
        play.model.signal(signal.SIGCONT)

    return on


async def github_hangs(play: Playground) -> Callable[[], Awaitable[None]]:
    """Requests and transfers get no answer any more."""
    await play.label()
    await running(play, "code")
    assert play.github is not None
    play.github.signal(signal.SIGSTOP)

    async def on() -> None:
        assert play.github is not None
        play.github.signal(signal.SIGCONT)

    return on


async def push_hangs(play: Playground) -> Callable[[], Awaitable[None]]:
    """A transfer of git is held in the middle."""
    trap = TrapControl(play)
    await trap.set_ending("/git-receive-pack")
    await play.label()
    async with asyncio.timeout(PATIENCE):
        while await trap.reached() is None:
            pass
    return trap.disarm


async def ended_while(hangs: Callable[[Playground], Awaitable[Callable[[], Awaitable[None]]]], folder: Path) -> Ended:
    async with playing("single-task", folder) as play:
        on = await hangs(play)
        assert play.bot is not None
        asked_at = time.monotonic()
        play.bot.signal(signal.SIGTERM)
        await play.bot.ended()
        took = time.monotonic() - asked_at
        await on()
        await play.bot.kill()  # nothing of its group is left to hold a file
        await play.start_bot()
        ended = await rest(play)
    assert took < END_SECONDS + SLACK_SECONDS, f"{took:.1f} s\n{ended.log}"
    return ended


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("hangs", [model_hangs, github_hangs, push_hangs])
def test_it_ends_in_time_whatever_hangs_and_goes_on(
    hangs: Callable[[Playground], Awaitable[Callable[[], Awaitable[None]]]], tmp_path: Path
) -> None:
    ended = asyncio.run(ended_while(hangs, tmp_path / "play"))
    found = [*ended.problems, *doubles(ended.report)]
    assert not found, "\n".join([*found, ended.log])
