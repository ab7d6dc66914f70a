"""The way in: deliveries that are late, doubled, reordered or lost; and the catch-up that compares with GitHub."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from otto_bot.bench.simulate.github import Said
from otto_bot.bench.simulate.makers import ANNA, ISSUE, OTTO, REPO
from otto_bot.bench.simulate.refs import BASE
from otto_bot.bench.simulate.rules import hold
from otto_bot.core import base, context_notes
from otto_bot.core import events as e
from otto_bot.core.budget import inherited
from otto_bot.core.commands import Command, Given, heard_before, parse_line
from otto_bot.core.edits import news
from otto_bot.core.events import RunEvent
from otto_bot.core.issue import IssueText
from otto_bot.core.review_rounds import last_asked, meant_since
from otto_bot.core.reviews import Review
from otto_bot.core.run import Run

if TYPE_CHECKING:
    from otto_bot.bench.simulate.world import World

CATCHUP = 300.0


class Desk:
    """Turns what GitHub says into events, however often and however late it says so."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._clock = world.clock
        self._planned = False
        self._heard: set[str] = set()

    def news(self, kind: str, data: object) -> None:
        """GitHub sends a delivery: it comes, comes twice, comes late, or does not come at all."""
        world, faults, dice = self._world, self._world.faults, self._world.dice
        world.tell(f"GitHub: {kind} {data if isinstance(data, str) else ''}")
        world.seen["delivery"] += 1
        if dice.random() < faults.lost:
            world.seen["delivery lost"] += 1
            self._catch_up_later()
            return
        times = 2 if dice.random() < faults.twice else 1
        world.seen["delivery doubled"] += times - 1
        for _ in range(times):
            late = dice.random() < faults.late
            world.seen["delivery late"] += int(late)
            self._clock.after(dice.choice([20.0, 90.0, 400.0]) if late else dice.uniform(0.1, 2.0),
                              lambda: self._taken(kind, data))  # fmt: skip

    def _taken(self, kind: str, data: Any) -> None:
        """A worker takes the inbox's row; where none is awake it waits."""
        if not self._world.host.awake:
            self._clock.after(5.0, lambda: self._taken(kind, data))
            return
        getattr(self, f"_{kind}")(data)

    def tell(self, run: Run, event: RunEvent) -> None:
        """An event of a run that is there."""
        self._world.ledger.append(run.id, [event], self._clock.now)

    def _run(self) -> Run | None:
        """The issue's newest run, if it goes on or may."""
        return self._world.ledger.newest

    def _labelled(self, times: int) -> None:
        run = self._run()
        if run is not None and not run.ended:
            self.tell(run, e.IssueRelabelled(at=self._clock.now, by="bob"))
        elif self._world.github.issue.label:
            self.start(f"label/{times}")

    def start(self, trigger: str) -> None:
        """A run begins, unless this word has begun one."""
        world, life = self._world, self._world.life
        text = world.github.issue.text
        number = len(world.ledger.runs)
        kind = life.kind if number == 0 else "build"

        def first(run_id: int, earlier: Sequence[Run]) -> e.RunStarted:
            return e.RunStarted(
                at=self._clock.now, run_id=run_id, repo=REPO, issue=ISSUE, ordinal=run_id, title=text.title,
                body=text.body, actor=ANNA, asked_at=world.github.issue.labelled_at, caps=life.caps, kind=kind,
                inherited=inherited(run.money for run in earlier), context=context_notes.inherited_notes(earlier),
                heard=heard_before(earlier[-1].seen) if earlier else (),
                subject=life.plan if kind == "certify" and life.known else None,
                review=world.people.first_review() if kind == "improve" else None,
            )  # fmt: skip

        if world.ledger.start(trigger, first, self._clock.now) is not None:
            world.begun(number + 1)

    def _said(self, said: Said) -> None:
        """A command: the same comment twice is one word."""
        run = self._run()
        if run is None or said.at < meant_since(run, self._clock.now).replace(microsecond=0):
            return
        command = parse_line(said.line)
        assert isinstance(command, Command), said.line
        if command.verb in ("improve", "certify"):
            return
        twice = f"{run.id}/{said.key}" in self._heard
        self._heard.add(f"{run.id}/{said.key}")
        text = self._world.github.issue.text if command.verb == "replan" else None
        given = Given(key=said.key, command=command, by=ANNA, comment_id=said.id if said.plain else None,
                      where=ISSUE, said_at=said.at if said.plain else None, issue=text)  # fmt: skip
        if command.verb == "budget" and command.usd is not None:
            self._world.purse.granted(said.key, command.usd)
        self._world.watch.hears(said)
        self.tell(run, e.CommandGiven(at=self._clock.now, given=given))
        if twice:
            same = self._world.ledger.load(run.id)
            hold(7, same == run, f"{said.line} ({said.key}) was delivered twice and counts twice")

    def _review(self, review: Review) -> None:
        run = self._run()
        if run is None or run.pull_request is None:
            return
        twice = any(one.id == review.id for one in run.reviews)
        self.tell(run, e.ReviewGiven(at=self._clock.now, review=review))
        if twice:
            count = len(self._world.ledger.load(run.id).reviews)
            hold(7, count == len(run.reviews), f"review {review.id} was delivered twice and counts twice")

    def _pushed(self, what: tuple[str, str, str]) -> None:
        branch, sha, by = what
        run = self._run()
        if run is None or run.ended:
            return
        if branch == BASE:
            self.tell(run, e.BaseMoved(at=self._clock.now, sha=sha))
        elif branch == run.run_branch and sha != run.head and by != OTTO:
            self._branch_at(run, self._world.github.refs.heads[branch], by)

    def _branch_at(self, run: Run, head: str, by: str) -> None:
        ours = {attempt.sha for task in run.tasks.values() for attempt in task.attempts}
        ours |= {run.integration.sha} if run.integration else set()
        commit = self._world.github.refs.commits[head]
        if head == run.head or head in ours or (not by and commit.author == OTTO):
            return
        self.tell(run, e.RunBranchMoved(at=self._clock.now, sha=head, tree=commit.tree, by=by))

    def _reported(self, sha: str) -> None:
        run = self._run()
        if run is None or run.ended:
            return
        if any(one.sha == sha and one.ending is None for one in run.verifications.values()):
            self.tell(run, e.Reported(at=self._clock.now, sha=sha))

    def _pull_closed(self, number: int) -> None:
        run = self._run()
        pull = self._world.github.pulls[number]
        if run is not None and run.pull_request == number and not pull.open:
            self.tell(run, e.PullRequestClosed(at=self._clock.now, merged=pull.merged, by="bob"))

    def _edited(self, what: tuple[IssueText, str]) -> None:
        text, by = what
        run = self._run()
        event = news(run, text, by, self._clock.now) if run is not None else None
        if run is not None and event is not None:
            self.tell(run, event)

    def _issue_ended(self, what: str) -> None:
        run = self._run()
        if run is None or run.ended:
            return
        pull = self._world.github.pulls.get(run.pull_request or 0)
        if what == "closed" and pull is not None and pull.merged:
            self.tell(run, e.PullRequestClosed(at=self._clock.now, merged=True, by="bob"))
        else:
            self.tell(run, e.IssueChanged.model_validate({"at": self._clock.now, "what": what, "by": "bob"}))

    def _catch_up_later(self) -> None:
        if not self._planned:
            self._planned = True
            self._clock.after(CATCHUP, self._due)

    def _due(self) -> None:
        self._planned = False
        if self._world.host.awake:
            self.catch_up()
        else:
            self._catch_up_later()

    def catch_up(self) -> None:
        """Compare the run with GitHub: every finding goes the way its webhook would have gone."""
        world, github = self._world, self._world.github
        world.seen["catch-up"] += 1
        run = self._run()
        if (run is None or run.ended) and github.issue.label and github.issue.open:
            self.start(f"label/{github.issue.labelled}")
        run = self._run()
        if run is None:
            return
        for said in github.said:
            if said.plain and said.key not in world.ledger.load(run.id).seen and not run.ended:
                self._said(said)
        for review, at in github.reviews:
            if at >= meant_since(run, self._clock.now) and all(one.id != review.id for one in run.reviews):
                self._review(review)
        if not world.ledger.load(run.id).ended:
            self._levels(world.ledger.load(run.id))

    def _levels(self, run: Run) -> None:
        github = self._world.github
        pull = github.pulls.get(run.pull_request or 0)
        if pull is not None and pull.open:
            head = github.refs.heads[run.run_branch]
            if head != run.head and not run.resting:
                self._branch_at(run, head, "")
        elif pull is not None and run.outcome is None and (pull.merged or not run.resting):
            self._pull_closed(pull.number)
        if base.followed(run) and github.refs.heads[BASE] != (run.base_head or run.base_sha):
            self.tell(run, e.BaseMoved(at=self._clock.now, sha=github.refs.heads[BASE]))
        self._edited((github.issue.text, ""))
        run = self._world.ledger.load(run.id)
        issue, since = github.issue, last_asked(run, self._clock.now).replace(microsecond=0)
        if run.ended or run.resting:
            return
        if not issue.open and issue.closed_at is not None and issue.closed_at >= since:
            self._issue_ended("closed")
        elif run.prepared and not issue.label and issue.unlabelled_at is not None and issue.unlabelled_at >= since:
            self._issue_ended("unlabelled")
