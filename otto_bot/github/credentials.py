"""Who asks: the App, an installation, a person who has logged in, or nobody."""

from __future__ import annotations

from collections.abc import Callable

from otto_bot.github.errors import Unauthorized
from otto_bot.github.session import Credential
from otto_bot.github.tokens import Client, Scope, Token, TokenCache


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


class PersonCredentials:
    """As a person who has logged in. There is no other token: what GitHub does not accept once has ended."""

    def __init__(self, token: Token) -> None:
        self._token: Token | None = token

    async def get(self) -> Credential:
        if self._token is None:
            raise Unauthorized(401, "GitHub does not accept the login any more")
        return self._token

    def drop(self, credential: Credential) -> None:
        """It was revoked, or its time is over."""
        del credential
        self._token = None


class ClientCredentials:
    """As the App where it answers for the logins that it gave out."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def get(self) -> Credential:
        return self._client

    def drop(self, credential: Credential) -> None:
        """There is no other secret."""
