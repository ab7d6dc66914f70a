"""What the pages ask GitHub about whoever is logged in, and keep for a minute. GitHub's client comes with the first."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from otto_bot.web.reach import Reach
from otto_bot.web.sessions import Ticket

if TYPE_CHECKING:
    from otto_bot.github.oauth import Grant, Logins
    from otto_bot.github.person_verbs import PersonRepository

T = TypeVar("T")
FRESH = timedelta(seconds=60)
"""So long somebody may still see what they could read a moment ago."""
PATIENCE_SECONDS = 20
MOST_KEPT = 200
MOST_ENDED = 10_000
SOON = timedelta(minutes=5)
"""A token that ends so soon is renewed before it is used."""


class _Kept:
    """Of one session: what GitHub said last. The lock lets one ask for all who wait."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.at: datetime | None = None
        self.repositories: list[PersonRepository] = []
        self.ticket: Ticket | None = None


class Door:
    """GitHub for people who are logged in. Everything raises GitHubError."""

    def __init__(self, reach: Reach, now: Callable[[], datetime]) -> None:
        self._reach, self._now = reach, now
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._ended: OrderedDict[str, None] = OrderedDict()
        self._logins: Logins | None = None
        self._opening = asyncio.Lock()

    async def opened(self) -> Logins:
        """The App's user authorisation. Loading it takes a second: no webhook waits for that."""
        async with self._opening:
            found = self._logins
            if found is None:
                found = self._logins = await asyncio.to_thread(self._load)
            return found

    def _load(self) -> Logins:
        from otto_bot.github.oauth import Logins  # GitHub's client, which nobody needs who only receives webhooks
        from otto_bot.github.tokens import Client

        client = Client(self._reach.client_id, self._reach.client_secret.get_secret_value())
        reach = self._reach
        return Logins(reach.api_url, reach.web_url, client, now=self._now, api_version=reach.api_version)

    async def fresh(self, ticket: Ticket) -> Ticket:
        """The session with a token that lasts: the same one, or a renewed one. Raises LoginRefused where it is over."""
        if ticket.ends - self._now() > SOON or not ticket.refresh:
            return ticket
        return await _in_time(self._renewed(ticket))

    async def _renewed(self, ticket: Ticket) -> Ticket:
        kept = self._of(ticket)
        async with kept.lock:
            if kept.ticket is None or kept.ticket.ends - self._now() <= SOON:
                kept.ticket = _with(ticket, await (await self.opened()).refresh((kept.ticket or ticket).refresh))
            return kept.ticket

    async def repositories(self, ticket: Ticket) -> list[PersonRepository]:
        """What both they and the App may read: asked at most once a minute."""
        return await _in_time(self._repositories(ticket))

    async def _repositories(self, ticket: Ticket) -> list[PersonRepository]:
        from otto_bot.github.tokens import Token

        kept = self._of(ticket)
        async with kept.lock:
            if kept.at is None or self._now() - kept.at >= FRESH:
                person = (await self.opened()).person(Token(ticket.token, ticket.ends))
                kept.repositories = await person.repositories()
                kept.at = self._now()
            return kept.repositories

    def forget(self, session_id: str) -> None:
        """The session is over, as far as this process can tell; its token is revoked by whoever ends it."""
        self._kept.pop(session_id, None)
        self._ended[session_id] = None
        while len(self._ended) > MOST_ENDED:
            self._ended.popitem(last=False)

    def over(self, session_id: str) -> bool:
        """Whether it was ended here, whatever its cookie says. Also asks for the state of a login that was used."""
        return session_id in self._ended

    async def aclose(self) -> None:
        """Close the connections, where there are any."""
        if self._logins is not None:
            await self._logins.aclose()

    def _of(self, ticket: Ticket) -> _Kept:
        kept = self._kept.setdefault(ticket.id, _Kept())
        self._kept.move_to_end(ticket.id)
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return kept


async def _in_time(asking: Coroutine[Any, Any, T]) -> T:
    """Nobody waits for a page as long as GitHub may take. Raises Unreachable."""
    from otto_bot.github.errors import Unreachable

    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await asking
    except TimeoutError:
        pass
    raise Unreachable(0, f"GitHub did not say in {PATIENCE_SECONDS} s what somebody may see")


def _with(ticket: Ticket, grant: Grant) -> Ticket:
    """The same session with another token: it does not last longer for it."""
    return ticket.model_copy(
        update={
            "token": grant.token.value,
            "ends": grant.token.expires_at,
            "refresh": grant.refresh,
            "refresh_ends": grant.refresh_ends,
        }
    )
