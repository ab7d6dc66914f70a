"""The inbox: every delivery that may concern a run, stored before it is answered, worked on in order."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from otto_bot.core.quota import LONGEST_CLOSING
from otto_bot.core.values import Frozen, writable
from otto_bot.store import tables as t
from otto_bot.store.arrivals import Arrival, Arrivals, Stored
from otto_bot.store.bodies import raw
from otto_bot.store.changes import Changes
from otto_bot.store.database import reading, writing

log = logging.getLogger(__name__)

SLACK_SECONDS = 600.0
"""What pauses may add to the longest time that a limit closes an installation."""
ATTEMPT_LIMIT = 8
TAKEN_LIMIT = 16
"""Times that a delivery is taken in hand without a word of how it ended: by then it is what ends the worker."""
_TAKES_WORKERS = f"its worker ended {TAKEN_LIMIT} times while it was worked in"


class Delivery(Frozen):
    """A stored webhook."""

    id: int
    guid: str
    event: str
    action: str
    body: bytes
    attempts: int


class Inbox:
    """Deliveries, unique by GUID. Errors are StoreUnavailable."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._arrivals = Arrivals(engine)
        self._changes = Changes(engine)

    @property
    def written(self) -> int:
        """Bytes of bodies that were stored so far by this object, about."""
        return self._arrivals.written

    def add(self, guid: str, event: str, action: str | None, body: bytes, received_at: datetime) -> bool:
        """Store a delivery; False where it is known. Committed when this returns.

        Raises ValueError where the database does not take such values, and StoreUnavailable.
        """
        (result,) = self.add_all([Arrival(guid, event, action or "", body, received_at)])
        if result == "refused":
            raise ValueError(f"delivery {guid} ({event}) cannot be stored: the database does not take its values")
        return result == "stored"

    def add_all(self, arrivals: Sequence[Arrival]) -> list[Stored]:
        """Store deliveries in one transaction, and say in order what became of each. Committed when this returns."""
        return self._arrivals.add(arrivals)

    def next(self, at: datetime) -> Delivery | None:
        """The oldest delivery that waits; it is ours until `end` or `again`. One that ended each worker is `dead`."""
        if not self._changes.worth_a_look(at):
            return None
        due = t.deliveries.c.not_before
        # Nothing waits so long for a limit: a time beyond it was written by a clock that was set back since.
        due_now = (due <= at.timestamp()) | (due > at.timestamp() + LONGEST_CLOSING + SLACK_SECONDS)
        waiting = t.deliveries.c.state.in_(("received", "failed")) & due_now
        query = sa.select(t.deliveries).where(waiting).order_by(t.deliveries.c.id).limit(1)
        with reading(self._engine) as c:
            if c.execute(query).first() is None:
                return None
        with writing(self._engine) as c:
            row = c.execute(query.with_for_update(skip_locked=True)).first()
            if row is None:
                return None
            # Until it is ended it comes again after a minute: a worker that dies here loses nothing.
            values = {"state": "received", "attempts": row.attempts + 1, "not_before": at.timestamp() + 60}
            lost = row.attempts >= TAKEN_LIMIT
            if lost:
                log.error("delivery %s (%s) is dead: %s", row.guid, row.event, _TAKES_WORKERS)
                values = {"state": "dead", "error": _TAKES_WORKERS}
            c.execute(t.deliveries.update().where(t.deliveries.c.id == row.id).values(**values))
        if lost:
            return self.next(at)
        try:
            body = raw(row.body)
        except ValueError as error:
            log.error("delivery %s (%s) is dead: %s", row.guid, row.event, error)  # noqa: TRY400 - nothing to trace
            with writing(self._engine) as c:
                dead = {"state": "dead", "error": str(error)}
                c.execute(t.deliveries.update().where(t.deliveries.c.id == row.id).values(**dead))
            return self.next(at)
        return Delivery(
            id=row.id, guid=row.guid, event=row.event, action=row.action, body=body, attempts=row.attempts + 1
        )

    def end(self, delivery: Delivery) -> None:
        """The delivery is worked in."""
        with writing(self._engine) as c:
            c.execute(t.deliveries.update().where(t.deliveries.c.id == delivery.id).values(state="done", body=b""))

    def again(self, delivery: Delivery, error: str, not_before: datetime) -> None:
        """It could not be worked in: later again, at most ATTEMPT_LIMIT times, then it stays `dead` for a person."""
        state = "dead" if delivery.attempts >= ATTEMPT_LIMIT else "failed"
        with writing(self._engine) as c:
            c.execute(
                t.deliveries.update()
                .where(t.deliveries.c.id == delivery.id)
                .values(state=state, error=writable(error)[:2000], not_before=not_before.timestamp())
            )

    def park(self, delivery: Delivery, reason: str, until: datetime) -> None:
        """It has to wait for a limit: later again, and this time does not count as an attempt."""
        with writing(self._engine) as c:
            values = {"state": "failed", "error": writable(reason)[:2000], "attempts": delivery.attempts - 1}
            c.execute(
                t.deliveries.update()
                .where(t.deliveries.c.id == delivery.id)
                .values(**values, not_before=until.timestamp())
            )

    def release(self) -> None:
        """At start of the only worker: what a dead one had in hand waits no longer."""
        with writing(self._engine) as c:
            c.execute(t.deliveries.update().where(t.deliveries.c.state == "received").values(not_before=0.0))

    def counts(self) -> dict[str, int]:
        """How many deliveries stand in each state."""
        with reading(self._engine) as c:
            rows = c.execute(sa.select(t.deliveries.c.state, sa.func.count()).group_by(t.deliveries.c.state)).all()
        return {str(state): int(count) for state, count in rows}
