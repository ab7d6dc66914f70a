"""New deliveries, many in one transaction: each is told whether it is new, known, or cannot be stored."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from otto_bot.store import tables as t
from otto_bot.store.bodies import kept
from otto_bot.store.database import writing
from otto_bot.store.upsert import insert_into

log = logging.getLogger(__name__)

ROWS_A_STATEMENT = (64, 16, 4, 1)
"""A batch is written in as few statements as these sizes allow, so that few different ones are ever compiled."""

_COLUMNS = ("guid", "event", "action", "body", "received_at")

Stored = Literal["stored", "duplicate", "refused"]
"""`stored`: new and committed. `duplicate`: its GUID was there. `refused`: the database does not take this row."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A delivery as it came. `body` is the raw one."""

    guid: str
    event: str
    action: str
    body: bytes
    received_at: datetime

    @property
    def row(self) -> tuple[str, str, str, bytes, float]:
        """Its values, in the order of the columns."""
        return self.guid, self.event, self.action, kept(self.body), self.received_at.timestamp()


class Arrivals:
    """Writes new deliveries. Errors of the database as a whole are StoreUnavailable: then nothing was stored."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._statements: dict[int, _Statement] = {}
        self.written = 0
        """Bytes of bodies that were stored so far, about."""

    def add(self, arrivals: Sequence[Arrival]) -> list[Stored]:
        """Commit them all, and say of each, in order, what became of it."""
        try:
            with writing(self._engine) as c:
                if self._together(c, arrivals):
                    return ["stored"] * len(arrivals)
                # Some are known: which ones, only one by one can tell.
                c.rollback()
        except (sa.exc.IntegrityError, sa.exc.DataError):
            log.warning("one of %d deliveries cannot be stored; they are stored one by one", len(arrivals))
        with writing(self._engine) as c:
            return [self._alone(c, arrival) for arrival in arrivals]

    def _together(self, c: sa.Connection, arrivals: Sequence[Arrival]) -> bool:
        """Whether all of them were new."""
        new, begin = 0, 0
        for size in ROWS_A_STATEMENT:
            while len(arrivals) - begin >= size:
                new += self._insert(c, arrivals[begin : begin + size])
                begin += size
        return new == len(arrivals)

    def _alone(self, c: sa.Connection, arrival: Arrival) -> Stored:
        try:
            with c.begin_nested():
                return "stored" if self._insert(c, [arrival]) else "duplicate"
        except (sa.exc.IntegrityError, sa.exc.DataError) as error:
            log.error("delivery %s (%s) cannot be stored: %s", arrival.guid, arrival.event, type(error.orig).__name__)  # noqa: TRY400 - its text holds the body
            return "refused"

    def _insert(self, c: sa.Connection, arrivals: Sequence[Arrival]) -> int:
        statement = self._statements.get(len(arrivals))
        if statement is None:
            statement = self._statements[len(arrivals)] = _Statement(c.dialect, len(arrivals))
        values = statement.values(arrivals)
        self.written += sum(len(value) for value in values if isinstance(value, bytes))
        done = c.exec_driver_sql(statement.sql, values, execution_options={"preserve_rowcount": True})
        return done.rowcount


class _Statement:
    """One INSERT of a number of rows, compiled once: for each row to be built anew costs more than to store it."""

    def __init__(self, dialect: sa.Dialect, rows: int) -> None:
        names: list[dict[str, Any]] = [
            {column: sa.bindparam(f"{column}_{row}") for column in _COLUMNS} for row in range(rows)
        ]
        insert = insert_into(t.deliveries, dialect.name).values(names).on_conflict_do_nothing(index_elements=["guid"])
        compiled = insert.compile(dialect=dialect, column_keys=list(_COLUMNS))
        self.sql = str(compiled)
        self._names = tuple(f"{column}_{row}" for row in range(rows) for column in _COLUMNS)
        self._order = tuple(self._names.index(name) for name in compiled.positiontup or ())

    def values(self, arrivals: Sequence[Arrival]) -> tuple[object, ...] | dict[str, object]:
        """The rows as the driver takes them: by place, or by name."""
        flat = [value for arrival in arrivals for value in arrival.row]
        return tuple(flat[place] for place in self._order) if self._order else dict(zip(self._names, flat, strict=True))
