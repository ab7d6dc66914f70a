"""The numbers of a worker: its registry, what fills it, and the address where the host may read it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import sqlalchemy as sa
from prometheus_client import CollectorRegistry

from otto_bot.engine.execute import Executor
from otto_bot.model.budgeted import Asks
from otto_bot.model.metered import MeteredModel
from otto_bot.model.prices import Prices
from otto_bot.observe.meters import Meters
from otto_bot.observe.serving import Served
from otto_bot.observe.work_meters import WorkMeters
from otto_bot.store.metering import metered
from otto_bot.store.versions import CODE_VERSION, shown


class WorkerNumbers:
    """Of one worker. They are counted whether somebody reads them or not: that costs next to nothing."""

    def __init__(self, engine: sa.Engine, state_dir: Path, host: str, port: int) -> None:
        """With port 0 nobody listens."""
        self.registry = CollectorRegistry()
        self.meters = Meters(self.registry, "worker", shown(CODE_VERSION))
        self.work = WorkMeters(self.registry)
        self.meters.disk(state_dir)
        metered(engine, self.meters.statements, self.meters.database_errors)
        self._served = Served(self.registry, host, port) if port else None

    def model(self, one: Callable[[], Asks], prices: Prices) -> Callable[[], Asks]:
        """The model, counted; still made when it is first called."""
        return lambda: MeteredModel(one(), self.work, prices, time.monotonic)

    @asynccontextmanager
    async def shown(self, executor: Executor) -> AsyncIterator[None]:
        """Watch the event loop, and listen where the host wants it, for the time of the block."""
        self.work.watch(lambda: len(executor.claimed))
        tasks = [asyncio.create_task(self.meters.watch_loop())]
        if self._served is not None:
            tasks.append(asyncio.create_task(self._served.keep()))
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            if self._served is not None:
                await asyncio.to_thread(self._served.stop)
