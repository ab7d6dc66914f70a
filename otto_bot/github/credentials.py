"""Who asks: the App, an installation or nobody."""

from __future__ import annotations

from collections.abc import Callable

from otto_bot.github.session import Credential
from otto_bot.github.tokens import Scope, Token, TokenCache


class AppCredentials:
    """As the App itself, by JWT."""

    def __init__(self, forget_jwt: Callable[[], None]) -> None:
        self._forget_jwt = forget_jwt

    async def get(self) -> Credential:
        return "app"

    def drop(self, credential: Credential) -> None:
        """GitHub did not accept it: the next request signs a new one."""
        del credential
        self._forget_jwt()


class Nobody:
    """Without any credential."""

    async def get(self) -> Credential:
        return "nobody"

    def drop(self, credential: Credential) -> None:
        """There is none."""


class InstallationCredentials:
    """As one installation, by a token of one scope."""

    def __init__(self, tokens: TokenCache, scope: Scope) -> None:
        self._tokens = tokens
        self._scope = scope

    async def get(self) -> Credential:
        return await self._tokens.get(self._scope)

    def drop(self, credential: Credential) -> None:
        assert isinstance(credential, Token)
        self._tokens.drop(self._scope, credential)
