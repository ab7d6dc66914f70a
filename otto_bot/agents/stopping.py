"""Work that a stop ends in its middle: a running command, an open model call."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from otto_bot.agents.turns import Signal

T = TypeVar("T")

LOOK_SECONDS = 1.0
"""Between two looks for a stop while something runs: it has to end within five seconds of the word."""


async def unless_stopped(
    work: Coroutine[Any, Any, T], should_stop: Callable[[], Awaitable[Signal]], seconds: float = LOOK_SECONDS
) -> T | None:
    """What `work` returns; None where a stop came first and `work` was cancelled. Only `stop` cuts, `pause` waits.

    `should_stop` is asked every `seconds` while it runs. Whatever ends this, `work` has ended when it returns: a
    command and all it started are gone. What was finished in the moment of the stop still counts.
    """
    running = asyncio.ensure_future(work)
    try:
        while not (await asyncio.wait([running], timeout=seconds))[0]:
            if await should_stop() == "stop":
                break
    finally:
        if not running.done():
            running.cancel()
            await asyncio.wait([running])
    return None if running.cancelled() else running.result()
