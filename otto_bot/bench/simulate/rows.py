"""Effect rows in memory: the rules of `store/effect_rows.py`, played by the simulator instead of a database.

A test plays the same operations on both and compares them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from otto_bot.core.effects import Effect
from otto_bot.core.run import Run
from otto_bot.store.claims import UNWANTED
from otto_bot.store.effect_rows import LEASE_SECONDS, REPEAT_LIMIT, Ticket
from otto_bot.store.synced import Synced, unsure_of


@dataclass(slots=True)
class Row:
    """One effect's row."""

    effect: Effect
    generation: int = 1
    state: str = "due"
    not_before: float = 0.0
    lost: int = 0
    worker: str = ""
    lease_until: float = 0.0


class Rows:
    """Every effect row there is."""

    def __init__(self, lease_seconds: float = LEASE_SECONDS) -> None:
        self.lease_seconds = lease_seconds
        self.rows: dict[str, Row] = {}
        self._live: dict[str, Row] = {}
        """Rows that are due, at work, or maybe still at work unwanted: the others are many."""
        self._next: tuple[float | None] | None = None
        """When the next row is due, until a row changes."""

    def sync(self, run: Run, wanted: Sequence[Effect], at: datetime) -> Synced:
        """Bring the rows of a run in step with what it schedules."""
        now, stuck, unsure = at.timestamp(), [], []
        self._next = None
        by_key = {effect.key: effect for effect in wanted}
        for key, row in self._live.items():
            if row.effect.run == run.id and row.state in ("due", "running") and key not in by_key:
                if surface := unsure_of(run, row.effect, row.state, row.generation):
                    unsure.append(surface)
                else:
                    row.state = "dropped"
        for key, effect in by_key.items():
            known = self.rows.get(key)
            if known is None:
                self.rows[key] = self._live[key] = Row(effect, not_before=_time(effect) or now)
            elif known.state in ("done", "dropped"):
                if self._again(known, effect, now):
                    stuck.append(key)
            elif known.state == "due" and known.effect != effect:
                known.not_before, known.effect = _time(effect), effect
        self._tidy()
        return Synced(tuple(stuck), tuple(unsure))

    def _tidy(self) -> None:
        """Forget what is over: nobody will ask for it before it is wanted again."""
        for key in [
            k for k, row in self._live.items() if row.state == "done" or (row.state == "dropped" and not row.worker)
        ]:
            del self._live[key]

    def _again(self, row: Row, effect: Effect, now: float) -> bool:
        """An effect that ended, or that nobody wanted, is wanted; True = it ran too often."""
        ran = row.state == "done"
        repeats = row.lost + 1 if ran else row.lost
        if repeats >= REPEAT_LIMIT:
            row.lost = 0
            return True
        row.state, row.generation, row.lost, row.effect = "due", row.generation + 1, repeats, effect
        self._live[effect.key] = row
        row.not_before = max(_time(effect), now + (float(2**repeats) if ran else 0.0))
        return False

    def mark_done(self, ticket: Ticket) -> None:
        """End this try of an effect, unless a later one has taken over."""
        row, self._next = self.rows.get(ticket.key), None
        if row is not None and row.generation == ticket.generation:
            row.state, row.worker = "done", ""

    def claim(self, worker: str, at: datetime, limit: int) -> list[Ticket]:
        """Take due effects whose lane is free; each is the worker's until the lease ends."""
        now = at.timestamp()
        if not self.any_due(now):
            return []
        due = sorted(
            (row.not_before, key) for key, row in self._live.items() if row.state == "due" and row.not_before <= now
        )
        busy = {row.effect.lane for row in self._live.values() if _in_hand(row, now)}
        taken: list[Ticket] = []
        self._next = None
        for _, key in due:
            row = self.rows[key]
            if row.effect.lane in busy or len(taken) >= limit:
                continue
            row.state, row.worker, row.lease_until = "running", worker, now + self.lease_seconds
            busy.add(row.effect.lane)
            taken.append(Ticket(key=key, generation=row.generation))
        return taken

    def begin(self, ticket: Ticket, at: datetime) -> Effect | None:
        """The effect behind a ticket; None where it is done, dropped or taken over by a later try."""
        if not self.wanted(ticket):
            return None
        row = self.rows[ticket.key]
        row.lease_until = at.timestamp() + self.lease_seconds
        return row.effect

    def wanted(self, ticket: Ticket) -> bool:
        """Whether this try still counts."""
        row = self.rows.get(ticket.key)
        return row is not None and row.state == "running" and row.generation == ticket.generation

    def lost(self, ticket: Ticket) -> bool:
        """Whether another try of the same work has taken the place of this one."""
        row = self.rows.get(ticket.key)
        return row is not None and row.generation > ticket.generation

    def renew(self, worker: str, running: Sequence[str], at: datetime) -> None:
        """Keep the leases of what a worker runs."""
        for key in running:
            row = self.rows[key]
            if row.worker == worker and row.state in ("running", *UNWANTED):
                row.lease_until = at.timestamp() + self.lease_seconds

    def reap(self, at: datetime, *, all_running: bool = False) -> list[Ticket]:
        """Give back effects whose worker is gone: the next generation is due. Returns the lost tries."""
        now, lost = at.timestamp(), []
        self._next = None
        for key, row in self._live.items():
            if row.state == "running" and (all_running or row.lease_until < now):
                lost.append(Ticket(key=key, generation=row.generation))
                again = row.lost + 1 < REPEAT_LIMIT
                row.state, row.not_before, row.worker = "due" if again else "done", 0.0, ""
                row.generation, row.lost = row.generation + int(again), row.lost + int(again)
            if all_running and row.state in UNWANTED:
                row.worker = ""
        return lost

    def release(self, ticket: Ticket) -> None:
        """The job behind a try has ended: where nobody wanted it any more its lane is free."""
        row = self.rows.get(ticket.key)
        if row is not None and row.generation >= ticket.generation and row.state in UNWANTED:
            row.worker = ""

    def give_back(self, ticket: Ticket, not_before: datetime) -> None:
        """A try that has to wait, or yields to a shutdown: the next generation is due later."""
        if self.wanted(ticket):
            row, self._next = self.rows[ticket.key], None
            row.state, row.generation, row.worker = "due", row.generation + 1, ""
            row.not_before = not_before.timestamp()

    def running(self) -> list[tuple[str, Row]]:
        """Rows that are in somebody's hands, living or not."""
        return [(key, row) for key, row in self._live.items() if row.state == "running"]

    def open_rows(self) -> list[tuple[str, Row]]:
        """Rows that are due or in somebody's hands."""
        return [(key, row) for key, row in self._live.items() if row.state in ("due", "running")]

    def next_at(self) -> float | None:
        """When the next row is due, as a timestamp; None = none ever."""
        if self._next is None:
            self._next = (min((row.not_before for row in self._live.values() if row.state == "due"), default=None),)
        return self._next[0]

    def any_due(self, now: float) -> bool:
        """Whether a row is due at a timestamp."""
        first = self.next_at()
        return first is not None and first <= now


def _time(effect: Effect) -> float:
    return effect.not_before.timestamp() if effect.not_before else 0.0


def _in_hand(row: Row, now: float) -> bool:
    return row.state == "running" or (row.state in UNWANTED and row.worker != "" and row.lease_until > now)
