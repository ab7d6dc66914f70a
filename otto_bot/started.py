"""Processes that lead a group of their own, and are never left behind by a cancellation while they begin."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from typing import Any

KILLS, KILL_SECONDS = 5, 1.0


async def started(*argv: str, **options: Any) -> asyncio.subprocess.Process:
    """`asyncio.create_subprocess_exec` with a session of its own. Raises OSError where no process can be made.

    Where a cancellation came in the middle of that, asyncio would kill the one process alone and wait for whatever
    that began and holds its pipes: here it is let begin, and the whole group is killed.
    """
    starting = asyncio.create_task(asyncio.create_subprocess_exec(*argv, start_new_session=True, **options))
    try:
        return await asyncio.shield(starting)
    except asyncio.CancelledError:
        await asyncio.shield(_given_up(starting))
        raise


async def _given_up(starting: asyncio.Task[asyncio.subprocess.Process]) -> None:
    with contextlib.suppress(OSError):
        await end(await starting)


async def end(process: asyncio.subprocess.Process) -> None:
    """Kills the group and waits until nobody holds its pipes.

    Who still does is killed again; who has left the group is not waited for.
    """
    if process.returncode is not None:
        return
    for _ in range(KILLS):
        kill_group(process)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(KILL_SECONDS):
                await process.wait()
                return


def kill_group(process: asyncio.subprocess.Process) -> None:
    """SIGKILL to the process and its group, where they are still there."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
