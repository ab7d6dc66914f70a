"""Write a row whether it is there or not, in one statement: two workers that write it at the same moment both may."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa


def upsert(
    c: sa.Connection, table: sa.Table, key: str, row: Mapping[str, object], change: Mapping[str, object]
) -> None:
    """Insert `row`; where one with the same `key` (a column) is there, `change` it instead."""
    made = _insert(c.dialect.name, table).values(**row)
    c.execute(made.on_conflict_do_update(index_elements=[key], set_=dict(change)))


def _insert(dialect: str, table: sa.Table) -> Any:
    """The INSERT that knows conflicts; only the dialect in use is loaded."""
    if dialect == "sqlite":
        from sqlalchemy.dialects.sqlite import insert as sqlite_insert

        return sqlite_insert(table)
    from sqlalchemy.dialects.postgresql import insert as postgresql_insert

    return postgresql_insert(table)
