"""Rows of workers: who works on this database, since when, in which version, and when it was heard last."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from otto_bot.core.values import Frozen
from otto_bot.store import tables as t
from otto_bot.store.database import reading, writing

KEPT_SECONDS = 600.0
"""How long a worker that is not heard any more stays in the table."""


class WorkerRow(Frozen):
    """A worker as the others see it."""

    name: str
    host: str = ""
    version: str = ""
    started_at: float = 0.0
    stopping: bool = False
    heartbeat_at: float = 0.0


class WorkerRows:
    """Arrive, be heard (`EffectRows.renew`), stop, leave. Errors are StoreUnavailable."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def arrive(self, name: str, host: str, version: str, at: datetime) -> None:
        """A worker begins."""
        now = at.timestamp()
        values = {"host": host[:120], "version": version[:40], "started_at": now, "heartbeat_at": now, "stopping": 0}
        with writing(self._engine) as c:
            c.execute(t.workers.delete().where(t.workers.c.name == name))
            c.execute(t.workers.insert().values(name=name, **values))

    def stops(self, name: str) -> None:
        """It claims nothing more."""
        with writing(self._engine) as c:
            c.execute(t.workers.update().where(t.workers.c.name == name).values(stopping=1))

    def leave(self, name: str) -> None:
        """It has ended."""
        with writing(self._engine) as c:
            c.execute(t.workers.delete().where(t.workers.c.name == name))

    def forget_dead(self, at: datetime) -> int:
        """Remove those that were not heard for long; returns how many."""
        with writing(self._engine) as c:
            late = t.workers.c.heartbeat_at < at.timestamp() - KEPT_SECONDS
            return c.execute(t.workers.delete().where(late)).rowcount

    def all(self) -> list[WorkerRow]:
        """Every worker that is known, by name."""
        with reading(self._engine) as c:
            rows = c.execute(sa.select(t.workers).order_by(t.workers.c.name)).mappings().all()
        return [WorkerRow.model_validate(dict(row)) for row in rows]
