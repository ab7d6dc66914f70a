"""What the web process asks of the store. It loads nothing of what a run is: that process stays small."""

from __future__ import annotations

import sqlalchemy as sa

from otto_bot.store import tables as t
from otto_bot.store.database import reading, understood


class Glances:
    """Reads. Every method is one short transaction; errors are StoreUnavailable."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def usable(self) -> None:
        """Raises NewerDatabase where a newer version alone may use it."""
        understood(self._engine)

    def deliveries(self) -> dict[str, int]:
        """How many deliveries stand in each state."""
        return self._states(t.deliveries)

    def effects(self) -> dict[str, int]:
        """How many effects stand in each state."""
        return self._states(t.effects)

    def repositories_at_work(self) -> frozenset[int]:
        """Ids of repositories with a run that is not over."""
        with reading(self._engine) as c:
            return frozenset(c.execute(sa.select(t.runs.c.repo_id).distinct().where(t.runs.c.active == 1)).scalars())

    def _states(self, table: sa.Table) -> dict[str, int]:
        with reading(self._engine) as c:
            rows = c.execute(sa.select(table.c.state, sa.func.count()).group_by(table.c.state)).all()
        return {str(state): int(count) for state, count in rows}
