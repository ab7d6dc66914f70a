"""Runs that the demo has played, as files: played once in a test run, whichever of its processes needs them first."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import shutil
import sqlite3
from pathlib import Path

from forks import ForkServer
from played import Reader, problems, until_rest

from otto_bot.playground.demo.harness import Playground
from otto_bot.playground.scenario import find, load

FILES = ("otto.sqlite", "otto.sqlite-wal", "otto.sqlite-shm")


async def played(forks: ForkServer, shared: Path, name: str) -> Path:
    """A folder with the database of a scenario that was played to its rest."""
    with (shared / f"{name}.lock").open("w") as lock:
        await asyncio.to_thread(fcntl.flock, lock, fcntl.LOCK_EX)
        kept = shared / name
        if not (kept / "whole").exists():
            shutil.rmtree(kept, ignore_errors=True)
            await _play(forks, kept, name)
            (kept / "whole").touch()
        return kept


async def _play(forks: ForkServer, kept: Path, name: str) -> None:
    root = kept / "play"
    (root / "state").mkdir(parents=True)
    with contextlib.closing(Reader(f"sqlite:///{root / 'state' / 'otto.sqlite'}")) as reads:
        async with Playground(load(find(name)), root, launch=forks.launch, reads=reads) as play:
            await play.label()
            await asyncio.wait_for(until_rest(play), play.scenario.script.time_limit)
            found = await problems(play)
            assert not found, "\n".join([*found, play.logs()])
    with contextlib.closing(sqlite3.connect(root / "state" / "otto.sqlite")) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(root / "state" / "otto.sqlite", kept / "otto.sqlite")
