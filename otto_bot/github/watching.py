"""Each request to GitHub as it is seen from outside: a span, a number, and what its answer says of limits and time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol

from otto_bot.github.answer import Answer
from otto_bot.github.errors import GitHubError
from otto_bot.github.routes import Route
from otto_bot.github.session import Credential, Exchange, Params
from otto_bot.observe.spans import span


class Meter(Protocol):
    """Counts requests."""

    def answered(self, status: int, seconds: float) -> None:
        """GitHub answered; 0 = it did not."""

    def heard(self, installation: int, headers: Mapping[str, str], now: datetime, steady: Callable[[], float]) -> None:
        """What an answer says besides."""


class Watched:
    """An exchange that is watched. Neither paths nor bodies are told: the route's template is."""

    def __init__(
        self,
        exchange: Exchange,
        installation: int,
        meter: Meter | None,
        now: Callable[[], datetime],
        steady: Callable[[], float],
    ) -> None:
        self._exchange, self._installation, self._meter = exchange, installation, meter
        self._now, self._steady = now, steady

    async def __call__(
        self,
        credential: Credential,
        method: str,
        where: Route,
        *,
        params: Params | None = None,
        body: Any = None,
        accept: str | None = None,
    ) -> Answer:
        """One request, one answer."""
        began = self._steady()
        status = 0
        with span("github", method=method, route=where.template, installation=self._installation) as seen:
            try:
                answer = await self._exchange(credential, method, where, params=params, body=body, accept=accept)
                status = answer.status
            except GitHubError as error:
                status = error.status
                raise
            finally:
                seen.put(status=status or None)
                if self._meter is not None:
                    self._meter.answered(status, self._steady() - began)
        if self._meter is not None:
            self._meter.heard(self._installation, answer.headers, self._now(), self._steady)
        return answer
