"""How the pages reach runs and GitHub when somebody acts: the same pieces that the worker has, made with the first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa

from otto_bot.core.config import HostCaps
from otto_bot.core.limits import HostLimits
from otto_bot.github.client import GitHubApp
from otto_bot.github.pace import Slots
from otto_bot.intake.beginning import Beginnings
from otto_bot.intake.label import Labels
from otto_bot.intake.page_words import PageWords
from otto_bot.observe.meters import Meters
from otto_bot.store.ledger import Ledger
from otto_bot.store.telling import Telling


class WayIn:
    """What acting needs. Everything writes as the worker does: with the same limits, at the same pace."""

    def __init__(
        self, engine: sa.Engine, github: GitHubApp, limits: HostLimits, caps: HostCaps, now: Callable[[], datetime],
        meters: Meters | None = None,
    ) -> None:  # fmt: skip
        self.github, self.limits = github, limits
        self.ledger = Ledger(engine, limits, tell=Telling(meters))
        self.words = PageWords(self.ledger, github, now)
        self.labels, self.caps = Labels(github, caps, now), caps
        self.beginnings = Beginnings(now)

    async def aclose(self) -> None:
        """Close all connections."""
        await self.github.__aexit__(None, None, None)


def app_of(
    api_url: str, app_id: int, private_key: str, slots: Slots, now: Callable[[], datetime], api_version: str | None,
    meters: Meters | None = None,
) -> GitHubApp:  # fmt: skip
    """The App, as the pages use it: to ask who may, and to read. Raises ValueError for a key that cannot be used."""
    return GitHubApp(api_url, app_id, private_key, now=now, slots=slots, api_version=api_version, meter=meters)
