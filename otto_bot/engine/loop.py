"""The worker's loop: inbox, due effects, heartbeat, reaping, catch-up; a lost wake-up only delays."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime

from otto_bot.engine.execute import Executor
from otto_bot.engine.queue import Queue
from otto_bot.store.database import StoreUnavailable
from otto_bot.store.effect_rows import EffectRows
from otto_bot.store.inbox import Delivery, Inbox

log = logging.getLogger(__name__)

TICK_SECONDS = 0.1
HEARTBEAT_SECONDS = 5.0
RECONCILE_SECONDS = 30.0
IDLE_AFTER_ERROR = 2.0

Deliver = Callable[[Delivery], Awaitable[None]]


class Engine:
    """Keeps the queue in step with the effect rows until it is asked to stop."""

    def __init__(
        self,
        *,
        worker: str,
        rows: EffectRows,
        inbox: Inbox,
        queue: Queue,
        executor: Executor,
        deliver: Deliver,
        catch_up: Callable[[], Awaitable[None]],
        catch_up_seconds: float,
        concurrency: int,
        alone: bool,
        now: Callable[[], datetime],
    ) -> None:
        self._worker = worker
        self._rows = rows
        self._inbox = inbox
        self._queue = queue
        self._executor = executor
        self._deliver = deliver
        self._catch_up = catch_up
        self._catch_up_seconds = catch_up_seconds
        self._concurrency = concurrency
        self._alone = alone
        self._now = now
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Ask the loops to end after what they are doing."""
        self._stopping.set()

    @property
    def stopping(self) -> bool:
        """Whether the worker is asked to end: a long job yields."""
        return self._stopping.is_set()

    async def run(self) -> None:
        """Work until `stop`. What a dead worker had in hand is taken up first."""
        if self._alone:
            # The only worker of this database: whatever is marked as running died with the last one.
            await asyncio.to_thread(lambda: self._rows.reap(self._now(), all_running=True))
            await asyncio.to_thread(self._inbox.release)
        await self._queue.start(self._executor)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._every(TICK_SECONDS, self._enqueue_due))
                group.create_task(self._every(TICK_SECONDS, self._take_deliveries))
                group.create_task(self._every(HEARTBEAT_SECONDS, self._beat))
                group.create_task(self._every(RECONCILE_SECONDS, self._reconcile))
                group.create_task(self._every(self._catch_up_seconds, self._catch_up))
        finally:
            await self._queue.stop()

    async def _every(self, seconds: float, step: Callable[[], Awaitable[None]]) -> None:
        while not self._stopping.is_set():
            pause = seconds
            try:
                await step()
            except StoreUnavailable as error:
                log.warning("%s waits: %s", step.__name__, error)
                pause = max(seconds, IDLE_AFTER_ERROR)
            except Exception:
                log.exception("%s failed and is tried again", step.__name__)
                pause = max(seconds, IDLE_AFTER_ERROR)
            try:
                await asyncio.wait_for(self._stopping.wait(), pause)
            except TimeoutError:
                continue

    async def _enqueue_due(self) -> None:
        await self._cancel_dropped()
        room = self._concurrency * 2 - len(self._executor.running)
        if room <= 0:
            return
        for ticket in await asyncio.to_thread(self._rows.claim, self._worker, self._now(), room):
            await self._queue.enqueue(ticket)

    async def _cancel_dropped(self) -> None:
        """What nobody wants any more is cancelled, at its next await."""
        running = list(self._executor.running.values())
        if not running:
            return
        for ticket in await asyncio.to_thread(self._rows.dropped, running):
            if self._executor.running.get(ticket.key) == ticket:
                await self._queue.cancel(ticket)

    async def _take_deliveries(self) -> None:
        while not self._stopping.is_set():
            delivery = await asyncio.to_thread(self._inbox.next, self._now())
            if delivery is None:
                return
            await self._deliver(delivery)

    async def _beat(self) -> None:
        await asyncio.to_thread(self._rows.renew, self._worker, list(self._executor.running), self._now())

    async def _reconcile(self) -> None:
        for ticket in await asyncio.to_thread(self._rows.reap, self._now()):
            log.warning("%s was lost with its worker; its next try is due", ticket.id)
