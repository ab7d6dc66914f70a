"""Repositories that stand otherwise than their runs know, found in the lists that catching up reads anyway."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from otto_bot.core.barring import BarredBy
from otto_bot.core.run import Run
from otto_bot.core.values import Frozen
from otto_bot.github.errors import GitHubError
from otto_bot.github.models import RepositoryInfo
from otto_bot.intake.desk import Desk
from otto_bot.store.ledger import Ledger

log = logging.getLogger(__name__)

MOST = 50
"""Repositories that are looked at more closely in one round."""

Listed = Mapping[int, Mapping[int, RepositoryInfo]]
"""Installation → its repositories by id, of those whose list could be read."""


class Installed(Frozen):
    """Where the App is installed: everywhere, and where it is not suspended."""

    known: frozenset[int] = frozenset()
    awake: frozenset[int] = frozenset()

    def bars(self, installation: int, repo: int, listed: Listed) -> frozenset[BarredBy] | None:
        """What the lists say of a repository; None where they do not tell."""
        if installation not in self.known:
            return frozenset({"removed"})
        if installation not in self.awake:
            return frozenset({"suspended"})
        infos = listed.get(installation)
        if infos is None:
            return None
        info = infos.get(repo)
        if info is None:
            return frozenset({"removed"})
        return frozenset({"archived"}) if info.archived else frozenset()


def differ(listed: AbstractSet[str], known: AbstractSet[str]) -> bool:
    """Whether a closer look could tell more. Of what is taken out or suspended nothing else can be read."""
    return listed != known and not listed & known & {"removed", "suspended"}


class StandingLooks:
    """Has a closer look where lists and runs differ: the lists may be some minutes old."""

    def __init__(self, desk: Desk, ledger: Ledger) -> None:
        self._desk = desk
        self._ledger = ledger

    async def look(self, installed: Installed, listed: Listed) -> None:
        """Whatever the webhooks did not tell of installations and repositories."""
        looked = 0
        for one in await asyncio.to_thread(self._ledger.standings):
            bars = installed.bars(one.installation, one.repo, listed)
            if bars is None or not differ(bars, one.barred):
                continue
            looked += 1
            if looked > MOST:
                return
            await self.closer(one.installation, one.repo)

    async def named(self, run: Run, listed: Listed) -> None:
        """Whether the run's repository is called otherwise than the run knows."""
        installation, repo = run.repo.installation_id, run.repo
        info = listed.get(installation, {}).get(repo.id)
        if info is None:
            return
        try:
            now = await self._desk.standing.as_of_now(run, installation, info)
        except GitHubError as error:
            log.warning("where run %s belongs could not be read: %s", run.id, error)
            return
        if now != repo:
            await self.closer(installation, repo.id)

    async def closer(self, installation: int, repo: int) -> None:
        """Ask about this very repository. What cannot be read is left for the next round."""
        try:
            await self._desk.standing.repository(installation, repo)
        except GitHubError as error:
            log.warning("how repository %s stands could not be read: %s", repo, error)
