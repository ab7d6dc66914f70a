"""A backup from the middle of a run, put back on an empty disk when GitHub has moved on: the run goes on to its end."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from crash_end_state import doubles
from crash_runs import Ended, Moment, TrapControl, playing, rest, write_of
from forks import ForkServer

from otto_bot.keeping.backup import backup
from otto_bot.keeping.restore import restore
from otto_bot.playground.demo.harness import Launch


async def restored_run(name: str, folder: Path, launch: Launch, saved_at: int, lost_at: int) -> Ended:
    """Backed up while one write is held, with everything alive; the disk is lost some writes later."""
    async with playing(name, folder, launch) as play:
        trap, state = TrapControl(play), play.root / "state"
        url = play.bot_environment()["OTTO_DATABASE_URL"]
        await trap.set(Moment(saved_at, "after"))
        await play.label()
        first = await write_of(trap)
        await asyncio.to_thread(backup, url, folder / "saved.tar", datetime.now(UTC), print)
        await trap.disarm()
        second = None
        with contextlib.suppress(TimeoutError):
            await trap.set(Moment(lost_at, "after"))
            async with asyncio.timeout(60):
                second = await write_of(trap)
        await play.kill_bot()
        if second is not None:
            await trap.let_go(second)
        shutil.rmtree(state)
        await asyncio.to_thread(restore, folder / "saved.tar", url, state, print, force=False)
        await play.start_bot()
        ended = await rest(play)
    ended.killed = [f"saved at {first}", f"lost at {second}"]
    return ended


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("saved_at", "lost_at"), [(3, 12), (3, 20), (12, 20)])
def test_a_restored_run_goes_on_to_its_end(
    server: ForkServer, undisturbed: Callable[[str], Ended], tmp_path: Path, saved_at: int, lost_at: int
) -> None:
    """What was written after the backup is found again; nothing stands there twice."""
    want = undisturbed("single-task")

    got = asyncio.run(restored_run("single-task", tmp_path / "play", server.launch, saved_at, lost_at))

    found = [*got.problems, *doubles(got.report)]
    assert not found, "\n".join([*got.killed, *found, got.log])
    assert set(got.state["branches"]) == set(want.state["branches"])
    assert sorted(got.state["comments"]) == sorted(want.state["comments"])
    assert {name: check["conclusion"] for name, check in got.state["checks"].items()} == {
        name: check["conclusion"] for name, check in want.state["checks"].items()
    }
