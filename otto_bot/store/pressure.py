"""How far behind the host is: ages of what waits, runs by where they stand, what is in hand. All by indexes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from otto_bot.core.allowance import day_of
from otto_bot.core.values import Frozen
from otto_bot.store import tables as t
from otto_bot.store.allowance import is_held, spent_on
from otto_bot.store.database import reading

GONE_SECONDS = 600.0
"""A worker that was not heard of for so long is not named any more."""


class Pressure(Frozen):
    """Ages in seconds, 0 where nothing waits; runs `working`, `waiting` (for their turn) and `resting`."""

    oldest_delivery: float = 0.0
    oldest_effect: float = 0.0
    """Of effects that are due and may start: those of runs that wait for their turn, or for the next
    day, do not count."""
    runs: dict[str, int] = {}
    longest_rest: float = 0.0
    """Since when nothing happened in the run that rests, or waits for a person, longest."""
    parked: dict[str, int] = {}
    """Runs that a limit holds back, by what for."""
    running: dict[str, int] = {}
    """Effects in hand, by kind."""
    spent_today: float = 0.0
    """US dollars of this day (UTC), calls under way at their worst case."""
    heartbeats: dict[str, float] = {}
    """Worker → seconds since its last sign of life."""


def pressure(engine: sa.Engine, at: datetime) -> Pressure:
    """How it stands now. Raises StoreUnavailable."""
    now = at.timestamp()
    with reading(engine) as c:
        return Pressure(
            oldest_delivery=_age(c, _delivery(), now),
            oldest_effect=_age(c, _effect(now), now),
            runs=_runs(c),
            longest_rest=_age(c, _rest(), now),
            parked=_counts(c, t.runs.c.parked, t.runs.c.parked > ""),
            running=_counts(c, t.effects.c.kind, t.effects.c.state == "running"),
            spent_today=sum(spent_on(c, day_of(now)).values()),
            heartbeats=_heartbeats(c, now),
        )


def _age(c: sa.Connection, query: sa.Select[Any], now: float) -> float:
    since: float | None = c.execute(query).scalar()
    return 0.0 if since is None else max(0.0, now - since)


def _delivery() -> sa.Select[Any]:
    return sa.select(sa.func.min(t.deliveries.c.received_at)).where(t.deliveries.c.state.in_(("received", "failed")))


def _rest() -> sa.Select[Any]:
    row = t.runs.c
    return sa.select(sa.func.min(row.updated_at)).where((row.active == 1) & (row.working == 0) & (row.barred == ""))


def _effect(now: float) -> sa.Select[Any]:
    effect = t.effects.c
    since = sa.case((effect.not_before > effect.updated_at, effect.not_before), else_=effect.updated_at)
    return (
        sa.select(sa.func.min(since))
        .join(t.runs, t.runs.c.id == effect.run_id)
        .where((effect.state == "due") & (effect.not_before <= now) & (t.runs.c.admitted == 1))
        .where(sa.not_(is_held(now)))
    )


def _runs(c: sa.Connection) -> dict[str, int]:
    row = t.runs.c
    query = sa.select(row.working, row.admitted, sa.func.count()).where(row.active == 1)
    found = {"working": 0, "waiting": 0, "resting": 0}
    for working, admitted, number in c.execute(query.group_by(row.working, row.admitted)).all():
        found[("working" if admitted else "waiting") if working else "resting"] += number
    return found


def _counts(c: sa.Connection, column: sa.Column[str], where: sa.ColumnElement[bool]) -> dict[str, int]:
    rows = c.execute(sa.select(column, sa.func.count()).where(where).group_by(column)).all()
    return {str(name): int(number) for name, number in rows}


def _heartbeats(c: sa.Connection, now: float) -> dict[str, float]:
    lately = t.workers.c.heartbeat_at > now - GONE_SECONDS
    rows = c.execute(sa.select(t.workers.c.name, t.workers.c.heartbeat_at).where(lately)).all()
    return {row.name: max(0.0, now - row.heartbeat_at) for row in rows}
