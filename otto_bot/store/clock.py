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
        self._known = host(), steady()
        """A time, and the steady clock's of the same moment; in one value, for threads read it while it is set."""

    def sync(self) -> None:
        """Ask the database for its time; SQLite's is the host's. Raises StoreUnavailable."""
        if self._engine.dialect.name == "postgresql":
            with reading(self._engine) as c:
                before = self._steady()
                told = c.execute(sa.text("SELECT extract(epoch FROM clock_timestamp())")).scalar_one()
            self._known = datetime.fromtimestamp(float(told), UTC), before
        else:
            self._known = self._host(), self._steady()

    def __call__(self) -> datetime:
        """Now, in UTC."""
        base, since = self._known
        return base + timedelta(seconds=self._steady() - since)
