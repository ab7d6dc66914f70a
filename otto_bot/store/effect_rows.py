"""Effect rows: one a key, with generations; kept in step with what the run says is due."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from otto_bot.core.effects import Effect
from otto_bot.core.run import Run
from otto_bot.core.values import Frozen
from otto_bot.store import tables as t
from otto_bot.store.changes import Changes
from otto_bot.store.database import reading, writing

REPEAT_LIMIT = 8
"""An effect that ran this often without the run getting further stops."""
UNWANTED = ("dropped", "due")
"""States of a row whose former try may still be at work: `worker` names who has it in hand."""


class Ticket(Frozen):
    """One execution of one effect: the key says what, the generation which try."""

    key: str
    generation: int

    @property
    def id(self) -> str:
        """The id in the queue; the queue never runs an id twice."""
        return f"{self.key}#{self.generation}"


def sync(c: sa.Connection, run: Run, wanted: Sequence[Effect], at: datetime) -> tuple[str, ...]:
    """Bring the rows of a run in step with what it schedules; returns keys that ran too often."""
    now = at.timestamp()
    by_key = {effect.key: effect for effect in wanted}
    rows = c.execute(
        sa.select(t.effects).where(
            (t.effects.c.run_id == run.id)
            & (t.effects.c.state.in_(("due", "running")) | t.effects.c.key.in_(list(by_key)))
        )
    ).all()
    known = {row.key: row for row in rows}
    stuck: list[str] = []
    for effect in wanted:
        row = known.get(effect.key)
        if row is None:
            c.execute(t.effects.insert().values(**_row(effect, run, now)))
        elif row.state in ("done", "dropped"):
            repeats = row.lost + 1 if row.state == "done" else row.lost
            if repeats >= REPEAT_LIMIT:
                # Counted from nought when a person lets it try again.
                c.execute(t.effects.update().where(t.effects.c.key == effect.key).values(lost=0, updated_at=now))
                stuck.append(effect.key)
                continue
            pause = float(2**repeats) if row.state == "done" else 0.0
            _rearm(c, effect, row.generation + 1, max(_time(effect), now + pause), repeats, now)
        elif row.state == "due" and row.body != effect.model_dump_json():
            # Only a changed schedule moves a waiting row: what was given back keeps its later time.
            c.execute(
                t.effects.update()
                .where(t.effects.c.key == effect.key)
                .values(not_before=_time(effect), body=effect.model_dump_json(), updated_at=now)
            )
    gone = [row.key for row in rows if row.key not in by_key and row.state in ("due", "running")]
    if gone:
        c.execute(t.effects.update().where(t.effects.c.key.in_(gone)).values(state="dropped", updated_at=now))
    return tuple(stuck)


def _time(effect: Effect) -> float:
    return effect.not_before.timestamp() if effect.not_before else 0.0


def _row(effect: Effect, run: Run, now: float) -> dict[str, object]:
    return {
        "key": effect.key,
        "run_id": effect.run,
        "installation_id": run.repo.installation_id,
        "kind": effect.kind.value,
        "lane": effect.lane,
        "body": effect.model_dump_json(),
        "generation": 1,
        "state": "due",
        "not_before": _time(effect),
        "updated_at": now,
    }


def _rearm(c: sa.Connection, effect: Effect, generation: int, not_before: float, lost: int, now: float) -> None:
    c.execute(
        t.effects.update()
        .where(t.effects.c.key == effect.key)
        .values(
            state="due",
            generation=generation,
            not_before=not_before,
            lost=lost,
            body=effect.model_dump_json(),
            updated_at=now,
        )
    )


def mark_done(c: sa.Connection, ticket: Ticket, at: datetime) -> None:
    """End this try of an effect, unless a later one has taken over."""
    c.execute(
        t.effects.update()
        .where((t.effects.c.key == ticket.key) & (t.effects.c.generation == ticket.generation))
        .values(state="done", worker="", updated_at=at.timestamp())
    )


class EffectRows:
    """What the engine does with effect rows: claim, look, renew, reap."""

    def __init__(self, engine: sa.Engine, lease_seconds: float = 30.0) -> None:
        self._engine = engine
        self._changes = Changes(engine)
        self.lease_seconds = lease_seconds

    def claim(self, worker: str, at: datetime, limit: int) -> list[Ticket]:
        """Take due effects whose lane is free; each is ours until the lease ends."""
        if not self._changes.worth_a_look(at):
            return []
        now = at.timestamp()
        with reading(self._engine) as c:
            if not c.execute(_due(now).limit(1)).first():
                return []
        with writing(self._engine) as c:
            if c.dialect.name == "postgresql":
                # One claim at a time, as SQLite has it anyway: two workers must not take two effects of one lane.
                c.execute(sa.text("SELECT pg_advisory_xact_lock(748393)"))
            rows = c.execute(_due(now).limit(limit * 4)).all()
            busy = set(c.execute(sa.select(t.effects.c.lane).where(_in_hand(now))).scalars())
            taken: list[Ticket] = []
            for row in rows:
                if row.lane in busy or len(taken) >= limit:
                    continue
                won = c.execute(
                    t.effects.update()
                    .where(
                        (t.effects.c.key == row.key)
                        & (t.effects.c.state == "due")
                        & (t.effects.c.generation == row.generation)
                    )
                    .values(state="running", worker=worker, lease_until=now + self.lease_seconds, updated_at=now)
                )
                if won.rowcount == 1:
                    busy.add(row.lane)
                    taken.append(Ticket(key=row.key, generation=row.generation))
            return taken

    def begin(self, ticket: Ticket, at: datetime) -> Effect | None:
        """The effect behind a ticket; None where it is done, dropped or taken over by a later try."""
        with writing(self._engine) as c:
            won = c.execute(
                t.effects.update()
                .where(
                    (t.effects.c.key == ticket.key)
                    & (t.effects.c.generation == ticket.generation)
                    & (t.effects.c.state == "running")
                )
                .values(lease_until=at.timestamp() + self.lease_seconds)
            )
            if won.rowcount != 1:
                return None
            body = c.execute(sa.select(t.effects.c.body).where(t.effects.c.key == ticket.key)).scalar_one()
        return Effect.model_validate_json(body)

    def wanted(self, ticket: Ticket) -> bool:
        """Whether this try still counts: a long job asks before each step."""
        query = sa.select(t.effects.c.state, t.effects.c.generation).where(t.effects.c.key == ticket.key)
        with reading(self._engine) as c:
            row = c.execute(query).first()
        return row is not None and row.state == "running" and row.generation == ticket.generation

    def renew(self, worker: str, running: Sequence[str], at: datetime) -> None:
        """Say that this worker lives, and keep the leases of what it runs."""
        now = at.timestamp()
        with writing(self._engine) as c:
            if c.execute(t.workers.update().where(t.workers.c.name == worker).values(heartbeat_at=now)).rowcount == 0:
                c.execute(t.workers.insert().values(name=worker, heartbeat_at=now))
            if running:
                c.execute(
                    t.effects.update()
                    .where(t.effects.c.key.in_(list(running)) & (t.effects.c.worker == worker))
                    .where(t.effects.c.state.in_(("running", *UNWANTED)))
                    .values(lease_until=now + self.lease_seconds)
                )

    def reap(self, at: datetime, *, all_running: bool = False) -> list[Ticket]:
        """Give back effects whose worker is gone: the next generation is due. Returns the lost tries.

        One that took its worker with it REPEAT_LIMIT times ends instead; the run's next event makes it a person's.
        """
        now = at.timestamp()
        late = t.effects.c.state == "running"
        if not all_running:
            late = late & (t.effects.c.lease_until < now)
        with writing(self._engine) as c:
            rows = c.execute(sa.select(t.effects).where(late)).all()
            for row in rows:
                again = row.lost + 1 < REPEAT_LIMIT
                state = {"state": "due", "generation": row.generation + 1} if again else {"state": "done"}
                c.execute(
                    t.effects.update()
                    .where((t.effects.c.key == row.key) & (t.effects.c.generation == row.generation))
                    .values(**state, lost=row.lost + int(again), not_before=0.0, worker="", updated_at=now)
                )
            if all_running:
                # Nobody is left who could have an unwanted job in hand.
                c.execute(t.effects.update().where(t.effects.c.state.in_(UNWANTED)).values(worker=""))
        return [Ticket(key=row.key, generation=row.generation) for row in rows]

    def release(self, ticket: Ticket) -> None:
        """The job behind a try has ended, whatever became of it: where nobody wanted it any more its lane is free."""
        mine = (
            (t.effects.c.key == ticket.key)
            & (t.effects.c.generation >= ticket.generation)
            & t.effects.c.state.in_(UNWANTED)
            & (t.effects.c.worker != "")
        )
        with reading(self._engine) as c:
            if not c.execute(sa.select(t.effects.c.key).where(mine)).first():
                return
        with writing(self._engine) as c:
            c.execute(t.effects.update().where(mine).values(worker=""))

    def give_back(self, ticket: Ticket, not_before: datetime, at: datetime) -> None:
        """A try that has to wait, or yields to a shutdown: the next generation is due later. Nothing failed."""
        with writing(self._engine) as c:
            c.execute(
                t.effects.update()
                .where((t.effects.c.key == ticket.key) & (t.effects.c.generation == ticket.generation))
                .where(t.effects.c.state == "running")
                .values(
                    state="due",
                    generation=ticket.generation + 1,
                    not_before=not_before.timestamp(),
                    worker="",
                    updated_at=at.timestamp(),
                )
            )

    def dropped(self, tickets: Sequence[Ticket]) -> list[Ticket]:
        """Of these running tries, those that nobody wants any more."""
        return [ticket for ticket in tickets if not self.wanted(ticket)]

    def counts(self) -> dict[str, int]:
        """How many effects stand in each state."""
        with reading(self._engine) as c:
            rows = c.execute(sa.select(t.effects.c.state, sa.func.count()).group_by(t.effects.c.state)).all()
        return {str(state): int(count) for state, count in rows}


def _in_hand(now: float) -> sa.ColumnElement[bool]:
    """Whose job may be at work. A dropped one is until it ends or its lease is over, also when it is wanted again."""
    unwanted = t.effects.c.state.in_(UNWANTED) & (t.effects.c.worker != "") & (t.effects.c.lease_until > now)
    return (t.effects.c.state == "running") | unwanted


def _due(now: float) -> sa.Select[tuple[str, int, str]]:
    return (
        sa.select(t.effects.c.key, t.effects.c.generation, t.effects.c.lane)
        .where((t.effects.c.state == "due") & (t.effects.c.not_before <= now))
        .order_by(t.effects.c.not_before, t.effects.c.key)
    )
