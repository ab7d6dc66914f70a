"""What the page of one run asks beside its snapshot: its events a page at a time, what its calls cost, and workers."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime

import sqlalchemy as sa

from otto_bot.core.run import Run
from otto_bot.core.values import Frozen
from otto_bot.store import tables as t
from otto_bot.store.database import reading

QUIET = (
    "VerificationPolled", "Reported", "MoneyReserved", "MoneySettled", "Published", "Unsure", "JourneysPolled",
    "ActionsAsked", "Tidied",
)  # fmt: skip
"""Events that only say how the work is done; they are left out unless someone wants every event."""
AT_A_TIME = 10
"""Snapshots that are in memory while many are gone through."""
SILENT_SECONDS = 30.0
"""A worker that was not heard of for so long is not there."""


class TimelineRow(Frozen):
    """One event of the ledger, its body not read yet."""

    seq: int
    at: float
    type: str
    body: str
    refused: str


class Timeline(Frozen):
    """The newest events before one, newest first. `total` counts all of that kind, `hidden` those left out."""

    rows: tuple[TimelineRow, ...]
    total: int
    hidden: int
    more: bool


class RoleCost(Frozen):
    """What calls of one role cost, in US dollars, tokens and seconds."""

    role: str
    calls: int
    input_tokens: int
    output_tokens: int
    usd: float
    seconds: float


class RunPages:
    """Reads only. Errors are StoreUnavailable."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def timeline(self, run_id: int, most: int, before: int | None = None, *, every: bool = False) -> Timeline:
        """At most `most` events before that number; those of QUIET only where every event is wanted."""
        mine = t.events.c.run_id == run_id
        loud = mine if every else mine & t.events.c.type.not_in(QUIET)
        shown = loud if before is None else loud & (t.events.c.seq < before)
        query = sa.select(t.events).where(shown).order_by(t.events.c.seq.desc()).limit(most + 1)
        with reading(self._engine) as c:
            rows = c.execute(query).all()
            total, everything = (
                c.execute(sa.select(sa.func.count()).select_from(t.events).where(which)).scalar_one()
                for which in (loud, mine)
            )
        kept = tuple(
            TimelineRow(seq=row.seq, at=row.at, type=row.type, body=row.body, refused=row.refused)
            for row in rows[:most]
        )
        return Timeline(rows=kept, total=total, hidden=everything - total, more=len(rows) > most)

    def last(self, run_id: int) -> int:
        """The number of its newest event; 0 where there is no such run."""
        with reading(self._engine) as c:
            return c.execute(sa.select(t.runs.c.seq).where(t.runs.c.id == run_id)).scalar() or 0

    def heard(self, run_id: int, key: str) -> str:
        """The event of a word that a page sent, as it is stored; empty where it was never heard."""
        mine = (t.events.c.run_id == run_id) & (t.events.c.type == "CommandGiven")
        named = t.events.c.body.contains(f'"key":"{key}"', autoescape=True)
        query = sa.select(t.events.c.body).where(mine & named).order_by(t.events.c.seq.desc()).limit(1)
        with reading(self._engine) as c:
            return c.execute(query).scalar() or ""

    def costs(self, run_id: int) -> tuple[RoleCost, ...]:
        """What its calls of models cost, by role, in the order of their first call."""
        row, add = t.usage.c, sa.func.sum
        query = (
            sa.select(
                row.role, sa.func.count(), add(row.input_tokens), add(row.output_tokens), add(row.usd), add(row.seconds)
            )
            .where(row.run_id == run_id)
            .group_by(row.role)
            .order_by(sa.func.min(row.at), row.role)
        )
        with reading(self._engine) as c:
            rows = c.execute(query).all()
        return tuple(
            RoleCost(role=role, calls=calls, input_tokens=read, output_tokens=written, usd=usd, seconds=seconds)
            for role, calls, read, written, usd, seconds in rows
        )

    def newest(self, most: int, repo_ids: Collection[int] | None = None, repo: str = "") -> Iterator[Run]:
        """The newest runs of these repositories (None = all), or of the one with that name among them, without their
        long texts, one by one; one that this version cannot read is left out."""
        where = t.runs.c.state != ""
        if repo_ids is not None:
            where &= t.runs.c.repo_id.in_(repo_ids)
        if repo:
            where &= sa.func.lower(t.runs.c.repo_name) == repo.lower()
        query = sa.select(t.runs.c.state).where(where).order_by(t.runs.c.id.desc()).limit(most)
        with reading(self._engine) as c:
            for state in c.execution_options(yield_per=AT_A_TIME).execute(query).scalars():
                if (run := _readable(state)) is not None:
                    yield run

    def nobody_works(self, at: datetime) -> bool:
        """Whether steps are due and no worker was heard of lately."""
        now = at.timestamp()
        due = sa.select(t.effects.c.key).where((t.effects.c.state == "due") & (t.effects.c.not_before <= now)).limit(1)
        with reading(self._engine) as c:
            if c.execute(due).first() is None:
                return False
            heard: float | None = c.execute(sa.select(sa.func.max(t.workers.c.heartbeat_at))).scalar()
        return heard is None or heard < now - SILENT_SECONDS


def _readable(state: str) -> Run | None:
    try:
        return Run.model_validate_json(state)
    except ValueError:
        return None
