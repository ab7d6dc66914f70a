"""The worker's machine is gone with its disk; another one, with the same database, goes on to the same end."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from crash_runs import Ended, TrapControl, _coder_was_answered, _control, playing, rest
from forks import ForkServer

from otto_bot.playground.demo.harness import Launch, Playground


async def gone(play: Playground) -> None:
    """The bot is killed, its mirrors, workspaces and locks are deleted; the database stays."""
    with contextlib.suppress(ProcessLookupError):
        await play.kill_bot()
    state = Path(play.bot_environment()["OTTO_STATE_DIR"])
    for folder in ("mirrors", "work", "git-home"):
        shutil.rmtree(state / folder, ignore_errors=True)


async def gone_in_the_middle_of_a_session(name: str, folder: Path, launch: Launch, turn: int) -> Ended:
    async with playing(name, folder, launch) as play:
        await play.label()
        async with asyncio.timeout(play.scenario.script.time_limit):
            await _coder_was_answered(play, turn)
        await gone(play)
        await play.start_bot()
        ended = await rest(play)
    ended.killed = [f"when the coder's turn {turn} was answered"]
    return ended


async def gone_before_a_push(name: str, folder: Path, launch: Launch, push: int) -> Ended:
    """Gone when the stand-in is asked for the n-th push, before it is carried out."""
    async with playing(name, folder, launch) as play:
        trap = TrapControl(play)
        await _control(play, "POST", "trap", json={"nth": push, "when": "before", "path": "/git-receive-pack$"})
        await play.label()
        async with asyncio.timeout(play.scenario.script.time_limit):
            while (write := await trap.reached()) is None:
                continue
        await gone(play)
        await trap.let_go(write)
        await play.start_bot()
        ended = await rest(play)
    ended.killed = [f"before push {push}"]
    return ended


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_session_goes_on_on_another_machine(
    server: ForkServer, undisturbed: Callable[[str], Ended], tmp_path: Path
) -> None:
    """No turn before the last is paid again: the files that the turns wrote came along."""
    want = undisturbed("single-task")
    got = asyncio.run(gone_in_the_middle_of_a_session("single-task", tmp_path / "play", server.launch, turn=4))
    found = got.against(want)
    assert not found, "\n".join([*found, got.log])
    assert [got.paid[call] for call in want.paid if "coder" in call and "turn=4" not in call] == [1, 1, 1]


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_an_attempt_that_was_written_is_pushed_by_another_machine(
    server: ForkServer, undisturbed: Callable[[str], Ended], tmp_path: Path
) -> None:
    want = undisturbed("single-task")
    assert sum(write.endswith("/git-receive-pack") for write in want.writes) >= 2  # the run branch, then the attempt
    got = asyncio.run(gone_before_a_push("single-task", tmp_path / "play", server.launch, 2))
    found = got.against(want)
    assert not found, "\n".join([*found, got.log])
    assert got.paid == want.paid
