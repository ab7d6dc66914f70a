"""People in the simulated world: they answer when they are called, and do what nobody asked for."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from otto_bot.bench.simulate.jobs.growing import review
from otto_bot.bench.simulate.makers import BOB
from otto_bot.bench.simulate.refs import BASE, Rejected
from otto_bot.core import base
from otto_bot.core import events as e
from otto_bot.core.issue import IssueText
from otto_bot.core.reviews import Review
from otto_bot.core.run import Outcome, Run
from otto_bot.core.waits import Wait, waits_for

if TYPE_CHECKING:
    from otto_bot.bench.simulate.world import World

TITLES = ("T", "T", "Another title", "A third one")
MOST_ACTS = 25


class People:
    """Everybody who writes to the issue, its pull request and its branches."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._life = world.life
        self._clock = world.clock
        self._dice = world.dice
        self._acts = 0
        self._reviews = 9000
        self.answered = 0
        self.patience = 10**9
        self.answers: dict[str, Wait] = {}
        """What was said in answer to which call, by the comment's key."""

    def arrive(self) -> None:
        """What will happen anyhow: the default branch moves, somebody meddles."""
        for _ in range(self._life.base_moves):
            self._clock.after(self._dice.uniform(5, 900), self.push_base)
        for _ in range(self._life.run_pushes):
            self._clock.after(self._dice.uniform(20, 600), self._push_newest)
        if self._life.runs > 1 and (self._life.stops or self._dice.random() < 0.5):
            self.stop_soon()
        if self._life.meddle:
            self._next()

    def stop_soon(self) -> None:
        """Somebody has had enough of this run."""
        self._clock.after(self._dice.uniform(5, 200), lambda: self._world.github.comment("/otto stop"))

    def sees_candidate(self) -> None:
        """Where people push at all they push while work is being merged, too."""
        if self._life.run_pushes and not self._world.kind and self._dice.random() < 0.5:
            self._clock.after(self._dice.uniform(1, 90), self._push_newest)

    def _next(self) -> None:
        self._clock.after(self._dice.expovariate(self._life.meddle / 60), self._act)

    def _act(self) -> None:
        run = self._world.ledger.newest
        if self._world.kind or self._acts >= MOST_ACTS or run is None:
            return
        self._acts += 1
        self._next()
        self.interrupt(run)

    def called(self, number: int, wait: Wait) -> None:
        """Somebody reads a call; now and then only the reminder."""
        if self._dice.random() < 0.9:
            self._clock.after(self._dice.choice([20.0, 200.0, 3000.0]), lambda: self.answer(number, wait.key))

    def answer(self, number: int, key: str) -> bool:
        """Say the very words that the call names, if it still stands."""
        run = self._world.ledger.load(number)
        wait = waits_for(run)
        if wait is None or wait.key != key or self.answered >= min(self.patience, self._life.answers):
            return False
        self.answered += 1
        self._world.seen["people: answered a call"] += 1
        if base.waiting(run) and self._dice.random() < 0.7:
            self.push_base()
            return True
        if wait.kind in ("gate", "plan") and run.revision > 1 and self._dice.random() < 0.2:
            self._world.github.comment(f"/otto approve r{run.revision - 1}")
        said = self._world.github.comment(wait.reply)
        self.answers[said.key] = wait
        return True

    def idle(self) -> bool:
        """Nothing happens any more without people; False = nothing will."""
        run = self._world.ledger.newest
        if run is None or run.ended or self.answered >= min(self.patience, self._life.answers):
            return False
        wait = waits_for(run)
        if wait is not None:
            called = f"{run.id}/call/{wait.key}" in self._world.github.comments
            cannot = any("/call/" in key for key in run.trouble)
            return (called or cannot) and self.answer(run.id, wait.key)
        if run.hold is not None and run.hold.kind == "paused":
            self.answered += 1
            self._world.github.comment("/otto resume")
            return True
        return False

    def interrupt(self, run: Run) -> None:
        """Someone says or does something nobody asked for."""
        roll = self._dice.random()
        if roll < 0.50:
            self._world.github.comment(self._dice.choice(self._life.words))
        elif roll < 0.65:
            self._yes(run)
        elif roll < 0.72:
            self.push_run(run)
        elif roll < 0.76:
            self.push_base()
        elif roll < 0.79 and run.pull_request is not None:
            self._world.github.close_pull(run.pull_request, self._life.ends and self._dice.random() < 0.3, "bob")
        elif roll < 0.81 and self._life.ends:
            self._dice.choice((self._world.github.close_issue, self._world.github.unlabel))()
        elif roll < 0.91 and self._life.reviews:
            self._world.github.review(self.some_review())
        elif roll < 0.96:
            as_of = self._clock.true.replace(microsecond=0)
            text = IssueText(title=self._dice.choice(TITLES), body="B", as_of=as_of)
            self._world.github.edit(text, self._dice.choice(("bob", "eve", "")))
        else:
            self._world.github.label()
        self._world.seen["people: meddled"] += 1

    def _yes(self, run: Run) -> None:
        """A yes with a tick or a button, to the newest revision or to one that is over; or written before it stood."""
        number = self._dice.randint(max(1, run.revision - 1), run.revision + 1)
        line = self._dice.choice(("/otto approve", f"/otto approve r{number}", f"/otto approve r{number}"))
        early = self._clock.true - timedelta(hours=1) if self._dice.random() < 0.3 else None
        click = f"box/{self._clock.seconds:.1f}" if self._dice.random() < 0.4 and early is None else ""
        self._world.github.comment(line, key=click, at=early)

    def push_base(self) -> None:
        """Somebody pushes to the default branch."""
        self._push(BASE)

    def push_run(self, run: Run) -> None:
        """Somebody pushes to the run branch."""
        if run.pull_request is not None:
            self._world.seen["people: pushed to the run branch"] += 1
            self._push(run.run_branch)

    def _push_newest(self) -> None:
        run = self._world.ledger.newest
        if run is not None and not self._world.kind:
            self.push_run(run)

    def _push(self, branch: str) -> None:
        refs = self._world.github.refs
        head = refs.heads.get(branch)
        if head is None:
            return
        made = refs.write(head, adds=f"{branch}/{self._clock.seconds:.2f}", author="bob")
        try:
            refs.push(branch, made.sha, head, "bob")
        except Rejected:
            return  # somebody was faster; people push again when they care

    def some_review(self) -> Review:
        """A review with a number of its own."""
        self._reviews += 1
        return review(self._dice, self._reviews)

    def first_review(self) -> Review:
        """What a run that only improves takes up."""
        made = self.some_review()
        return made.model_copy(update={"body": made.body or "please", "by": BOB})

    def park(self, times: int) -> None:
        """A limit holds the run back for a while."""
        run = self._world.ledger.newest
        if run is not None and not run.ended:
            until = self._clock.now + timedelta(seconds=60)
            self._world.seen["parked"] += 1
            event = e.Parked(at=self._clock.now, why="github_limit", reason="GitHub's limit", until=until)
            self._world.ledger.append(run.id, [event], self._clock.now)
            self._clock.after(60, lambda: self._unpark(run.id))
        if times > 1:
            self._clock.after(self._dice.uniform(10, 600), lambda: self.park(times - 1))

    def _unpark(self, number: int) -> None:
        self._world.ledger.append(number, [e.Unparked(at=self._clock.now)], self._clock.now)

    def shut(self, times: int) -> None:
        """The repository is archived, or the App suspended, for a while; what is under way ends as it may."""
        run, by = self._world.ledger.newest, self._dice.choice(("archived", "suspended"))
        if run is not None and not run.ended:
            self._world.seen["shut out"] += 1
            event = e.Barred.model_validate({"at": self._clock.now, "by": by})
            self._world.ledger.append(run.id, [event], self._clock.now)
            self._clock.after(self._dice.uniform(1, 300), lambda: self._open(run.id, by))
        if times > 1:
            self._clock.after(self._dice.uniform(10, 600), lambda: self.shut(times - 1))

    def _open(self, number: int, by: str) -> None:
        event = e.Unbarred.model_validate({"at": self._clock.now, "by": by})
        self._world.ledger.append(number, [event], self._clock.now)

    def land(self, run: Run) -> None:
        """Somebody merges what is done."""
        pull = self._world.github.pulls.get(run.pull_request or 0)
        if pull is not None and pull.open and run.outcome in (Outcome.DONE, Outcome.DONE_PARTIAL):
            self._world.seen["people: merged the pull request"] += 1
            self._world.github.close_pull(pull.number, True, "bob")
