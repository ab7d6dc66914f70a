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

Row = tuple[str, str, str, bytes, float]
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
    def row(self) -> Row:
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
        rows = [arrival.row for arrival in arrivals]  # pressed before anybody has to wait for this transaction
        try:
            with writing(self._engine) as c:
                if self._together(c, rows):
                    return ["stored"] * len(arrivals)
                # Some are known: which ones, only one by one can tell.
                c.rollback()
        except (sa.exc.IntegrityError, sa.exc.DataError):
            log.warning("one of %d deliveries cannot be stored; they are stored one by one", len(arrivals))
        with writing(self._engine) as c:
            return [self._alone(c, row) for row in rows]

    def _together(self, c: sa.Connection, rows: Sequence[Row]) -> bool:
        """Whether all of them were new."""
        new, begin = 0, 0
        for size in ROWS_A_STATEMENT:
            while len(rows) - begin >= size:
                new += self._insert(c, rows[begin : begin + size])
                begin += size
        return new == len(rows)

    def _alone(self, c: sa.Connection, row: Row) -> Stored:
        try:
            with c.begin_nested():
                return "stored" if self._insert(c, [row]) else "duplicate"
        except (sa.exc.IntegrityError, sa.exc.DataError) as error:
            log.error("delivery %s (%s) cannot be stored: %s", row[0], row[1], type(error.orig).__name__)  # noqa: TRY400 - its text holds the body
            return "refused"

    def _insert(self, c: sa.Connection, rows: Sequence[Row]) -> int:
        statement = self._statements.get(len(rows))
        if statement is None:
            statement = self._statements[len(rows)] = _Statement(c.dialect, len(rows))
        values = statement.values(rows)
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

    def values(self, rows: Sequence[Row]) -> tuple[object, ...] | dict[str, object]:
        """The rows as the driver takes them: by place, or by name."""
        flat = [value for row in rows for value in row]
        return tuple(flat[place] for place in self._order) if self._order else dict(zip(self._names, flat, strict=True))
