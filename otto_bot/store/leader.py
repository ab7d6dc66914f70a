"""One leader for what only one worker shall do at a time: a short lease in the table `cursors`."""

from __future__ import annotations

import json
from datetime import datetime

import sqlalchemy as sa

from otto_bot.store import tables as t
from otto_bot.store.database import reading, writing
from otto_bot.store.leases import longest

PREFIX = "leader/"


class Leader:
    """Leases by name. The holder keeps one by asking again in time; a dead holder's passes on when it is over."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def holds(self, name: str, worker: str, at: datetime, seconds: float) -> bool:
        """Whether `worker` leads `name` now, taking the lease where it is free or over. It ends `seconds` after `at`.

        The first half of a lease costs one read. It bounds nothing by itself: what is done under it must bear that
        two do it in the same moment, after a pause of the holder longer than its lease. Raises StoreUnavailable.
        """
        key, now = PREFIX + name, at.timestamp()
        with reading(self._engine) as c:
            found = c.execute(sa.select(t.cursors.c.value).where(t.cursors.c.name == key)).scalar()
        holder, until = _read(found)
        if until > longest(now, seconds):
            until = 0.0  # written by a clock that was set back since: its holder takes it again, if it lives
        if holder != worker and until > now:
            return False
        if holder == worker and until - now > seconds / 2:
            return True
        return self._take(key, found, json.dumps({"worker": worker, "until": now + seconds}))

    def leave(self, name: str, worker: str) -> None:
        """Give the lease up, so that the next one need not wait for its end."""
        key = PREFIX + name
        with writing(self._engine) as c:
            found = c.execute(sa.select(t.cursors.c.value).where(t.cursors.c.name == key)).scalar()
            if _read(found)[0] == worker:
                c.execute(t.cursors.delete().where((t.cursors.c.name == key) & (t.cursors.c.value == found)))

    def _take(self, key: str, found: str | None, value: str) -> bool:
        try:
            with writing(self._engine) as c:
                if found is None:
                    c.execute(t.cursors.insert().values(name=key, value=value))
                    return True
                # Only if nobody took it since we looked.
                mine = (t.cursors.c.name == key) & (t.cursors.c.value == found)
                return c.execute(t.cursors.update().where(mine).values(value=value)).rowcount == 1
        except sa.exc.IntegrityError:
            return False  # another one was first


def _read(value: str | None) -> tuple[str, float]:
    """Who holds the lease and until when; what cannot be read is free."""
    try:
        data = json.loads(value or "")
        return str(data["worker"]), float(data["until"])
    except (ValueError, KeyError, TypeError):
        return "", 0.0
