"""The desk where people's words arrive: one place for label, comment, box, button and poll to become run events."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Literal

from otto_bot.core import events as e
from otto_bot.core.commands import BadCommand, Command, Given, parse_line
from otto_bot.core.config import Config, HostCaps
from otto_bot.core.edits import news, reads_the_issue, shown_at
from otto_bot.core.issue import IssueText
from otto_bot.core.review_rounds import before_the_word
from otto_bot.core.run import Run
from otto_bot.core.values import Person, Repo
from otto_bot.github.client import GitHubApp
from otto_bot.github.errors import NotFound, Unreachable
from otto_bot.github.verbs import Repository
from otto_bot.intake.boxes import outdated, surface_of, ticked
from otto_bot.intake.frozen import Changed, text_asked_for
from otto_bot.intake.label import Labels
from otto_bot.intake.markdown import command_in
from otto_bot.intake.others import Others
from otto_bot.intake.payloads import Comment, Issue
from otto_bot.intake.permission import Actor, PermissionGate
from otto_bot.intake.refusing import Deed, Refusing
from otto_bot.intake.reviews import Reviews
from otto_bot.intake.said import BoxEdit, Said
from otto_bot.intake.sparing import say
from otto_bot.intake.standing import Standing
from otto_bot.intake.starting import Asked, Labelled, NotYetKnown, Starting
from otto_bot.store.cursors import Cursors
from otto_bot.store.granted import Grants
from otto_bot.store.learnings import Learnings
from otto_bot.store.ledger import Ledger, NoSuchRun
from otto_bot.text import frozen
from otto_bot.text import reply as words
from otto_bot.text.learnings import learning_answer
from otto_bot.text.links import DOCS_URL, Links
from otto_bot.text.markers import marker, shows
from otto_bot.text.plan import plan_comment

BUTTONS = frozenset({"retry", "skip", "explain"})


class Desk:
    """Turns what people did into events, after the permission gate said yes."""

    def __init__(
        self,
        ledger: Ledger,
        github: GitHubApp,
        gate: PermissionGate,
        caps: HostCaps,
        now: Callable[[], datetime],
        web_url: str = "https://github.com",
        docs_url: str = DOCS_URL,
        *,
        learnings: Learnings,
        cursors: Cursors,
        grants: Grants | None = None,
    ) -> None:
        self._ledger = ledger
        self._learnings = learnings
        self._github = github
        self._gate = gate
        self._caps = caps
        self._web_url = web_url
        self._docs_url = docs_url
        self.now = now
        self.labels = Labels(github, caps, now)
        self.reviews = Reviews(ledger, github, gate, caps, now, web_url)
        self.others = Others(ledger, github, gate, now)
        self._refusing = Refusing(cursors, github, now, web_url, docs_url)
        self.standing = Standing(ledger, github, gate, self.labels, now, grants)
        self._starting = Starting(ledger, github, gate, caps, self.labels, self._refusing, now)

    @property
    def app_id(self) -> int:
        """Our own App."""
        return self._github.app_id

    async def is_ours(self, comment: Comment) -> bool:
        """Whether our own App wrote a comment. GitHub names the App of each; where it does not, its account decides.

        What people wrote through the pages of the App is theirs, though GitHub names the App.
        """
        if comment.performed_via_github_app is not None:
            by_person = comment.user is not None and comment.user.type == "User"
            return comment.performed_via_github_app.id == self.app_id and not by_person
        return comment.user is not None and comment.user.login == await self._github.bot_login()

    def repository(self, repo: Repo) -> Repository:
        """GitHub's verbs for a repository."""
        return self._github.repository(repo.installation_id, repo.id)

    async def active(self, repo_id: int, number: int) -> Run | None:
        """The newest run of an issue or pull request, also a resting one."""
        run_id = await asyncio.to_thread(self._ledger.run_of, repo_id, number)
        return None if run_id is None else await asyncio.to_thread(self._ledger.load, run_id)

    async def run(self, run_id: int) -> Run:
        """A run. Raises NoSuchRun."""
        return await asyncio.to_thread(self._ledger.load, run_id)

    async def active_in(self, repo_id: int) -> list[Run]:
        """Runs of a repository that are not over."""
        ids = await asyncio.to_thread(self._ledger.active_runs, repo_id)
        return [await asyncio.to_thread(self._ledger.load, run_id) for run_id in ids]

    async def tell(self, run: Run, event: e.RunEvent) -> Run:
        """Record an event."""
        return await asyncio.to_thread(lambda: self._ledger.append(run.id, [event], self.now()))

    async def label(self, what: Labelled, who: Actor) -> None:
        """The label was put on: a run starts, once for each time it was put on, unless it is off again.

        Raises NotYetKnown where GitHub does not list yet that the label was put on.
        """
        await self._starting.label(what, who)

    async def label_of(self, repo: Repo) -> str:
        """The label that starts a run. Raises RetryLater and Unreachable."""
        return await self.labels.of(repo)

    async def said(self, repo: Repo, said: Said, who: Actor, issue: Issue | None = None) -> None:
        """A comment: a command, something like one, or neither."""
        command = command_in(said.text)
        deed = Deed(key=said.key, repo=repo, number=said.number, target=said.target)
        if command is None or not await self._may(deed, who):
            return
        repository = self.repository(repo)
        if isinstance(command, BadCommand):
            await self._not_understood(repository, said, command)
            return
        await self._react(repository, said, "eyes")
        await self._obey(repo, said, command, who.person, issue)

    async def _obey(self, repo: Repo, said: Said, command: Command, who: Person, issue: Issue | None) -> None:
        """Someone who may has said it: a run starts, hears it, or there is none."""
        run = await self.active(repo.id, said.number)
        over = run is None or run.ended
        if over and command.verb == "certify" and (issue is None or issue.pull_request):
            await self._say(self.repository(repo), said.number, said.key, words.certify_an_issue())
        elif over and command.verb in ("plan", "certify") and issue is not None and not issue.pull_request:
            await self._starts(repo, said, command, who, issue, run)
        elif run is None and command.verb in ("keep", "forget"):
            await self._about_learning(repo, command, who, said)
        elif run is None:
            text = words.help_text() if command.verb == "help" else words.no_run()
            await self._say(self.repository(repo), said.number, said.key, text)
        else:
            await self._hears(run, said, command, who, issue)

    async def _starts(
        self, repo: Repo, said: Said, command: Command, who: Person, issue: Issue, last: Run | None
    ) -> None:
        """A certification holds the default branch against the plan of the last run, or against one that is made."""
        certify = command.verb == "certify"
        subject = (last.plan or last.subject) if certify and last is not None else None
        asked = Asked(
            key=said.key, repo=repo, number=issue.number, verb="certify" if certify else "plan",
            at=said.at or self.now(), told=issue.text, subject=subject,
        )  # fmt: skip
        await self._starting.asked(asked, who)

    async def _hears(self, run: Run, said: Said, command: Command, who: Person, issue: Issue | None) -> None:
        given = Given(key=said.key, command=command, by=who, where=said.number, comment_id=said.comment_id,
                      said_at=said.at)  # fmt: skip
        if command.verb == "improve":
            await self.reviews.improve(run, given)
        elif reads_the_issue(run, command) and said.key not in run.seen:
            told = issue.text if issue is not None and issue.number == run.issue else None
            at, repository = said.at or self.now(), self.repository(run.repo)
            text = await text_asked_for(repository, self._gate, run.issue, at, told)
            if isinstance(text, Changed):
                late = frozen.changed_since_word(command.verb, text.by)
                await self._say(repository, said.number, said.key, late)
            else:
                await self.give(run, given.model_copy(update={"issue": text}))
        else:
            await self.give(run, given)

    async def _about_learning(self, repo: Repo, command: Command, who: Person, said: Said) -> None:
        """Learnings belong to the repository: where no run answers, the desk does."""
        config = await self.labels.config(repo) or Config()
        keep = timedelta(days=config.learnings.expire_days)
        key, detail = await asyncio.to_thread(
            self._learnings.obey, repo.id, command.verb, command.learning, who.login, self.now(), keep,
            config.paths.guarded,
        )  # fmt: skip
        await self._say(self.repository(repo), said.number, said.key, learning_answer(key, detail))

    async def give(self, run: Run, given: Given) -> Run:
        """The one way a command reaches a run; the permission gate has said yes."""
        if given.key in run.seen:
            return run  # told by another delivery, or found by looking
        return await self.tell(run, e.CommandGiven(at=self.now(), given=given))

    async def _not_understood(self, repository: Repository, said: Said, bad: BadCommand) -> None:
        await self._react(repository, said, "confused")
        known = not bad.unknown_verb
        text = words.bad_command(bad.problem) if known else words.unknown_verb(bad.problem, bad.did_you_mean)
        await self._say(repository, said.number, said.key, text)

    async def _react(self, repository: Repository, said: Said, content: Literal["eyes", "confused"]) -> None:
        if said.target is None:
            return
        try:
            await repository.react(said.target, content)
        except NotFound:
            # The comment was deleted meanwhile; what it said still counts.
            return

    async def _say(self, repository: Repository, number: int, key: str, text: str) -> None:
        await say(repository, number, key, text)

    async def box(self, edit: BoxEdit, who: Actor) -> None:
        """An edit of one of our comments: exactly one known box ticked is its command; anything is put back."""
        run = await self.active(edit.repo.id, edit.number)
        if run is None or who.is_bot:
            return
        surface = surface_of(run, edit.comment_id)
        if surface is None and edit.comment_id != run.plan_comment_id:
            if ticked(edit.before, edit.after) is not None and shows(run.id, edit.before):
                raise NotYetKnown(f"comment {edit.comment_id} is of run {run.id}, and its writing is not recorded yet")
            return
        command = ticked(edit.before, edit.after)
        if surface is not None:
            await self.tell(run, e.Published(at=self.now(), surface=surface, digest=f"edited {edit.key}"[:60]))
        elif command is None:
            await self._redraw_plan(run)
        command = command or outdated(run, edit.after)
        if command is not None:
            await self._ticked(run, edit, command, who)

    async def _ticked(self, run: Run, edit: BoxEdit, command: Command, who: Actor) -> None:
        deed = Deed(key=edit.key, repo=edit.repo, number=edit.number)
        if not await self._may(deed, who):
            await self._put_back(run, edit)
            return
        given = Given(key=edit.key, command=command, by=who.person, where=edit.number)
        if reads_the_issue(run, command) and edit.key not in run.seen:
            text = edit.issue or await self._stands(run)
            if text.digest != shown_at(run, edit.comment_id):
                await self._put_back(run, edit)
                await self._say(self.repository(run.repo), edit.number, edit.key, frozen.changed_since_shown())
                return
            given = given.model_copy(update={"issue": text})
        await self.give(run, given)

    async def _put_back(self, run: Run, edit: BoxEdit) -> None:
        """A box that did nothing is not left ticked. Other comments of ours are written anew after each edit."""
        if edit.comment_id == run.plan_comment_id:
            await self._redraw_plan(run)

    async def _may(self, deed: Deed, who: Actor) -> bool:
        """The gate; whoever may not is told, once."""
        if await self._refusing.before(deed, who):
            return False
        answer = await self._gate.ask(self.repository(deed.repo), who)
        if not answer.allowed:
            await self._refusing.refuse(deed, who, answer)
        return answer.allowed

    async def _stands(self, run: Run) -> IssueText:
        now = await self.repository(run.repo).issue(run.issue)
        return IssueText(title=now.title, body=now.body, as_of=now.updated_at)

    async def _redraw_plan(self, run: Run) -> None:
        links = Links(self._web_url, run.repo.owner, run.repo.name, self._docs_url, run.moved_from)
        body = plan_comment(run, links)
        await self.repository(run.repo).upsert_comment(run.issue, marker(run.id, "plan"), body, run.plan_comment_id)

    async def button(self, repo: Repo, external_id: str, identifier: str | None, who: Actor, *, key: str) -> None:
        """A button of one of our checks, or *Re-run* on it."""
        match = re.fullmatch(r"run/(\d{1,18})/check/(t\d+|run)(?:/a\d+)?", external_id)
        if match is None:
            return
        try:
            run = await asyncio.to_thread(self._ledger.load, int(match.group(1)))
        except NoSuchRun:
            return
        verb, _, task = (identifier or f"retry:{match.group(2)}").partition(":")
        if verb not in BUTTONS:
            return
        tasks = f" {task}" if re.fullmatch(r"t\d+", task) else ""
        command = parse_line(f"/otto {verb}{tasks}")
        if run.repo.id != repo.id or not isinstance(command, Command):
            return
        where = run.pull_request or run.issue
        if await self._may(Deed(key=key, repo=repo, number=where), who):
            await self.give(run, Given(key=key, command=command, by=who.person, where=where))

    async def issue_ended(self, run: Run, what: Literal["closed", "unlabelled"], who: Actor) -> None:
        """Closed or unlabelled by someone who may: cancelled. Closed because our pull request was merged: not."""
        if run.ended:
            return
        repository = self.repository(run.repo)
        if not await self._still(run, what):
            return
        if what == "closed" and run.pull_request is not None:
            pull = await repository.pull_request(run.pull_request)
            if pull.merged:
                await self.tell(run, e.PullRequestClosed(at=self.now(), merged=True, by=who.person.login))
                return
        answer = await self._gate.ask(repository, who)
        if answer.unsure:
            login = who.person.login
            raise Unreachable(0, f"whether {login} may write here is not known yet; the end of run {run.id} waits")
        if answer.allowed:
            await self.tell(run, e.IssueChanged(at=self.now(), what=what, by=who.person.login))

    async def _still(self, run: Run, what: Literal["closed", "unlabelled"]) -> bool:
        """Whether it is so now: a delivery that comes late, or again, may tell of the time before this run.

        What ended the run before it is still so where `/otto improve` was said, and that word is the later one.
        """
        repository = self.repository(run.repo)
        issue = await repository.issue(run.issue)
        if what == "closed":
            at = issue.closed_at
            return issue.state == "closed" and (at is None or not before_the_word(run, at))
        label = run.config.label if run.prepared else await self.label_of(run.repo)
        if label in issue.labels:
            return False
        taken = await repository.labelled_events(run.issue, "unlabeled") if run.kind == "improve" else []
        last = next((event for event in reversed(taken) if event.label == label), None)
        return last is None or not before_the_word(run, last.at)

    async def issue_reads(self, run: Run, text: IssueText, who: Person | None = None) -> None:
        """The issue reads like this now; `who` edited it, where that is known. Nothing Otto did itself counts."""
        edit = news(run, text, who.login if who else "", self.now())
        if edit is not None and (who is None or who.login != await self._github.bot_login()):
            await self.tell(run, edit)

    async def pull_closed(self, run: Run, who: Person | None = None) -> None:
        """The run's pull request was closed, as GitHub says now: merged ends the run, else it pauses."""
        if run.pull_request is None:
            return
        pull = await self.repository(run.repo).pull_request(run.pull_request)
        if pull.state == "closed":
            by = who.login if who else ""
            await self.tell(run, e.PullRequestClosed(at=self.now(), merged=pull.merged, by=by))

    async def base_pushed(self, repo: Repo, sha: str) -> None:
        """A push to the default branch. Deliveries come late and in another order: what counts is where it stands.

        A run stays on the branch that it was begun on, also when another one is the default by now.
        """
        self.labels.forget(repo)
        head: str | None = None
        for run in await self.active_in(repo.id):
            if sha == run.base_head or run.repo.default_branch != repo.default_branch:
                continue
            head = head or await self.repository(repo).branch_sha(repo.default_branch) or sha
            if head != run.base_head:
                await self.tell(run, e.BaseMoved(at=self.now(), sha=head))

    async def run_branch_pushed(self, run: Run, sha: str, who: Person) -> None:
        """Somebody's push to the run branch; our own are known."""
        if sha == run.head or who.login == await self._github.bot_login():
            return
        head = await self.repository(run.repo).branch_sha(run.run_branch)
        if head is not None:
            await self.run_branch_at(run, head, who if head == sha else None)

    async def run_branch_at(self, run: Run, head: str, who: Person | None = None) -> None:
        """The run branch stands at `head`: somebody else's unless we made it. `who` pushed it, where that is known."""
        now = await asyncio.to_thread(self._ledger.load, run.id)
        ours = {attempt.sha for task in now.tasks.values() for attempt in task.attempts}
        ours |= {now.integration.sha} if now.integration else set()
        if head == now.head or head in ours:
            return
        commit = await self.repository(run.repo).commit(head)
        if who is None and commit.author_name == await self._github.bot_login():
            return
        by = who.login if who else ""
        await self.tell(now, e.RunBranchMoved(at=self.now(), sha=head, tree=commit.tree_sha, by=by))
