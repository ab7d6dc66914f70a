"""What checks of a host look at: its settings, its database, GitHub as the App, and the network."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import httpx
import sqlalchemy as sa

from otto_bot.core.redact import Redactor
from otto_bot.doctor.reading import Given
from otto_bot.doctor.running import Cannot, Shared
from otto_bot.github.app_verbs import date_of
from otto_bot.github.ci_models import Hook, Installation, Registered
from otto_bot.github.client import GitHubApp
from otto_bot.github.pace import LocalSlots
from otto_bot.settings import Settings
from otto_bot.store.database import normal_url, open_database
from otto_bot.text.doctor_host import NO_GITHUB, NO_SETTINGS

SECONDS = 10.0
"""For one look at an address."""
MOST_BYTES = 4096


class Looked(NamedTuple):
    """What an address answered to one GET: `ahead` is how far the other clock was before ours, None = not told."""

    status: int = 0
    body: str = ""
    allow: str = ""
    ahead: timedelta | None = None
    why: str = ""
    """Why nothing came: the kind of the error, never its words, which may quote an address with a password."""


@dataclass
class Host:
    """Every check takes it. What cannot be had raises Cannot."""

    given: Given
    now: Callable[[], datetime]
    http: httpx.AsyncClient
    redactor: Redactor
    app: GitHubApp | None = None
    engine: sa.Engine | None = None
    shared: Shared = field(default_factory=Shared)

    @property
    def settings(self) -> Settings:
        """As far as they can be used."""
        if self.given.settings is None:
            raise Cannot(NO_SETTINGS)
        return self.given.settings

    @property
    def github(self) -> GitHubApp:
        """GitHub as the App."""
        if self.app is None:
            raise Cannot(NO_GITHUB)
        return self.app

    @property
    def database(self) -> sa.Engine:
        """The database; it may not answer."""
        if self.engine is None:
            raise Cannot(NO_SETTINGS)
        return self.engine

    async def registered(self) -> Registered:
        """The App as it is registered."""
        return await self.shared.once("app", self.github.registered)

    async def hook(self) -> Hook:
        """Where webhooks go."""
        return await self.shared.once("hook", self.github.hook)

    async def installations(self) -> Sequence[Installation]:
        """Everywhere that the App is installed."""
        return await self.shared.once("installations", self.github.installations)

    async def api(self) -> Looked:
        """GitHub's API without a login."""
        return await self.shared.once("api", lambda: self.look(self.settings.github_api_url.rstrip("/") + "/"))

    async def look(self, url: str) -> Looked:
        """One GET, nothing followed, a few bytes read."""
        begun = self.now()
        try:
            async with self.http.stream("GET", url, timeout=SECONDS) as answer:
                heard = self.now()
                body = b""
                async for chunk in answer.aiter_raw(MOST_BYTES):
                    body += chunk
                    if len(body) >= MOST_BYTES:
                        break
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            return Looked(why=type(error).__name__)
        at = date_of(answer.headers.get("date", ""))
        # A `Date` has whole seconds: on the average it is half of one behind.
        ahead = None if at is None else at + timedelta(seconds=0.5) - (begun + (heard - begun) / 2)
        return Looked(
            answer.status_code, body[:MOST_BYTES].decode("utf-8", "replace"), answer.headers.get("allow", ""), ahead
        )


def _engine(url: str) -> sa.Engine:
    """The database; where SQLite has no file yet, one that is never connected: nothing is made by looking."""
    parsed = sa.make_url(normal_url(url))
    where = parsed.database or ""
    if parsed.get_backend_name() == "sqlite" and where != ":memory:" and not Path(where).is_file():
        return sa.create_engine(parsed)
    return open_database(url, patience=5)


@asynccontextmanager
async def opened(given: Given, redactor: Redactor, now: Callable[[], datetime]) -> AsyncIterator[Host]:
    """A host as its settings make it. Nothing is made or migrated."""
    # As the bot itself: GitHub is asked past any proxy, and no redirect is followed.
    async with httpx.AsyncClient(follow_redirects=False, trust_env=False) as http:
        host = Host(given, now, http, redactor)
        settings = given.settings
        if settings is not None and given.store_known:
            host.engine = _engine(settings.database)
        try:
            if settings is None or not given.app_known:
                yield host
            else:
                async with GitHubApp(
                    settings.github_api_url,
                    settings.app_id,
                    settings.private_key.get_secret_value(),
                    now=now,
                    api_version=settings.github_api_version,
                    on_secret=redactor.register,
                    censor=redactor.text,
                    slots=LocalSlots(),
                ) as host.app:
                    yield host
        finally:
            await host.shared.aclose()
            if host.engine is not None:
                host.engine.dispose()
