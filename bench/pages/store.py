"""What pages are measured over: 10,000 runs of the size that runs have, and one with 500 events that a page shows."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa

from bench.scale.life import Life, Shape
from bench.scale.rows import fill, verifying
from otto_bot.core.events import RunEvent
from otto_bot.core.parking import Parked
from otto_bot.core.values import stored_json
from otto_bot.store import tables as t
from otto_bot.store.ledger import Ledger
from otto_bot.store.run_pages import QUIET

LONG = Shape(tasks=16, gates=4, turns=8, judge=3, polls=3, reports=4, batches=4)
"""The run that is looked at: four batches, and every task fails before it passes."""
EVENTS = 500


class Filled:
    """A database with runs; the first of them is long, and gets more events."""

    def __init__(self, engine: sa.Engine, runs: int) -> None:
        self.engine, self.ledger = engine, Ledger(engine)
        self._life = Life(LONG)
        self._life.live(lambda _run: self.telling >= EVENTS)
        self._number = 0
        at = datetime.now(UTC)
        fill(engine, verifying().run, range(1, runs + 1), at)
        with engine.begin() as c:
            named = {"repo_name": "octo/app-" + sa.cast(t.runs.c.id % 40, sa.String), "title": "A product with a name"}
            c.execute(t.runs.update().values(**named))
            over = {"active": 0, "working": 0, "outcome": "done", "phase": "finished"}
            c.execute(t.runs.update().where(t.runs.c.id % 20 != 1).values(**over))
            # Their steps are not what is measured, and a line that nobody works would stand on each page.
            c.execute(t.effects.delete())
            state = {"state": stored_json(self._life.run), "seq": len(self._life.ledger)}
            c.execute(t.runs.update().where(t.runs.c.id == 1).values(**state))
            c.execute(t.events.insert(), [self._row(seq, event) for seq, event in enumerate(self._life.ledger, 1)])

    @property
    def telling(self) -> int:
        """Events of the long run that its page shows."""
        return sum(event.type not in QUIET for event in self._life.ledger)

    @property
    def task(self) -> str:
        """One of its tasks."""
        return next(iter(self._life.run.tasks))

    def another(self) -> int:
        """One more event of the long run; its number."""
        self._number += 1
        event = Parked(at=datetime.now(UTC), why="runs", reason=f"for the bench, {self._number}")
        self.ledger.append(1, [event], event.at)
        with self.engine.connect() as c:
            return int(c.execute(sa.select(t.runs.c.seq).where(t.runs.c.id == 1)).scalar_one())

    @staticmethod
    def _row(seq: int, event: RunEvent) -> dict[str, object]:
        at = event.at.timestamp()
        return {"run_id": 1, "seq": seq, "at": at, "type": event.type, "body": stored_json(event), "refused": ""}
