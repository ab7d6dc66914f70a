"""One clock for all workers of a database: the database's own, carried on by the host's steady one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from otto_bot.store.database import reading


class Clock:
    """What time it is. Hosts whose clocks differ, or jump, still agree on when a lease is over."""

    def __init__(self, engine: sa.Engine, host: Callable[[], datetime], steady: Callable[[], float]) -> None:
        self._engine = engine
        self._host = host
        self._steady = steady
        self._base, self._since = host(), steady()

    def sync(self) -> None:
        """Ask the database for its time; SQLite's is the host's. Raises StoreUnavailable."""
        if self._engine.dialect.name == "postgresql":
            with reading(self._engine) as c:
                before = self._steady()
                told = c.execute(sa.text("SELECT extract(epoch FROM clock_timestamp())")).scalar_one()
            self._base, self._since = datetime.fromtimestamp(float(told), UTC), before
        else:
            self._base, self._since = self._host(), self._steady()

    def __call__(self) -> datetime:
        """Now, in UTC."""
        return self._base + timedelta(seconds=self._steady() - self._since)
