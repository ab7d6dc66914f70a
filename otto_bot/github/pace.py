"""How fast one installation may be used: a token bucket for writes and a gate that closes when GitHub says so."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from otto_bot.github.errors import RetryLater

Sleep = Callable[[float], Awaitable[None]]

BURST = 40.0
REFILL_PER_SECOND = 1.0
MAX_WAIT_SECONDS = 5.0


class Pace:
    """Of one installation. GitHub allows 80 content-creating requests a minute and bans who goes on while limited."""

    def __init__(self, now: Callable[[], datetime], sleep: Sleep) -> None:
        self._now = now
        self._sleep = sleep
        self._tokens = BURST
        self._filled_at = now()
        self._closed_until: datetime | None = None
        self._closed_why = ""

    def close(self, later: RetryLater) -> None:
        """GitHub named a limit: nothing is sent before `later.until`."""
        if self._closed_until is None or later.until > self._closed_until:
            self._closed_until, self._closed_why = later.until, later.reason

    def check(self) -> None:
        """Raise RetryLater while a limit that GitHub named has not passed."""
        if self._closed_until is not None and self._now() < self._closed_until:
            raise RetryLater(self._closed_until, self._closed_why)

    async def write(self) -> None:
        """Take one write. Short waits are slept; longer ones raise RetryLater so that the run can be parked."""
        self._refill()
        wait = max(1 - self._tokens, 0.0) / REFILL_PER_SECOND
        if wait > MAX_WAIT_SECONDS:
            raise RetryLater(self._now() + timedelta(seconds=wait), "our own write budget is used up")
        self._tokens -= 1  # below zero while others wait: each waiter has its own place in the queue
        if wait:
            await self._sleep(wait)

    def _refill(self) -> None:
        now = self._now()
        passed = max((now - self._filled_at).total_seconds(), 0.0)
        self._filled_at = now
        self._tokens = min(BURST, self._tokens + passed * REFILL_PER_SECOND)
