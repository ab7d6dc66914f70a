"""Reviews by people become fix tasks: when they are submitted, when they are found late, and by `/otto improve`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

from otto_bot.core import events as e
from otto_bot.core.attempt import TaskState
from otto_bot.core.commands import Given
from otto_bot.core.config import HostCaps
from otto_bot.core.review_rounds import OVER
from otto_bot.core.reviews import MOST_POINTS, Review, body_criterion, criterion_of
from otto_bot.core.run import Run
from otto_bot.core.values import Person
from otto_bot.github import models as github
from otto_bot.github.client import GitHubApp
from otto_bot.github.errors import NotFound, Unreachable
from otto_bot.github.verbs import Repository
from otto_bot.intake.permission import NOBODY, Actor, PermissionGate
from otto_bot.intake.review_reading import MOST_READ, review_of
from otto_bot.intake.sparing import rests, say
from otto_bot.store.ledger import Ledger, Trigger
from otto_bot.store.run_queries import OtherRunActive
from otto_bot.text import review as words
from otto_bot.text.links import Links

REQUESTED = "CHANGES_REQUESTED"
MOST_REVIEWS = 50
"""Reviews that `/otto improve` looks at, newest first."""


class Reviews:
    """Reads reviews and tells the runs; whoever reviewed passes the one permission gate first."""

    def __init__(
        self,
        ledger: Ledger,
        github: GitHubApp,
        gate: PermissionGate,
        caps: HostCaps,
        now: Callable[[], datetime],
        web_url: str,
    ) -> None:
        self._ledger = ledger
        self._github = github
        self._gate = gate
        self._caps = caps
        self._now = now
        self._web_url = web_url

    async def submitted(self, run: Run, review_id: int, who: Actor) -> None:
        """Someone asked for changes on the run's pull request. A stranger's review changes nothing, without a word.

        Raises GitHubError, also where GitHub does not say now who they are: nobody would give the review again.
        """
        number = run.pull_request
        if number is None or any(review.id == review_id for review in run.reviews):
            return
        repository = self._repository(run)
        if not await self._may(repository, who, review_id):
            return
        try:
            found = await repository.review(number, review_id)
        except NotFound:
            return  # withdrawn meanwhile, or another pull request's
        if found.state != REQUESTED or found.author_id != who.person.id or found.app_id is not None:
            return
        comments = await repository.comments_of_review(number, review_id, MOST_READ)
        review = review_of(found, comments, number)
        if review.empty:
            return
        why = await self._why_over(run, repository, number)
        if why:
            await self._say(repository, number, f"review/{review_id}/late", words.over(why))
            return
        await self._give(run, review, number, f"review/{review_id}/late")

    async def _give(self, run: Run, review: Review, where: int, key: str, given: Given | None = None) -> None:
        """Tell the run; where another run of the issue is at work, tell the person."""
        events: list[e.RunEvent] = [e.ReviewGiven(at=self._now(), review=review)]
        if given is not None:
            events.append(e.CommandGiven(at=self._now(), given=given))
        try:
            await asyncio.to_thread(lambda: self._ledger.append(run.id, events, self._now()))
        except OtherRunActive as other:
            text = words.other_run(other.run_id, run.issue, self._links(run))
            await self._say(self._repository(run), where, key, text)

    async def _why_over(self, run: Run, repository: Repository, number: int) -> str:
        """Why the run can take no review up any more; empty where it can."""
        pull = await repository.pull_request(number)
        if pull.merged or run.landed:
            return words.MERGED
        if run.outcome in OVER or run.slim:
            return words.ENDED
        return words.CLOSED if pull.state == "closed" and run.ended else ""

    async def improve(self, asked_at: Run, given: Given) -> None:
        """`/otto improve`: what the last review found becomes a fix task, of its run or of a new one."""
        run = await self._reviewed(asked_at, given)
        where = given.where or asked_at.issue
        trigger_key = f"{given.key}/{asked_at.repo.id}"
        if given.key in run.seen or await self._begun(run, given, trigger_key, where):
            return
        repository = self._repository(run)
        if run.pull_request is None:
            await self._answer(run, given, where, words.no_pull_request())
            return
        earlier = await asyncio.to_thread(self._ledger.runs_of_issue, run.repo.id, run.issue)
        pull = await repository.pull_request(run.pull_request)
        review = await self._findings(repository, run.pull_request, earlier)
        if review is None:
            await self._answer(run, given, where, words.nothing_to_improve())
        elif pull.state == "open" and run.outcome not in OVER and not run.landed and not run.slim:
            await self._again(run, review, given, where)
        else:
            if pull.merged and not run.landed:
                await self._landed(run)
            head = "" if pull.merged else pull.head_sha
            await self._start(run, review.model_copy(update={"head": head}), given, trigger_key, where)

    async def _begun(self, run: Run, given: Given, key: str, where: int) -> bool:
        """Whether this very word has begun a run. That is said once more: a crash may lie between, and one finds it."""
        begun = await asyncio.to_thread(self._ledger.begun_by, key)
        if begun is None:
            return False
        fresh = await asyncio.to_thread(self._ledger.load, begun)
        if fresh.slim:
            return True  # it is long over, and nobody waits for an answer
        await self._say(self._repository(run), where, given.key, self._started(fresh))
        return True

    async def _landed(self, run: Run) -> None:
        """Its merge is known before its webhook was heard: a run that is over stands in nobody's way."""
        merged = e.PullRequestClosed(at=self._now(), merged=True)
        await asyncio.to_thread(lambda: self._ledger.append(run.id, [merged], self._now()))

    async def _reviewed(self, asked_at: Run, given: Given) -> Run:
        """The run whose pull request is meant: where it was said, else the issue's newest one."""
        if given.where == asked_at.pull_request:
            return asked_at
        runs = await asyncio.to_thread(self._ledger.runs_of_issue, asked_at.repo.id, asked_at.issue)
        return next((run for run in reversed(runs) if run.pull_request is not None), asked_at)

    async def _again(self, run: Run, review: Review, given: Given, where: int) -> None:
        known = next((old for old in run.reviews if old.id == review.id), None)
        if known is not None:
            await self._answer(run, given, where, words.known_review(known))
        else:
            await self._give(run, review, where, given.key, given)

    async def _start(self, run: Run, review: Review, given: Given, key: str, where: int) -> None:
        """A run of its own, on the same issue as the reviewed run knows it: nobody was asked to read it again."""
        trigger = Trigger(
            key=key, repo=run.repo, issue=run.issue, title=run.title, body=run.body, actor=given.by,
            asked_at=given.said_at, kind="improve", review=review,
        )  # fmt: skip
        repository = self._repository(run)
        if await rests(self._ledger, repository, trigger, self._now()):
            return
        for _ in range(2):  # the other run may end between the two questions
            fresh = await asyncio.to_thread(self._ledger.start, trigger, self._caps, self._now())
            if fresh is not None:
                await self._say(repository, where, given.key, self._started(fresh))
                return
            other = await asyncio.to_thread(self._ledger.active_run, run.repo.id, run.issue)
            if await asyncio.to_thread(self._ledger.knows, key):
                return
            if other is not None:
                await self._answer(run, given, where, words.other_run(other, run.issue, self._links(run)))
                return

    def _started(self, fresh: Run) -> str:
        return words.improve_started(fresh, fresh.reviews[0], self._links(fresh))

    async def _answer(self, run: Run, given: Given, where: int, text: str) -> None:
        """Say why nothing happens; the run remembers that it heard the command."""
        await self._say(self._repository(run), where, given.key, text)
        event = e.CommandGiven(at=self._now(), given=given)
        await asyncio.to_thread(lambda: self._ledger.append(run.id, [event], self._now()))

    async def _findings(self, repository: Repository, number: int, runs: Sequence[Run]) -> Review | None:
        """What the newest review that says something asks for, without what is done already."""
        done = _done(runs)
        last: Review | None = None
        for found in reversed((await repository.reviews(number))[-MOST_REVIEWS:]):
            if found.state not in (REQUESTED, "COMMENTED") or found.author_id is None:
                continue
            if not await self._may(repository, actor_of(found), found.id):
                continue
            bare = found.state == "COMMENTED" and not found.body.strip()
            if last is not None and not (bare and found.author_id == last.by.id):
                break
            comments = await repository.comments_of_review(number, found.id, MOST_READ)
            review = review_of(found, comments, number, left_out=done, body=found.id not in done)
            if review.empty:
                continue
            if not bare:
                return review if last is None else last
            # Single comments are a review each: those of one person, one after the other, belong together.
            last = review if last is None else _joined(review, last)
        return last

    async def _may(self, repository: Repository, who: Actor, review_id: int) -> bool:
        may = await self._gate.ask(repository, who)
        if may.unsure:
            login = who.person.login
            raise Unreachable(0, f"whether {login} may write here is not known yet; review {review_id} waits")
        return may.allowed

    def _repository(self, run: Run) -> Repository:
        return self._github.repository(run.repo.installation_id, run.repo.id)

    def _links(self, run: Run) -> Links:
        return Links(self._web_url, run.repo.owner, run.repo.name, was=run.moved_from)

    async def _say(self, repository: Repository, number: int, key: str, text: str) -> None:
        await say(repository, number, key, text)


def _done(runs: Sequence[Run]) -> frozenset[int]:
    """Ids of line comments, and of reviews as a whole, that a merged task took up."""
    found: set[int] = set()
    for run in runs:
        merged = {key for key, task in run.tasks.items() if task.state is TaskState.MERGED}
        for review in run.reviews:
            found |= {p.id for p in review.points if (criterion_of(review, p) or ("",))[0] in merged}
            if (body_criterion(review) or ("",))[0] in merged:
                found.add(review.id)
    return frozenset(found)


def actor_of(found: github.Review) -> Actor:
    """Who wrote a review."""
    person = NOBODY if found.author_id is None else Person(id=found.author_id, login=found.author_login)
    return Actor(person=person, kind=found.author_type, app=found.app_id)


def _joined(earlier: Review, later: Review) -> Review:
    """Two reviews of one person as the later one, the earlier's comments first."""
    points = (*earlier.points, *later.points)
    kept = points[:MOST_POINTS]
    left_out = earlier.left_out + later.left_out + len(points) - len(kept)
    return later.model_copy(update={"points": kept, "left_out": left_out})


def reviewable(run: Run) -> bool:
    """Whether a review of the run's pull request may still be taken up."""
    return run.pull_request is not None and not run.landed and not run.slim and run.outcome not in OVER
