"""The machines: workers that claim, work, hang, die, are drained and replaced by a new version."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from otto_bot.bench.simulate.jobs.case import Case, Later, NeedsPerson, Retry, Steps, Superseded
from otto_bot.bench.simulate.jobs.registry import JOBS
from otto_bot.bench.simulate.refs import Rejected
from otto_bot.core import events as e
from otto_bot.core.effects import Effect, EffectKind, run_of
from otto_bot.core.events import RunEvent
from otto_bot.store.effect_rows import Ticket

if TYPE_CHECKING:
    from otto_bot.bench.simulate.world import World

CANCELLED = frozenset({EffectKind.PLAN, EffectKind.JUDGE, EffectKind.GATE})
AT_ONCE = 4
BEAT, RECONCILE, DRAIN = 5.0, 30.0, 15.0
WALKS = "journeys"
FIRST_PAUSE, LONGEST_PAUSE = 2.0, 300.0


@dataclass
class Hand:
    """One execution in a worker's hands."""

    ticket: Ticket
    worker: Worker
    effect: Effect | None = None
    steps: Steps[list[RunEvent]] | None = None
    failures: int = 0


@dataclass
class Worker:
    """One worker process."""

    name: str
    version: int
    alive: bool = True
    stopping: bool = False
    hangs_until: float = 0.0
    hands: dict[str, Hand] = field(default_factory=dict)


class Host:
    """All workers, and what they do with the queue and the rows."""

    def __init__(self, world: World, workers: int) -> None:
        self._world = world
        self._clock = world.clock
        self._rows = world.rows
        self._queue = world.queue
        self._beaten = -BEAT
        self._reaping = False
        self._count = 0
        self.version = 1
        self._told: dict[tuple[int, str], list[list[RunEvent]]] = {}
        self.workers: list[Worker] = []
        for _ in range(workers):
            self._start()

    @property
    def alone(self) -> bool:
        """Whether there is only ever one worker."""
        return self._world.life.workers == 1

    @property
    def awake(self) -> list[Worker]:
        """Workers that do something now."""
        return [one for one in self.workers if one.alive and one.hangs_until <= self._clock.seconds]

    def stopping(self, name: str) -> bool:
        """Whether a worker is asked to end."""
        return any(one.stopping for one in self.workers if one.name == name)

    def _start(self, name: str = "") -> Worker:
        self._count += 1
        worker = Worker(name or f"w{self._count}", self.version)
        self.workers.append(worker)
        return worker

    def tick(self) -> None:
        """What each worker's loop does ten times a second."""
        self._beat()
        self._cancel_dropped()
        if not self._rows.any_due(self._clock.now.timestamp()):
            return
        for worker in self.awake:
            if worker.stopping or len(worker.hands) >= AT_ONCE:
                continue
            for ticket in self._rows.claim(worker.name, self._clock.now, AT_ONCE - len(worker.hands)):
                if self._world.dice.random() < self._world.faults.crash * 0.3:
                    self.kill(worker, "between claim and queue")
                    break
                self._take(worker, ticket)

    def _take(self, worker: Worker, ticket: Ticket) -> None:
        if self._queue.enqueue(ticket, worker.name):
            self._begin(worker, ticket)
        else:
            self._world.seen["queue: an id that ended was not run again"] += 1
            self._reap_later()

    def _beat(self) -> None:
        if self._clock.seconds - self._beaten < BEAT:
            return
        self._beaten = self._clock.seconds
        for worker in self.awake:
            if worker.hands:
                self._rows.renew(worker.name, list(worker.hands), self._clock.now)

    def _cancel_dropped(self) -> None:
        """A model call whose answer nobody wants any more is cancelled."""
        for worker in self.awake:
            for hand in list(worker.hands.values()):
                paid = hand.effect is not None and hand.effect.kind in CANCELLED
                if paid and not self._rows.wanted(hand.ticket):
                    self._end(hand)

    def _begin(self, worker: Worker, ticket: Ticket) -> None:
        hand = Hand(ticket, worker)
        worker.hands[ticket.key] = hand
        effect = self._rows.begin(ticket, self._clock.now)
        if effect is None:
            self._end(hand)
            return
        hand.effect = effect
        self._world.seen[f"effect {effect.kind.value}"] += 1
        run = self._world.ledger.load(effect.run)
        hand.steps = JOBS[effect.kind](Case(self._world, worker.name, ticket, effect, run))
        self._clock.after(0.05, lambda: self._step(hand))

    def _step(self, hand: Hand) -> None:
        """One more step of a job, unless its worker is gone, hangs, or dies right now."""
        worker, world = hand.worker, self._world
        if not worker.alive or worker.hands.get(hand.ticket.key) is not hand:
            return
        if worker.hangs_until > self._clock.seconds:
            self._clock.after(worker.hangs_until - self._clock.seconds, lambda: self._step(hand))
            return
        if world.dice.random() < world.faults.crash:
            self.kill(worker, "in the middle of a job")
            return
        if world.dice.random() < world.faults.stall:
            self._hang(worker)
        assert hand.steps is not None
        try:
            pause = next(hand.steps)
        except StopIteration as done:
            if world.faults.slow and world.dice.random() < world.faults.slow:
                world.seen["job: told late"] += 1
                pause, told = world.dice.choice([5.0, 25.0, 90.0]), done.value
                self._clock.after(pause, lambda: self._tell_late(hand, told))
            else:
                self._commit(hand, done.value)
        except Later as later:
            until = later.until or self._clock.now + timedelta(seconds=FIRST_PAUSE)
            self._rows.give_back(hand.ticket, until)
            self._end(hand)
        except (Retry, Rejected, NeedsPerson, Superseded) as error:
            self._failed(hand, error)
        else:
            self._clock.after(pause, lambda: self._step(hand))

    def _tell_late(self, hand: Hand, events: list[RunEvent]) -> None:
        """What was true when it was looked up."""
        if hand.worker.alive and hand.worker.hands.get(hand.ticket.key) is hand:
            self._commit(hand, events)

    def _failed(self, hand: Hand, error: Exception) -> None:
        assert hand.effect is not None
        if isinstance(error, Superseded):
            self._end(hand)
            return
        before = self._world.ledger.load(hand.effect.run).trouble.get(hand.effect.key)
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (before.count if before else 0))
        now = self._clock.now
        retry = None if isinstance(error, NeedsPerson) else now + timedelta(seconds=pause)
        event = e.EffectFailed(at=now, key=hand.effect.key, kind="outside", message="it failed", retry_at=retry)
        self._commit(hand, [event])

    def _commit(self, hand: Hand, events: list[RunEvent]) -> None:
        """Events and the end of the row in one transaction; before and after it everything may stop."""
        assert hand.effect is not None
        world, dice = self._world, self._world.dice
        if dice.random() < world.faults.commit:
            world.seen["database: away at the commit"] += 1
            self._end(hand)
            self._reap_later()
            return
        if dice.random() < world.faults.crash:
            self.kill(hand.worker, "after the writes, before the commit")
            return
        trouble = dice.random() < world.faults.work * 0.04
        if trouble and hand.effect.kind is not EffectKind.TIME_UP:
            events = [self._person(hand.effect)]
        if (about := _about(hand.effect)) and events:
            self._told.setdefault((hand.effect.run, about), []).append(events)
        world.ledger.append(hand.effect.run, events, self._clock.now, done=hand.ticket)
        if events and dice.random() < world.faults.again:
            world.seen["job: told twice"] += 1
            number = hand.effect.run
            self._clock.after(
                dice.choice([0.0, 5.0, 30.0, 60.0, 120.0, 400.0]), lambda: self._told_again(number, events)
            )
        if dice.random() < world.faults.crash:
            self.kill(hand.worker, "after the commit")
            return
        self._end(hand)

    def wakes(self, number: int, about: str) -> None:
        """A worker that was thought to be dead says what it had of the attempt, or the head, before the newest."""
        told = self._told.get((number, about))
        if told and self._world.dice.random() < self._world.faults.again * 3:
            events, later = self._world.dice.choice(told), self._world.dice.choice([0.1, 3.0, 20.0, 40.0])
            self._clock.after(later, lambda: self._told_again(number, events))

    def _told_again(self, number: int, events: list[RunEvent]) -> None:
        """What a worker said before it was known that another had said it."""
        self._world.ledger.append(number, events, self._clock.now)

    def _person(self, effect: Effect) -> RunEvent:
        """What only a person can mend."""
        self._world.seen["job: needs a person"] += 1
        return e.EffectFailed(at=self._clock.now, key=effect.key, kind="x", message="it failed", retry_at=None)

    def _end(self, hand: Hand) -> None:
        """The execution is over, well or badly: its id never runs again."""
        self._queue.end(hand.ticket)
        self._rows.release(hand.ticket)
        if hand.worker.hands.get(hand.ticket.key) is hand:
            del hand.worker.hands[hand.ticket.key]

    def kill(self, worker: Worker, where: str) -> None:
        """SIGKILL; another one of the same or a new name starts soon."""
        self._world.seen[f"crash {where}"] += 1
        self._world.tell(f"{worker.name} dies {where}")
        self._gone(worker)
        name = worker.name if self.alone or self._world.dice.random() < 0.5 else ""
        self._clock.after(self._world.dice.choice([1.0, 8.0, 60.0]), lambda: self._restart(name))

    def _gone(self, worker: Worker) -> None:
        worker.alive = False
        worker.hands = {}
        self.workers = [one for one in self.workers if one.alive]
        self._reap_later()

    def _restart(self, name: str) -> None:
        if any(one.name == name for one in self.workers):
            return
        worker = self._start(name)
        if self.alone:
            self._lost(self._rows.reap(self._clock.now, all_running=True))
        for ticket in self._queue.recovered(worker.name):
            self._world.seen["queue: a dead worker's id came back"] += 1
            self._begin(worker, ticket)
        self._world.desk.catch_up()

    def _hang(self, worker: Worker) -> None:
        self._world.seen["worker hangs beyond its lease"] += 1
        worker.hangs_until = self._clock.seconds + self._world.dice.choice([20.0, 45.0, 120.0])
        self._reap_later()

    def _reap_later(self) -> None:
        if not self._reaping:
            self._reaping = True
            self._clock.after(RECONCILE, self._reconcile)

    def _reconcile(self) -> None:
        """Every 30 seconds, while there may be something to find: tries whose worker is gone are due again."""
        self._reaping = False
        self._beaten = -BEAT
        self._beat()
        self._lost(self._rows.reap(self._clock.now))
        mine = {key for worker in self.awake for key in worker.hands}
        if any(row.state == "running" and key not in mine for key, row in self._rows.running()):
            self._reap_later()

    def _lost(self, tickets: list[Ticket]) -> None:
        self._world.seen["lost tries taken up"] += len(tickets)
        for number in sorted({run_of(ticket.key) for ticket in tickets}):
            self._world.ledger.look(number, self._clock.now)

    def deploy(self) -> None:
        """A new version: it reads what the old one wrote; old workers drain, for a while side by side with the new."""
        self.version += 1
        self._world.seen["deploy"] += 1
        self._world.tell(f"version {self.version} is deployed")
        self._world.ledger.reread()
        rolling = not self.alone
        for worker in list(self.workers):
            worker.stopping = True
            if rolling:
                self._start()
            self._clock.after(DRAIN, partial(self._drained, worker, rolling))

    def _drained(self, worker: Worker, rolling: bool) -> None:
        if not worker.alive:
            return
        if worker.hands:
            self._world.seen["SIGTERM: left to the next worker"] += 1
        self._gone(worker)
        if not rolling:
            self._restart("")


def _about(effect: Effect) -> str:
    """What a step's news would be confused with, if it came late: another attempt of the task, journeys of a head."""
    if effect.kind is EffectKind.JOURNEYS:
        return WALKS
    return effect.task if effect.attempt else ""
