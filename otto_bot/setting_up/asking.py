"""What GitHub says of the App with its own key: whether the key fits, and where it is installed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar

from otto_bot.github.client import GitHubApp
from otto_bot.github.errors import GitHubError, Refused, Unauthorized
from otto_bot.github.host_checks import API_VERSION
from otto_bot.setting_up.faults import SetupError
from otto_bot.setting_up.manifest import Where
from otto_bot.text import setting_up as words

Answer = TypeVar("Answer")


class Asking:
    """Asks as one App, by its private key. Raises SetupError for one that cannot be used."""

    def __init__(self, there: Where, app_id: int, key: str, now: Callable[[], datetime]) -> None:
        self._there, self._app_id, self._key, self._now = there, app_id, key, now

    def _app(self, version: str | None) -> GitHubApp:
        try:
            return GitHubApp(self._there.api, self._app_id, self._key, now=self._now, api_version=version)
        except ValueError as error:
            raise SetupError(str(error)) from None

    async def _asked(self, question: Callable[[GitHubApp], Awaitable[Answer]]) -> Answer:
        """The answer. An Enterprise Server may not know our version of the API: then its own is taken."""
        try:
            async with self._app(API_VERSION) as github:
                return await question(github)
        except Refused as error:
            if error.reason != "api_version":
                raise
        async with self._app(None) as github:
            return await question(github)

    async def slug(self) -> str:
        """The App's short name. Raises SetupError where the key is another App's, GitHubError otherwise."""
        try:
            return (await self._asked(GitHubApp.bot_login)).removesuffix("[bot]")
        except Unauthorized:
            raise SetupError(words.wrong_key(self._app_id, self._there.web)) from None

    async def accounts(self) -> tuple[str, ...]:
        """Whose repositories it is installed on. Raises SetupError."""
        try:
            found = await self._asked(GitHubApp.installations)
        except GitHubError as error:
            raise SetupError(words.not_asked(str(error))) from None
        return tuple(one.account_login or "?" for one in found)
