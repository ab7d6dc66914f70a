"""Requests in one scope: repeated where that is safe, limits as RetryLater, one fresh token on 401, pages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, Literal, Protocol

from otto_bot.github.answer import Answer, next_page, problem
from otto_bot.github.errors import GitHubError, NotFound, RetryLater, TooLarge, Unreachable
from otto_bot.github.pace import Pace, Sleep
from otto_bot.github.routes import Route
from otto_bot.github.tokens import Client, Token
from otto_bot.github.weights import weigh

Credential = Token | Client | Literal["app", "nobody"]
Params = Mapping[str, str | int]

PER_PAGE = 100
MAX_PAGES = 50
BACKOFF_SECONDS = (0.5, 2.0)
REPEATABLE = frozenset({"GET", "HEAD", "PUT", "DELETE"})
READING = frozenset({"GET", "HEAD"})


Fence = Callable[[], Awaitable[None]]
"""Raises where the writer has been replaced: what it knows may be old, and another one writes what is so now."""


class Exchange(Protocol):
    """One request, one answer. Raises Unreachable and TooLarge only; error statuses are answers."""

    async def __call__(
        self,
        credential: Credential,
        method: str,
        where: Route,
        *,
        params: Params | None = None,
        body: Any = None,
        accept: str | None = None,
    ) -> Answer: ...


class Credentials(Protocol):
    """Where a session takes its credential from, and where it says that GitHub did not accept it."""

    async def get(self) -> Credential: ...

    def drop(self, credential: Credential) -> None: ...


class Session:
    """All requests of one installation (or of the App itself) in one scope."""

    def __init__(
        self,
        exchange: Exchange,
        credentials: Credentials,
        pace: Pace,
        now: Callable[[], datetime],
        sleep: Sleep,
        *,
        yields: bool = False,
        fence: Fence | None = None,
    ) -> None:
        self._exchange = exchange
        self._credentials = credentials
        self._pace = pace
        self._now = now
        self._sleep = sleep
        self._yields = yields
        self._fence = fence

    def yielding(self) -> Session:
        """The same, for what gives way to everything else where the pace or GitHub's limits leave little room."""
        return self._with(True, self._fence)

    def fenced(self, fence: Fence) -> Session:
        """The same; each write asks first whether it may still be sent, when its turn has come."""
        return self._with(self._yields, fence)

    def _with(self, yields: bool, fence: Fence | None) -> Session:
        own = (self._exchange, self._credentials, self._pace, self._now, self._sleep)
        return Session(*own, yields=yields, fence=fence)

    async def call(
        self,
        method: str,
        where: Route,
        *,
        params: Params | None = None,
        body: Any = None,
        accept: str | None = None,
        eventual: bool = False,
        repeatable: bool | None = None,
        allow: frozenset[int] = frozenset(),
    ) -> Answer:
        """Send and return a 2xx answer (or a status in `allow`).

        GET, HEAD, PUT and DELETE are repeated after a 5xx or a lost connection, twice, with a short pause; POST and
        PATCH never, unless `repeatable` says that doing it twice leaves no trace. `eventual` also repeats on 404, for
        things that were created a moment ago. Raises GitHubError.
        """
        if repeatable is None:
            repeatable = method in REPEATABLE
            send = self._read if method in READING else self._write
        else:
            send = self._free
        for pause in (*BACKOFF_SECONDS, None):
            try:
                return await send(method, where, params, body, accept, allow)
            except Unreachable:
                if not repeatable or pause is None:
                    raise
            except NotFound as error:
                if not eventual or error.status != 404 or pause is None:
                    raise
            await self._sleep(pause)
        raise AssertionError("the last try ends in an answer or an error")

    async def _read(self, method: str, where: Route, *rest: Any) -> Answer:
        await self._pace.read(yields=self._yields)
        return await self._once(method, where, *rest)

    async def _write(self, method: str, where: Route, *rest: Any) -> Answer:
        async with self._pace.write(weigh(method, where, yields=self._yields)):
            if self._fence is not None:
                await self._fence()
            return await self._once(method, where, *rest)

    async def _free(self, method: str, where: Route, *rest: Any) -> Answer:
        """What leaves no trace (a token) waits for no other write, and costs as much."""
        await self._pace.free()
        return await self._once(method, where, *rest)

    async def _once(
        self,
        method: str,
        where: Route,
        params: Params | None,
        body: Any,
        accept: str | None,
        allow: frozenset[int],
    ) -> Answer:
        credential = await self._credentials.get()
        answer = await self._exchange(credential, method, where, params=params, body=body, accept=accept)
        if answer.status == 401:  # revoked early, or our clock is off: one fresh credential, then it is an error
            self._credentials.drop(credential)
            credential = await self._credentials.get()
            answer = await self._exchange(credential, method, where, params=params, body=body, accept=accept)
        error: GitHubError | None = problem(answer, method, where, self._now())
        if isinstance(error, RetryLater):
            error = await self._pace.close(error)
        else:
            await self._pace.heard(answer.headers)
        if error is not None and answer.status not in allow:
            raise error
        return answer

    async def pages(
        self, where: Route, *, key: str | None = None, params: Params | None = None, max_pages: int = MAX_PAGES
    ) -> AsyncIterator[Mapping[str, Any]]:
        """Every object of a list, over all pages, each id once. `key` names the list inside of an object.

        Follows the Link header only. Raises TooLarge after `max_pages`: a part that looks like the whole would lie.
        """
        query: dict[str, str | int] = {"per_page": PER_PAGE, **(params or {})}
        seen: set[int] = set()
        for _ in range(max_pages):
            answer = await self.call("GET", where, params=query)
            for item in _items(answer, key, where):
                identity = item.get("id")
                if isinstance(identity, int):
                    if identity in seen:
                        continue
                    seen.add(identity)
                yield item
            following = next_page(answer)
            if not following:
                return
            query.update(following)
        raise TooLarge(0, f"GET {where.template}: more than {max_pages} pages of {PER_PAGE}")


def _items(answer: Answer, key: str | None, where: Route) -> list[Mapping[str, Any]]:
    data = answer.json()
    found = data.get(key) if key is not None and isinstance(data, dict) else data
    if not isinstance(found, list):
        raise Unreachable(answer.status, f"GET {where.template}: the answer is no list", answer.request_id)
    return [item for item in found if isinstance(item, dict)]
