"""The worker's loop: inbox, due effects, heartbeat, reaping, catch-up; a lost wake-up only delays."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from otto_bot.core.effects import EffectKind
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
DRAIN_SECONDS = 15.0

CANCELLED = frozenset({EffectKind.PLAN, EffectKind.JUDGE, EffectKind.GATE})

Deliver = Callable[[Delivery], Awaitable[None]]
Chore = tuple[float, Callable[[], Awaitable[None]]]
"""Every so many seconds: something small that is done again and again."""


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
        chores: Sequence[Chore] = (),
    ) -> None:
        self._chores = chores
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
            lost = await asyncio.to_thread(lambda: self._rows.reap(self._now(), all_running=True))
            await asyncio.to_thread(self._inbox.release)
            await self._executor.lost(lost)
        await self._queue.start(self._executor)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._every(TICK_SECONDS, self._enqueue_due, self._executor.progressed))
                group.create_task(self._every(TICK_SECONDS, self._take_deliveries))
                group.create_task(self._every(HEARTBEAT_SECONDS, self._beat))
                group.create_task(self._every(RECONCILE_SECONDS, self._reconcile))
                group.create_task(self._every(self._catch_up_seconds, self._catch_up))
                for seconds, chore in self._chores:
                    group.create_task(self._every(seconds, chore))
            await self._drained()
        finally:
            await self._queue.stop()

    async def _drained(self) -> None:
        """Short jobs end, a coder yields after its step; what takes longer is left to the next worker."""
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                while self._executor.running:
                    self._executor.progressed.clear()
                    await asyncio.wait_for(self._executor.progressed.wait(), DRAIN_SECONDS)
        except TimeoutError:
            log.warning("left to the next worker: %s", ", ".join(sorted(self._executor.running)))

    async def _every(
        self, seconds: float, step: Callable[[], Awaitable[None]], wake: asyncio.Event | None = None
    ) -> None:
        while not self._stopping.is_set():
            pause = seconds
            try:
                await step()
            except StoreUnavailable as error:
                log.warning("%s waits: %s", _name(step), error)
                pause = max(seconds, IDLE_AFTER_ERROR)
            except Exception:
                log.exception("%s failed and is tried again", _name(step))
                pause = max(seconds, IDLE_AFTER_ERROR)
            await self._pause(pause, wake)

    async def _pause(self, seconds: float, wake: asyncio.Event | None) -> None:
        """Until the time is over, something ended, or the worker stops."""
        waits = [asyncio.ensure_future(event.wait()) for event in (self._stopping, wake) if event is not None]
        try:
            await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def _enqueue_due(self) -> None:
        self._executor.progressed.clear()
        await self._cancel_dropped()
        room = self._concurrency - len(self._executor.running)
        if room <= 0:
            return
        for ticket in await asyncio.to_thread(self._rows.claim, self._worker, self._now(), room):
            await self._queue.enqueue(ticket)

    async def _cancel_dropped(self) -> None:
        """A model call whose answer nobody wants any more is cancelled. A coder stops by itself and saves its work."""
        paid = [ticket for ticket, effect in self._executor.running.values() if effect.kind in CANCELLED]
        if not paid:
            return
        for ticket in await asyncio.to_thread(self._rows.dropped, paid):
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
        lost = await asyncio.to_thread(self._rows.reap, self._now())
        for ticket in lost:
            log.warning("%s was lost with its worker", ticket.id)
        await self._executor.lost(lost)


def _name(step: Callable[[], Awaitable[None]]) -> str:
    return getattr(step, "__name__", type(step).__name__)
