"""What GitHub says of the App with its own key: whether the key fits, and where it is installed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from otto_bot.github.client import GitHubApp
from otto_bot.github.errors import GitHubError, Unauthorized
from otto_bot.setting_up.faults import SetupError
from otto_bot.setting_up.manifest import Where
from otto_bot.text import setting_up as words


class Asking:
    """Asks as one App, by its private key. Raises SetupError for one that cannot be used."""

    def __init__(self, there: Where, app_id: int, key: str, now: Callable[[], datetime]) -> None:
        self._there, self._app_id, self._key, self._now = there, app_id, key, now

    def _app(self) -> GitHubApp:
        try:
            # No version of the API: an Enterprise Server may not know ours, and what is asked here is the same in all.
            return GitHubApp(self._there.api, self._app_id, self._key, now=self._now, api_version=None)
        except ValueError as error:
            raise SetupError(str(error)) from None

    async def slug(self) -> str:
        """The App's short name. Raises SetupError where the key is another App's, GitHubError otherwise."""
        try:
            async with self._app() as github:
                return (await github.bot_login()).removesuffix("[bot]")
        except Unauthorized:
            raise SetupError(words.wrong_key(self._app_id, self._there.web)) from None

    async def accounts(self) -> tuple[str, ...]:
        """Whose repositories it is installed on. Raises SetupError."""
        try:
            async with self._app() as github:
                return tuple(one.account_login or "?" for one in await github.installations())
        except GitHubError as error:
            raise SetupError(words.not_asked(str(error))) from None
