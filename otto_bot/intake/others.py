"""What others do to a run's branches and to its closed pull request, held against GitHub as it is now."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from otto_bot.core import events as e
from otto_bot.core.others import watched
from otto_bot.core.run import Run
from otto_bot.core.values import Person
from otto_bot.github.client import GitHubApp
from otto_bot.github.errors import Unreachable
from otto_bot.github.verbs import Repository
from otto_bot.intake.permission import Actor, PermissionGate
from otto_bot.store.ledger import Ledger


class Others:
    """Part of the desk."""

    def __init__(self, ledger: Ledger, github: GitHubApp, gate: PermissionGate, now: Callable[[], datetime]) -> None:
        self._ledger = ledger
        self._github = github
        self._gate = gate
        self._now = now

    async def attempt_branches(self, run: Run) -> None:
        """Pushes to tasks' branches that nobody told of: one request for each branch that takes them in."""
        for attempt in watched(run):
            await self.attempt_branch_pushed(run, attempt.branch)

    async def attempt_branch_pushed(self, run: Run, branch: str, who: Person | None = None) -> None:
        """Somebody's push to a task's branch: the attempt takes it in, as long as it is not merged."""
        last = {key: task.last for key, task in run.tasks.items() if task.last is not None}
        found = next(((key, one) for key, one in last.items() if one.branch == branch and one.pushed), None)
        if found is None or (who is not None and who.login == await self._github.bot_login()):
            return
        key, attempt = found
        head = await self._repository(run).branch_sha(branch)
        if head not in (None, attempt.sha):
            by = who.login if who is not None else ""
            moved = e.AttemptBranchMoved.model_validate(
                {"at": self._now(), "task": key, "attempt": attempt.number, "sha": head, "by": by}
            )
            await self._tell(run, moved)

    async def pull_reopened(self, run: Run, who: Actor) -> None:
        """Somebody opened the run's pull request again: who may write lets the run go on by it."""
        if run.pull_request is None or not run.pull_closed or who.person.login == await self._github.bot_login():
            return
        repository = self._repository(run)
        if (await repository.pull_request(run.pull_request)).state != "open":
            return
        answer = await self._gate.ask(repository, who)
        if answer.unsure:
            raise Unreachable(0, f"whether {who.person.login} may write here is not known yet; run {run.id} waits")
        by, goes_on = who.person.login, answer.allowed
        await self._tell(run, e.PullRequestReopened(at=self._now(), by=by, goes_on=goes_on))

    def _repository(self, run: Run) -> Repository:
        return self._github.repository(run.repo.installation_id, run.repo.id)

    async def _tell(self, run: Run, event: e.RunEvent) -> None:
        await asyncio.to_thread(lambda: self._ledger.append(run.id, [event], self._now()))
