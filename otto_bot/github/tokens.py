"""Installation tokens: minted once, scoped to what is needed, kept until shortly before they end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

REFRESH_BEFORE = timedelta(minutes=5)


@dataclass(frozen=True)
class Scope:
    """What a token may do: these permissions, in these repositories (empty: all of the installation)."""

    installation_id: int
    repository_ids: tuple[int, ...]
    permissions: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, installation_id: int, repository_ids: tuple[int, ...], permissions: Mapping[str, str]) -> Scope:
        """`permissions` with their levels; metadata comes with any other one, so that it makes no scope of its own."""
        asked = {name: level for name, level in permissions.items() if name != "metadata"} or permissions
        return cls(installation_id, repository_ids, tuple(sorted(asked.items())))


@dataclass(frozen=True)
class Token:
    """`value` is a secret: it is kept out of `repr`."""

    value: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True)
class Client:
    """The App as it lets people log in: its client id and the secret, which is kept out of `repr`."""

    id: str
    secret: str = field(repr=False)


class TokenCache:
    """Tokens in memory only. Each scope is minted once however many ask for it; who finds one waits for nobody."""

    def __init__(self, mint: Callable[[Scope], Awaitable[Token]], now: Callable[[], datetime]) -> None:
        self._mint = mint
        self._now = now
        self._tokens: dict[Scope, Token] = {}
        self._minting: dict[Scope, asyncio.Lock] = {}

    async def get(self, scope: Scope) -> Token:
        """A token with at least five minutes left. Raises what minting raises."""
        if known := self._usable(scope):
            return known
        async with self._minting.setdefault(scope, asyncio.Lock()):
            if known := self._usable(scope):  # minted while we waited
                return known
            self._forget_expired()
            fresh = await self._mint(scope)
            self._tokens[scope] = fresh
            return fresh

    def _usable(self, scope: Scope) -> Token | None:
        known = self._tokens.get(scope)
        return known if known is not None and known.expires_at - self._now() >= REFRESH_BEFORE else None

    def drop(self, scope: Scope, token: Token) -> None:
        """GitHub answered 401 to it. A newer token of the same scope stays."""
        if self._tokens.get(scope) == token:
            del self._tokens[scope]

    def refused(self, scope: Scope, value: str) -> None:
        """Git was told 401 with this value: the next `get` mints. A newer token of the same scope stays."""
        known = self._tokens.get(scope)
        if known is not None and known.value == value:
            self.drop(scope, known)

    def purge(self, installation_id: int) -> None:
        """Forget everything of an installation that was removed or suspended."""
        self._tokens = {
            scope: token for scope, token in self._tokens.items() if scope.installation_id != installation_id
        }

    def _forget_expired(self) -> None:
        now = self._now()
        self._tokens = {scope: token for scope, token in self._tokens.items() if token.expires_at > now}
        self._minting = {scope: lock for scope, lock in self._minting.items() if lock.locked() or scope in self._tokens}
