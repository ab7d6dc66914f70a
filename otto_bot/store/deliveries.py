"""The inbox looked at by delivery id: which are known, how they stand, and how to work one in again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import sqlalchemy as sa

from otto_bot.store import tables as t
from otto_bot.store.bodies import kept
from otto_bot.store.database import reading, writing
from otto_bot.store.upsert import upsert

CHUNK = 500


class Deliveries:
    """Stored deliveries by GUID. Every method is short; errors are StoreUnavailable."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def states(self, guids: Sequence[str]) -> dict[str, str]:
        """How those of them stand that are stored: `received`, `failed`, `done` or `dead`."""
        found: dict[str, str] = {}
        for start in range(0, len(guids), CHUNK):
            part = list(guids[start : start + CHUNK])
            query = sa.select(t.deliveries.c.guid, t.deliveries.c.state).where(t.deliveries.c.guid.in_(part))
            with reading(self._engine) as c:
                found.update({str(row.guid): str(row.state) for row in c.execute(query)})
        return found

    def dead(self) -> list[tuple[str, str, str]]:
        """Deliveries that nobody tries any more: id, `event.action`, and the last error, oldest first."""
        d = t.deliveries.c
        query = sa.select(d.guid, d.event, d.action, d.error).where(d.state == "dead").order_by(d.id)
        with reading(self._engine) as c:
            return [(row.guid, f"{row.event}.{row.action}".rstrip("."), row.error) for row in c.execute(query)]

    def again(self, guid: str) -> Literal["again", "no body", "unknown"]:
        """Work a stored delivery in once more, with all its tries. One that is done has no body any more."""
        with writing(self._engine) as c:
            row = c.execute(sa.select(t.deliveries.c.body).where(t.deliveries.c.guid == guid)).first()
            if row is None:
                return "unknown"
            if not row.body:
                return "no body"
            c.execute(t.deliveries.update().where(t.deliveries.c.guid == guid).values(**_FRESH))
        return "again"

    def put(self, guid: str, event: str, action: str | None, body: bytes, at: datetime) -> None:
        """Store a delivery as if it had just come, whether it is known or not."""
        values = {**_FRESH, "event": event, "action": action or "", "body": kept(body), "received_at": at.timestamp()}
        with writing(self._engine) as c:
            upsert(c, t.deliveries, ("guid",), {"guid": guid, **values}, values)


_FRESH = {"state": "received", "attempts": 0, "not_before": 0.0, "error": ""}
