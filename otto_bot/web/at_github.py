"""GitHub as the App sees it, for pages that show what stands there; made when somebody looks at the first of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import sqlalchemy as sa

from otto_bot.github.host_checks import API_VERSION

if TYPE_CHECKING:
    from otto_bot.core.redact import Redactor
    from otto_bot.github.client import GitHubApp
    from otto_bot.github.verbs import Repository


class Account(NamedTuple):
    """The App as this host knows it, where and how much is kept of logs, and what must never be shown."""

    api_url: str
    app_id: int
    private_key: Callable[[], str]
    write_pause: float
    state_dir: Path
    logs: int
    """Bytes of the logs that are kept for pages."""
    hidden: Callable[[], tuple[str, ...]]
    api_version: str | None = API_VERSION


class AtGitHub:
    """Reads with tokens of the App's installations; it writes nothing."""

    def __init__(self, account: Account, engine: sa.Engine, now: Callable[[], datetime]) -> None:
        self.account, self._engine, self._now = account, engine, now
        self._making = asyncio.Lock()
        self._app: GitHubApp | None = None

    @cached_property
    def redactor(self) -> Redactor:
        """Knows the host's secrets, and each token from the moment in which it is minted."""
        from otto_bot.core.redact import Redactor

        return Redactor(self.account.hidden())

    async def repository(self, installation: int, repository: int) -> Repository:
        """The verbs of a repository. Raises ValueError where the host's key or address cannot be used."""
        async with self._making:
            if self._app is None:
                self._app = await asyncio.to_thread(self._made)
        # Decisions and merges come first where GitHub's limits leave little room.
        return self._app.repository(installation, repository).yielding()

    def _made(self) -> GitHubApp:
        from otto_bot.github.client import GitHubApp  # half a second, and memory that a host without readers spares
        from otto_bot.store.installations import Installations, SharedSlots

        return GitHubApp(
            self.account.api_url,
            self.account.app_id,
            self.account.private_key(),
            now=self._now,
            on_secret=self.redactor.register,
            censor=self.redactor.text,
            slots=SharedSlots(Installations(self._engine, self.account.write_pause)),
            api_version=self.account.api_version,
        )

    async def close(self) -> None:
        """Close its connections."""
        if self._app is not None:
            await self._app.__aexit__(None, None, None)
