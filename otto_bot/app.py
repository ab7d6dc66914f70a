"""Composition of the web process: webhook receiver, health and pages. It loads neither the queue nor the model."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

import sqlalchemy as sa
from fastapi import FastAPI

from otto_bot.intake.at_work import AtWork
from otto_bot.intake.grouping import Grouping
from otto_bot.intake.no_webhook import no_webhook
from otto_bot.intake.webhook import PATH, Receive, Receiver, Scope, Send
from otto_bot.observe.context import bound
from otto_bot.observe.meters import Meters
from otto_bot.settings import Settings
from otto_bot.store.database import migrate, open_database
from otto_bot.store.folding import Folding
from otto_bot.store.glances import Glances
from otto_bot.store.inbox import Inbox
from otto_bot.store.installations import Installations
from otto_bot.store.metering import metered
from otto_bot.web import actions, health, live, log_pages, login, pages
from otto_bot.web.api.door import PREFIX, ApiDoor
from otto_bot.web.at_github import Account, AtGitHub
from otto_bot.web.cookies import WithCookies
from otto_bot.web.entrance import Entrance
from otto_bot.web.github_limits import GitHubLimits
from otto_bot.web.live_hub import Pace

if TYPE_CHECKING:
    from otto_bot.web.way_in import WayIn

STORE_SECONDS = 4.0
"""How long the web process waits for a database that is locked or far away: GitHub waits 10 seconds for the answer."""


class Shown(NamedTuple):
    """What pages are made by."""

    entrance: Entrance
    acting: actions.Actions
    logs: log_pages.Logs
    streams: live.Streams

    async def aclose(self) -> None:
        """No page is told anything any more, and no connection of theirs is open."""
        self.streams.end()
        await self.acting.aclose()
        await self.entrance.aclose()
        await self.logs.close()


class App:
    """The ASGI application. Webhooks take the short way, past everything that pages need."""

    def __init__(
        self, receiver: Callable[[Scope, Receive, Send], Awaitable[None]], api: ApiDoor, rest: FastAPI, shown: Shown
    ) -> None:
        self._receiver, self._api, self._rest = receiver, api, rest
        self._programs, self._pages = WithCookies(api), WithCookies(rest)
        self.shown = shown
        self.entrance, self.logs, self.streams = shown.entrance, shown.logs, shown.streams

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, or the life of the process."""
        if scope["type"] == "http" and scope["path"] == PATH:
            await self._receiver(scope, receive, send)
            return
        if scope["type"] != "http":
            await self._pages(scope, receive, send)
            return
        with bound(request=f"{scope['method']} {scope['path']}"):
            answers = self._programs if scope["path"].startswith(PREFIX) else self._pages
            await answers(scope, receive, send)


def build_app(settings: Settings, worker_alive: Callable[[], bool], pace: Pace | None = None) -> App:
    """The application of a host. Brings the schema up to date first."""
    engine = open_database(settings.database, patience=STORE_SECONDS)
    migrate(engine)
    store, metrics = Glances(engine), health.Metrics()
    metered(engine, metrics.meters.statements, metrics.meters.database_errors)
    metrics.meters.disk(settings.state_dir)
    metrics.gauges.allow(settings.day.usd)
    inbox = Inbox(engine)
    grouping = Grouping(inbox, metrics)
    metrics.watch(lambda: grouping.waiting)
    folding = Folding(engine, lambda: inbox.written)
    work = AtWork(store.repositories_at_work, time.monotonic)
    metrics.registry.register(GitHubLimits(Installations(engine), lambda: datetime.now(UTC)))
    secrets = [secret.get_secret_value().encode() for secret in settings.webhook_secret]

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        await work.refresh()
        folding.start()
        grouping.start()
        work.start()
        looking = asyncio.create_task(metrics.meters.watch_loop())
        try:
            yield
        finally:
            looking.cancel()
            await parts.aclose()
            await work.stop()
            await grouping.stop()
            folding.stop()

    rest = FastAPI(title="Otto", docs_url=None, redoc_url=None, openapi_url=None, lifespan=life)
    rest.include_router(
        health.router(store, metrics, worker_alive, lambda gauges: gauges.fill(engine, datetime.now(UTC)))
    )
    where = pages.Where(settings.host, settings.web_url, settings.docs_url, settings.reach)
    shown = pages.Pages(engine, where, lambda: datetime.now(UTC))
    logs = log_pages.Logs(shown, AtGitHub(_account(settings), engine, lambda: datetime.now(UTC)))
    rest.include_router(log_pages.router(logs))
    rest.include_router(log_pages.diff_router(logs))
    rest.include_router(pages.router(shown))
    acting = actions.Actions(shown, lambda: _way_in(settings, engine, metrics.meters))
    api = ApiDoor(engine, shown, acting, lambda: datetime.now(UTC))
    rest.include_router(actions.router(acting))
    rest.include_router(login.router(shown.entrance, lambda: datetime.now(UTC)))
    streams = live.Streams(shown, engine, lambda: datetime.now(UTC), pace)
    rest.include_router(live.router(streams))
    rest.add_exception_handler(404, shown.lost)
    parts = Shown(shown.entrance, acting, logs, streams)
    receiver = no_webhook if settings.poll else Receiver(grouping, secrets, work, metrics)
    return App(receiver, api, rest, parts)


def _way_in(settings: Settings, engine: sa.Engine, meters: Meters) -> WayIn:
    """What acting on pages needs: GitHub's client and the heart, which nobody needs who only looks."""
    from otto_bot.store.installations import SharedSlots
    from otto_bot.web.way_in import WayIn, app_of

    slots = SharedSlots(Installations(engine, settings.write_pause_seconds))
    key = settings.private_key.get_secret_value()
    version = settings.github_api_version
    github = app_of(settings.github_api_url, settings.app_id, key, slots, lambda: datetime.now(UTC), version, meters)
    return WayIn(engine, github, settings.limits, settings.caps, lambda: datetime.now(UTC), meters)


def _account(settings: Settings) -> Account:
    """What reading GitHub for a page takes."""
    return Account(
        settings.github_api_url,
        settings.app_id,
        settings.private_key.get_secret_value,
        settings.write_pause_seconds,
        settings.state_dir.absolute(),
        int(settings.logs_gib * 1024**3),
        lambda: settings.hidden(os.environ),
        settings.github_api_version,
    )
