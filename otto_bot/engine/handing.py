"""Hands claimed tickets to the queue; what the queue cannot take now is given back, and nobody waits for its lease."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from otto_bot.engine.queue import Queue
from otto_bot.store.effect_rows import EffectRows, Ticket

log = logging.getLogger(__name__)

REFUSED_PAUSE = timedelta(seconds=2)
"""Until tickets that the queue could not take are due again."""


async def hand_over(
    queue: Queue, rows: EffectRows, tickets: Sequence[Ticket], now: Callable[[], datetime]
) -> tuple[Ticket, ...]:
    """Enqueue all; returns those that went back. A refused one that was started after all finds itself overtaken.

    The queue's database is its own: it may be full, locked or gone while ours works, with errors of its library.
    Raises StoreUnavailable where ours is away too; the leases then end by themselves.
    """
    for place, ticket in enumerate(tickets):
        try:
            await queue.enqueue(ticket)
        except Exception as error:  # noqa: BLE001 - whatever its library raises; it is logged, and the steps go back
            back = tuple(tickets[place:])
            log.warning("the queue takes nothing now, %s steps wait: %s: %s", len(back), type(error).__name__, error)
            for one in back:
                await asyncio.to_thread(rows.give_back, one, now() + REFUSED_PAUSE, now())
            return back
    return ()
