"""Write a row whether it is there or not, in one statement: two workers that write it at the same moment both may."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa


def upsert(
    c: sa.Connection, table: sa.Table, key: Sequence[str], row: Mapping[str, object], change: Mapping[str, object]
) -> None:
    """Insert `row`; where one with the same `key` (columns) is there, `change` it instead, or nothing of it."""
    made = insert_into(table, c.dialect.name).values(**row)
    if change:
        c.execute(made.on_conflict_do_update(index_elements=list(key), set_=dict(change)))
    else:
        c.execute(made.on_conflict_do_nothing(index_elements=list(key)))


def insert_into(table: sa.Table, dialect: str) -> Any:
    """The INSERT that knows conflicts; only the dialect in use is loaded."""
    if dialect == "sqlite":
        from sqlalchemy.dialects.sqlite import insert as sqlite_insert

        return sqlite_insert(table)
    from sqlalchemy.dialects.postgresql import insert as postgresql_insert

    return postgresql_insert(table)
