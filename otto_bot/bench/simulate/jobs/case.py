"""One execution of one effect: a generator that pauses wherever a real job would wait, and may die there."""

from __future__ import annotations

from collections.abc import Callable, Generator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from otto_bot.bench.simulate.makers import failure
from otto_bot.core import events as e
from otto_bot.core.effects import Effect
from otto_bot.core.events import RunEvent
from otto_bot.core.evidence import Cause, Failure, Phase, Progress
from otto_bot.core.funds import reply_for
from otto_bot.core.run import Run
from otto_bot.core.values import Usage
from otto_bot.store.effect_rows import Ticket

if TYPE_CHECKING:
    from otto_bot.bench.simulate.world import World

T = TypeVar("T")
Steps = Generator[float, None, T]
"""Yields the seconds that pass until the next step."""
Job = Callable[["Case"], Steps[list[RunEvent]]]
MOST = 0.2
"""Worst case of any call of a model, in US dollars."""


class Later(Exception):
    """The job gives its effect back, until a time or soon."""

    def __init__(self, until: datetime | None = None) -> None:
        self.until = until
        super().__init__("later")


class Retry(Exception):
    """Something outside did not work: again after a pause."""


class Superseded(Exception):
    """Another try took this one's place."""


class NeedsPerson(Exception):
    """Only a person can help."""


class Case:
    """What a job knows and may do. `run` is the run as it was read when the job began."""

    def __init__(self, world: World, worker: str, ticket: Ticket, effect: Effect, run: Run) -> None:
        self.world = world
        self.github = world.github
        self.refs = world.github.refs
        self.dice = world.dice
        self.worker = worker
        self.ticket = ticket
        self.effect = effect
        self.run = run
        self._calls = 0

    @property
    def now(self) -> datetime:
        """The machines' clock."""
        return self.world.clock.now

    def bad(self, weight: float = 1.0) -> bool:
        """Whether something goes wrong in the work itself."""
        return self.dice.random() < self.world.faults.work * weight

    def record(self, *events: RunEvent) -> Run:
        """Tell the ledger in the middle of the job."""
        return self.world.ledger.append(self.effect.run, events, self.now)

    def latest(self) -> Run:
        """The run as it stands now."""
        return self.world.ledger.load(self.effect.run)

    @property
    def wanted(self) -> bool:
        """Whether this try still counts."""
        return self.world.rows.wanted(self.ticket)

    @property
    def yields(self) -> bool:
        """Whether the worker is asked to end."""
        return self.world.host.stopping(self.worker)

    def write(self, act: Callable[[], T]) -> Steps[T]:
        """One write on GitHub: the answer may be an error before it, or be lost after it."""
        yield self.dice.uniform(0.05, 0.4)
        if self.effect.kind.value == self.world.faults.outage:
            self.world.seen["GitHub: refuses one kind of write"] += 1
            raise Retry
        if self.dice.random() < self.world.faults.part:
            self.world.seen["GitHub: 5xx before the write"] += 1
            raise Retry
        if self.world.rows.lost(self.ticket):
            self.world.seen["job: superseded before a write"] += 1
            raise Superseded
        made = act()
        yield 0.05
        if self.dice.random() < self.world.faults.part:
            self.world.seen["GitHub: the answer was lost after the write"] += 1
            raise Retry
        return made

    def paid(self, name: str = "") -> Steps[bool]:
        """One call of a model within the budget; False where the cap refuses it."""
        self._calls += 1
        call = f"{name or self.effect.key}/{self._calls}"
        run = self.record(e.MoneyReserved(at=self.now, call=call, usd=MOST))
        if run.money.reserved.get(call) != MOST:
            return False
        away = self.dice.random() < self.world.faults.part
        cost = MOST * self.dice.choice([0, 0, 0.5]) if away else round(self.dice.random() * MOST, 4)
        self.world.purse.charge((self.effect.run, call), cost)  # whether anybody hears the answer or not
        yield self.dice.choice([2.0, 10.0, 25.0])
        if away:
            self.world.seen["model: away (429, 529, cut)"] += 1
            self.record(e.MoneySettled(at=self.now, call=call, usage=None if cost else Usage()))
            raise Retry
        yield 0.1
        usage = None if self.bad(0.2) else Usage(input_tokens=10, output_tokens=5, usd=cost)
        self.record(e.MoneySettled(at=self.now, call=call, usage=usage))
        return True

    def broke(self) -> RunEvent:
        """The run rests because a call does not fit."""
        words = reply_for(self.latest()) or "/otto stop"
        return e.Refused(at=self.now, reason="money", reply=words, money=True)

    def failed(self, cause: Cause, phase: Phase, *, task: str = "", attempt: int | None = None) -> Failure:
        """A failure of this effect's attempt."""
        return failure(
            task or self.effect.task, self.effect.attempt if attempt is None else attempt, cause, phase,
            progress=self.dice.choice(list(Progress)), pre_existing=self.bad(0.05),
        )  # fmt: skip

    def soon(self, seconds: float) -> datetime:
        """A time from now."""
        return self.now + timedelta(seconds=seconds)
