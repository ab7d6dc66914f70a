"""What all processes of one database share about an installation: its pace, its budgets, until when it is closed."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime

import sqlalchemy as sa

from otto_bot.core.quota import AHEAD, LONGEST_CLOSING, Account, Ask, Slot, close, reserve
from otto_bot.core.values import Frozen, writable
from otto_bot.store import tables as t
from otto_bot.store.database import reading, writing
from otto_bot.store.upsert import upsert

APP = 0
"""The row of the App itself (its JWT): it is no installation, and closing it holds back no run."""
MAX_WHY = 300


class Closed(Frozen):
    """GitHub's limit: nothing is sent for the installation before `until` (aware, UTC); `why` is a sentence."""

    until: datetime
    why: str


class Totals(Frozen):
    """Of all installations: what was written and had to wait since the database was made, and how many are closed."""

    writes: int
    waits: int
    closed: int


def is_closed(now: float) -> sa.ColumnElement[bool]:
    """Whether GitHub's limit closes an installation. No limit lasts longer than LONGEST_CLOSING: a time beyond that was
    written by a clock that went wrong, and would hold back all that could put it right."""
    until = t.installations.c.closed_until
    return (until > now) & (until <= now + LONGEST_CLOSING + AHEAD)


class Installations:
    """One row an installation. `pause` seconds lie between two writes of one installation."""

    def __init__(self, engine: sa.Engine, pause: float = 1.0) -> None:
        self._engine = engine
        self.pause = pause

    def closed(self, at: datetime) -> dict[int, Closed]:
        """Every installation that GitHub's limit closes at this time. The App itself is not among them."""
        now = at.timestamp()
        query = sa.select(t.installations).where(is_closed(now), t.installations.c.id != APP)
        with reading(self._engine) as c:
            rows = c.execute(query).all()
        return {row.id: _closed(row, now) for row in rows}

    def closed_now(self, installation_id: int, at: datetime) -> Closed | None:
        """Until when this installation (or, with 0, the App) is closed."""
        now = at.timestamp()
        query = sa.select(t.installations).where(t.installations.c.id == installation_id, is_closed(now))
        with reading(self._engine) as c:
            row = c.execute(query).first()
        return None if row is None else _closed(row, now)

    def close(self, installation_id: int, until: datetime | None, why: str, at: datetime) -> Closed:
        """GitHub named a limit. `until` None = without a time. Returns what holds: an earlier one may last longer."""
        now = at.timestamp()
        with writing(self._engine) as c:
            known = _locked(c, installation_id)
            account = close(known, until.timestamp() if until is not None else None, writable(why)[:MAX_WHY], now)
            _save(c, installation_id, account, now)
        return Closed(until=_time(account.closed_until), why=account.closed_why)

    def reserve(self, installation_id: int, ask: Ask, at: datetime) -> Slot:
        """Take the next place for a request, or learn when to ask again; one transaction, whoever else asks."""
        now = at.timestamp()
        with writing(self._engine) as c:
            account, slot = reserve(_locked(c, installation_id), ask, now, self.pause)
            counted = {"writes": int(slot.granted and ask.write), "waits": int(not slot.granted)}
            _save(c, installation_id, account, now, **counted)
        return slot

    def totals(self, at: datetime) -> Totals:
        """For metrics."""
        columns = t.installations.c
        closed = sa.case((sa.and_(is_closed(at.timestamp()), columns.id != APP), 1), else_=0)
        sums = (sa.func.coalesce(sa.func.sum(column), 0) for column in (columns.writes, columns.waits, closed))
        with reading(self._engine) as c:
            writes, waits, shut = c.execute(sa.select(*sums)).one()
        return Totals(writes=int(writes), waits=int(waits), closed=int(shut))


class SharedSlots:
    """The same for code that must not wait for the database on its event loop."""

    def __init__(self, installations: Installations) -> None:
        self._installations = installations

    @property
    def pause(self) -> float:
        """Seconds between two writes of one installation."""
        return self._installations.pause

    async def closed(self, installation_id: int, at: datetime) -> tuple[datetime, str] | None:
        """Until when the installation is closed, and why."""
        found = await asyncio.to_thread(self._installations.closed_now, installation_id, at)
        return None if found is None else (found.until, found.why)

    async def reserve(self, installation_id: int, ask: Ask, at: datetime) -> Slot:
        """A place for a request."""
        return await asyncio.to_thread(self._installations.reserve, installation_id, ask, at)

    async def close(self, installation_id: int, until: datetime | None, why: str, at: datetime) -> datetime:
        """GitHub named a limit; the time that holds."""
        return (await asyncio.to_thread(self._installations.close, installation_id, until, why, at)).until


def _locked(c: sa.Connection, installation_id: int) -> Account:
    """The row, ours until the transaction ends: SQLite has one writer, PostgreSQL locks the row."""
    upsert(c, t.installations, ("id",), {"id": installation_id}, {})
    query = sa.select(t.installations).where(t.installations.c.id == installation_id).with_for_update()
    row = c.execute(query).one()
    return Account(
        next_write_at=row.next_write_at,
        closed_until=row.closed_until,
        closed_why=row.closed_why,
        **(json.loads(row.written) if row.written else {}),
    )


def _save(
    c: sa.Connection, installation_id: int, account: Account, now: float, writes: int = 0, waits: int = 0
) -> None:
    written = account.model_dump_json(include={"content", "points", "strikes", "quota", "places"})
    columns = t.installations.c
    c.execute(
        t.installations.update()
        .where(columns.id == installation_id)
        .values(
            next_write_at=account.next_write_at,
            closed_until=account.closed_until,
            closed_why=account.closed_why,
            written=written,
            writes=columns.writes + writes,
            waits=columns.waits + waits,
            updated_at=now,
        )
    )


def _closed(row: sa.Row[tuple[object, ...]], now: float) -> Closed:
    until = min(float(row.closed_until), now + LONGEST_CLOSING)
    return Closed(until=_time(until), why=str(row.closed_why))


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
