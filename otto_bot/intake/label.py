"""Which label starts a run in a repository: read from its configuration, kept for some minutes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from otto_bot.core.config import Config, ConfigError, HostCaps
from otto_bot.core.values import Repo
from otto_bot.github.client import GitHubApp
from otto_bot.github.config_file import read_config_file
from otto_bot.github.errors import GitHubError

DEFAULT = "otto"
KEPT = timedelta(minutes=5)
"""So long a repository's label is not asked for again, unless its default branch moves."""


class Labels:
    """The labels of repositories."""

    def __init__(self, github: GitHubApp, caps: HostCaps, now: Callable[[], datetime]) -> None:
        self._github = github
        self._caps = caps
        self._now = now
        self._known: dict[int, tuple[datetime, str]] = {}

    async def of(self, repo: Repo) -> str:
        """The configured label; where the configuration cannot be used, the default one, so that a run can say so.

        Raises RetryLater and Unreachable: whoever guessed then would lose a label for ever.
        """
        known = self._known.get(repo.id)
        if known is not None and self._now() - known[0] < KEPT:
            return known[1]
        config = await self.config(repo)
        label = DEFAULT if config is None else config.label
        self._known[repo.id] = self._now(), label
        return label

    def forget(self, repo: Repo) -> None:
        """The default branch has moved, and the configuration with it, perhaps."""
        self._known.pop(repo.id, None)

    async def config(self, repo: Repo) -> Config | None:
        """The repository's configuration; None where it cannot be used. Raises RetryLater and Unreachable."""
        repository = self._github.repository(repo.installation_id, repo.id)
        try:
            return await read_config_file(repository, repo.default_branch, self._caps)
        except ConfigError:
            return None
        except GitHubError as error:
            if error.retryable:
                raise
            return None
