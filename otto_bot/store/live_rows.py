"""What open pages ask again and again: whether something has changed since, and which events are new."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from otto_bot.core.values import Frozen
from otto_bot.store import tables as t
from otto_bot.store.database import reading
from otto_bot.store.run_pages import QUIET, TimelineRow


class Mark(Frozen):
    """Where a run stands: while this is the same, so is its page."""

    repo_id: int
    seq: int
    updated_at: float
    active: bool


class NewRows(Frozen):
    """Events after a number, oldest first; of too many the newest, and then `cut`."""

    rows: tuple[TimelineRow, ...]
    cut: bool


class LiveRows:
    """Reads only, from indexes. Errors are StoreUnavailable."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def marks(self, run_ids: Collection[int]) -> dict[int, Mark]:
        """Where each of these runs stands; one that is not there is missing."""
        row = t.runs.c
        query = sa.select(row.id, row.repo_id, row.seq, row.updated_at, row.active).where(row.id.in_(run_ids))
        with reading(self._engine) as c:
            found = c.execute(query).all()
        return {
            one.id: Mark(repo_id=one.repo_id, seq=one.seq, updated_at=one.updated_at, active=bool(one.active))
            for one in found
        }

    def listed(self) -> tuple[float, ...]:
        """While this is the same, so is every list of runs."""
        row = t.runs.c
        query = sa.select(sa.func.count(), sa.func.sum(row.active), sa.func.max(row.updated_at), sa.func.max(row.id))
        with reading(self._engine) as c:
            return tuple(float(value or 0) for value in c.execute(query).one())

    def after(self, run_id: int, seq: int, most: int, *, every: bool) -> NewRows:
        """At most `most` events after `seq`; those of QUIET only where every event is wanted."""
        row = t.events.c
        which = (row.run_id == run_id) & (row.seq > seq)
        if not every:
            which &= row.type.not_in(QUIET)
        query = sa.select(t.events).where(which).order_by(row.seq.desc()).limit(most + 1)
        with reading(self._engine) as c:
            found = c.execute(query).all()
        rows = tuple(
            TimelineRow(seq=one.seq, at=one.at, type=one.type, body=one.body, refused=one.refused)
            for one in reversed(found[:most])
        )
        return NewRows(rows=rows, cut=len(found) > most)
