"""The doctor as a chore: one worker of a database looks now and then, and keeps what it found for the page."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import sqlalchemy as sa

from otto_bot.core.redact import Redactor
from otto_bot.doctor.host import Host
from otto_bot.doctor.host_checks import HOST_CHECKS, ON_THE_PAGE
from otto_bot.doctor.reading import Given
from otto_bot.doctor.running import examined
from otto_bot.github.client import GitHubApp
from otto_bot.settings import Settings
from otto_bot.store.findings import Findings

LOOK_SECONDS = 120.0
"""The first look comes so long after the start: a worker that begins has other things to do."""
EVERY = timedelta(minutes=10)


class Looks:
    """Called every LOOK_SECONDS; looks when the last look, whoever made it, is ten minutes old."""

    def __init__(
        self,
        settings: Settings,
        environment: Mapping[str, str],
        engine: sa.Engine,
        github: GitHubApp,
        redactor: Redactor,
        leads: Callable[[datetime], bool],
        now: Callable[[], datetime],
    ) -> None:
        self._given = Given(settings, (), frozenset(), environment, Path.cwd())
        self._engine = engine
        self._github = github
        self._redactor = redactor
        self._leads = leads
        self._now = now
        self._findings = Findings(engine)
        self._begun = now()

    async def __call__(self) -> None:
        """One look, where one is due. The clock that checks take is the host's own: that is what is looked at."""
        at = self._now()
        if at < self._begun + timedelta(seconds=LOOK_SECONDS) or not self._leads(at):
            return
        last = (await asyncio.to_thread(self._findings.last)).at
        if 0 <= at.timestamp() - last < EVERY.total_seconds():
            return
        await self.look()

    async def look(self) -> None:
        """Look, and keep what was found."""
        checks = {name: HOST_CHECKS[name] for name in ON_THE_PAGE}
        async with httpx.AsyncClient(follow_redirects=False, trust_env=False) as http:
            host = Host(self._given, _host_clock, http, self._redactor, self._github, self._engine)
            try:
                found = await examined(checks, host, self._redactor)
            finally:
                await host.shared.aclose()
        await asyncio.to_thread(self._findings.put, found, self._now())


def _host_clock() -> datetime:
    return datetime.now(UTC)
