"""Cursors: small texts by name, of where something periodic has got to."""

from __future__ import annotations

from collections.abc import Callable

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

    def change_cursor(self, name: str, change: Callable[[str | None], str]) -> str:
        """What `change` makes of where it got to, written in the same transaction: others wait for their turn."""
        row = t.cursors.c.name == name
        with writing(self._engine) as c:
            found: str | None = c.execute(sa.select(t.cursors.c.value).where(row).with_for_update()).scalar()
            if found is None:
                # Whoever comes first makes the row; the others wait here for what it holds then.
                upsert(c, t.cursors, ("name",), {"name": name, "value": ""}, {})
                found = c.execute(sa.select(t.cursors.c.value).where(row).with_for_update()).scalar()
            value = change(found or None)
            c.execute(t.cursors.update().where(row).values(value=value))
        return value

    def cursors(self, prefix: str) -> dict[str, str]:
        """Every cursor whose name begins so, without the beginning."""
        where = t.cursors.c.name.startswith(prefix, autoescape=True)
        with reading(self._engine) as c:
            rows = c.execute(sa.select(t.cursors.c.name, t.cursors.c.value).where(where)).all()
        return {str(row.name)[len(prefix) :]: str(row.value) for row in rows}
