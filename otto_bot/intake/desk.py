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
from otto_bot.core.edits import may_read_again, news
from otto_bot.core.issue import IssueText
from otto_bot.core.run import Run
from otto_bot.core.values import Frozen, Person, Repo
from otto_bot.github.client import GitHubApp
from otto_bot.github.errors import NotFound, Unreachable
from otto_bot.github.models import Target
from otto_bot.github.verbs import Repository
from otto_bot.intake.boxes import outdated, surface_of, ticked
from otto_bot.intake.label import Labels
from otto_bot.intake.markdown import command_in
from otto_bot.intake.payloads import Issue
from otto_bot.intake.permission import PermissionGate
from otto_bot.intake.reviews import Reviews
from otto_bot.intake.sparing import rests, say
from otto_bot.store.learnings import Learnings
from otto_bot.store.ledger import Ledger, NoSuchRun, Trigger
from otto_bot.text import reply as words
from otto_bot.text.learnings import learning_answer
from otto_bot.text.links import Links
from otto_bot.text.markers import marker, shows
from otto_bot.text.plan import plan_comment

BUTTONS = frozenset({"retry", "skip", "explain"})


class NotYetKnown(LookupError):
    """Somebody was faster than the record of what they answered: the delivery comes again."""


class Said(Frozen):
    """Something a person wrote that may be a command."""

    key: str
    text: str
    number: int
    comment_id: int | None
    kind: Literal["comment", "review_comment"]
    at: datetime | None = None


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
        *,
        learnings: Learnings,
    ) -> None:
        self._ledger = ledger
        self._learnings = learnings
        self._github = github
        self._gate = gate
        self._caps = caps
        self._web_url = web_url
        self.now = now
        self.labels = Labels(github, caps, now)
        self.reviews = Reviews(ledger, github, gate, caps, now, web_url)

    @property
    def app_id(self) -> int:
        """Our own App."""
        return self._github.app_id

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

    async def label(
        self, repo: Repo, number: int, label: str, who: Person, kind: str, *, title: str, body: str, is_pull: bool,
        as_of: datetime | None = None,
    ) -> None:  # fmt: skip
        """The label was put on: a run starts, once for each time it was put on, unless it is off again.

        `as_of` is when the issue had last changed for whoever tells it. Raises NotYetKnown where GitHub does not list
        yet that the label was put on.
        """
        repository = self.repository(repo)
        if label != await self.label_of(repo):
            return
        if is_pull:
            await self._say(repository, number, f"label/{number}", words.label_on_pull_request())
            return
        answer = await self._gate.ask(repository, who, kind)
        if not answer.allowed:
            if kind == "User":
                await self._say(repository, number, f"label/{number}/{who.id}", words.refused(who.login, answer.why))
            return
        changes = [event for event in await repository.labelled_events(number, "both") if event.label == label]
        last = changes[-1] if changes else None
        if last is None or (last.kind == "unlabeled" and as_of is not None and last.at < as_of):
            raise NotYetKnown(f"GitHub does not list yet that issue {number} got the label")
        if last.kind == "unlabeled":
            return  # told late
        trigger = Trigger(
            key=f"label/{repo.id}/{number}/{last.id}", repo=repo, issue=number, title=title, body=body, actor=who
        )
        await self._start(repository, trigger)

    async def _start(self, repository: Repository, trigger: Trigger) -> None:
        """The reaction comes first: after a crash behind it the delivery is taken up again, as nothing is known yet."""
        if await asyncio.to_thread(self._ledger.knows, trigger.key):
            return
        target = Target(kind="issue", id=trigger.issue)
        current = await self.active(trigger.repo.id, trigger.issue)
        if current is None or current.ended:
            if await rests(self._ledger, repository, trigger, self.now()):
                return
            await repository.react(target, "eyes")
            if await asyncio.to_thread(self._ledger.start, trigger, self._caps, self.now()) is not None:
                return
            current = await self.active(trigger.repo.id, trigger.issue)
        # This very trigger may have come by another way in the same moment.
        known = await asyncio.to_thread(self._ledger.knows, trigger.key)
        if current is not None and not current.ended and not known:
            await repository.react(target, "confused")
            await self.tell(current, e.IssueRelabelled(at=self.now(), by=trigger.actor.login))

    async def label_of(self, repo: Repo) -> str:
        """The label that starts a run. Raises RetryLater and Unreachable."""
        return await self.labels.of(repo)

    async def said(self, repo: Repo, said: Said, who: Person, kind: str, issue: Issue | None = None) -> None:
        """A comment: a command, something like one, or neither."""
        command = command_in(said.text)
        if command is None or kind != "User":
            return
        repository = self.repository(repo)
        answer = await self._gate.ask(repository, who, kind)
        if not answer.allowed:
            await self._say(repository, said.number, said.key, words.refused(who.login, answer.why))
            return
        if isinstance(command, BadCommand):
            await self._not_understood(repository, said, command)
            return
        await self._react(repository, said, "eyes")
        run = await self.active(repo.id, said.number)
        if (run is None or run.ended) and command.verb == "plan" and issue is not None and not issue.pull_request:
            trigger = Trigger(
                key=f"{said.key}/{repo.id}", repo=repo, issue=issue.number, title=issue.title, body=issue.body or "",
                actor=who, plan_only=True,
            )  # fmt: skip
            await self._start(repository, trigger)
        elif (run is None or run.ended) and command.verb == "certify":
            await self._certify(repository, repo, said, who, issue, run)
        elif run is None and command.verb in ("keep", "forget"):
            await self._about_learning(repo, command, who, said)
        elif run is None:
            text = words.help_text() if command.verb == "help" else words.no_run()
            await self._say(repository, said.number, said.key, text)
        elif command.verb == "improve":
            given = Given(key=said.key, command=command, by=who, where=said.number, comment_id=said.comment_id,
                          said_at=said.at)  # fmt: skip
            await self.reviews.improve(run, given)
        else:
            stood = issue.text if issue is not None and issue.number == run.issue else None
            await self.give(
                run, command, who, key=said.key, where=said.number, comment_id=said.comment_id, said_at=said.at,
                issue=stood,
            )  # fmt: skip

    async def _certify(
        self, repository: Repository, repo: Repo, said: Said, who: Person, issue: Issue | None, last: Run | None
    ) -> None:
        """The default branch is held against the plan of the issue's last run, or against a plan that is made."""
        if issue is None or issue.pull_request:
            await self._say(repository, said.number, said.key, words.certify_an_issue())
            return
        subject = None if last is None else last.plan or last.subject
        trigger = Trigger(
            key=f"{said.key}/{repo.id}", repo=repo, issue=issue.number, title=issue.title, body=issue.body or "",
            actor=who, kind="certify", subject=subject,
        )  # fmt: skip
        await self._start(repository, trigger)

    async def _about_learning(self, repo: Repo, command: Command, who: Person, said: Said) -> None:
        """Learnings belong to the repository: where no run answers, the desk does."""
        config = await self.labels.config(repo) or Config()
        keep = timedelta(days=config.learnings.expire_days)
        key, detail = await asyncio.to_thread(
            self._learnings.obey, repo.id, command.verb, command.learning, who.login, self.now(), keep,
            config.paths.guarded,
        )  # fmt: skip
        await self._say(self.repository(repo), said.number, said.key, learning_answer(key, detail))

    async def give(
        self, run: Run, command: Command, who: Person, *, key: str, where: int, comment_id: int | None = None,
        said_at: datetime | None = None, issue: IssueText | None = None,
    ) -> Run:  # fmt: skip
        """The one way a command reaches a run; the permission gate has said yes.

        `issue` is the run's issue as it stood when this was said; who asks for a new plan without it is told to mean
        the issue as it stands now.
        """
        if key in run.seen:
            return run  # told by another delivery, or found by looking
        again = command.verb == "replan" and may_read_again(run)
        if again and issue is None:
            now = await self.repository(run.repo).issue(run.issue)
            issue = IssueText(title=now.title, body=now.body, as_of=now.updated_at)
        given = Given(key=key, command=command, by=who, where=where, comment_id=comment_id, said_at=said_at,
                      issue=issue if again else None)  # fmt: skip
        return await self.tell(run, e.CommandGiven(at=self.now(), given=given))

    async def _not_understood(self, repository: Repository, said: Said, bad: BadCommand) -> None:
        await self._react(repository, said, "confused")
        known = not bad.unknown_verb
        text = words.bad_command(bad.problem) if known else words.unknown_verb(bad.problem, bad.did_you_mean)
        await self._say(repository, said.number, said.key, text)

    async def _react(self, repository: Repository, said: Said, content: Literal["eyes", "confused"]) -> None:
        if said.comment_id is None:
            return
        try:
            await repository.react(Target(kind=said.kind, id=said.comment_id), content)
        except NotFound:
            # The comment was deleted meanwhile; what it said still counts.
            return

    async def _say(self, repository: Repository, number: int, key: str, text: str) -> None:
        await say(repository, number, key, text)

    async def box(
        self, repo: Repo, number: int, comment_id: int, before: str, after: str, who: Person, kind: str, *, key: str
    ) -> None:
        """An edit of one of our comments: exactly one known box ticked is its command; anything is put back."""
        run = await self.active(repo.id, number)
        if run is None or kind != "User":
            return
        surface = surface_of(run, comment_id)
        if surface is None and comment_id != run.plan_comment_id:
            if ticked(before, after) is not None and shows(run.id, before):
                raise NotYetKnown(f"comment {comment_id} is of run {run.id}, and its writing is not recorded yet")
            return
        command = ticked(before, after)
        if surface is not None:
            await self.tell(run, e.Published(at=self.now(), surface=surface, digest=f"edited {key}"[:60]))
        elif command is None:
            await self._redraw_plan(run)
        command = command or outdated(run, after)
        if command is None:
            return
        answer = await self._gate.ask(self.repository(repo), who, kind)
        if not answer.allowed:
            await self._say(self.repository(repo), number, key, words.refused(who.login, answer.why))
            return
        await self.give(run, command, who, key=key, where=number)

    async def _redraw_plan(self, run: Run) -> None:
        body = plan_comment(run, Links(self._web_url, run.repo.owner, run.repo.name))
        await self.repository(run.repo).upsert_comment(run.issue, marker(run.id, "plan"), body, run.plan_comment_id)

    async def button(
        self, repo: Repo, external_id: str, identifier: str | None, who: Person, kind: str, *, key: str
    ) -> None:
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
        answer = await self._gate.ask(self.repository(repo), who, kind)
        if not answer.allowed:
            number = run.pull_request or run.issue
            await self._say(self.repository(repo), number, key, words.refused(who.login, answer.why))
            return
        await self.give(run, command, who, key=key, where=run.pull_request or run.issue)

    async def issue_ended(self, run: Run, what: Literal["closed", "unlabelled"], who: Person, kind: str) -> None:
        """Closed or unlabelled by someone who may: cancelled. Closed because our pull request was merged: not."""
        if run.ended:
            return
        repository = self.repository(run.repo)
        if not await self._still(run, what):
            return
        if what == "closed" and run.pull_request is not None:
            pull = await repository.pull_request(run.pull_request)
            if pull.merged:
                await self.tell(run, e.PullRequestClosed(at=self.now(), merged=True, by=who.login))
                return
        answer = await self._gate.ask(repository, who, kind)
        if answer.unsure:
            raise Unreachable(0, f"whether {who.login} may write here is not known yet; the end of run {run.id} waits")
        if answer.allowed:
            await self.tell(run, e.IssueChanged(at=self.now(), what=what, by=who.login))

    async def _still(self, run: Run, what: Literal["closed", "unlabelled"]) -> bool:
        """Whether it is so now: a delivery that comes late, or again, may tell of the time before this run."""
        issue = await self.repository(run.repo).issue(run.issue)
        if what == "closed":
            return issue.state == "closed"
        return (run.config.label if run.prepared else await self.label_of(run.repo)) not in issue.labels

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
        """A push to the default branch. Deliveries come late and in another order: what counts is where it stands."""
        self.labels.forget(repo)
        head: str | None = None
        for run in await self.active_in(repo.id):
            if sha == run.base_head:
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
