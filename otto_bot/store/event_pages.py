"""Events of a run in the order in which they happened, after one that is known: for whoever follows a run."""

from __future__ import annotations

import sqlalchemy as sa

from otto_bot.core.values import Frozen
from otto_bot.store import tables as t
from otto_bot.store.database import reading
from otto_bot.store.run_pages import QUIET, TimelineRow


class Followed(Frozen):
    """Events after a number, oldest first; `last` is where to go on, also where all that came was left out."""

    rows: tuple[TimelineRow, ...]
    last: int
    more: bool


class EventPages:
    """Reads only. Errors are StoreUnavailable."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def after(self, run_id: int, number: int, most: int, *, every: bool) -> Followed:
        """At most `most` events after that number; those of QUIET only where every event is wanted."""
        later = (t.events.c.run_id == run_id) & (t.events.c.seq > number)
        shown = later if every else later & t.events.c.type.not_in(QUIET)
        query = sa.select(t.events).where(shown).order_by(t.events.c.seq).limit(most + 1)
        newest = sa.select(sa.func.max(t.events.c.seq)).where(t.events.c.run_id == run_id)
        with reading(self._engine) as c:
            # The newest number is asked first: what is written between the two is found by the next question.
            known = c.execute(newest).scalar() or 0
            rows = c.execute(query).all()
        more = len(rows) > most
        kept = tuple(
            TimelineRow(seq=row.seq, at=row.at, type=row.type, body=row.body, refused=row.refused)
            for row in rows[:most]
        )
        reached = max(number, kept[-1].seq if kept else 0)
        return Followed(rows=kept, last=reached if more else max(reached, known), more=more)

    def newest(self, run_id: int) -> int:
        """The number of its newest event; 0 where none is kept."""
        query = sa.select(sa.func.max(t.events.c.seq)).where(t.events.c.run_id == run_id)
        with reading(self._engine) as c:
            return int(c.execute(query).scalar() or 0)
