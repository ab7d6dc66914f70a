"""What people of a repository said yes to: which workflow files code on Otto's branches may start."""

from __future__ import annotations

import sqlalchemy as sa
from pydantic import BaseModel

from otto_bot.core.allowing import passed_on
from otto_bot.core.exposure import Allowed
from otto_bot.store import tables as t

RUNS_LOOKED_AT = 50
"""Each run is told what earlier ones knew, so the newest runs of a repository know what was allowed before them."""


class _Told(BaseModel):
    """Of a run's snapshot only this is read."""

    exposure_allowed: tuple[Allowed, ...] = ()


def allowed_lately(c: sa.Connection, repo_id: int) -> tuple[Allowed, ...]:
    """The yeses that the newest runs of a repository know, the newest first.

    What was imported from another database is no word to this one. A snapshot that cannot be read says nothing.
    """
    ours = (t.runs.c.repo_id == repo_id) & (t.runs.c.record != "imported") & (t.runs.c.state != "")
    query = sa.select(t.runs.c.state).where(ours).order_by(t.runs.c.id.desc()).limit(RUNS_LOOKED_AT)
    return passed_on(one for state in c.execute(query).scalars() for one in _told(state))


def _told(state: str) -> tuple[Allowed, ...]:
    try:
        return _Told.model_validate_json(state).exposure_allowed
    except ValueError:
        return ()  # of another version: who is not known to have said yes is asked again
