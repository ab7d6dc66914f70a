"""Deliveries of different installations are worked in side by side, so that one that is slow delays no other.

Of one installation they are worked in one after the other, as they came. Few are taken in hand at once; where one has
too many the rest is put back for a moment. What is in hand stays stored until it is done: a crash loses nothing.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from otto_bot.observe.context import bound
from otto_bot.observe.spans import span_of_delivery
from otto_bot.store.database import StoreUnavailable
from otto_bot.store.inbox import Delivery, Inbox

log = logging.getLogger(__name__)

MOST = 32
"""Deliveries in hand, of all installations."""
MOST_OF_ONE = 4
ROOM_SECONDS = 0.25
"""So long the next one of an installation is waited for; one that takes longer is slow, and its rest is put back."""
A_MOMENT = timedelta(seconds=5)


@dataclass
class _Lane:
    """What is in hand of one installation."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    slow_until: datetime | None = None


class SideBySide:
    """Takes a delivery in hand and returns; the work goes on in a task of its installation's lane.

    `ended` is called whenever one is worked in: something may be due now.
    """

    def __init__(
        self,
        deliver: Callable[[Delivery], Awaitable[None]],
        inbox: Inbox,
        now: Callable[[], datetime],
        ended: Callable[[], None] = lambda: None,
    ) -> None:
        self._deliver = deliver
        self._ended = ended
        self._inbox = inbox
        self._now = now
        self._lanes: dict[int, _Lane] = {}
        self._in_hand: dict[asyncio.Task[None], Delivery] = {}

    async def __call__(self, delivery: Delivery) -> None:
        """Begin with it, or put it back where its installation has enough in hand. Raises StoreUnavailable."""
        installation = installation_of(delivery.body)
        lane = self._lanes.setdefault(installation, _Lane())
        if len(lane.tasks) >= MOST_OF_ONE and not await self._moves(lane):
            later = self._now() + A_MOMENT
            await asyncio.to_thread(self._inbox.park, delivery, "others of its installation are first", later)
            return
        while len(tasks := self._tasks()) >= MOST:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        self._lanes[installation] = lane
        task = asyncio.create_task(self._work(lane, delivery, installation))
        lane.tasks.add(task)
        self._in_hand[task] = delivery
        task.add_done_callback(lambda done: self._done(installation, lane, done))

    async def settled(self) -> None:
        """Until nothing is in hand."""
        while tasks := self._tasks():
            await asyncio.wait(tasks)

    async def stop(self, seconds: float) -> None:
        """The worker ends: what is not done by then is put back, and another one has it at once."""
        if tasks := self._tasks():
            _, late = await asyncio.wait(tasks, timeout=seconds)
            left = [(task, self._in_hand[task]) for task in late]
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
            for delivery in (delivery for task, delivery in left if task.cancelled()):
                await self._put_back(delivery)

    async def _put_back(self, delivery: Delivery) -> None:
        try:
            await asyncio.to_thread(self._inbox.park, delivery, "the worker that had it in hand ended", self._now())
        except StoreUnavailable as error:
            log.warning("delivery %s waits a minute, as after a crash: %s", delivery.guid, error)

    def _tasks(self) -> set[asyncio.Task[None]]:
        return {task for lane in self._lanes.values() for task in lane.tasks}

    async def _moves(self, lane: _Lane) -> bool:
        """Whether one of its deliveries ends soon. One that was slow just now is not waited for again."""
        if lane.slow_until is not None and self._now() < lane.slow_until:
            return False
        ended, _ = await asyncio.wait(lane.tasks, timeout=ROOM_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        lane.slow_until = None if ended else self._now() + A_MOMENT
        return bool(ended)

    async def _work(self, lane: _Lane, delivery: Delivery, installation: int) -> None:
        try:
            async with lane.turn:
                with (
                    bound(delivery=delivery.guid, installation=installation),
                    span_of_delivery("delivery", delivery.guid, event=delivery.event, action=delivery.action),
                ):
                    await self._deliver(delivery)
        except StoreUnavailable as error:
            # The row is as it was: it comes again by itself.
            log.warning("delivery %s waits: %s", delivery.guid, error)

    def _done(self, installation: int, lane: _Lane, task: asyncio.Task[None]) -> None:
        lane.tasks.discard(task)
        self._in_hand.pop(task, None)
        self._ended()
        if not lane.tasks and self._lanes.get(installation) is lane:
            del self._lanes[installation]
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a delivery could not be worked in and comes again", exc_info=error)


def installation_of(body: bytes) -> int:
    """The installation that a payload is about; 0 where it names none."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return 0
    installation = data.get("installation") if isinstance(data, dict) else None
    number = installation.get("id") if isinstance(installation, dict) else None
    return number if isinstance(number, int) and not isinstance(number, bool) else 0
