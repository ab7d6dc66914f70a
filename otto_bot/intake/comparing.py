"""One run compared with GitHub: commands, reviews, its pull request and its issue. What is new goes a webhook's way."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Literal

from otto_bot.core import events as e
from otto_bot.core.issue import IssueText
from otto_bot.core.review_rounds import last_asked, meant_since
from otto_bot.core.run import Run
from otto_bot.core.values import Person
from otto_bot.github.errors import Moved, NotFound
from otto_bot.github.models import Comment
from otto_bot.intake import payloads as p
from otto_bot.intake.boxes import unticked
from otto_bot.intake.desk import Desk
from otto_bot.intake.facts import box_key
from otto_bot.intake.permission import Actor
from otto_bot.intake.reviews import REQUESTED, actor_of, reviewable
from otto_bot.intake.said import BoxEdit, Said
from otto_bot.store.archive import Archive
from otto_bot.store.ledger import Ledger
from otto_bot.store.looks import AHEAD

GONE = 410
DELETED = "was deleted"
OVERLAP = timedelta(minutes=2)
"""What was asked for is asked for again for this long: GitHub's lists lag behind."""


class Comparing:
    """Tells the desk what GitHub shows and the run does not know."""

    def __init__(self, desk: Desk, ledger: Ledger, archive: Archive) -> None:
        self._desk = desk
        self._ledger = ledger
        self._archive = archive

    async def run(self, run: Run) -> None:
        """Everything about an open run. Raises GitHubError."""
        repository = self._desk.repository(run.repo).yielding()
        since = await self._since(run)
        started = self._desk.now()
        for number in filter(None, (run.issue, run.pull_request)):
            if number == run.issue and run.issue_gone is not None:
                continue
            try:
                comments = await repository.comments(number, since)
            except (Moved, NotFound):
                if number == run.issue and await self._issue_gone(run):
                    return
                raise
            for comment in comments:
                await self._comment(run, number, comment, "comment")
        if run.pull_request is not None:
            for comment in await repository.review_comments(run.pull_request, since):
                await self._comment(run, run.pull_request, comment, "review_comment")
        await asyncio.to_thread(self._archive.set_cursor, f"comments/{run.id}", started.isoformat())
        await self.reviews(run)
        await self._pull(run)
        # What was just told may have ended the run.
        await self._desk.others.attempt_branches(await asyncio.to_thread(self._ledger.load, run.id))
        await self._issue(await asyncio.to_thread(self._ledger.load, run.id))

    async def _issue_gone(self, run: Run) -> bool:
        """Whether the issue was moved to another repository or deleted, unheard.

        One that GitHub does not show, though it shows the repository, is somewhere that the App may not see.
        """
        repository = self._desk.repository(run.repo).yielding()
        try:
            await repository.issue(run.issue)
        except Moved:
            what = "transferred"
        except NotFound as error:
            if error.status == GONE and DELETED not in error.message:
                raise  # issues are switched off: what is there comes back with them
            await repository.info()  # raises where the repository is what is not there
            what = "deleted" if error.status == GONE else "transferred"
        else:
            return False
        event = e.IssueChanged.model_validate({"at": self._desk.now(), "what": what})
        await self._desk.tell(run, event)
        return True

    async def reviews(self, run: Run) -> None:
        """Reviews of the pull request since the last look: a command in their words, and what they ask for."""
        if run.pull_request is None or not reviewable(run):
            return
        since, started = await self._since(run, "reviews"), self._desk.now()
        for review in await self._desk.repository(run.repo).yielding().reviews(run.pull_request):
            at = review.submitted_at
            if at is None or at < since.replace(microsecond=0) or review.author_id is None:
                continue
            who = actor_of(review)
            if f"review/{review.id}" not in run.seen:
                said = Said(key=f"review/{review.id}", text=review.body, number=run.pull_request, comment_id=None,
                            kind="comment", at=at)  # fmt: skip
                await self._desk.said(run.repo, said, who)
            if review.state == REQUESTED:
                now = await asyncio.to_thread(self._ledger.load, run.id)
                await self._desk.reviews.submitted(now, review.id, who)
        await asyncio.to_thread(self._archive.set_cursor, f"reviews/{run.id}", started.isoformat())

    async def _since(self, run: Run, what: str = "comments") -> datetime:
        value = await asyncio.to_thread(self._archive.cursor, f"{what}/{run.id}")
        now = self._desk.now()
        since = datetime.fromisoformat(value) if value else meant_since(run, now)
        if since > now + timedelta(seconds=AHEAD):
            since = meant_since(run, now)  # by a clock that was set back since: what is known already is passed over
        return since - OVERLAP

    async def _comment(
        self, run: Run, number: int, comment: Comment, kind: Literal["comment", "review_comment"]
    ) -> None:
        if comment.app_id == self._desk.app_id and kind == "comment" and comment.author_type != "User":
            await self._box(run, number, comment)
            return
        key = f"{kind.replace('_', '-')}/{comment.id}"
        if key in run.seen or comment.author_id is None:
            return
        # An edited comment is no command; one from before the run was not for it. GitHub tells whole seconds.
        meant = meant_since(run, self._desk.now()).replace(microsecond=0)
        if comment.created_at < meant or comment.updated_at != comment.created_at:
            return
        if await asyncio.to_thread(self._ledger.knows, f"{key}/{run.repo.id}"):
            return  # it asked for this very plan
        said = Said(key=key, text=comment.body, number=number, comment_id=comment.id, kind=kind,
                    at=comment.created_at)  # fmt: skip
        person = Person(id=comment.author_id, login=comment.author_login)
        await self._desk.said(run.repo, said, Actor(person=person, kind=comment.author_type, app=comment.app_id))

    async def _box(self, run: Run, number: int, comment: Comment) -> None:
        """A box in a comment of ours that somebody ticked. The list does not say who; it is asked where it matters."""
        before = unticked(comment.body)
        if before is None:
            return
        edited = p.Comment(id=comment.id, body=comment.body, updated_at=comment.updated_at)
        key = box_key(edited, before)
        seen = f"box/{comment.id}"
        if key in run.seen or await asyncio.to_thread(self._archive.cursor, seen) == key:
            return
        editor = await self._desk.repository(run.repo).yielding().editor_of(comment.node_id)
        if editor is not None and editor.id is not None:
            who = Actor(person=Person(id=editor.id, login=editor.login), kind=editor.kind)
            edit = BoxEdit(key=key, repo=run.repo, number=number, comment_id=comment.id, before=before,
                           after=comment.body)  # fmt: skip
            await self._desk.box(edit, who)
        await asyncio.to_thread(self._archive.set_cursor, seen, key)

    async def _pull(self, run: Run) -> None:
        if run.pull_request is None:
            return
        pull = await self._desk.repository(run.repo).yielding().pull_request(run.pull_request)
        if pull.state == "open":
            if run.pull_closed:
                await self._reopened(run, run.pull_request)
            if pull.head_sha != run.head and not run.resting:
                await self._desk.run_branch_at(run, pull.head_sha)
        elif run.outcome is None and (pull.merged or not (run.resting or run.pull_closed)):
            await self._desk.pull_closed(run)

    async def _reopened(self, run: Run, number: int) -> None:
        """Somebody opened the closed pull request again; the request for it does not say who."""
        last = await self._desk.repository(run.repo).yielding().last_reopened(number)
        if last is not None and last.actor_id is not None:
            who = Person(id=last.actor_id, login=last.actor_login)
            await self._desk.others.pull_reopened(run, Actor(person=who, kind=last.actor_type, app=last.app_id))

    async def _issue(self, run: Run) -> None:
        if run.ended or run.issue_gone is not None:
            return
        repository = self._desk.repository(run.repo).yielding()
        issue = await repository.issue(run.issue)
        await self._desk.issue_reads(run, IssueText(title=issue.title, body=issue.body, as_of=issue.updated_at))
        if run.resting:
            return
        # What was so before someone asked for the work says nothing about it: a merge closes the issue, and its review
        # may come later. GitHub tells whole seconds; what lies in the second of `/otto improve` the desk knows.
        since = last_asked(run, self._desk.now()).replace(microsecond=0)
        if issue.state == "closed":
            if issue.closed_by_id is not None and (issue.closed_at is None or issue.closed_at >= since):
                who = Person(id=issue.closed_by_id, login=issue.closed_by_login)
                await self._desk.issue_ended(run, "closed", Actor(person=who, kind=issue.closed_by_type))
        elif run.prepared and not run.plan_only and run.config.label not in issue.labels:
            taken = await repository.labelled_events(run.issue, "unlabeled")
            last = next((event for event in reversed(taken) if event.label == run.config.label), None)
            if last is not None and last.actor_id is not None and last.at >= since:
                who = Person(id=last.actor_id, login=last.actor_login)
                await self._desk.issue_ended(run, "unlabelled", Actor(person=who, app=last.app_id))
