"""Composition of the web process: webhook receiver and health. It loads neither the queue nor the model."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from fastapi import FastAPI

from otto_bot.intake import webhook
from otto_bot.settings import Settings
from otto_bot.store.database import migrate, open_database
from otto_bot.store.effect_rows import EffectRows
from otto_bot.store.inbox import Inbox
from otto_bot.store.installations import Installations
from otto_bot.web import health
from otto_bot.web.github_limits import GitHubLimits


def build_app(settings: Settings, worker_alive: Callable[[], bool]) -> FastAPI:
    """The ASGI application. Brings the schema up to date first."""
    engine = open_database(settings.database)
    migrate(engine)
    inbox, metrics = Inbox(engine), health.Metrics()
    metrics.registry.register(GitHubLimits(Installations(engine), lambda: datetime.now(UTC)))
    secrets = [secret.get_secret_value().encode() for secret in settings.webhook_secret]
    app = FastAPI(title="Otto", docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(webhook.router(inbox, secrets, metrics=metrics))
    app.include_router(health.router(inbox, EffectRows(engine), metrics, worker_alive))
    return app
