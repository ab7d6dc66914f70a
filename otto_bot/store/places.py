"""Places among the runs at work: decided in the transaction that makes a run work, so that no limit is overrun.

`runs.admitted` is 0 exactly while a run waits for its turn. Who rests keeps its place until `place_until`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from otto_bot.core.admission import Turn, Waiting, place_words, take_turns
from otto_bot.core.limits import HostLimits
from otto_bot.core.parked import at_work
from otto_bot.core.parking import Parked
from otto_bot.core.run import Run
from otto_bot.store import tables as t

KEPT_SECONDS = 60.0
"""How long a run that comes to rest keeps its place: a short word of a person should not cost it its turn."""
_LOCK = 748_394


class Standing(NamedTuple):
    """What the row of a run says of its place."""

    working: int = 0
    admitted: int = 1
    place_until: float = 0.0


def stands(c: sa.Connection, run: Run, before: Standing, limits: HostLimits | None, at: datetime) -> Standing:
    """The run's place after an event; `limits` None = there are none."""
    now = at.timestamp()
    if run.ended:
        return Standing()
    if not at_work(run):
        had_turn = before.working and before.admitted
        return Standing(place_until=now + KEPT_SECONDS if had_turn else before.place_until)
    if before.working:
        return before
    if limits is None or now <= before.place_until or _free(c, run, limits, now):
        return Standing(working=1)
    return Standing(working=1, admitted=0)


def _free(c: sa.Connection, run: Run, limits: HostLimits, now: float) -> bool:
    """Whether there is a place at once: nobody waits before it, and no limit is reached."""
    one_at_a_time(c)
    if c.execute(sa.select(t.runs.c.id).where(_waits() & (t.runs.c.id != run.id)).limit(1)).first() is not None:
        return False
    taken = taken_places(c, now)
    mine = Waiting(run.id, run.repo.installation_id)
    return bool(take_turns([mine], taken, limits).admitted)


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


def turn(c: sa.Connection, limits: HostLimits, now: float) -> Turn:
    """Who would come next, and why the others wait."""
    return take_turns(waiting_runs(c), taken_places(c, now), limits)


def begins_to_wait(c: sa.Connection, run: Run, limits: HostLimits, at: datetime) -> Parked | None:
    """The run is put into the queue; what it says of it."""
    c.execute(t.runs.update().where(t.runs.c.id == run.id).values(working=1, admitted=0))
    place = turn(c, limits, at.timestamp()).places.get(run.id)
    return None if place is None else Parked(at=at, why="runs", reason=place_words(place))


def admit(c: sa.Connection, runs: Iterable[int]) -> None:
    """Give these runs their turn."""
    for run in runs:
        c.execute(t.runs.update().where(t.runs.c.id == run).values(admitted=1))


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
