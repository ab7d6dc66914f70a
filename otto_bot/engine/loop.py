"""The worker's loop: inbox, due effects, heartbeat, reaping, catch-up; a lost wake-up only delays."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from otto_bot.core.effects import EffectKind
from otto_bot.core.limits import HostLimits
from otto_bot.engine.execute import Executor
from otto_bot.engine.grip import Grip
from otto_bot.engine.handing import hand_over
from otto_bot.engine.queue import Queue
from otto_bot.store.clock import Clock
from otto_bot.store.database import StoreUnavailable
from otto_bot.store.effect_rows import EffectRows
from otto_bot.store.inbox import Delivery, Inbox
from otto_bot.store.leader import Leader
from otto_bot.store.worker_rows import WorkerRows

log = logging.getLogger(__name__)
T = TypeVar("T")

TICK_SECONDS = 0.1
HELD_BACK_SECONDS = 1.0
"""Until the next look where all that is due is held back by a limit or a lane, and nothing of ours ends."""
HEARTBEAT_SECONDS = 2.0
REAP_SECONDS = 2.0
LEAD_SECONDS = 10.0
IDLE_AFTER_ERROR = 2.0
DRAIN_SECONDS = 5.0
"""After SIGTERM: what ends by itself within this time does so; the rest is cancelled and given back."""
CANCEL_SECONDS = 1.0
STOP_SECONDS = 8.5
"""After SIGTERM: the process ends, whatever hangs."""

CANCELLED = frozenset({EffectKind.PLAN, EffectKind.JUDGE, EffectKind.GATE})
PERIODIC = "periodic"

Deliver = Callable[[Delivery], Awaitable[None]]
Step = Callable[[], Awaitable[float | None]]
"""Returns for how many seconds to pause, if not for the usual ones."""


@dataclass(frozen=True)
class Who:
    """A worker, as others see it; `alone` = no other one can be at work on this database."""

    name: str
    host: str
    version: str
    alone: bool


@dataclass(frozen=True)
class Records:
    """What the loop reads and writes."""

    rows: EffectRows
    inbox: Inbox
    workers: WorkerRows
    leader: Leader
    clock: Clock


Chore = tuple[float, Callable[[], Awaitable[None]]]
"""Every so many seconds: something small that is done again and again."""


class Engine:
    """Keeps the queue in step with the effect rows until it is asked to stop."""

    def __init__(
        self,
        *,
        who: Who,
        records: Records,
        queue: Queue,
        executor: Executor,
        deliver: Deliver,
        catch_up: Callable[[], Awaitable[None]],
        catch_up_seconds: float,
        concurrency: int,
        limits: HostLimits,
        chores: Sequence[Chore] = (),
    ) -> None:
        self._chores = chores
        self._who = who
        self._rows, self._inbox = records.rows, records.inbox
        self._workers, self._leader = records.workers, records.leader
        self._clock = records.clock
        self._queue = queue
        self._executor = executor
        self._deliver = deliver
        self._catch_up = catch_up
        self._catch_up_seconds = catch_up_seconds
        self._concurrency = concurrency
        self._limits = limits
        self._stopping = asyncio.Event()
        self._grip = Grip(executor.let_go)
        # The heart has a thread of its own: jobs that keep all others busy must not make this worker look dead.
        self._heart = ThreadPoolExecutor(1, thread_name_prefix="heart")
        self.leads = who.alone
        """Whether this worker does what only one shall do at a time: compare with GitHub, clear up."""

    def stop(self) -> None:
        """Ask the loops to end after what they are doing."""
        self._stopping.set()

    @property
    def stopping(self) -> bool:
        """Whether the worker is asked to end: a long job yields."""
        return self._stopping.is_set()

    async def run(self) -> None:
        """Work until `stop`. What a dead worker had in hand is taken up first."""
        await self._arrive()
        await self._queue.start(self._executor)
        if not self._who.alone:
            self._grip.start()
        await self._beat()  # who leads is known before there is anything to lead
        beating = asyncio.create_task(self._every(HEARTBEAT_SECONDS, self._beat, forever=True))
        loops = [
            asyncio.create_task(self._every(TICK_SECONDS, self._enqueue_due, self._executor.progressed)),
            asyncio.create_task(self._every(TICK_SECONDS, self._take_deliveries)),
            asyncio.create_task(self._every(REAP_SECONDS, self._reap)),
            asyncio.create_task(self._every(self._catch_up_seconds, self._catch_up_if_leading)),
            *(asyncio.create_task(self._every(seconds, chore)) for seconds, chore in self._chores),
        ]
        try:
            await self._stopping.wait()
            await self._drained(loops)
        finally:
            self._grip.stop()
            for task in (beating, *loops):
                task.cancel()
            await self._depart()

    async def _arrive(self) -> None:
        await asyncio.to_thread(self._clock.sync)
        who = self._who
        await asyncio.to_thread(self._workers.arrive, who.name, who.host, who.version, self._clock())
        if who.alone:
            # The only worker of this database: whatever is marked as running died with the last one.
            lost = await asyncio.to_thread(lambda: self._rows.reap(self._clock(), all_running=True))
            await asyncio.to_thread(self._inbox.release)
            await self._executor.lost(lost)

    async def _depart(self) -> None:
        try:
            await asyncio.to_thread(self._leader.leave, PERIODIC, self._who.name)
            await asyncio.to_thread(self._workers.leave, self._who.name)
        except StoreUnavailable as error:
            log.warning("others see later that this worker has ended: %s", error)
        self._heart.shutdown(wait=False)
        await self._queue.stop()

    async def _drained(self, loops: Sequence[asyncio.Task[None]]) -> None:
        """Short jobs end, a coder yields after its step; what takes longer is cancelled and due again at once."""
        try:
            await asyncio.to_thread(self._workers.stops, self._who.name)
        except StoreUnavailable as error:
            log.warning("others do not know that this worker stops: %s", error)
        ended = asyncio.create_task(self._executor.ended())
        await asyncio.wait([ended, *loops], timeout=DRAIN_SECONDS)
        for task in (ended, *loops):
            task.cancel()
        if self._executor.claimed:
            log.warning("given back to the next worker: %s", ", ".join(sorted(self._executor.claimed)))
            await self._executor.give_back(CANCEL_SECONDS)

    async def _every(
        self, seconds: float, step: Step, wake: asyncio.Event | None = None, *, forever: bool = False
    ) -> None:
        while forever or not self._stopping.is_set():
            pause = seconds
            try:
                pause = await step() or seconds
            except StoreUnavailable as error:
                log.warning("%s waits: %s", _name(step), error)
                pause = max(seconds, IDLE_AFTER_ERROR)
            except Exception:
                log.exception("%s failed and is tried again", _name(step))
                pause = max(seconds, IDLE_AFTER_ERROR)
            if forever:
                await asyncio.sleep(pause)
            else:
                await self._pause(pause, wake)

    async def _pause(self, seconds: float, wake: asyncio.Event | None) -> None:
        """Until the time is over, something ended, or the worker stops."""
        waits = [asyncio.ensure_future(event.wait()) for event in (self._stopping, wake) if event is not None]
        try:
            await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def _enqueue_due(self) -> float | None:
        self._executor.progressed.clear()
        await self._cancel_dropped()
        room = self._concurrency - len(self._executor.claimed)
        if room <= 0 or not await asyncio.to_thread(self._rows.anything_due, self._clock()):
            return None
        tickets = await asyncio.to_thread(
            self._rows.claim, self._who.name, self._clock(), room, self._limits, self._concurrency
        )
        self._executor.take(tickets)
        self._executor.untake(await hand_over(self._queue, self._rows, tickets, self._clock))
        return None if tickets else HELD_BACK_SECONDS

    async def _cancel_dropped(self) -> None:
        """A model call whose answer nobody wants any more is cancelled. A coder stops by itself and saves its work."""
        paid = [one.ticket for one in self._executor.running.values() if one.effect.kind in CANCELLED]
        if not paid:
            return
        for ticket in await asyncio.to_thread(self._rows.dropped, paid):
            self._executor.cancel(ticket)

    async def _take_deliveries(self) -> None:
        while not self._stopping.is_set():
            delivery = await asyncio.to_thread(self._inbox.next, self._clock())
            if delivery is None:
                return
            await self._deliver(delivery)

    async def _beat(self) -> None:
        asked_at = asyncio.get_running_loop().time()
        await self._by_heart(self._clock.sync)
        name, in_hand = self._who.name, self._executor.in_hand()
        await self._by_heart(lambda: self._rows.renew(name, in_hand, self._clock()))
        self._grip.renewed(asked_at)
        if not self._who.alone and not self.stopping:
            self.leads = await self._by_heart(lambda: self._leader.holds(PERIODIC, name, self._clock(), LEAD_SECONDS))

    async def _by_heart(self, what: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._heart, what)

    async def _reap(self) -> None:
        own = self._executor.in_hand()
        lost = await asyncio.to_thread(lambda: self._rows.reap(self._clock(), own=own))
        for ticket in lost:
            log.warning("%s was lost with its worker", ticket.id)
        await self._executor.lost(lost)

    async def _catch_up_if_leading(self) -> float | None:
        if not self.leads:
            return LEAD_SECONDS  # soon after the one who leads has died
        await self._catch_up()
        await asyncio.to_thread(self._workers.forget_dead, self._clock())
        return None


def _name(step: Step) -> str:
    return getattr(step, "__name__", type(step).__name__)
