"""What is used of a day, and what it holds back: counted in the transactions that use it, so that none is overrun."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from otto_bot.core.allowance import (
    DAY_SECONDS,
    ISSUE_SECONDS,
    Allowance,
    Begins,
    Begun,
    Shut,
    Spent,
    day_ends,
    day_of,
    held_today,
    money_shut,
    opens_again,
)
from otto_bot.core.budget import Money
from otto_bot.core.events import MoneyReserved, MoneySettled, RunEvent
from otto_bot.core.run import Run
from otto_bot.store import tables as t
from otto_bot.store.upsert import upsert

_LOCK = 748_396
"""Of PostgreSQL's advisory locks: money of a day is given in line. Taken after the run's own row, before its place."""


class DayUsedUp(Exception):
    """A day's money does not allow a call: nothing was put aside, and the run's row says until when it is held."""

    def __init__(self, shut: Shut) -> None:
        super().__init__(shut.why)
        self.shut = shut


class Held(NamedTuple):
    """A run that a day's money holds back."""

    run: int
    installation: int
    usd: float
    why: str
    until: float


def shut(c: sa.Connection, allowance: Allowance, run: Run, events: Sequence[RunEvent], at: datetime) -> Shut | None:
    """Why one of these events may not be recorded: it puts money aside that the day does not have.

    What the run's own budget refuses, or a run that is over, is no matter of the day.
    """
    if not allowance.counts_money:
        return None
    asked = [event for event in events if isinstance(event, MoneyReserved)]
    usd = sum(event.usd for event in asked if run.money.reserve(event.call, event.usd) is not None)
    if not asked or run.ended or not usd:
        return None
    if c.dialect.name == "postgresql":
        c.execute(sa.text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
    now = at.timestamp()
    found = money_shut(allowance, usd, spent(c, run.repo.installation_id, now), now)
    if found is not None and found.until is not None:
        values = {"day_until": found.until, "day_why": found.why, "day_usd": usd}
        c.execute(t.runs.update().where(t.runs.c.id == run.id).values(**values))
    return found


def spent(c: sa.Connection, installation: int, now: float) -> Spent:
    """What is used of this day's money."""
    used = spent_on(c, day_of(now))
    return Spent(installation=used.get(installation, 0.0), host=sum(used.values()))


def spent_on(c: sa.Connection, day: int) -> dict[int, float]:
    """Installation → US dollars of a day, calls under way at their worst case."""
    row = t.spending.c
    return {
        one.installation_id: one.usd for one in c.execute(sa.select(row.installation_id, row.usd).where(row.day == day))
    }


def book(c: sa.Connection, run: Run, event: RunEvent, before: Money, after: Money) -> None:
    """Count what an event about money changed. A call counts for the day on which its money was put aside."""
    if isinstance(event, MoneyReserved):
        # One that is asked for again may have been paid: what was put aside first stays counted on its day.
        _forget(c, run.id, event.call)
        usd = after.reserved.get(event.call)
        if usd is not None:
            day, installation = day_of(event.at.timestamp()), run.repo.installation_id
            values = {"run_id": run.id, "call": event.call, "day": day, "installation_id": installation, "usd": usd}
            c.execute(t.open_calls.insert().values(**values))
            _add(c, day, installation, usd)
    elif isinstance(event, MoneySettled) and event.call in before.reserved:
        cost, open_call = after.settled - before.settled, _forget(c, run.id, event.call)
        if open_call is None:  # put aside before days were counted
            _add(c, day_of(event.at.timestamp()), run.repo.installation_id, cost)
        else:
            _add(c, open_call.day, open_call.installation_id, cost - open_call.usd)


class _Open(NamedTuple):
    day: int
    installation_id: int
    usd: float


def _forget(c: sa.Connection, run_id: int, call: str) -> _Open | None:
    row = t.open_calls.c
    mine = (row.run_id == run_id) & (row.call == call)
    found = c.execute(sa.select(row.day, row.installation_id, row.usd).where(mine)).first()
    if found is None:
        return None
    c.execute(t.open_calls.delete().where(mine))
    return _Open(*found)


def _add(c: sa.Connection, day: int, installation: int, usd: float) -> None:
    row = {"day": day, "installation_id": installation, "usd": usd}
    upsert(c, t.spending, ("day", "installation_id"), row, {"usd": t.spending.c.usd + usd})


def held_for_money(c: sa.Connection, now: float) -> list[Held]:
    """Runs that this day's money holds back, oldest first."""
    row = t.runs.c
    query = sa.select(row.id, row.installation_id, row.day_usd, row.day_why, row.day_until)
    rows = c.execute(query.where(is_held(now)).order_by(row.id)).all()
    return [Held(one.id, one.installation_id, one.day_usd, one.day_why, one.day_until) for one in rows]


def is_held(now: float) -> sa.ColumnElement[bool]:
    """Whether a run is held back by the money of this day. A time beyond the next midnight was written by a clock that
    went wrong, and would hold back what nobody could free."""
    return (t.runs.c.day_until > now) & (t.runs.c.day_until <= day_ends(now))


def fits_now(c: sa.Connection, held: Sequence[Held], allowance: Allowance, now: float) -> list[int]:
    """Of runs that are held back, those for which there is room again, the oldest first: open calls cost less in the
    end than they might have, and a host may raise its limits."""
    used = spent_on(c, day_of(now))
    total, free = sum(used.values()), []
    for one in held:
        mine = used.get(one.installation, 0.0)
        if money_shut(allowance, one.usd, Spent(mine, total), now) is None:
            used[one.installation], total = mine + one.usd, total + one.usd
            free.append(one.run)
    return free


def let_go(c: sa.Connection, runs: Sequence[int]) -> None:
    """The money of the day does not hold these runs back any more."""
    for run in runs:
        c.execute(t.runs.update().where(t.runs.c.id == run).values(day_until=0.0, day_why="", day_usd=0.0))


def held_runs(
    c: sa.Connection, waiting: Sequence[int], allowance: Allowance, now: float, fresh: Run | None = None
) -> dict[int, str]:
    """Of runs that wait for their first turn, and of a `fresh` one, those that may not begin today, with the reason."""
    if not allowance.counts_runs:
        return {}
    row = t.runs.c
    first = (row.working == 1) & (row.admitted == 0) & (row.began_at == 0)
    known = set(waiting)
    rows = c.execute(sa.select(row.id, row.repo_id, row.actor_id).where(first)).all()
    begins = [Begins(one.id, one.repo_id, one.actor_id) for one in rows if one.id in known]
    if fresh is not None and all(one.run != fresh.id for one in begins):
        begins.append(Begins(fresh.id, fresh.repo.id, fresh.actor.id))
    return held_today(begins, begun_on(c, now), allowance) if begins else {}


def begun_on(c: sa.Connection, now: float) -> Begun:
    """How many runs began on this day so far."""
    start = float(day_of(now) * DAY_SECONDS)
    today = (t.runs.c.began_at >= start) & (t.runs.c.began_at < start + DAY_SECONDS)
    return Begun(repositories=_counted(c, t.runs.c.repo_id, today), persons=_counted(c, t.runs.c.actor_id, today))


def _counted(c: sa.Connection, column: sa.Column[int], where: sa.ColumnElement[bool]) -> Mapping[int, int]:
    return {row[0]: row[1] for row in c.execute(sa.select(column, sa.func.count()).where(where).group_by(column))}


def issue_opens(c: sa.Connection, repo_id: int, issue: int, at: datetime) -> datetime | None:
    """When an issue may begin its next run; None = now."""
    now = at.timestamp()
    lately = (t.runs.c.repo_id == repo_id) & (t.runs.c.issue == issue) & (t.runs.c.started_at > now - ISSUE_SECONDS)
    return opens_again(c.execute(sa.select(t.runs.c.started_at).where(lately)).scalars().all(), now)
