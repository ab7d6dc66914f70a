"""What webhooks did not tell: rounds over repositories and open runs, as often as it takes and GitHub allows."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from otto_bot.core import base
from otto_bot.core import events as e
from otto_bot.core.values import Frozen, Repo
from otto_bot.github.client import GitHubApp
from otto_bot.github.errors import GitHubError, RetryLater, TooLarge
from otto_bot.github.models import Issue, RepositoryInfo
from otto_bot.intake.comparing import OVERLAP, Comparing
from otto_bot.intake.desk import Desk
from otto_bot.intake.label_looks import LabelLooks
from otto_bot.intake.meter import Meter
from otto_bot.intake.rhythm import BUDGET, LOOK_COSTS, Purse, Rhythm
from otto_bot.intake.standing_looks import Installed, StandingLooks
from otto_bot.store.archive import Archive
from otto_bot.store.database import StoreUnavailable
from otto_bot.store.ledger import Ledger
from otto_bot.store.looks import AHEAD, Looks, RunRow, heard_name

log = logging.getLogger(__name__)

REVIEWED_FOR = timedelta(days=30)
"""So long after its end a run that is done is asked for reviews whose webhook was lost."""
MOST_DONE = 20
"""Runs that are done and looked at when a worker starts, those that changed last."""
MOST_DUE = 500
"""Runs of one installation whose look is due that are read in one round."""
OWN_WORDS = timedelta(seconds=5)
"""What GitHub shows as changed this soon after a run's last event was Otto itself."""


FAR = timedelta(days=36500)
"""Every look is due by then."""


class Swept(Frozen):
    """Where the looks at a repository stand: changes since when, next when, how many named nothing."""

    since: datetime
    next_at: datetime
    quiet: int = 0


class CatchUp:
    """Compares repositories and open runs with GitHub. Every finding goes the way its webhook would have gone.

    A repository is asked in one request what has changed; runs that this concerns are looked at, all others rarely.
    """

    def __init__(
        self,
        desk: Desk,
        ledger: Ledger,
        archive: Archive,
        github: GitHubApp,
        looks: Looks,
        rhythm: Rhythm,
        budget: int = BUDGET,
        meter: Meter | None = None,
    ) -> None:
        """With a `meter` the budget is one of time and not of a round: for rounds that come quickly."""
        self._desk = desk
        self._ledger = ledger
        self._github = github
        self._looks = looks
        self._archive = archive
        self._rhythm = rhythm
        self._budget = budget
        self._meter = meter
        self._compare = Comparing(desk, ledger, archive)
        self._labels = LabelLooks(desk, ledger, looks)
        self._standing = StandingLooks(desk, ledger)
        self._repositories: dict[int, tuple[datetime, list[RepositoryInfo]]] = {}
        self._installations: tuple[datetime, Installed] | None = None
        self._put_off: dict[int, datetime] = {}
        """Repositories that could not be looked through: others have their turn before they have the next."""
        self._begun = False

    async def __call__(self) -> None:
        """One round, by whoever leads. The first of a process looks at everything, as far as it may."""
        every, self._begun = not self._begun, True
        await self.round(every=every)

    async def round(self, *, every: bool = False) -> None:
        """Whatever is due, or everything. What cannot be read is left for the next round."""
        try:
            installed = await self._installed()
        except GitHubError as error:
            log.warning("installations could not be listed: %s", error)
            return
        purses = {one: self._purse(one) for one in sorted(installed.awake)}
        swept = await self._swept()
        for installation, purse in purses.items():
            await self._installation(installation, purse, swept, every)
        await self._standing.look(installed, self._listed())
        await self._due(purses, every)
        if every:
            await self._done()

    def _purse(self, installation: int) -> Purse:
        if self._meter is None:
            return Purse(self._budget)
        known = self._repositories.get(installation)
        return self._meter.purse(installation, len(known[1]) if known else 0, self._desk.now())

    async def _swept(self) -> dict[int, Swept]:
        """Where the looks at each repository stand; what lies ahead was written by a clock that was set back since."""
        known = await asyncio.to_thread(self._looks.cursors, "swept/")
        ahead = self._desk.now() + timedelta(seconds=AHEAD)
        read = {int(name): Swept.model_validate_json(value) for name, value in known.items()}
        return {name: one for name, one in read.items() if one.since <= ahead}

    async def _installation(self, installation: int, purse: Purse, swept: dict[int, Swept], every: bool) -> None:
        hearing = await self._hearing(installation)
        try:
            infos = await self._infos(installation, hearing)
        except GitHubError as error:
            log.warning("repositories of installation %s could not be listed: %s", installation, error)
            return
        now = self._desk.now()
        never = datetime.fromtimestamp(0, now.tzinfo)

        def turn(info: RepositoryInfo) -> datetime:
            known = swept.get(info.id)
            return max(known.next_at if known is not None else never, self._put_off.get(info.id, never))

        for info in sorted((one for one in infos if not one.archived and not one.disabled), key=turn):
            if not every and turn(info) > now:
                break
            if not purse.sweep():
                break
            await self._safely(_repo(installation, info), swept.get(info.id), hearing, purse)

    async def _installed(self) -> Installed:
        """Where the App is installed; the list is kept for some rounds."""
        now, kept = self._desk.now(), self._installations
        if kept is None or now >= kept[0]:
            found = await self._github.installations()
            await self._desk.standing.listed(found)
            awake = frozenset(one.id for one in found if one.suspended_at is None)
            installed = Installed(known=frozenset(one.id for one in found), awake=awake)
            self._installations = kept = (now + self._rhythm.repositories(hearing=False), installed)
        return kept[1]

    def _listed(self) -> dict[int, dict[int, RepositoryInfo]]:
        """The repositories of the lists that are good still."""
        now, kept = self._desk.now(), self._repositories
        return {one: {info.id: info for info in infos} for one, (until, infos) in kept.items() if now < until}

    async def _infos(self, installation: int, hearing: bool) -> list[RepositoryInfo]:
        """The installation's repositories; the list is kept for some rounds."""
        now, kept = self._desk.now(), self._repositories.get(installation)
        if kept is None or now >= kept[0]:
            found = await self._github.repositories(installation)
            kept = (now + self._rhythm.repositories(hearing=hearing), found)
            self._repositories[installation] = kept
        return kept[1]

    async def _hearing(self, installation: int) -> bool:
        value = await asyncio.to_thread(self._looks.cursor, heard_name(installation))
        return value is not None and abs(self._desk.now() - datetime.fromisoformat(value)) <= self._rhythm.heard_for

    async def _safely(self, repo: Repo, before: Swept | None, hearing: bool, purse: Purse) -> None:
        """What is wrong with one repository delays no other."""
        self._put_off[repo.id] = self._desk.now() + self._rhythm.unit
        try:
            await self._sweep(repo, before, hearing, purse)
        except StoreUnavailable:
            raise
        except GitHubError as error:
            log.warning("%s/%s could not be looked through: %s", repo.owner, repo.name, error)
            if isinstance(error, RetryLater):
                purse.empty()
        except Exception:
            log.exception("%s/%s could not be looked through", repo.owner, repo.name)
        else:
            del self._put_off[repo.id]

    async def _sweep(self, repo: Repo, before: Swept | None, hearing: bool, purse: Purse) -> None:
        """What has changed in a repository since the last time: labels put on, and runs that it concerns."""
        started, repository = self._desk.now(), self._desk.repository(repo).yielding()
        label = await self._desk.label_of(repo)
        issues = None
        if before is not None:
            try:
                issues = await repository.changed_issues(before.since - OVERLAP)
            except TooLarge as error:
                # After a long time: runs have their looks anyway, and labels are found by themselves.
                log.warning("%s/%s: %s", repo.owner, repo.name, error)
        if issues is None:
            issues = await repository.labelled_issues(label)
        opens = await self._labels.look(repo, issues, label)
        if not await self._base(repo) and self._meter is not None:
            purse.cheaper()
        found = 0 if before is None else await self._concerned(repo, issues, hearing, purse)
        quiet = 0 if before is None or found else before.quiet + 1
        next_at = min([started + self._rhythm.sweep(hearing=hearing, quiet=quiet), *opens])
        swept = Swept(since=started, next_at=next_at, quiet=quiet)
        await asyncio.to_thread(self._looks.set_cursor, f"swept/{repo.id}", swept.model_dump_json())

    async def _concerned(self, repo: Repo, issues: Sequence[Issue], hearing: bool, purse: Purse) -> int:
        """Look at the runs of what changed. While webhooks arrive only where GitHub knows something newer."""
        changed = {issue.number: issue.updated_at for issue in issues}
        since = self._desk.now() - REVIEWED_FOR
        rows = await asyncio.to_thread(self._looks.of_issues, repo.id, list(changed), since)
        looked = 0
        for row in rows:
            times = [at for number in (row.issue, row.pull_request) if (at := changed.get(number)) is not None]
            newest = max(times).timestamp() if times else 0.0
            known = row.updated_at + OWN_WORDS.total_seconds() if hearing else row.looked_at - OVERLAP.total_seconds()
            if newest <= known or not purse.look():
                continue
            looked += 1
            await self._look(row, hearing)
        return looked

    async def _base(self, repo: Repo) -> bool:
        """Whether the branch of a run's base has moved: the next batch starts on it, and tasks may wait for it.

        Each is asked for once; returns whether any was. A run stays on its own, also when another one is the default
        by now.
        """
        heads: dict[str, str | None] = {}
        for run_id in await asyncio.to_thread(self._looks.at_work, repo.id):
            run = await self._desk.run(run_id)
            if not base.followed(run):
                continue
            branch = run.repo.default_branch
            if branch not in heads:
                heads[branch] = await self._desk.repository(repo).yielding().branch_sha(branch)
            head = heads[branch]
            if head is not None and head != (run.base_head or run.base_sha):
                await self._desk.tell(run, e.BaseMoved(at=self._desk.now(), sha=head))
        return bool(heads)

    async def _due(self, purses: dict[int, Purse], every: bool) -> None:
        now = self._desk.now()
        at = now + FAR if every else now
        hearing = {one: await self._hearing(one) for one in purses}
        for row in await asyncio.to_thread(self._looks.due, at, min(self._budget // LOOK_COSTS, MOST_DUE)):
            purse = purses.get(row.installation)
            if purse is not None and purse.look():
                try:
                    await self._look(row, hearing[row.installation])
                except RetryLater as error:
                    log.warning("runs of installation %s wait: %s", row.installation, error)
                    purse.empty()

    async def _look(self, row: RunRow, hearing: bool) -> None:
        """Compare one run, and say when it is looked at next. Raises RetryLater; what else is wrong delays no other."""
        started = self._desk.now()
        news = row.updated_at > row.looked_at
        try:
            news = await self._compared(row) or news
        except (RetryLater, StoreUnavailable):
            raise
        except GitHubError as error:
            log.warning("run %s could not be compared with GitHub: %s", row.id, error)
        except Exception:
            log.exception("run %s could not be compared with GitHub", row.id)
        quiet = 0 if news else row.quiet + 1
        next_at = started + self._rhythm.run(hearing=hearing, working=row.working, quiet=quiet)
        await asyncio.to_thread(self._looks.looked, row.id, started, next_at, quiet)

    async def _compared(self, row: RunRow) -> bool:
        """Whether something new was found."""
        run = await self._desk.run(row.id)
        await self._standing.named(run, self._listed())
        await (self._compare.run(run) if row.active else self._compare.reviews(run))
        return await self._desk.run(row.id) != run

    async def _done(self) -> None:
        """Runs that are done while their pull request is open: a review makes them go on."""
        since = self._desk.now() - REVIEWED_FOR
        for run_id in await asyncio.to_thread(self._ledger.done_lately, since, MOST_DONE):
            try:
                await self._compare.reviews(await self._desk.run(run_id))
            except StoreUnavailable:
                raise
            except GitHubError as error:
                log.warning("reviews of run %s could not be looked through: %s", run_id, error)
            except Exception:
                log.exception("reviews of run %s could not be looked through", run_id)


def _repo(installation_id: int, info: RepositoryInfo) -> Repo:
    return Repo(
        id=info.id,
        installation_id=installation_id,
        owner=info.owner,
        name=info.name,
        default_branch=info.default_branch,
    )
