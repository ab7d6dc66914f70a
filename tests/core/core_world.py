"""A small simulated world around one run: jobs that overlap, race and fail, people who answer, time that passes."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from core_builders import T0, run_started, said
from core_world_jobs import Dies, Fails, Jobs, Later
from core_world_outer import review
from core_world_watch import Watch

from otto_bot.core import base, policy
from otto_bot.core import events as e
from otto_bot.core.attempt import TaskState
from otto_bot.core.budget import Inherited
from otto_bot.core.config import Config, HostCaps
from otto_bot.core.edits import news
from otto_bot.core.effects import Effect, EffectKind, scheduled
from otto_bot.core.events import RunEvent
from otto_bot.core.issue import IssueText
from otto_bot.core.machine import reduce
from otto_bot.core.plan import Plan
from otto_bot.core.run import Kind, Outcome, Run, RunPhase
from otto_bot.core.waits import waits_for

REPEATS = 8
MEDDLING = (
    "/otto pause", "/otto resume", "/otto retry", "/otto retry t1", "/otto retry t2 -- use dicts", "/otto skip t1",
    "/otto skip t2,t3", "/otto approve", "/otto approve r1", "/otto approve r3", "/otto replan", "/otto budget +1",
    "/otto status", "/otto plan", "/otto explain t1", "/otto forget L1", "/otto keep L2", "/otto help",
    "/otto retry t9", "/otto skip j1", "/otto retry j2 -- so", "/otto replan -- more", "/otto approve r6",
    "/otto accept t1", "/otto accept t2,t3", "/otto accept t9",
)  # fmt: skip
MONEY = ("/otto budget +0.1", "/otto budget +1", "/otto budget +3", "/otto budget +400")
ENDING = ("/otto stop",)
TITLES = ("T", "T", "Another title", "A third one")


@dataclass
class World:
    """One run and everything around it. `meddle` is how likely a person says something unasked at a step."""

    seed: int
    plan: Plan
    config: Config = field(default_factory=Config)
    trouble: float = 0.3
    kind_after: int = 100_000
    meddle: float = 0.0
    answers: int = 0
    caps: HostCaps = field(default_factory=HostCaps)
    words: tuple[str, ...] = MEDDLING
    ends: bool = False
    inherited: Inherited = field(default_factory=Inherited)
    number: int = 1
    reviews: bool = False
    kind: Kind = "build"
    known: bool = True
    """Whether a run that certifies is given the plan of an earlier run."""
    again: float = 0.0
    """How likely an event of the ledger is delivered once more, or a job ends twice."""

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)
        self.jobs = Jobs(self.dice, self.plan, self.config, self.trouble)
        self.now: datetime = T0
        self.ledger: list[RunEvent] = []
        self.in_hand: list[tuple[Effect, Run]] = []
        self.ran: Counter[str] = Counter()
        self.said = 0
        self.answered = 0
        self.steps = 0
        self.watch = Watch()
        self.issue = IssueText(title="T", body="B")
        self._asked: Run | None = None
        self._wanted: tuple[Effect, ...] = ()
        self.run: Run = self._first()

    def _first(self) -> Run:
        event = run_started(
            caps=self.caps, run_id=self.number, ordinal=self.number, inherited=self.inherited, kind=self.kind,
            subject=self.plan if self.kind == "certify" and self.known else None,
            review=review(self.dice, 9000, T0).review if self.kind == "improve" else None,
        )  # fmt: skip
        self.ledger.append(event)
        run = reduce(None, event)
        assert run is not None
        return run

    def tell(self, *events: RunEvent) -> None:
        for event in events:
            self.ledger.append(event)
            before, after = self.run, reduce(self.run, event)
            assert after is not None
            self.run = after
            self.check()
            self.watch.saw(before, event, after)

    def check(self) -> None:
        """What must hold after each event, beyond what `reduce` itself refuses."""
        run = self.run
        wanted = self.schedule
        assert wanted == scheduled(run)  # asking twice gives the same answer
        assert len({effect.key for effect in wanted}) == len(wanted)
        for effect in wanted:
            assert effect.key.startswith(f"run/{run.id}/")
        for task in run.tasks.values():
            cap = run.config.attempts.per_task + task.granted
            assert policy.charged(task) <= cap, f"{task.key} has {policy.charged(task)} charged attempts of {cap}"
            assert len(task.attempts) <= cap + 2 * len(policy.UNCHARGED), task.key
        assert run.money.committed <= max(run.money.cap, run.money.inherited) + 1e-6
        if run.outcome is Outcome.DONE and run.phase is RunPhase.DONE and run.tasks:
            assert {task.state for task in run.tasks.values()} == {TaskState.MERGED}

    @property
    def schedule(self) -> tuple[Effect, ...]:
        """What the run schedules now; a run is a value, so it is asked once."""
        if self._asked is not self.run:
            self._asked, self._wanted = self.run, scheduled(self.run)
        return self._wanted

    def free(self) -> list[Effect]:
        """Due effects that no job has in hand, in a lane that is free."""
        keys = {effect.key for effect, _ in self.in_hand}
        lanes = {effect.lane for effect, _ in self.in_hand}
        return [
            effect
            for effect in self.schedule
            if (effect.not_before is None or effect.not_before <= self.now)
            and effect.key not in keys
            and effect.lane not in lanes
        ]

    def step(self) -> bool:
        """One thing happens; False when nothing ever will without a person."""
        self.steps += 1
        self.now += timedelta(seconds=0.5)
        if self.steps == self.kind_after:
            self.jobs.trouble, self.meddle = 0.0, 0.0
        if self.meddle and self.dice.random() < self.meddle:
            self.interrupt()
        if self.again and self.steps < self.kind_after and self.dice.random() < self.again:
            self.tell(self.dice.choice(self.ledger))
        free = self.free()
        if free and (not self.in_hand or self.dice.random() < 0.5):
            self.in_hand.append((self.dice.choice(free), self.run))
            return True
        if self.in_hand:
            self.finish(self.in_hand.pop(self.dice.randrange(len(self.in_hand))))
            return True
        times = [effect.not_before for effect in self.schedule if effect.not_before is not None]
        wait = waits_for(self.run)
        grace = any(effect.kind is EffectKind.APPLY for effect in self.schedule)
        if wait is not None and not grace and self.answered < self.answers:
            self.answered += 1
            if base.waiting(self.run) and self.dice.random() < 0.7:
                self.tell(e.BaseMoved(at=self.now, sha=f"mended-{self.steps}"))
            else:
                before = self.run
                self.command(wait.reply)
                self.watch.answered(wait, before, self.run)
            return True
        if self.run.hold is not None and self.run.hold.kind == "paused" and self.answered < self.answers:
            self.answered += 1
            self.command("/otto resume")
            return True
        if not times:
            return False
        self.now = max(self.now, min(times))
        return True

    def finish(self, hand: tuple[Effect, Run]) -> None:
        """A job comes back: with events, with an error, or cancelled because nobody wants it any more."""
        effect, before = hand
        wanted = {one.key for one in self.schedule}
        if effect.key not in wanted and self.dice.random() < 0.5:
            return
        same = before is self.run
        try:
            events = self.jobs.answer(before, effect, self.now)
        except Later:
            return
        except Dies as death:
            self.tell(*death.written)
            return
        except Fails as error:
            retry = None if error.person else self.now + timedelta(seconds=2)
            self.tell(e.EffectFailed(at=self.now, key=effect.key, kind="x", message="it failed", retry_at=retry))
            return
        self.tell(*events)
        still = {one.key for one in self.schedule}
        if same:
            assert effect.key not in still, f"{effect.key} ran and is due again as if it had not"
        if effect.key in still:
            self.ran[effect.key] += 1
            if self.ran[effect.key] >= REPEATS:
                self.ran[effect.key] = 0
                self.tell(e.EffectFailed(at=self.now, key=effect.key, kind="repeats", message="again and again"))

    def command(self, line: str, written: datetime | None = None) -> None:
        self.said += 1
        event = said(line, key=f"k{self.said}").model_copy(update={"at": self.now})
        if event.given.command.verb == "replan":
            event = event.model_copy(update={"given": event.given.model_copy(update={"issue": self.issue})})
        if written is not None:
            event = event.model_copy(update={"given": event.given.model_copy(update={"said_at": written})})
        self.tell(event)

    def interrupt(self) -> None:
        """Someone says or does something nobody asked for."""
        run, roll = self.run, self.dice.random()
        if roll < 0.75:
            self.command(self.dice.choice(self.words))
        elif roll < 0.8:
            # Written before the newest revision could be read, or naming any that ever was.
            number = self.dice.randint(1, run.revision + 1)
            self.command(self.dice.choice(("/otto approve", f"/otto approve r{number}")), self.now - timedelta(hours=1))
        elif roll < 0.85 and run.pull_request:
            self.tell(e.RunBranchMoved(at=self.now, sha=f"person-{self.steps}", tree="tree-person", by="bob"))
        elif roll < 0.9:
            self.tell(e.BaseMoved(at=self.now, sha=f"main-{self.steps}"), e.Reported(at=self.now, sha=run.head or "x"))
        elif roll < 0.93 and run.pull_request:
            merged = self.ends and self.dice.random() < 0.1
            self.tell(e.PullRequestClosed(at=self.now, merged=merged, by="bob"))
        elif roll < 0.94 and self.ends:
            self.tell(e.IssueChanged(at=self.now, what=self.dice.choice(("closed", "unlabelled")), by="bob"))
        elif roll < 0.96 and self.reviews:
            self.said += 1
            self.tell(review(self.dice, self.said, self.now))
        elif roll < 0.98:
            self.edit()
        elif self.ledger:
            self.tell(self.dice.choice(self.ledger))

    def edit(self) -> None:
        """Someone edits the issue, now and then back to what it was; the news of it may never come. Or labels it."""
        if self.dice.random() < 0.2:
            self.tell(e.IssueRelabelled(at=self.now, by="bob"))
            return
        as_of = self.now.replace(microsecond=0)
        self.issue = IssueText(title=self.dice.choice(TITLES), body="B", as_of=as_of)
        event = news(self.run, self.issue, self.dice.choice(("bob", "eve", "")), self.now)
        if event is not None and self.dice.random() < 0.9:
            self.tell(event)

    def live(self, steps: int = 3000) -> None:
        """Until everything rests."""
        while self.step():
            assert self.steps < steps, self.story()
        self.watch.at_rest(self.run)

    def story(self) -> str:
        """Where the run stands, for a failing test's message."""
        run = self.run
        tail = [event.type for event in self.ledger[-12:]]
        due = [effect.key for effect in scheduled(run)][:8]
        states = {key: task.state.value for key, task in run.tasks.items()}
        return f"seed {self.seed} phase {run.phase} outcome {run.outcome} {states} order {run.order} due {due} {tail}"
