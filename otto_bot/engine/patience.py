"""Writes again what the database could not take now: a lock, a restart, a full disk that is being cleared."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import TypeVar

from otto_bot.store.database import StoreUnavailable

log = logging.getLogger(__name__)
T = TypeVar("T")

PATIENCE = (1.0, 2.0, 5.0, 10.0, 20.0, 20.0)
"""Seconds between tries, about a minute in all, besides what each try waits for a lock."""


async def patiently(write: Callable[[], T], pauses: Sequence[float] = PATIENCE) -> T:
    """What `write` returns, run in a thread. Raises StoreUnavailable when the last try could not write either."""
    for pause in pauses:
        try:
            return await asyncio.to_thread(write)
        except StoreUnavailable as error:
            log.warning("tried again in %g s: %s", pause, error)
            await asyncio.sleep(pause)
    return await asyncio.to_thread(write)
