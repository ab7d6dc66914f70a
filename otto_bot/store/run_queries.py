"""Questions about runs that are no part of the ledger's own work: which one is active, which were there before."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from otto_bot.core.run import Outcome, Run
from otto_bot.store import allowance
from otto_bot.store import tables as t
from otto_bot.store.database import reading
from otto_bot.store.snapshots import Snapshots
from otto_bot.store.versions import CODE_VERSION


class Standing(NamedTuple):
    """Where runs are that are not over, or wait for their repository: and what bars them, as they know it."""

    installation: int
    repo: int
    barred: frozenset[str]


class OtherRunActive(Exception):
    """Another run of the same issue is active, and there is only one at a time; `run_id` is the other one."""

    def __init__(self, run_id: int) -> None:
        self.run_id = run_id
        super().__init__(f"run {run_id} works on this issue")


class RunQueries:
    """Reads. Every method is one short transaction; errors are StoreUnavailable."""

    def __init__(self, engine: sa.Engine, version: int = CODE_VERSION) -> None:
        self._engine = engine
        self._snapshots = Snapshots()
        self._version = version

    def active_run(self, repo_id: int, issue: int) -> int | None:
        """The run that works on an issue."""
        where = (t.runs.c.repo_id == repo_id) & (t.runs.c.issue == issue) & (t.runs.c.active == 1)
        with reading(self._engine) as c:
            found: int | None = c.execute(sa.select(t.runs.c.id).where(where)).scalar()
        return found

    def begun_by(self, trigger_key: str) -> int | None:
        """The run that this trigger has started."""
        with reading(self._engine) as c:
            found: int | None = c.execute(sa.select(t.runs.c.id).where(t.runs.c.trigger_key == trigger_key)).scalar()
        return found

    def knows(self, trigger_key: str) -> bool:
        """Whether this trigger has started a run already."""
        return self.begun_by(trigger_key) is not None

    def runs_of_issue(self, repo_id: int, issue: int) -> list[Run]:
        """Every run of an issue, oldest first, without long texts of evidence."""
        where = (t.runs.c.repo_id == repo_id) & (t.runs.c.issue == issue)
        with reading(self._engine) as c:
            states = c.execute(sa.select(t.runs.c.state).where(where).order_by(t.runs.c.ordinal)).scalars()
            return [Run.model_validate_json(state) for state in states if state]

    def opens_again(self, repo_id: int, issue: int, at: datetime) -> datetime | None:
        """When an issue whose label comes and goes may begin its next run; None = now."""
        with reading(self._engine) as c:
            return allowance.issue_opens(c, repo_id, issue, at)

    def standings(self) -> list[Standing]:
        """Each repository with runs that are not over or barred, once for each answer that they give."""
        row = t.runs.c
        where = ((row.active == 1) | (row.barred != "")) & (row.version <= self._version)
        query = sa.select(row.installation_id, row.repo_id, row.barred).where(where).distinct()
        with reading(self._engine) as c:
            rows = c.execute(query.order_by(row.installation_id, row.repo_id, row.barred)).all()
        return [Standing(one.installation_id, one.repo_id, frozenset(one.barred.split())) for one in rows]

    def standing_in(self, repo_id: int) -> list[int]:
        """A repository's runs that are not over, or barred."""
        row = t.runs.c
        where = (row.repo_id == repo_id) & ((row.active == 1) | (row.barred != "")) & (row.version <= self._version)
        with reading(self._engine) as c:
            return list(c.execute(sa.select(row.id).where(where).order_by(row.id)).scalars())

    def done_lately(self, since: datetime, most: int) -> list[int]:
        """Runs that are done, have a pull request and changed since then, newest first: a review may still come."""
        where = (
            (t.runs.c.active == 0)
            & (t.runs.c.version <= self._version)
            & (t.runs.c.outcome == Outcome.DONE.value)
            & (t.runs.c.pull_request != 0)
            & (t.runs.c.updated_at >= since.timestamp())
        )
        with reading(self._engine) as c:
            query = sa.select(t.runs.c.id).where(where).order_by(t.runs.c.updated_at.desc()).limit(most)
            return list(c.execute(query).scalars())
