"""What installations granted the App, as GitHub said last: kept, so that a page can show it without asking."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from otto_bot.core.rights import Granted
from otto_bot.core.values import writable
from otto_bot.store import tables as t
from otto_bot.store.database import reading, writing
from otto_bot.store.installations import APP
from otto_bot.store.upsert import upsert

FEW = 100
"""Up to so many installations are read by themselves; to compare more, all are."""

AT_ONCE = 200
"""Rows of one transaction: others want to write as well."""


class Grants:
    """Rows of the table `installations`. Errors are StoreUnavailable."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def put(self, found: Sequence[Granted], at: datetime) -> None:
        """Store what GitHub says now. Nothing is written of an installation that stands as it did."""
        known = {one.id: one for one in self._rows([one.id for one in found] if len(found) < FEW else None)}
        now = at.timestamp()
        changed = [one for one in found if (was := known.get(one.id)) is None or not _same(was, one)]
        for start in range(0, len(changed), AT_ONCE):
            with writing(self._engine) as c:
                for one in changed[start : start + AT_ONCE]:
                    columns = _columns(one, now)
                    upsert(c, t.installations, ("id",), {"id": one.id, **columns}, columns)

    def listed(self, found: Sequence[Granted], at: datetime) -> None:
        """These are all that there are: what is known beside them is gone."""
        self.put(found, at)
        for number in {one.id for one in self.all()} - {one.id for one in found}:
            self.gone(number)

    def gone(self, installation_id: int) -> None:
        """The App is not installed there any more."""
        with writing(self._engine) as c:
            c.execute(
                t.installations.update()
                .where(t.installations.c.id == installation_id)
                .values(permissions="", events="", suspended=0, granted_at=0.0)
            )

    def all(self) -> tuple[Granted, ...]:
        """Every installation that GitHub told of, by id."""
        return self._rows(None)

    def _rows(self, ids: Sequence[int] | None) -> tuple[Granted, ...]:
        row = t.installations.c
        query = sa.select(t.installations).where(row.id != APP, row.granted_at > 0).order_by(row.id)
        with reading(self._engine) as c:
            return tuple(_read(one) for one in c.execute(query if ids is None else query.where(row.id.in_(ids))))


def _same(known: Granted, found: Granted) -> bool:
    return _columns(known, 0.0) == _columns(found, 0.0)


def _columns(one: Granted, now: float) -> dict[str, object]:
    return {
        "account": writable(one.account)[:100],
        "page": writable(one.page)[:300],
        "permissions": json.dumps(one.permissions, sort_keys=True),
        "events": json.dumps(sorted(one.events)),
        "suspended": int(one.suspended),
        "granted_at": now,
    }


def _read(row: sa.Row[tuple[object, ...]]) -> Granted:
    return Granted(
        id=row.id,
        account=row.account,
        page=row.page,
        permissions=_json(row.permissions, {}),
        events=tuple(_json(row.events, [])),
        suspended=bool(row.suspended),
        at=float(row.granted_at),
    )


def _json(text: object, empty: Any) -> Any:
    """The value; `empty` where it was written by another version."""
    try:
        found = json.loads(str(text)) if text else empty
    except ValueError:
        return empty
    return found if isinstance(found, type(empty)) else empty
