"""A stop ends what runs in its middle; nothing else does, and nothing of it is left when that is told."""

import asyncio
from typing import Any

import pytest

from otto_bot.agents.stopping import unless_stopped


class Long:
    """Work that ends when it is let, and clears up in several steps, as a process tree does."""

    def __init__(self) -> None:
        self.let = asyncio.Event()
        self.cleared = False

    async def work(self) -> str:
        try:
            await self.let.wait()
        finally:
            await asyncio.sleep(0)
            self.cleared = True
        return "done"


def says(*signals: Any, then: Any = None) -> Any:
    """Asked again and again: these signals, then `then` is called and it is go."""
    left = list(signals)

    async def should_stop() -> Any:
        if left:
            return left.pop(0)
        if then is not None:
            then()
        return "go"

    return should_stop


async def test_a_stop_ends_it_and_all_is_cleared_up() -> None:
    long = Long()
    assert await unless_stopped(long.work(), says("go", "go", "stop"), 0) is None
    assert long.cleared


async def test_a_pause_waits_for_its_end() -> None:
    long = Long()
    assert await unless_stopped(long.work(), says("pause", "pause", then=long.let.set), 0) == "done"


async def test_what_ended_in_the_moment_of_the_stop_counts() -> None:
    long = Long()

    async def stop_too_late() -> Any:
        long.let.set()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return "stop"

    assert await unless_stopped(long.work(), stop_too_late, 0) == "done"


async def test_an_error_of_the_work_is_its_own() -> None:
    async def fails() -> str:
        raise ValueError("of the work")

    with pytest.raises(ValueError, match="of the work"):
        await unless_stopped(fails(), says(), 0)


async def test_where_nobody_can_be_asked_the_work_is_not_left_behind() -> None:
    long = Long()

    async def gone() -> Any:
        raise OSError("the database is away")

    with pytest.raises(OSError, match="away"):
        await unless_stopped(long.work(), gone, 0)
    assert long.cleared


async def test_whoever_is_cancelled_takes_the_work_along() -> None:
    long = Long()
    outer = asyncio.create_task(unless_stopped(long.work(), says(), 60))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    outer.cancel()
    with pytest.raises(asyncio.CancelledError):
        await outer
    assert long.cleared
