"""How fast one installation may be used: serial writes with a pause, budgets, and a gate that GitHub's limits close."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Protocol

from otto_bot.core.quota import (
    FEW_LEFT,
    LONGEST_CLOSING,
    LOW_PAUSE,
    PATIENCE,
    READ_POINTS,
    Account,
    Ask,
    Quota,
    Slot,
    close,
    heard,
    reserve,
)
from otto_bot.github.errors import RetryLater
from otto_bot.observe.events import Event, tell

log = logging.getLogger(__name__)

Sleep = Callable[[float], Awaitable[None]]

APP = 0
"""The App itself in the place of an installation: requests with its JWT have limits of their own."""
ROUNDING = 0.001
_PATIENT = timedelta(seconds=PATIENCE)
READS_TOLD = 25
"""So many reads are told at once to whoever counts the points: telling costs a write of the database."""
LEFT_NONE = "GitHub's requests for this hour are used up"
UNANSWERED = "an earlier write has no answer yet, and GitHub wants one after the other"


class Slots(Protocol):
    """Who may send when, of all processes that share the installations. The worker brings one with a database."""

    @property
    def pause(self) -> float:
        """Seconds between two writes of one installation."""

    async def closed(self, installation_id: int, at: datetime) -> tuple[datetime, str] | None:
        """Until when GitHub's limit closes the installation, and why."""

    async def reserve(self, installation_id: int, ask: Ask, at: datetime) -> Slot:
        """A place for a request, or when to ask again."""

    async def close(self, installation_id: int, until: datetime | None, why: str, at: datetime) -> datetime:
        """GitHub named a limit (None: without a time). Returns when the installation opens again."""


class LocalSlots:
    """Of one process, in memory."""

    def __init__(self, pause: float = 1.0) -> None:
        self._pause = pause
        self._accounts: dict[int, Account] = {}

    @property
    def pause(self) -> float:
        """Seconds between two writes of one installation."""
        return self._pause

    async def closed(self, installation_id: int, at: datetime) -> tuple[datetime, str] | None:
        """Until when GitHub's limit closes the installation, and why."""
        account = self._accounts.get(installation_id, Account())
        return (_time(account.closed_until), account.closed_why) if at.timestamp() < account.closed_until else None

    async def reserve(self, installation_id: int, ask: Ask, at: datetime) -> Slot:
        """A place for a request, or when to ask again."""
        known = self._accounts.get(installation_id, Account())
        self._accounts[installation_id], slot = reserve(known, ask, at.timestamp(), self._pause)
        return slot

    async def close(self, installation_id: int, until: datetime | None, why: str, at: datetime) -> datetime:
        """GitHub named a limit (None: without a time). Returns when the installation opens again."""
        known = self._accounts.get(installation_id, Account())
        account = close(known, until.timestamp() if until is not None else None, why, at.timestamp())
        self._accounts[installation_id] = account
        return _time(account.closed_until)


class Pace:
    """Of one installation in this process. GitHub may ban who goes on while limited: nothing is sent then."""

    def __init__(self, installation_id: int, slots: Slots, now: Callable[[], datetime], sleep: Sleep) -> None:
        self._id = installation_id
        self._slots = slots
        self._now = now
        self._sleep = sleep
        self._one = asyncio.Lock()
        self._sent_at: datetime | None = None
        self._reads = 0
        self._known = Account()

    async def check(self) -> None:
        """Raise RetryLater while a limit that GitHub named, to any process, has not passed."""
        closed = await self._slots.closed(self._id, self._now())
        if closed is not None:
            raise RetryLater(closed[0], closed[1])

    async def read(self, *, yields: bool) -> None:
        """Before a request that only reads. One that `yields` is not sent while few are left in this hour."""
        quota, now = self._known.quota, self._now().timestamp()
        if yields and quota is not None and quota.scarce(now):
            raise RetryLater(_time(min(quota.reset, now + LOW_PAUSE)), FEW_LEFT)
        if self._reads + 1 < READS_TOLD:
            await self.check()
            self._reads += 1
            return
        await self._wait_for(Ask(write=False, points=READS_TOLD * READ_POINTS, yields=yields, quota=quota))
        self._reads = 0

    async def free(self) -> None:
        """Before a POST that waits for no other write: GitHub's points a minute still count it."""
        await self._wait_for(Ask(write=False))

    @asynccontextmanager
    async def write(self, ask: Ask) -> AsyncIterator[None]:
        """Around one write: its turn has come, and no other write of this process is under way.

        Short waits are slept; longer ones raise RetryLater, so that the step is tried again later.
        """
        if self._one.locked() and self._sent_at is not None and self._now() - self._sent_at > _PATIENT:
            raise self._unanswered()  # before a place is taken: whoever comes again and again would use up the budget
        await self._wait_for(ask.model_copy(update={"quota": self._known.quota}))
        behind = self._one.locked()
        try:
            async with asyncio.timeout(PATIENCE):
                await self._one.acquire()
        except TimeoutError:
            raise self._unanswered() from None
        try:
            if behind:
                await self.check()  # the one before may have met a limit
            await self._apart()
            self._sent_at = self._now()
            yield
        finally:
            self._one.release()

    def _unanswered(self) -> RetryLater:
        return RetryLater(self._now() + _PATIENT, UNANSWERED)

    async def _wait_for(self, ask: Ask) -> None:
        asked = self._now()
        slot = await self._slots.reserve(self._id, ask, asked)
        if not slot.granted:
            raise RetryLater(_time(slot.at), slot.why)
        wait = slot.at - asked.timestamp()
        if wait > 0:
            await self._sleep(wait)
            await self.check()

    async def _apart(self) -> None:
        """A write that waited for a slow one before it is not sent right behind it."""
        if self._sent_at is None:
            return
        left = self._slots.pause - max((self._now() - self._sent_at).total_seconds(), 0.0)
        if left > ROUNDING:
            await self._sleep(left)
            await self.check()

    async def close(self, limit: RetryLater) -> RetryLater:
        """GitHub named a limit: nobody sends anything before it has passed. Returns it with the time that holds."""
        until = await self._slots.close(self._id, limit.until if limit.named else None, limit.reason, self._now())
        tell(
            log, Event.GITHUB_LIMITED, installation=self._id, until=until.isoformat(timespec="seconds"),
            why=limit.reason, github_request_id=limit.request_id,
        )  # fmt: skip
        return RetryLater(until, limit.reason, status=limit.status, request_id=limit.request_id)

    async def heard(self, headers: Mapping[str, str]) -> None:
        """What an answer says of GitHub's primary limit. Where nothing is left the next request is not even sent."""
        quota = _quota(headers)
        if quota is None:
            return
        now = self._now().timestamp()
        if quota.reset <= now + LONGEST_CLOSING:  # else it would outlive every true one
            self._known = heard(self._known, quota)
        if quota.remaining == 0 and quota.reset > now:
            await self._slots.close(self._id, _time(quota.reset), LEFT_NONE, self._now())


def _quota(headers: Mapping[str, str]) -> Quota | None:
    """Other resources than `core` (search, GraphQL) have limits of their own."""
    if headers.get("x-ratelimit-resource", "core") != "core":
        return None
    limit, remaining, reset = (headers.get(f"x-ratelimit-{name}", "") for name in ("limit", "remaining", "reset"))
    if not all(text.isascii() and text.isdigit() and len(text) < 12 for text in (limit, remaining, reset)):
        return None
    return Quota(limit=int(limit), remaining=int(remaining), reset=float(reset))


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
