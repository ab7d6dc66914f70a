"""What retention deletes from the database: in small transactions, counted in rows and bytes."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from otto_bot.core.allowance import day_of
from otto_bot.core.run import Run
from otto_bot.core.slim import slimmed
from otto_bot.core.values import stored_json
from otto_bot.store import tables as t
from otto_bot.store.database import reading, writing
from otto_bot.store.versions import CODE_VERSION

log = logging.getLogger(__name__)

BATCH = 200
"""Rows of one transaction; nobody waits long for it."""
_DIGEST = re.compile(r"\b[0-9a-f]{64}\b")
_OF_RUN = re.compile(r"^(?:comments|reviews)/([0-9]+)$")


class Removed(NamedTuple):
    """Rows and bytes of one kind of thing."""

    rows: int = 0
    bytes: int = 0

    def plus(self, other: Removed) -> Removed:
        """Both."""
        return Removed(self.rows + other.rows, self.bytes + other.bytes)


class Sweep:
    """One method a kind of thing. With `dry` nothing is changed, and what would be is counted the same way.

    Errors are StoreUnavailable; what was done until then stays done.
    """

    def __init__(self, engine: sa.Engine, *, dry: bool = False) -> None:
        self._engine = engine
        self._dry = dry
        self._swept: set[int] = set()
        """Runs whose ledger went, or would go."""
        self._bodies: set[str] = set()
        """Artifacts that went, or would go."""

    def deliveries(self, before: datetime) -> Removed:
        """Deliveries that were worked in, or never could be, and came before this time."""
        row = t.deliveries.c
        old = row.state.in_(("done", "dead")) & (row.received_at < before.timestamp())
        return self._rows(t.deliveries, row.id, old, sa.func.length(row.body) + sa.func.length(row.error))

    def workers(self, before: datetime) -> Removed:
        """Workers whose last sign of life is older."""
        return self._rows(t.workers, t.workers.c.name, t.workers.c.heartbeat_at < before.timestamp(), sa.literal(0))

    def spending(self, before: datetime) -> Removed:
        """What was spent on days that are over for so long."""
        return self._delete(t.spending, t.spending.c.day < day_of(before.timestamp()), sa.literal(0))

    def runs(self, before: datetime) -> dict[str, Removed]:
        """Everything of runs that ended before: events, effects, usage, journal. A slim row stays, for the money."""
        found: dict[str, Removed] = {}
        for run_id in self._over(before):
            for what, removed in self._run(run_id).items():
                found[what] = found.get(what, Removed()).plus(removed)
        return found

    def _over(self, before: datetime) -> Iterator[int]:
        row, after = t.runs.c, 0
        while True:
            where = (
                (row.record == "full") & (row.active == 0) & (row.updated_at < before.timestamp()) & (row.id > after)
            )
            where &= row.version <= CODE_VERSION  # what newer code keeps in a state, this one would lose
            with reading(self._engine) as c:
                ids = c.execute(sa.select(row.id).where(where).order_by(row.id).limit(BATCH)).scalars().all()
            if not ids:
                return
            yield from ids
            after = ids[-1]

    def _run(self, run_id: int) -> dict[str, Removed]:
        # Its own journal first, turn by turn: a coder's turns are the bulk, and no longer transaction is needed.
        removed = {"journal": self._journal(run_id)}
        with self._transaction() as c:
            query = sa.select(t.runs.c.state, t.runs.c.active, t.runs.c.version).where(t.runs.c.id == run_id)
            # Whoever has something to say of it waits: what is written below is made of what is read here.
            row = c.execute(query if self._dry else query.with_for_update()).first()
            in_hand = (t.effects.c.run_id == run_id) & (t.effects.c.state == "running")
            busy = c.execute(sa.select(t.effects.c.key).where(in_hand).limit(1)).first()
            if row is None or row.active or row.version > CODE_VERSION or busy is not None:
                return removed  # it has come to life again, or somebody still has something of it in hand
            slim = _slim(run_id, row.state)
            if slim is None:
                return removed
            for name, table, size in (
                ("events", t.events, sa.func.length(t.events.c.body)),
                ("effects", t.effects, sa.func.length(t.effects.c.body)),
                ("usage", t.usage, sa.literal(0)),
                ("open calls", t.open_calls, sa.literal(0)),
                ("packs", t.packs, sa.func.length(t.packs.c.body)),
            ):
                where = table.c.run_id == run_id
                number, size_of = c.execute(sa.select(sa.func.count(), sa.func.sum(size)).where(where)).one()
                removed[name] = Removed(number, size_of or 0)
                if not self._dry:
                    c.execute(table.delete().where(where))
            self._swept.add(run_id)
            removed["runs made slim"] = Removed(1, max(0, len(row.state) - len(slim)))
            if not self._dry:
                c.execute(t.runs.update().where(t.runs.c.id == run_id).values(state=slim, record="slim"))
        return removed

    def _journal(self, run_id: int) -> Removed:
        row = t.journal.c
        start = f"run/{run_id}/"
        mine = row.key.startswith(start, autoescape=True)
        if self._engine.dialect.name == "sqlite":
            mine = (row.key >= start) & (row.key < start[:-1] + "0")  # by the index; "0" comes after "/"
        size = sa.func.length(row.body) + sa.func.coalesce(sa.func.length(row.pack), 0)
        with reading(self._engine) as c:
            keys = c.execute(sa.select(row.key, sa.func.count(), sa.func.sum(size)).where(mine).group_by(row.key)).all()
        removed = Removed()
        for key, number, size_of in keys:
            removed = removed.plus(Removed(number, size_of or 0))
            if not self._dry:
                with writing(self._engine) as c:
                    c.execute(t.journal.delete().where(row.key == key))
        return removed

    def artifacts(self, before: datetime) -> Removed:
        """Bodies that were kept last before this time, and that nothing names any more.

        Only runs that began before it, and are still there, can name one: whoever names one has kept it.
        """
        with reading(self._engine) as c:
            row = t.runs.c
            begun = (row.started_at < before.timestamp()) & (row.record != "slim")
            runs = c.execute(sa.select(row.id).where(begun)).scalars().all()
        named: set[str] = set()
        for run_id in set(runs) - self._swept:
            named |= self._named(run_id)
        row = t.artifacts.c
        with reading(self._engine) as c:
            old = c.execute(sa.select(row.sha256).where(row.created_at < before.timestamp())).scalars().all()
        self._bodies = {sha for sha in old if sha not in named}
        removed = Removed()
        unnamed = [sha for sha in old if sha not in named]
        for start in range(0, len(unnamed), BATCH):
            some = row.sha256.in_(unnamed[start : start + BATCH]) & (row.created_at < before.timestamp())
            removed = removed.plus(self._delete(t.artifacts, some, sa.func.length(row.body)))
        return removed

    def _named(self, run_id: int) -> set[str]:
        """Digests that a run's ledger, state and calls name."""
        with reading(self._engine) as c:
            found: set[str] = set()
            for column, where in (
                (t.events.c.body, t.events.c.run_id == run_id),
                (t.runs.c.state, t.runs.c.id == run_id),
                (t.usage.c.reply, t.usage.c.run_id == run_id),
            ):
                for text in c.execute(sa.select(column).where(where)).scalars():
                    found.update(_DIGEST.findall(text))
        return found

    def cursors(self) -> Removed:
        """Where looking at runs that are over had got to, and where a log lay that is gone."""
        with reading(self._engine) as c:
            rows = c.execute(sa.select(t.cursors.c.name, t.cursors.c.value)).all()
            alive = set(c.execute(sa.select(t.runs.c.id).where(t.runs.c.record == "full")).scalars())
            kept = set(c.execute(sa.select(t.artifacts.c.sha256)).scalars()) - self._bodies
        alive -= self._swept
        gone = [
            row.name
            for row in rows
            if ((of_run := _OF_RUN.match(row.name)) is not None and int(of_run[1]) not in alive)
            or (row.name.startswith("passing/") and row.value and row.value not in kept)
        ]
        removed = Removed()
        for start in range(0, len(gone), BATCH):
            where = t.cursors.c.name.in_(gone[start : start + BATCH])
            removed = removed.plus(self._delete(t.cursors, where, sa.func.length(t.cursors.c.value)))
        return removed

    def _rows(
        self, table: sa.Table, key: sa.Column[int] | sa.Column[str], where: sa.ColumnElement[bool],
        size: sa.ColumnElement[int],
    ) -> Removed:  # fmt: skip
        if self._dry:
            return self._delete(table, where, size)
        removed = Removed()
        while True:
            with reading(self._engine) as c:
                keys = c.execute(sa.select(key).where(where).limit(BATCH)).scalars().all()
            if not keys:
                return removed
            removed = removed.plus(self._delete(table, key.in_(keys) & where, size))

    def _delete(self, table: sa.Table, where: sa.ColumnElement[bool], size: sa.ColumnElement[int]) -> Removed:
        with self._transaction() as c:
            number, size_of = c.execute(sa.select(sa.func.count(), sa.func.sum(size)).where(where)).one()
            if not self._dry:
                c.execute(table.delete().where(where))
        return Removed(number, int(size_of or 0))

    def _transaction(self) -> AbstractContextManager[sa.Connection]:
        return reading(self._engine) if self._dry else writing(self._engine)


def _slim(run_id: int, state: str) -> str | None:
    """A run's state as it stays; None where it cannot be read: such a run stays whole, for whoever mends it."""
    try:
        return stored_json(slimmed(Run.model_validate_json(state)))
    except ValueError:
        log.exception("run %s cannot be read, and is kept", run_id)
        return None


def tidy_file(engine: sa.Engine, pages: int = 2000) -> None:
    """Give free pages of SQLite's file back, a bounded number of them, and empty its write-ahead log."""
    if engine.dialect.name != "sqlite":
        return
    raw = engine.raw_connection()
    try:
        cursor = raw.cursor()
        cursor.execute(f"PRAGMA incremental_vacuum({pages})").fetchall()
        cursor.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        cursor.close()
    finally:
        raw.close()
