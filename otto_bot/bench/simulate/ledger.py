"""The ledger in memory: events, the run and its effect rows move in one step, as `store/ledger.py` has it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from otto_bot.bench.simulate.rows import Rows
from otto_bot.bench.simulate.rules import Broken, hold
from otto_bot.core.effects import Effect, scheduled
from otto_bot.core.events import RunEvent, RunStarted, read_event
from otto_bot.core.invariants import InvariantBroken
from otto_bot.core.machine import reduce
from otto_bot.core.run import Run
from otto_bot.core.values import stored_json
from otto_bot.store.effect_rows import Ticket
from otto_bot.store.synced import Synced, told

Saw = Callable[[Run, RunEvent, Run], None]
Wanted = Callable[[Run, Sequence[Effect]], None]


@dataclass
class Kept:
    """One run and everything that happened to it."""

    run: Run
    trigger: str
    events: list[RunEvent] = field(default_factory=list)


class Ledger:
    """Every run of the issue. A step that the heart refuses is a bug here: nothing hostile writes this ledger."""

    def __init__(self, rows: Rows, saw: Saw, wanted: Wanted) -> None:
        self._rows = rows
        self._saw = saw
        self._wanted = wanted
        self.runs: dict[int, Kept] = {}

    @property
    def newest(self) -> Run | None:
        """The issue's last run."""
        return self.runs[next(reversed(self.runs))].run if self.runs else None

    def start(self, trigger: str, first: Callable[[int, Sequence[Run]], RunStarted], at: datetime) -> Run | None:
        """A new run; None where this trigger was seen or a run for the issue is active."""
        earlier = [kept.run for kept in self.runs.values()]
        if any(kept.trigger == trigger for kept in self.runs.values()) or any(not run.ended for run in earlier):
            return None
        number = len(self.runs) + 1
        event = first(number, earlier)
        run = reduce(None, event)
        assert run is not None
        self.runs[number] = Kept(run, trigger, [event])
        self._sync(run, at)
        return run

    def load(self, number: int) -> Run:
        """The run as it stands."""
        return self.runs[number].run

    def append(self, number: int, events: Sequence[RunEvent], at: datetime, *, done: Ticket | None = None) -> Run:
        """Record events, move the run, keep its effects in step; with `done`, end that effect in the same breath."""
        if done is not None:
            self._rows.mark_done(done)
        before = self.runs[number].run
        for event in events:
            self._one(number, event)
        if events or done is not None:
            self._again(number, at)
        if before.ended and not self.runs[number].run.ended:
            others = [kept.run for key, kept in self.runs.items() if key != number]
            hold(7, all(run.ended for run in others), f"run {number} goes on beside another of its issue")
        return self.runs[number].run

    def look(self, number: int, at: datetime) -> None:
        """Nothing happened, and yet an effect may have run too often."""
        self._again(number, at)

    def _again(self, number: int, at: datetime) -> None:
        if more := told(self._sync(self.runs[number].run, at), at):
            for event in more:
                self._one(number, event)
            self._sync(self.runs[number].run, at)

    def _one(self, number: int, event: RunEvent) -> None:
        kept = self.runs[number]
        before = kept.run
        kept.events.append(event)
        try:
            after = reduce(before, event)
        except InvariantBroken as error:
            rule = int(error.reasons[0].partition(":")[0])
            raise Broken(rule, f"{event.type} is refused: {error}") from error
        assert after is not None
        kept.run = after
        self._saw(before, event, after)

    def _sync(self, run: Run, at: datetime) -> Synced:
        wanted = scheduled(run)
        self._wanted(run, wanted)
        return self._rows.sync(run, wanted, at)

    def reread(self) -> None:
        """A new version reads what the old one wrote: every run and every event gives the same again."""
        for number, kept in self.runs.items():
            stored = Run.model_validate_json(stored_json(kept.run))
            hold(8, stored == kept.run, f"run {number} is another one after it was stored")
            hold(8, scheduled(stored) == scheduled(kept.run), f"run {number} schedules otherwise after it was stored")
            kept.run = stored

    def replay(self, number: int) -> None:
        """The events, written and read again, give the same run."""
        kept = self.runs[number]
        again: Run | None = None
        for event in kept.events:
            read = read_event(event.model_dump_json(by_alias=True))
            hold(8, read == event, f"{event.type} is another one after it was stored")
            again = reduce(again, read)
        hold(8, again == kept.run, f"the ledger of run {number} gives another run")
