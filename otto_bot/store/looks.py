"""When runs and repositories are compared with GitHub next, and when a webhook was heard last."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from otto_bot.core.run import Outcome
from otto_bot.core.values import Frozen
from otto_bot.store import tables as t
from otto_bot.store.cursors import Cursors
from otto_bot.store.database import reading, writing
from otto_bot.store.versions import CODE_VERSION

FOREVER = 4_000_000_000.0
AHEAD = 60.0
"""Seconds that what was written may lie ahead of the clock; further ahead means that the clock was set back."""


def heard_name(installation_id: int) -> str:
    """Name of the cursor that says when a delivery of this installation was worked in last."""
    return f"heard/{installation_id}"


class RunRow(Frozen):
    """What is known of a run without reading it."""

    id: int
    installation: int
    repo: int
    issue: int
    pull_request: int
    active: bool
    working: bool
    updated_at: float
    looked_at: float
    quiet: int


class Looks(Cursors):
    """Reads and writes of catching up. Every method is one short transaction; errors are StoreUnavailable."""

    def due(self, at: datetime, most: int) -> list[RunRow]:
        """Runs that are not over and whose look is due, the longest overdue first; of each installation at most so
        many, so that one with many, or one that nobody asks any more, leaves room for all others."""
        ahead = t.runs.c.looked_at > at.timestamp() + AHEAD  # by a clock that was set back since
        due = (t.runs.c.look_at <= at.timestamp()) | ahead
        where = (t.runs.c.active == 1) & due & (t.runs.c.version <= CODE_VERSION)
        order = (t.runs.c.look_at, t.runs.c.id)
        place = sa.func.row_number().over(partition_by=t.runs.c.installation_id, order_by=order)
        placed = sa.select(t.runs.c.id, place.label("place")).where(where).subquery()
        query = _select().join(placed, placed.c.id == t.runs.c.id).where(placed.c.place <= most)
        return self._rows(query.order_by(*order))

    def of_issues(self, repo_id: int, numbers: Sequence[int], done_since: datetime) -> list[RunRow]:
        """Runs of these issues and pull requests that are not over, or were done since then."""
        numbers = [number for number in dict.fromkeys(numbers) if number > 0]
        done = (t.runs.c.outcome == Outcome.DONE.value) & (t.runs.c.updated_at >= done_since.timestamp())
        open_ = (t.runs.c.active == 1) | (done & (t.runs.c.pull_request != 0))
        about = t.runs.c.issue.in_(numbers) | t.runs.c.pull_request.in_(numbers)
        return self._rows(_select().where((t.runs.c.repo_id == repo_id) & open_ & about).order_by(t.runs.c.id))

    def at_work(self, repo_id: int) -> list[int]:
        """Ids of a repository's runs that are at work, or came to an end that is not the last word."""
        going = (t.runs.c.working == 1) | (t.runs.c.outcome != "")
        where = (t.runs.c.repo_id == repo_id) & (t.runs.c.active == 1) & going
        with reading(self._engine) as c:
            return list(c.execute(sa.select(t.runs.c.id).where(where).order_by(t.runs.c.id)).scalars())

    def asking(self, installation_id: int, repo_id: int) -> list[int]:
        """Ids of a repository's runs that wait for Actions to end something."""
        where = (
            (t.effects.c.installation_id == installation_id)
            & (t.runs.c.repo_id == repo_id)
            & t.effects.c.kind.in_(("verify", "journeys", "rerun"))
            & t.effects.c.state.in_(("due", "running"))
        )
        with reading(self._engine) as c:
            query = sa.select(t.effects.c.run_id).join(t.runs, t.runs.c.id == t.effects.c.run_id).where(where)
            return list(c.execute(query.distinct()).scalars())

    def looked(self, run_id: int, at: datetime, next_at: datetime, quiet: int) -> None:
        """A run was compared; `quiet` = how many looks in a row found nothing new."""
        values = {"looked_at": at.timestamp(), "look_at": next_at.timestamp(), "quiet": quiet}
        with writing(self._engine) as c:
            c.execute(t.runs.update().where(t.runs.c.id == run_id).values(**values))

    def heard(self, installation_id: int, at: datetime) -> None:
        """A delivery of this installation was worked in."""
        self.set_cursor(heard_name(installation_id), at.isoformat())

    def _rows(self, query: sa.Select[tuple[object, ...]]) -> list[RunRow]:
        with reading(self._engine) as c:
            return [RunRow.model_validate(dict(row)) for row in c.execute(query).mappings()]


def _select() -> sa.Select[tuple[object, ...]]:
    r = t.runs.c
    return sa.select(
        r.id, r.installation_id.label("installation"), r.repo_id.label("repo"), r.issue, r.pull_request, r.active,
        r.working, r.updated_at, r.looked_at, r.quiet,
    )  # fmt: skip
