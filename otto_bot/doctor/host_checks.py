"""The checks of a host by name, and those of them that a worker makes now and then for the page of the host."""

from __future__ import annotations

from collections.abc import Mapping

from otto_bot.doctor import at_github, here, models, pages, stored
from otto_bot.doctor.host import Host
from otto_bot.doctor.running import Check

HOST_CHECKS: Mapping[str, Check[Host]] = {
    "settings": here.settings,
    "secret-files": here.secret_files,
    "versions": here.versions,
    "database": stored.database,
    "disk": here.disk,
    "workers": stored.workers,
    "github": at_github.github,
    "clock": at_github.clock,
    "credentials": at_github.credentials,
    "app-permissions": at_github.app_permissions,
    "app-events": at_github.app_events,
    "installations": at_github.installations,
    "webhook": at_github.webhook,
    "sandbox": here.sandbox,
    "models": models.models,
    "pages": pages.pages,
}
"""In the order of the report."""
ON_THE_PAGE = tuple(name for name in HOST_CHECKS if name not in ("models", "workers"))
"""The page knows workers by itself, and nobody asks the model's provider every few minutes."""
