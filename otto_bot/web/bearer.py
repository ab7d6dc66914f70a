"""Whose token is in `Authorization: Bearer …`: GitHub says it, and where it does not, nobody is let in.

Only a token of this very App's user authorisation counts. GitHub's word is believed for at most a minute.
"""

from __future__ import annotations

import hashlib
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from otto_bot.core.values import Person
from otto_bot.web.sessions import Ticket

FRESH = timedelta(seconds=60)
"""So long GitHub's word is believed: what was revoked opens nothing a minute later."""
KEPT, KEPT_REFUSED = 256, 1024
"""Tokens that are remembered, by their hash. Refused ones have a room of their own: they push no good one out."""
_TOKEN = re.compile(r"ghu_[A-Za-z0-9_]{16,512}")
"""A user's token for a GitHub App. Any other secret that somebody sends by mistake is not passed on."""
_LOGIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,98})")


class BadToken(Exception):
    """There is a header, and nobody is let in by it."""


class CannotTell(Exception):
    """GitHub did not say whose token it is: ask again later. Nobody is let in meanwhile."""


class Bearing(NamedTuple):
    """Whose token it is, and the token: what they may read is asked with it."""

    person: Person
    token: str

    def ticket(self, now: datetime) -> Ticket:
        """As a session is: what its owner may read is asked with it, and kept as long."""
        name = "bearer-" + hashlib.sha256(self.token.encode()).hexdigest()
        ends = now + FRESH
        return Ticket(a=now, i=name, u=self.person.id, l=self.person.login, t=self.token, e=ends)


class Bearer:
    """Asks `owner` whose a token is: GitHub's answer, None where it knows none. It raises GitHubError."""

    def __init__(self, client_id: str, owner: Callable[[str], Awaitable[Any]], now: Callable[[], datetime]) -> None:
        self._client_id, self._owner, self._now = client_id, owner, now
        self._known: OrderedDict[bytes, tuple[float, float, Person]] = OrderedDict()
        self._refused: OrderedDict[bytes, float] = OrderedDict()

    async def bearing(self, headers: Sequence[str]) -> Bearing:
        """Who sends these headers `Authorization`. Raises BadToken and CannotTell."""
        token = token_in(headers)
        key, at = hashlib.sha256(token.encode()).digest(), self._now().timestamp()
        known = self._known.get(key)
        # A clock that was set back does not make an old word fresh.
        if known is not None and known[0] <= at < known[1]:
            return Bearing(known[2], token)
        self._known.pop(key, None)
        if (since := self._refused.get(key)) is not None and 0 <= at - since < FRESH.total_seconds():
            raise BadToken
        found = await self._asked(token)
        if found is None:
            _keep(self._refused, key, at, KEPT_REFUSED)
            raise BadToken
        person, ends = found
        _keep(self._known, key, (at, min(at + FRESH.total_seconds(), ends), person), KEPT)
        return Bearing(person, token)

    async def _asked(self, token: str) -> tuple[Person, float] | None:
        """Whose it is and until when; None where it is none of this App. Raises CannotTell."""
        from otto_bot.github.errors import GitHubError  # GitHub's client, which only who is sent a token needs

        try:
            said = await self._owner(token)
        except GitHubError as error:
            raise CannotTell(type(error).__name__) from None  # without its words: they may name the request
        return None if said is None else owner_of(said, self._client_id, self._now())


def token_in(headers: Sequence[str]) -> str:
    """The token in the one header `Authorization`. Raises BadToken for anything else."""
    scheme, _, token = (headers[0] if headers else "").strip().partition(" ")
    if len(headers) != 1 or scheme.lower() != "bearer" or not _TOKEN.fullmatch(token.strip()):
        raise BadToken
    return token.strip()


def owner_of(said: Any, client_id: str, now: datetime) -> tuple[Person, float] | None:
    """Whose token it is by GitHub's answer, and when it ends; None where it is another App's, or over."""
    if not isinstance(said, dict) or not isinstance(said.get("app"), dict) or not isinstance(said.get("user"), dict):
        return None
    number, login = said["user"].get("id"), said["user"].get("login")
    named = isinstance(login, str) and _LOGIN.fullmatch(login) is not None
    if said["app"].get("client_id") != client_id or type(number) is not int or number <= 0 or not named:
        return None
    ends = _end(said.get("expires_at"))
    return (Person(id=number, login=login), ends) if ends > now.timestamp() else None


def _end(said: object) -> float:
    """Seconds since 1970; no end where none is told, and the past where it cannot be read."""
    if said is None:
        return float("inf")
    try:
        at = datetime.fromisoformat(str(said))
    except ValueError:
        return 0.0
    return (at if at.tzinfo is not None else at.replace(tzinfo=UTC)).timestamp()


def _keep(kept: OrderedDict[bytes, Any], key: bytes, value: Any, most: int) -> None:
    kept[key] = value
    kept.move_to_end(key)
    while len(kept) > most:
        kept.popitem(last=False)
