"""The loop of one worker in this process: its heart beats, and it ends, whatever else is busy or away."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from otto_bot.core.limits import HostLimits
from otto_bot.engine.execute import Executor
from otto_bot.engine.loop import Engine, Records, Who
from otto_bot.jobs.registry import translate
from otto_bot.store.clock import Clock
from otto_bot.store.database import open_database
from otto_bot.store.effect_rows import EffectRows, Ticket
from otto_bot.store.inbox import Delivery, Inbox
from otto_bot.store.leader import Leader
from otto_bot.store.ledger import Ledger
from otto_bot.store.worker_rows import WorkerRows

T0 = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)


class Nothing:
    """A queue with nothing in it."""

    async def start(self, execute: object) -> None:
        """Nothing to start."""

    async def enqueue(self, ticket: Ticket) -> None:
        raise AssertionError(ticket)

    async def stop(self) -> None:
        """Nothing runs."""


async def _nothing(_delivery: Delivery | None = None) -> None:
    return


class House:
    """An engine on a database without runs."""

    def __init__(self, url: str) -> None:
        self.db = open_database(url)
        rows, ledger = EffectRows(self.db), Ledger(self.db)
        clock = Clock(self.db, lambda: T0, lambda: 0.0)
        self.workers = WorkerRows(self.db)
        self.engine = Engine(
            who=Who("w", "host", "1", alone=False),
            records=Records(rows, Inbox(self.db), self.workers, Leader(self.db), clock),
            queue=Nothing(),
            executor=Executor(ledger, rows, {}, translate, clock),
            deliver=_nothing,
            catch_up=_nothing,
            catch_up_seconds=60,
            concurrency=2,
            limits=HostLimits(),
        )


@pytest.fixture
def house(database_url: str) -> Iterator[House]:
    made = House(database_url)
    yield made
    made.engine._heart.shutdown()  # a last beat may be under way
    made.db.dispose()


async def test_the_heart_beats_while_jobs_keep_every_thread_busy(house: House) -> None:
    """Else a worker whose jobs read large repositories would be taken for dead, and each of them done by two."""
    go = threading.Event()
    with ThreadPoolExecutor(1) as one:
        asyncio.get_running_loop().set_default_executor(one)
        busy = asyncio.ensure_future(asyncio.to_thread(go.wait, 20))
        try:
            await asyncio.wait_for(house.engine._beat(), 5)
        finally:
            go.set()
        await busy
    assert [row.name for row in house.workers.all()] == ["w"]
    assert house.engine.leads


async def test_a_worker_that_cannot_say_that_it_stops_ends_all_the_same(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("UPDATE workers SET stopping"):
            raise sa.exc.OperationalError(statement, {}, Exception("disk full"))

    sa.event.listen(house.db, "before_cursor_execute", refuse)
    house.engine.stop()
    await asyncio.wait_for(house.engine.run(), 10)

    assert "others do not know that this worker stops" in caplog.text
    assert house.workers.all() == []
