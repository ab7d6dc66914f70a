"""Cursors: small texts by name, of where something periodic has got to."""

from __future__ import annotations

import sqlalchemy as sa

from otto_bot.store import tables as t
from otto_bot.store.database import reading, writing
from otto_bot.store.upsert import upsert


class Cursors:
    """Every method is one short transaction; errors are StoreUnavailable."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def cursor(self, name: str) -> str | None:
        """Where something has got to; None where it has not begun."""
        with reading(self._engine) as c:
            value: str | None = c.execute(sa.select(t.cursors.c.value).where(t.cursors.c.name == name)).scalar()
        return value

    def set_cursor(self, name: str, value: str) -> None:
        """Remember where it got to."""
        with writing(self._engine) as c:
            upsert(c, t.cursors, ("name",), {"name": name, "value": value}, {"value": value})

    def cursors(self, prefix: str) -> dict[str, str]:
        """Every cursor whose name begins so, without the beginning."""
        where = t.cursors.c.name.startswith(prefix, autoescape=True)
        with reading(self._engine) as c:
            rows = c.execute(sa.select(t.cursors.c.name, t.cursors.c.value).where(where)).all()
        return {str(row.name)[len(prefix) :]: str(row.value) for row in rows}
