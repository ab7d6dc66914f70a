"""Places among the runs at work: decided in the transaction that makes a run work, so that no limit is overrun.

`runs.admitted` is 0 exactly while a run waits for its turn. Who rests keeps its place until `place_until`. Its first
turn is when a run begins: that counts for the day, and one that the day does not allow any more stands in nobody's way.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple

import sqlalchemy as sa

from otto_bot.core.admission import Turn, Waiting, place_words, take_turns
from otto_bot.core.allowance import day_ends
from otto_bot.core.limits import HostLimits
from otto_bot.core.parked import at_work
from otto_bot.core.parking import Parked
from otto_bot.core.run import Run
from otto_bot.store import tables as t
from otto_bot.store.allowance import held_runs

KEPT_SECONDS = 60.0
"""How long a run that comes to rest keeps its place: a short word of a person should not cost it its turn."""
_LOCK = 748_394


class Standing(NamedTuple):
    """What the row of a run says of its place."""

    working: int = 0
    admitted: int = 1
    place_until: float = 0.0
    began_at: float = 0.0


class Look(NamedTuple):
    """Who would come next, why the others wait, and who may not begin today."""

    turn: Turn
    held: dict[int, str]


def stands(c: sa.Connection, run: Run, before: Standing, limits: HostLimits | None, at: datetime) -> Standing:
    """The run's place after an event; `limits` None = there are none."""
    now = at.timestamp()
    if run.ended:
        return Standing(began_at=before.began_at)
    if not at_work(run):
        had_turn = before.working and before.admitted
        until = now + KEPT_SECONDS if had_turn else before.place_until
        return Standing(place_until=until, began_at=before.began_at)
    if before.working:
        return before
    if limits is None or now <= before.place_until or _free(c, run, before, limits, now):
        return Standing(working=1, began_at=before.began_at or now)
    return Standing(working=1, admitted=0, began_at=before.began_at)


def _free(c: sa.Connection, run: Run, before: Standing, limits: HostLimits, now: float) -> bool:
    """Whether there is a place at once: nobody who may begin waits before it, and no limit is reached."""
    one_at_a_time(c)
    mine = Waiting(run.id, run.repo.installation_id)
    others = [one for one in waiting_runs(c) if one.run != run.id]
    held = held_runs(c, [one.run for one in others], limits.day, now, None if before.began_at else run)
    if run.id in held or any(one.run not in held for one in others):
        return False
    return bool(take_turns([mine], taken_places(c, now), limits).admitted)


def one_at_a_time(c: sa.Connection) -> None:
    """Places are given in line; SQLite's writers are in line anyway."""
    if c.dialect.name == "postgresql":
        c.execute(sa.text(f"SELECT pg_advisory_xact_lock({_LOCK})"))


def _waits() -> sa.ColumnElement[bool]:
    return (t.runs.c.working == 1) & (t.runs.c.admitted == 0)


def waiting_runs(c: sa.Connection) -> list[Waiting]:
    """Everyone who waits for a turn."""
    rows = c.execute(sa.select(t.runs.c.id, t.runs.c.installation_id).where(_waits())).all()
    return [Waiting(row.id, row.installation_id) for row in rows]


def taken_places(c: sa.Connection, now: float) -> dict[int, int]:
    """Installation → its places that are taken: by runs at work, and by those that have just come to rest."""
    columns = (t.runs.c.installation_id, sa.func.count())
    working = sa.select(*columns).where((t.runs.c.working == 1) & (t.runs.c.admitted == 1))
    resting = sa.select(*columns).where((t.runs.c.place_until > now) & (t.runs.c.working == 0))
    taken: dict[int, int] = {}
    for query in (working, resting):
        for installation, number in c.execute(query.group_by(t.runs.c.installation_id)).all():
            taken[installation] = taken.get(installation, 0) + number
    return taken


def look(c: sa.Connection, limits: HostLimits, now: float) -> Look:
    """How the queue stands. Who may not begin today is passed over, and delays nobody."""
    waiting = waiting_runs(c)
    if not waiting:
        return Look(Turn((), {}), {})
    held = held_runs(c, [one.run for one in waiting], limits.day, now)
    return Look(take_turns([one for one in waiting if one.run not in held], taken_places(c, now), limits), held)


def begins_to_wait(c: sa.Connection, run: Run, limits: HostLimits, at: datetime) -> Parked | None:
    """The run is put into the queue; what it says of it."""
    c.execute(t.runs.update().where(t.runs.c.id == run.id).values(working=1, admitted=0))
    now = at.timestamp()
    found = look(c, limits, now)
    if (why := found.held.get(run.id)) is not None:
        return Parked(at=at, why="day", reason=why, until=datetime.fromtimestamp(day_ends(now), UTC))
    place = found.turn.places.get(run.id)
    return None if place is None else Parked(at=at, why="runs", reason=place_words(place))


def admit(c: sa.Connection, runs: Iterable[int], now: float) -> None:
    """Give these runs their turn; the first one is when they begin."""
    began = sa.case((t.runs.c.began_at == 0, now), else_=t.runs.c.began_at)
    for run in runs:
        c.execute(t.runs.update().where(t.runs.c.id == run).values(admitted=1, began_at=began))


def parking_columns(before: Run | None, run: Run, at: datetime) -> dict[str, object]:
    """What the row says of the limit that holds the run back, and when that was said."""
    parking = run.parked
    if before is not None and before.parked == parking:
        return {}
    if parking is None:
        return {"parked": "", "parked_reason": "", "parked_until": 0.0, "parked_at": at.timestamp()}
    until = parking.until.timestamp() if parking.until is not None else 0.0
    said = {"parked": parking.why, "parked_reason": parking.reason, "parked_until": until}
    return {**said, "parked_at": at.timestamp()}
