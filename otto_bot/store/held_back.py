"""Who is held back now by a limit, and what was said of it: read by indexes, in time that grows with who waits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from otto_bot.core.admission import place_words
from otto_bot.core.allowance import day_ends
from otto_bot.core.effects import EffectKind
from otto_bot.core.limits import AGENTS, AtOnce, HostLimits
from otto_bot.core.parking import ParkedFor
from otto_bot.store import allowance, places
from otto_bot.store import tables as t
from otto_bot.store.database import reading, writing
from otto_bot.store.installations import Closed

AGENT_SECONDS = 20.0
"""How long a step that is ready must have waited for a place until that is said."""
CLOSED_SECONDS = 30.0
"""A limit of GitHub that is over sooner is not told: it would be over before it is read."""
CODE, VERIFY = EffectKind.CODE.value, EffectKind.VERIFY.value
_AGENTS = sorted(kind.value for kind in AGENTS)
MOST = 1000
"""Steps that are looked at in one go."""

Why = tuple[ParkedFor, str, float]
"""Which limit, in words, and until when (0 = nobody knows)."""


class Said(NamedTuple):
    """What a run's status says of a limit, and when that was said."""

    why: str
    reason: str
    until: float
    at: float


class HeldBack:
    """Reads, and gives turns. Errors are StoreUnavailable."""

    def __init__(self, engine: sa.Engine, limits: HostLimits) -> None:
        self._engine = engine
        self._limits = limits

    def give_turns(self, at: datetime) -> tuple[int, ...]:
        """Admit who comes next, as far as there are places; their ids."""
        now = at.timestamp()
        with reading(self._engine) as c:
            if not self._could(c, now) or not places.look(c, self._limits, now).turn.admitted:
                return ()
        with writing(self._engine) as c:
            places.one_at_a_time(c)
            turn = places.look(c, self._limits, now).turn
            places.admit(c, turn.admitted, now)
        return turn.admitted

    def let_go(self, at: datetime) -> tuple[int, ...]:
        """Let runs go on for which the money of the day has room again; their ids."""
        now = at.timestamp()
        with reading(self._engine) as c:
            held = allowance.held_for_money(c, now)
            free = allowance.fits_now(c, held, self._limits.day, now) if held else []
        if free:
            with writing(self._engine) as c:
                allowance.let_go(c, free)
        return tuple(free)

    def _could(self, c: sa.Connection, now: float) -> bool:
        """Whether anyone waits for whom there is a place; on a full host that is one look at an index."""
        queue = sa.select(t.runs.c.installation_id).where((t.runs.c.working == 1) & (t.runs.c.admitted == 0))
        if c.execute(queue.limit(1)).first() is None:
            return False
        taken = places.taken_places(c, now)
        if sum(taken.values()) >= self._limits.host.runs:
            return False
        waiting = c.execute(queue.distinct()).scalars()
        return any(taken.get(installation, 0) < self._limits.installation.runs for installation in waiting)

    def said(self) -> dict[int, Said]:
        """Run → what its status says, of those that are said to be held back."""
        row = t.runs.c
        query = sa.select(row.id, row.parked, row.parked_reason, row.parked_until, row.parked_at)
        with reading(self._engine) as c:
            rows = c.execute(query.where(row.parked > "")).all()
        return {r.id: Said(r.parked, r.parked_reason, r.parked_until, r.parked_at) for r in rows}

    def now(self, closed: Mapping[int, Closed], at: datetime) -> dict[int, Why]:
        """Run → why it is held back. `closed`: installations that GitHub's limit closes."""
        now = at.timestamp()
        shut = {one: found for one, found in closed.items() if found.until.timestamp() > now + CLOSED_SECONDS}
        with reading(self._engine) as c:
            found: dict[int, Why] = self._agents(c, now)
            found |= _out_of_money(c, now)
            found |= _closed(c, shut)
            queue = places.look(c, self._limits, now)
        found |= {run: ("runs", place_words(place), 0.0) for run, place in queue.turn.places.items()}
        found |= {run: ("day", why, day_ends(now)) for run, why in queue.held.items()}
        return found

    def _agents(self, c: sa.Connection, now: float) -> dict[int, Why]:
        """Runs of which nothing is under way although a step for a model is ready."""
        effect = t.effects.c
        late = (
            sa.select(effect.run_id, effect.kind, effect.installation_id)
            .join(t.runs, t.runs.c.id == effect.run_id)
            .where((effect.state == "due") & (effect.not_before <= now - AGENT_SECONDS))
            .where(effect.kind.in_(_AGENTS) & (effect.updated_at <= now - AGENT_SECONDS))
            .where((t.runs.c.working == 1) & (t.runs.c.admitted == 1))
            .limit(MOST)
        )
        rows = c.execute(late).all()
        if not rows:
            return {}
        moving = _moving(c, {row.run_id for row in rows})
        busy = _busy(c)
        kinds: dict[int, tuple[int, set[str]]] = {}
        for row in rows:
            kinds.setdefault(row.run_id, (row.installation_id, set()))[1].add(row.kind)
        return {
            run: ("agents", self._agent_words(busy, installation, wanted == {CODE}), 0.0)
            for run, (installation, wanted) in kinds.items()
            if run not in moving
        }

    def _agent_words(self, busy: Sequence[tuple[int, str, int]], installation: int, coders_only: bool) -> str:
        own = [(kind, number) for one, kind, number in busy if one == installation]
        every = [(kind, number) for _, kind, number in busy]
        for counted, most, whose in ((own, self._limits.installation, True), (every, self._limits.host, False)):
            words = _limit_words(counted, most, whose, coders_only)
            if words:
                return words
        return "its next step is ready, and every worker of this host is busy"


def _out_of_money(c: sa.Connection, now: float) -> dict[int, Why]:
    """Runs at work that the money of the day holds back, and of which nothing else is under way."""
    held = {one.run: one for one in allowance.held_for_money(c, now)}
    if not held:
        return {}
    at_work = (t.runs.c.working == 1) & (t.runs.c.admitted == 1) & t.runs.c.id.in_(list(held))
    runs = set(c.execute(sa.select(t.runs.c.id).where(at_work)).scalars()) - _moving(c, set(held))
    return {run: ("day", held[run].why, held[run].until) for run in runs}


def _limit_words(counted: Sequence[tuple[str, int]], most: AtOnce, one: bool, coders_only: bool) -> str:
    """Which limit is reached, in words; empty = none."""
    whose, limit = (" of this account", "one account") if one else ("", "all accounts together")
    coders = sum(number for kind, number in counted if kind == CODE)
    agents = sum(number for _, number in counted)
    if coders_only and coders >= most.attempts:
        return f"the limit of coders at work at once for {limit} is reached: {most.attempts}{whose}"
    if agents >= most.agents:
        return f"the limit of agents at work at once for {limit} is reached: {most.agents}{whose}"
    return ""


def _moving(c: sa.Connection, runs: set[int]) -> set[int]:
    """Of these runs, those of which something is under way: an agent at work, or Actions that are followed."""
    effect = t.effects.c
    at_work = (effect.state == "running") & effect.kind.in_(_AGENTS)
    followed = effect.state.in_(("running", "due")) & (effect.kind == VERIFY)
    query = sa.select(effect.run_id).where(effect.run_id.in_(runs) & (at_work | followed))
    return set(c.execute(query).scalars())


def _busy(c: sa.Connection) -> list[tuple[int, str, int]]:
    """Installation, kind and number of agents at work."""
    effect = t.effects.c
    query = (
        sa.select(effect.installation_id, effect.kind, sa.func.count())
        .where((effect.state == "running") & effect.kind.in_(_AGENTS))
        .group_by(effect.installation_id, effect.kind)
    )
    return [(row[0], row[1], row[2]) for row in c.execute(query).all()]


def _closed(c: sa.Connection, shut: Mapping[int, Closed]) -> dict[int, Why]:
    """Runs at work of installations that GitHub's limit closes."""
    if not shut:
        return {}
    row = t.runs.c
    mine = (row.working == 1) & (row.admitted == 1) & row.installation_id.in_(list(shut))
    rows = c.execute(sa.select(row.id, row.installation_id).where(mine)).all()
    return {
        r.id: ("github_limit", shut[r.installation_id].why, shut[r.installation_id].until.timestamp()) for r in rows
    }
