"""Which due effects a worker takes: free lanes, installations in turn, within every limit.

One look at what is in hand, one at which installations have something due, then the first few of each, so that it
costs by what is due and in hand, not by all effects there are. Claims wait for each other, hence limits are exact.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from otto_bot.core.effects import EffectKind
from otto_bot.core.limits import AGENTS, WORK, HostLimits
from otto_bot.store import tables as t
from otto_bot.store.allowance import is_held
from otto_bot.store.installations import is_closed
from otto_bot.store.leases import TOLERANCE_SECONDS
from otto_bot.store.ticket import Ticket

UNWANTED = ("dropped", "due")
"""States of a row whose former try may still be at work: `worker` names who has it in hand."""
_CLAIMS = 748_395
"""Of PostgreSQL's advisory locks; 748392 is of the schema, 748393 of learnings, 748394 of places."""


@dataclass(frozen=True)
class Claim:
    """Who takes, when, how many at most, of how many slots in all, and by which rules."""

    worker: str
    now: float
    room: int
    slots: int
    lease_until: float
    limits: HostLimits
    version: int

    @property
    def share(self) -> int:
        """Agents that one installation may have on this worker: the last quarter is there for others."""
        return max(1, self.slots - self.slots // 4)


@dataclass
class _Hand:
    """What is at work now, counted."""

    lanes: set[str] = field(default_factory=set)
    agents: Counter[int] = field(default_factory=Counter)
    attempts: Counter[int] = field(default_factory=Counter)
    here: Counter[int] = field(default_factory=Counter)
    """Agents of each installation on the worker that asks."""
    count: Counter[int] = field(default_factory=Counter)

    def add(self, installation: int, lane: str, kind: str, *, here: bool) -> None:
        """One more."""
        self.lanes.add(lane)
        self.count[installation] += 1
        if kind in AGENTS:
            self.agents[installation] += 1
            self.here[installation] += int(here)
        if kind == EffectKind.CODE:
            self.attempts[installation] += 1

    def full(self, installation: int, claim: Claim) -> frozenset[str]:
        """Kinds of which the installation may start no more now."""
        one, host = claim.limits.installation, claim.limits.host
        if (
            self.agents[installation] >= one.agents
            or self.agents.total() >= host.agents
            or self.here[installation] >= claim.share
        ):
            return AGENTS
        if self.attempts[installation] >= one.attempts or self.attempts.total() >= host.attempts:
            return frozenset({EffectKind.CODE})
        return frozenset()


class _Candidates:
    """What an installation has due that may start, in order, read in small portions."""

    def __init__(self, c: sa.Connection, installation: int, claim: Claim, hand: _Hand) -> None:
        self._c = c
        self.installation = installation
        self._claim = claim
        self._hand = hand
        self._read: deque[sa.Row[str, int, str, str]] = deque()
        self._more = True

    def next(self) -> sa.Row[str, int, str, str] | None:
        """The next one whose lane is free and of whose kind there is room; None = there is none."""
        while True:
            if not self._read:
                if not self._more:
                    return None
                self._fetch()
                continue
            row = self._read.popleft()
            full = self._hand.full(self.installation, self._claim)
            if row.kind not in full and row.lane not in self._hand.lanes:
                return row

    def _fetch(self) -> None:
        """Each portion leaves out what is known to be busy or full by then, so that none is read twice in vain."""
        e, r = t.effects.c, t.runs.c
        busy, full = self._hand.lanes, self._hand.full(self.installation, self._claim)
        query = (
            sa.select(e.key, e.generation, e.lane, e.kind)
            .join(t.runs, r.id == e.run_id)
            .where((e.installation_id == self.installation) & (e.state == "due") & (e.not_before <= self._claim.now))
            .where(e.lane.not_in(sorted(busy)) & e.kind.not_in(sorted(full)))
            .where((r.admitted == 1) | (r.working == 0) | e.kind.not_in(sorted(WORK)))
            .where(sa.not_(is_held(self._claim.now)) | (r.working == 0) | e.kind.not_in(sorted(AGENTS)))
            .where(r.version <= self._claim.version)
            .order_by(e.not_before, e.key)
            .limit(self._claim.room)
            # What someone is writing of just now is left for the next look: all other claims wait for this one, and
            # two that each wait for a row of the other would never end.
            .with_for_update(of=t.effects, skip_locked=True)
        )
        self._read.extend(self._c.execute(query).all())
        self._more = len(self._read) == self._claim.room


def anything_due(c: sa.Connection, now: float) -> bool:
    """Whether something is due, whoever may start it."""
    # The first by the index: asked for one of them all, PostgreSQL may go through the table.
    first = c.execute(sa.select(sa.func.min(t.effects.c.not_before)).where(t.effects.c.state == "due")).scalar()
    return first is not None and first <= now


def take(c: sa.Connection, claim: Claim) -> list[Ticket]:
    """Mark what this worker takes as running, one of each installation in turn; who has least at work comes first."""
    if c.dialect.name == "postgresql":
        # One claim at a time, as SQLite has it anyway: two workers must not take two effects of one lane.
        c.execute(sa.text(f"SELECT pg_advisory_xact_lock({_CLAIMS})"))
    hand = _in_hand(c, claim)
    turn = deque(_Candidates(c, number, claim, hand) for number in _installations(c, claim.now, hand))
    taken: list[Ticket] = []
    while turn and len(taken) < claim.room:
        candidates = turn.popleft()
        row = candidates.next()
        if row is None:
            continue
        turn.append(candidates)
        if _mark(c, row, claim):
            hand.add(candidates.installation, row.lane, row.kind, here=True)
            taken.append(Ticket(key=row.key, generation=row.generation))
    return taken


def _mark(c: sa.Connection, row: sa.Row[str, int, str, str], claim: Claim) -> bool:
    e = t.effects.c
    still = (e.key == row.key) & (e.state == "due") & (e.generation == row.generation)
    values = {"state": "running", "worker": claim.worker, "lease_until": claim.lease_until, "updated_at": claim.now}
    return c.execute(t.effects.update().where(still).values(**values)).rowcount == 1


def _in_hand(c: sa.Connection, claim: Claim) -> _Hand:
    """A dropped effect's job is at work until it ends or its lease is over, also when it is wanted again."""
    e = t.effects.c
    query = sa.select(e.installation_id, e.lane, e.kind, e.state, e.lease_until, e.worker).where(e.worker != "")
    hand = _Hand()
    for row in c.execute(query):
        if row.state == "running" or (
            row.state in UNWANTED and claim.now < row.lease_until <= claim.lease_until + TOLERANCE_SECONDS
        ):
            hand.add(row.installation_id, row.lane, row.kind, here=row.worker == claim.worker)
    return hand


def _installations(c: sa.Connection, now: float, hand: _Hand) -> Sequence[int]:
    """Those that have something due and are not closed by a limit of GitHub."""
    e, i = t.effects.c, t.installations.c
    due = (e.state == "due") & (e.not_before <= now)
    oldest = sa.func.min(e.not_before)
    rows = c.execute(sa.select(e.installation_id, oldest).where(due).group_by(e.installation_id)).all()
    closed = set(c.execute(sa.select(i.id).where(is_closed(now))).scalars())
    return [
        number
        for number, _ in sorted(rows, key=lambda row: (hand.count[row[0]], row[1], row[0]))
        if number not in closed
    ]
