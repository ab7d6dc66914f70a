"""Effect rows: one a key, with generations; kept in step with what the run says is due."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from otto_bot.core.effects import Effect, EffectKind
from otto_bot.core.limits import AtOnce, HostLimits
from otto_bot.core.run import Run
from otto_bot.store import tables as t
from otto_bot.store.changes import Changes
from otto_bot.store.claims import UNWANTED, Claim, anything_due, take
from otto_bot.store.database import reading, writing
from otto_bot.store.leases import is_over
from otto_bot.store.synced import REPEAT_LIMIT, Synced, unsure_of
from otto_bot.store.ticket import Ticket
from otto_bot.store.versions import CODE_VERSION

__all__ = ["LEASE_SECONDS", "REPEAT_LIMIT", "EffectRows", "Ticket", "mark_done", "sync"]

_MOST = AtOnce(runs=100_000, attempts=100_000, agents=100_000)
NO_LIMITS = HostLimits(installation=_MOST, host=_MOST)
LEASE_SECONDS = 10.0
"""A claimed effect is its worker's for so long after the last heartbeat; then others take it over."""


def sync(c: sa.Connection, run: Run, wanted: Sequence[Effect], at: datetime) -> Synced:
    """Bring the rows of a run in step with what it schedules."""
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
                .values(not_before=_time(effect), body=effect.model_dump_json(), lane=effect.lane, updated_at=now)
            )
    gone = [row for row in rows if row.key not in by_key and row.state in ("due", "running")]
    unsure = {row.key: surface for row in gone if (surface := _unsure(run, row))}
    dropped = [row.key for row in gone if row.key not in unsure]
    if dropped:
        c.execute(t.effects.update().where(t.effects.c.key.in_(dropped)).values(state="dropped", updated_at=now))
    return Synced(tuple(stuck), tuple(unsure.values()))


def _unsure(run: Run, row: sa.Row[Any]) -> str:
    if row.kind != EffectKind.SHOW:
        return ""
    return unsure_of(run, Effect.model_validate_json(row.body), row.state, row.generation)


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
        # First come, first served: what may happen at once is due since now.
        "not_before": _time(effect) or now,
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
            lane=effect.lane,
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

    def __init__(self, engine: sa.Engine, lease_seconds: float = LEASE_SECONDS, version: int = CODE_VERSION) -> None:
        self._engine = engine
        self._changes = Changes(engine)
        self.lease_seconds = lease_seconds
        self._version = version

    def anything_due(self, at: datetime) -> bool:
        """Whether something is due, also what a limit or a lane holds back."""
        with reading(self._engine) as c:
            return anything_due(c, at.timestamp())

    def claim(
        self, worker: str, at: datetime, limit: int, limits: HostLimits = NO_LIMITS, slots: int = 0
    ) -> list[Ticket]:
        """Take at most `limit` due effects, installations in turn; each is ours until the lease ends.

        `slots` is what the worker can do at once: one installation's agents get three quarters of them. 0 = no matter.
        """
        if not self._changes.worth_a_look(at):
            return []
        now = at.timestamp()
        claim = Claim(
            worker=worker, now=now, room=limit, slots=slots or 1_000_000, lease_until=now + self.lease_seconds,
            limits=limits, version=self._version,
        )  # fmt: skip
        with reading(self._engine) as c:
            if not anything_due(c, now):
                return []
        with writing(self._engine) as c:
            return take(c, claim)

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

    def lost(self, ticket: Ticket) -> bool:
        """Whether another try of the same work has taken the place of this one: its worker was thought to be dead."""
        query = sa.select(t.effects.c.generation).where(t.effects.c.key == ticket.key)
        with reading(self._engine) as c:
            generation = c.execute(query).scalar()
        return generation is not None and generation > ticket.generation

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

    def reap(self, at: datetime, *, all_running: bool = False, own: Sequence[str] = ()) -> list[Ticket]:
        """Give back effects whose worker is gone: the next generation is due. Returns the lost tries.

        `own` are keys of what the caller runs: it knows that they are not lost, whatever their leases say.

        One that took its worker with it REPEAT_LIMIT times ends instead; the run's next event makes it a person's.
        """
        now = at.timestamp()
        late = t.effects.c.state == "running"
        if not all_running:
            late = late & (t.effects.c.worker != "") & is_over(now, self.lease_seconds)
            late = late & t.effects.c.key.not_in(list(own))
            with reading(self._engine) as c:
                if not c.execute(sa.select(t.effects.c.key).where(late).limit(1)).first():
                    return []
        with writing(self._engine) as c:
            rows = c.execute(sa.select(t.effects).where(late).with_for_update(skip_locked=True)).all()
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
        e = t.effects.c
        mine = e.key.in_([ticket.key for ticket in tickets]) & (e.state == "running")
        with reading(self._engine) as c:
            still = {(row.key, row.generation) for row in c.execute(sa.select(e.key, e.generation).where(mine))}
        return [ticket for ticket in tickets if (ticket.key, ticket.generation) not in still]

    def counts(self) -> dict[str, int]:
        """How many effects stand in each state."""
        with reading(self._engine) as c:
            rows = c.execute(sa.select(t.effects.c.state, sa.func.count()).group_by(t.effects.c.state)).all()
        return {str(state): int(count) for state, count in rows}
