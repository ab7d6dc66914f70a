"""Grouped commits: deliveries that wait at the same moment are stored by one thread in one transaction.

A commit that survives a power loss costs the same for one row and for a hundred. Nobody waits for a group to fill:
the thread takes what is there, and while it writes the next group gathers.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
from collections.abc import Sequence
from typing import Protocol

from otto_bot.store.arrivals import Arrival, Stored
from otto_bot.store.database import StoreUnavailable

log = logging.getLogger(__name__)

MOST_ROWS = 128
MOST_BYTES = 4 * 1024 * 1024
"""What one transaction takes at most, so that the first of a group does not wait for the last of many."""
MOST_WAITING = 2048
MOST_WAITING_BYTES = 32 * 1024 * 1024
"""What may wait for a transaction; more is refused at once. One body is taken however large it is."""
PATIENCE_SECONDS = 8.0
"""GitHub gives up after 10 seconds: a delivery that is not stored by then is refused, while somebody still listens."""


class Store(Protocol):
    """Where deliveries are kept."""

    def add_all(self, arrivals: Sequence[Arrival]) -> Sequence[Stored]:
        """Commit them together; what became of each, in order. Raises StoreUnavailable."""


class Gauges(Protocol):
    """Sees how the groups are."""

    def group(self, rows: int) -> None:
        """A group of so many deliveries was committed."""


class _Waiting:
    __slots__ = ("answer", "arrival", "until")

    def __init__(self, arrival: Arrival, answer: asyncio.Future[Stored], until: float) -> None:
        self.arrival, self.answer, self.until = arrival, answer, until


class Grouping:
    """Belongs to one event loop: `start` there, `add` there, `stop` there."""

    def __init__(self, store: Store, gauges: Gauges | None = None, patience: float = PATIENCE_SECONDS) -> None:
        self._store, self._gauges, self._patience = store, gauges, patience
        self._line: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._open: dict[int, _Waiting] = {}
        self._rows = self._bytes = 0  # not committed yet; also those whose sender was refused meanwhile
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._watch: asyncio.TimerHandle | None = None

    @property
    def waiting(self) -> int:
        """Deliveries that are not committed yet."""
        return self._rows

    def start(self) -> None:
        """Start the thread that writes. Call inside of the loop."""
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._write, name="inbox", daemon=True)
        self._thread.start()
        self._look()

    async def stop(self) -> None:
        """Store what waits, then end the thread. Whatever comes later is refused."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        self._line.put(None)
        await asyncio.to_thread(thread.join, self._patience)
        # The answers of the last group are still on their way through the loop.
        await asyncio.sleep(0)
        if self._watch is not None:
            self._watch.cancel()
        self._refuse(list(self._open.values()), StoreUnavailable("Otto is ending"))

    async def add(self, arrival: Arrival) -> Stored:
        """Store one; committed when this returns `stored`. Raises StoreUnavailable."""
        loop = self._loop
        if self._thread is None or loop is None:
            raise StoreUnavailable("deliveries are not taken now")
        size = len(arrival.body)
        if self._rows >= MOST_WAITING or (self._rows and self._bytes + size > MOST_WAITING_BYTES):
            raise StoreUnavailable("too many deliveries wait to be stored")
        one = _Waiting(arrival, loop.create_future(), loop.time() + self._patience)
        self._open[id(one)] = one
        self._rows, self._bytes = self._rows + 1, self._bytes + size
        self._line.put(one)
        try:
            return await one.answer
        finally:
            self._open.pop(id(one), None)

    def _look(self) -> None:
        """Refuse who waited too long: the thread may be stuck in a database that does not even say no."""
        assert self._loop is not None
        now = self._loop.time()
        late = [one for one in self._open.values() if one.until <= now]
        self._refuse(late, StoreUnavailable("the database takes too long"))
        self._watch = self._loop.call_later(self._patience / 16, self._look)

    @staticmethod
    def _refuse(those: Sequence[_Waiting], error: StoreUnavailable) -> None:
        for one in those:
            if not one.answer.done():
                one.answer.set_exception(error)

    def _write(self) -> None:
        """The thread: until it is told to end, and nothing waits any more."""
        assert self._loop is not None
        while group := self._take():
            result = self._commit(group)
            try:
                self._loop.call_soon_threadsafe(self._settle, group, result)
            except RuntimeError:
                log.warning("the loop closed before %d deliveries were answered; they are stored", len(group))
                return

    def _take(self) -> list[_Waiting]:
        """Wait for one, and take all that wait with it; nothing at the end."""
        one = self._line.get()
        group: list[_Waiting] = []
        size = 0
        while one is not None:
            group.append(one)
            size += len(one.arrival.body)
            if len(group) >= MOST_ROWS or size >= MOST_BYTES:
                return group
            try:
                one = self._line.get_nowait()
            except queue.Empty:
                return group
        if group:
            self._line.put(None)  # the end is seen again, after this group
        return group

    def _commit(self, group: list[_Waiting]) -> Sequence[Stored] | StoreUnavailable:
        try:
            return self._store.add_all([one.arrival for one in group])
        except StoreUnavailable as error:
            return error
        except Exception:
            log.exception("%d deliveries could not be stored", len(group))
            return StoreUnavailable("deliveries could not be stored")

    def _settle(self, group: list[_Waiting], result: Sequence[Stored] | StoreUnavailable) -> None:
        self._rows -= len(group)
        self._bytes -= sum(len(one.arrival.body) for one in group)
        if isinstance(result, StoreUnavailable):
            self._refuse(group, result)
            return
        if self._gauges is not None:
            self._gauges.group(len(group))
        for one, stored in zip(group, result, strict=True):
            if not one.answer.done():
                one.answer.set_result(stored)
