"""One simulated life: GitHub, Actions, the model, people, machines and the clock around the real heart."""

from __future__ import annotations

import random
from collections import Counter, deque
from dataclasses import replace
from datetime import datetime
from typing import Any

from otto_bot.bench.simulate.clock import Clock
from otto_bot.bench.simulate.desk import Desk
from otto_bot.bench.simulate.github import GitHub
from otto_bot.bench.simulate.host import Host
from otto_bot.bench.simulate.ledger import Ledger
from otto_bot.bench.simulate.lives import Faults, Life
from otto_bot.bench.simulate.looks import home
from otto_bot.bench.simulate.makers import chance_of
from otto_bot.bench.simulate.people import People
from otto_bot.bench.simulate.purse import Purse
from otto_bot.bench.simulate.queue import Queue
from otto_bot.bench.simulate.rows import Rows
from otto_bot.bench.simulate.rules import Broken, hold
from otto_bot.bench.simulate.seen import Eyes
from otto_bot.bench.simulate.shelf import Shelf
from otto_bot.bench.simulate.watch import Watch
from otto_bot.core.run import Run

MOST_STEPS = 6000
PATIENCE = 30
"""So often at most are people asked in a world that has become kind."""
STORY = 40


class World:
    """Build it from a life, then `live`. Raises Broken where a rule does not hold."""

    def __init__(self, life: Life, *, reads: bool = False, replays: bool = True) -> None:
        self.life = life
        self._replays = replays
        self.faults = life.faults
        self.dice = random.Random(f"world/{life.seed}")  # noqa: S311 - dice, no secret
        self.seen: Counter[str] = Counter()
        self.clock = Clock()
        self.steps = 0
        self.kind = False
        self.first_told: dict[tuple[int, int, int], datetime] = {}
        self._story: deque[tuple[float, Any]] = deque(maxlen=STORY)
        self.rows = Rows()
        self.queue = Queue()
        self.watch = Watch(self)
        self.eyes = Eyes(self, reads)
        self.ledger = Ledger(self.rows, self.watch.saw, self.watch.wanted)
        self.desk = Desk(self)
        self.github = GitHub(life, self.clock, self.desk.news)
        self.purse = Purse(life.caps.usd, life.config.budget.usd)
        self.shelf = Shelf()
        self.people = People(self)
        self.host = Host(self, life.workers)

    def tell(self, what: Any) -> None:
        """One line of the story."""
        self._story.append((self.clock.seconds, what))

    def words(self, run: Run, surface: str) -> str:
        """What a surface says, where somebody compares."""
        return self.eyes.words(run, surface)

    def workflows_differ(self, sha: str) -> bool:
        """Whether the default branch's workflows are others at this commit."""
        return not self.kind and chance_of("workflows", self.life.seed, sha) < 0.3

    def begun(self, number: int) -> None:
        """A run has begun."""
        self.seen["run"] += 1
        self.seen[f"run kind {self.ledger.load(number).kind}"] += 1

    def live(self) -> None:
        """The issue's runs one after the other, until everything rests."""
        self.desk.news("labelled", self.github.issue.labelled)
        self.people.arrive()
        self._troubles()
        for number in range(1, self.life.runs + 1):
            if number > 1:
                self.github.label()
                if self.life.stops and number < self.life.runs:
                    self.people.stop_soon()
            self.go_on()
            run = self.ledger.newest
            if run is None or not run.ended:
                break
        run = self.ledger.newest
        if run is not None and self.dice.random() < 0.3:
            self.people.land(run)
            self.go_on()
        for number in self.ledger.runs if self._replays else ():
            self.ledger.replay(number)

    def _troubles(self) -> None:
        for _ in range(self.life.deploys):
            self.clock.after(self.dice.uniform(5, 600), self.host.deploy)
        for _ in range(self.life.jumps):
            self.clock.after(self.dice.uniform(5, 600), self._jump)
        if self.life.parks:
            self.clock.after(self.dice.uniform(5, 300), lambda: self.people.park(self.life.parks))
        if self.life.shuts:
            self.clock.after(self.dice.uniform(5, 300), lambda: self.people.shut(self.life.shuts))

    def _jump(self) -> None:
        """The machines' clock is set, wrongly; some time later it is right again."""
        self.seen["clock jump"] += 1
        self.clock.skew = self.dice.choice([-600.0, -30.0, 45.0, 3600.0])
        self.tell(f"the clock jumps by {self.clock.skew:g} s")
        self.clock.after(self.dice.uniform(60, 900), self._right)

    def _right(self) -> None:
        self.clock.skew = 0.0

    def go_on(self) -> None:
        """Until nothing happens any more."""
        while self._step():
            self.steps += 1
            if self.steps >= self.life.kind_after and not self.kind:
                self.be_kind()
            hold(10, self.steps < MOST_STEPS, "it does not come to rest")
        run = self.ledger.newest
        hold(10, run is not None, "the label was put on, and no run began")
        assert run is not None
        for kept in self.ledger.runs.values():
            self.watch.at_rest(kept.run)
        people = self.people
        hold(10, people.answered < people.patience, f"{PATIENCE} answers in a kind world lead nowhere")
        spent = people.answered >= self.life.answers
        hold(10, home(run) or spent, f"everybody answered, and it is at {run.phase.value}, {run.outcome}, {run.hold}")
        self.seen["came home" if home(run) else "people gave up"] += 1

    def be_kind(self) -> None:
        """From here on nothing goes wrong any more."""
        self.kind = True
        self.people.patience = self.people.answered + PATIENCE
        self.faults = Faults()
        self.github.actions.trouble = 0.0
        self.github.refs.trouble = False
        self.desk.catch_up()

    def _step(self) -> bool:
        """One thing happens; False when nothing ever will without a person."""
        self.host.tick()
        self.eyes.look()
        later, due = self.clock.next, self.rows.next_at()
        at = None if due is None else self.clock.reach(due)
        if at is not None and at > self.clock.seconds and (later is None or at < later):
            self.clock.wait_until(at + 0.001)
        elif later is not None:
            self.clock.step()
        elif at is not None:
            self.clock.wait_until(self.clock.seconds + 5.0)
        else:
            return self.people.idle()
        return True

    def story(self) -> str:
        """The last of what happened, for people."""
        lines = [f"{seconds:9.1f}  {_line(what)}" for seconds, what in self._story]
        for kept in self.ledger.runs.values():
            run = kept.run
            states = {key: task.state.value for key, task in run.tasks.items()}
            lines.append(
                f"run {run.id}: {run.phase.value}, {run.outcome}, hold {run.hold and run.hold.reason}, {states}"
            )
        return "\n".join(lines)


def _line(what: Any) -> str:
    if isinstance(what, str):
        return what
    given = {key: value for key, value in what.model_dump(mode="json", exclude_defaults=True).items() if key != "at"}
    return f"{what.type} {str({key: value for key, value in given.items() if value})[:200]}"


def calm(life: Life) -> Life:
    """The same life without any trouble."""
    return replace(life, faults=Faults(), meddle=0.0, deploys=0, jumps=0, parks=0, shuts=0)


__all__ = ["Broken", "World", "calm"]
