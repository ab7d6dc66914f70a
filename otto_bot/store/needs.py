"""Which version of Otto a database needs at least: told by what changed it so that older code cannot live with it.

Migrations only add, and older code goes on with them (`store/versions.py`). Where one day something else has to be
done, the migration that does it says so here, in its own transaction: every command of an older version then refuses,
a worker that still runs ends, and `/readyz` of a server says why.
"""

from __future__ import annotations

import sqlalchemy as sa

from otto_bot.store import tables as t
from otto_bot.store.upsert import upsert
from otto_bot.store.versions import number, shown

NAME = "needs-version"
"""A row among the cursors, which every schema has."""


def needs(c: sa.Connection, version: str) -> None:
    """No version of Otto before this one may use the database from now on. What is said already is never lowered."""
    text = shown(max(number(version), needed(c)))
    upsert(c, t.cursors, ("name",), {"name": NAME, "value": text}, {"value": text})


def needed(c: sa.Connection) -> int:
    """As `versions.number` counts; 0 where every version may."""
    said: str | None = c.execute(sa.select(t.cursors.c.value).where(t.cursors.c.name == NAME)).scalar()
    return number(said) if said else 0
