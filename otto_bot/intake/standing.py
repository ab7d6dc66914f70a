"""How installations and repositories stand, as GitHub says now, told to the runs that it changes something for.

Every event about them, and every look that finds something, leads here: what a delivery says may be old by now, may
come twice or never. What counts is what GitHub answers when it is asked.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime

from otto_bot.core import events as e
from otto_bot.core.barred import news_of
from otto_bot.core.barring import BarredBy
from otto_bot.core.run import Run
from otto_bot.core.values import Repo
from otto_bot.github.ci_models import Installation
from otto_bot.github.client import GitHubApp
from otto_bot.github.errors import GitHubError, NotFound, Refused, RetryLater, Suspended, Unreachable
from otto_bot.github.models import RepositoryInfo
from otto_bot.github.own_labels import with_label
from otto_bot.intake.label import Labels
from otto_bot.intake.permission import PermissionGate
from otto_bot.store.granted import Grants
from otto_bot.store.ledger import Ledger

log = logging.getLogger(__name__)

MOST_LABELLED = 20
"""Repositories of one delivery that get their labels at once, a second for each; others get them with their first run.

All that happens to the installation waits behind them.
"""
_NOT_OURS = "not accessible"


class Standing:
    """Looks, and tells. Every method may be called at any time, any number of times. All raise GitHubError."""

    def __init__(
        self,
        ledger: Ledger,
        github: GitHubApp,
        gate: PermissionGate,
        labels: Labels,
        now: Callable[[], datetime],
        grants: Grants | None = None,
    ) -> None:
        self._grants = grants
        self._ledger = ledger
        self._github = github
        self._gate = gate
        self._labels = labels
        self._now = now

    async def installation(self, installation_id: int, *, rights: bool = False) -> None:
        """The App was installed, suspended, let in again or taken away, or its `rights` are others."""
        self._github.forget(installation_id)
        found = await self._github.installation(installation_id)
        await self._keep(installation_id, found)
        standings = await asyncio.to_thread(self._ledger.standings)
        repos = dict.fromkeys(one.repo for one in standings if one.installation == installation_id)
        for repo_id in repos:
            if found is not None and found.suspended_at is not None:
                await self._bar(repo_id, installation_id, "suspended")
                continue
            await self.repository(installation_id, repo_id)
            for run in await self._runs(repo_id) if rights else ():
                await self._tell(run, [e.RightsAccepted(at=self._now())])

    async def _keep(self, installation_id: int, found: Installation | None) -> None:
        if self._grants is None:
            return
        if found is None:
            await asyncio.to_thread(self._grants.gone, installation_id)
        else:
            await asyncio.to_thread(self._grants.put, [found.granted], self._now())

    async def listed(self, found: Sequence[Installation]) -> None:
        """Every installation as GitHub lists it: what each granted is kept."""
        if self._grants is not None:
            await asyncio.to_thread(self._grants.listed, [one.granted for one in found], self._now())

    async def repository(self, installation_id: int, repo_id: int) -> None:
        """The repository was renamed, moved, archived, opened again, taken out or deleted."""
        runs = await self._runs(repo_id)
        if not runs:
            return
        try:
            info = await self._info(installation_id, repo_id)
            if info is None:
                installation_id, info = await self._elsewhere(installation_id, runs[0].repo)
        except Suspended:
            await self._bar(repo_id, installation_id, "suspended")
            return
        if info is None:
            await self._bar(repo_id, None, "removed")
            return
        for run in runs:
            repo = await self.as_of_now(run, installation_id, info)
            if repo != run.repo:
                self._labels.forget(run.repo)
                self._gate.forget(repo_id)
            await self._tell(run, news_of(run, repo, archived=info.archived, at=self._now()))

    async def _info(self, installation_id: int, repo_id: int) -> RepositoryInfo | None:
        """The repository; None where this installation may not use it, or it is not there any more."""
        try:
            return await self._github.repository(installation_id, repo_id).info()
        except NotFound:
            return None
        except Refused as error:
            if _NOT_OURS not in error.message:
                raise
            return None

    async def _elsewhere(self, installation_id: int, known: Repo) -> tuple[int, RepositoryInfo | None]:
        """The repository by whatever installation GitHub says serves it: its owner may be another one.

        None where it is gone: no installation has its name, or the one that has it does not list it, because it was
        taken out, or another repository has that name by now. One that is listed is not gone, though it could not be
        read: no runs are ended for that, and it is asked again. Raises Unreachable.
        """
        found = await self._github.installation_of(known.owner, known.name, known.id)
        if found is None:
            return installation_id, None
        self._github.forget(found.id)
        info = await self._info(found.id, known.id)
        if info is None and known.id in {one.id for one in await self._github.repositories(found.id)}:
            words = f"installation {found.id} lists repository {known.id} ({known.full_name}), and may not read it"
            raise Unreachable(0, words)
        return found.id, info

    async def as_of_now(self, run: Run, installation_id: int, info: RepositoryInfo) -> Repo:
        """What the run should know. Its pull request stays on the branch it was opened for, unless that was renamed."""
        branch = run.repo.default_branch
        if info.default_branch != branch:
            there = await self._github.repository(installation_id, info.id).branch_sha(branch)
            branch = info.default_branch if there is None else branch
        return Repo(
            id=info.id, installation_id=installation_id, owner=info.owner, name=info.name, default_branch=branch
        )

    async def _bar(self, repo_id: int, installation_id: int | None, by: BarredBy) -> None:
        """Nothing can be done there. With `installation_id` only runs that it serves are told."""
        self._gate.forget(repo_id)
        for run in await self._runs(repo_id):
            if not run.ended and installation_id in (None, run.repo.installation_id):
                await self._tell(run, [e.Barred(at=self._now(), by=by)])

    async def labels(self, installation_id: int, repos: Sequence[int]) -> None:
        """Otto's labels are there before anybody needs them. What is wrong with one repository delays no other."""
        for repo_id in repos[:MOST_LABELLED]:
            repository = self._github.repository(installation_id, repo_id)
            try:
                info = await repository.info()
                if info.archived or info.disabled:
                    continue
                repo = Repo(
                    id=repo_id, installation_id=installation_id, owner=info.owner, name=info.name,
                    default_branch=info.default_branch,
                )  # fmt: skip
                await repository.ensure_labels(with_label(await self._labels.of(repo)))
            except RetryLater:
                raise
            except GitHubError as error:
                log.warning("repository %s has not all labels yet; its first run makes them: %s", repo_id, error)

    async def _runs(self, repo_id: int) -> list[Run]:
        ids = await asyncio.to_thread(self._ledger.standing_in, repo_id)
        return [await asyncio.to_thread(self._ledger.load, run_id) for run_id in ids]

    async def _tell(self, run: Run, events: Sequence[e.RunEvent]) -> None:
        if events:
            await asyncio.to_thread(lambda: self._ledger.append(run.id, events, self._now()))
