"""Deliveries that did not arrive: found in GitHub's own log, and asked for again; GitHub repeats none by itself."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from otto_bot.core.values import Frozen
from otto_bot.github.ci_models import Delivery
from otto_bot.github.client import GitHubApp
from otto_bot.github.errors import Forbidden, GitHubError, NotFound, TooLarge, Unauthorized
from otto_bot.intake.concern import may_concern
from otto_bot.intake.rhythm import Rhythm
from otto_bot.store.deliveries import Deliveries
from otto_bot.store.looks import Looks

log = logging.getLogger(__name__)

CURSOR = "redelivery"
MOST = 30
"""Redeliveries that are asked for in one round, the oldest first."""
TRIES = 3
"""How often one delivery is asked for again."""
LATE = timedelta(minutes=10)
"""So long after it was made an attempt may still appear in GitHub's log."""
SHORTER = 6
"""How often a log that is too long is asked for a quarter of the time."""
WINDOW, WINDOW_ENTERPRISE = timedelta(days=3), timedelta(days=7)
"""What GitHub keeps of its log."""


class Missed(Frozen):
    """A delivery of which no attempt was accepted; `id` is its newest attempt, `at` its oldest that is known."""

    guid: str
    id: int
    event: str
    action: str = ""
    at: datetime
    attempts: int
    why: str = ""

    @property
    def name(self) -> str:
        """Event and action, as people read them."""
        return f"{self.event}.{self.action}".rstrip(".")


class Standing(Frozen):
    """Where the looks into the log have got to, and how often each delivery was asked for."""

    since: datetime
    next_at: datetime
    asked: dict[str, int] = {}
    total: int = 0
    """Redeliveries that were asked for so far."""


def window(api_url: str) -> timedelta:
    """How far back GitHub's log goes: three days, on an own server seven."""
    host = urlsplit(api_url).hostname or ""
    return WINDOW if host == "api.github.com" or host.endswith(".ghe.com") else WINDOW_ENTERPRISE


def missed(attempts: Sequence[Delivery], known: Collection[str], *, all_events: bool = False) -> list[Missed]:
    """What never arrived, oldest first: one a GUID, none that was accepted once, is in our inbox or concerns no run."""
    by_guid: dict[str, list[Delivery]] = {}
    for one in attempts:
        by_guid.setdefault(one.guid, []).append(one)
    found = []
    for guid, tries in by_guid.items():
        newest = max(tries, key=lambda one: one.id)
        wanted = all_events or may_concern(newest.event, newest.action)
        if guid in known or not wanted or any(one.ok for one in tries):
            continue
        found.append(
            Missed(
                guid=guid, id=newest.id, event=newest.event, action=newest.action or "",
                at=min(one.delivered_at for one in tries), attempts=len(tries), why=newest.status,
            )
        )  # fmt: skip
    return sorted(found, key=lambda one: (one.at, one.id))


async def look(github: GitHubApp, deliveries: Deliveries, since: datetime, now: datetime) -> list[Missed]:
    """What did not arrive since then. Raises GitHubError."""
    failed = await _failed(github, since, now)
    found = await _unknown(deliveries, failed)
    if not found:
        return []
    # A later attempt may have been accepted, and answered without being stored. That is asked only where it matters.
    try:
        whole = await github.deliveries(found[0].at)
    except TooLarge:
        return found  # what is asked for without need is recognised by its GUID when it comes
    return await _unknown(deliveries, [*whole, *failed])


async def _failed(github: GitHubApp, since: datetime, now: datetime) -> list[Delivery]:
    """Failed attempts; of a log too long to be read, the newest part that is not."""
    span = now - since
    for _ in range(SHORTER):
        try:
            return await github.deliveries(now - span, failed=True)
        except TooLarge as error:
            log.warning("GitHub's log of deliveries since %s is left to comparing: %s", now - span, error)
            span /= 4
    return []


async def _unknown(deliveries: Deliveries, attempts: Sequence[Delivery]) -> list[Missed]:
    found = missed(attempts, ())
    known = await asyncio.to_thread(deliveries.states, [one.guid for one in found])
    return [one for one in found if one.guid not in known]


class Redelivery:
    """One look into the log now and then, by whoever leads. No error ends it; each says what to do."""

    def __init__(
        self,
        github: GitHubApp,
        deliveries: Deliveries,
        looks: Looks,
        rhythm: Rhythm,
        now: Callable[[], datetime],
        kept: timedelta,
    ) -> None:
        self._github = github
        self._deliveries = deliveries
        self._looks = looks
        self._rhythm = rhythm
        self._now = now
        self._kept = kept
        self._begun = False

    async def __call__(self) -> int:
        """Ask for what is missing, if it is time or this process has just started. How many were asked for."""
        now, before = self._now(), await self._standing()
        if self._begun and now < before.next_at:
            return 0
        self._begun = True
        try:
            found = await look(self._github, self._deliveries, max(before.since, now - self._kept), now)
            after, count = await self._ask(found, before, now)
        except (Unauthorized, Forbidden, NotFound) as error:
            log.warning(
                "GitHub's log of deliveries cannot be read: %s. Check OTTO_APP_ID and OTTO_PRIVATE_KEY, and that the "
                "App has a webhook; until then what webhooks did not tell is found by asking alone",
                error,
            )
            after, count = before, 0
        except GitHubError as error:
            log.warning("GitHub's log of deliveries is read again in the next round: %s", error)
            after, count = before, 0
        next_at = now + self._rhythm.redelivered
        text = after.model_copy(update={"next_at": next_at}).model_dump_json()
        await asyncio.to_thread(self._looks.set_cursor, CURSOR, text)
        return count

    async def _standing(self) -> Standing:
        now = self._now()
        value = await asyncio.to_thread(self._looks.cursor, CURSOR)
        return Standing.model_validate_json(value) if value else Standing(since=now - self._kept, next_at=now)

    async def _ask(self, found: Sequence[Missed], before: Standing, now: datetime) -> tuple[Standing, int]:
        asked = {one.guid: before.asked.get(one.guid, 0) for one in found}
        open_ = [one for one in found if asked[one.guid] < TRIES]
        count = 0
        for one in open_[:MOST]:
            try:
                await self._github.redeliver(one.id)
            except NotFound:
                asked[one.guid] = TRIES  # GitHub does not keep it any more
                continue
            asked[one.guid] += 1
            count += 1
            if asked[one.guid] == TRIES:
                log.warning(
                    "delivery %s (%s) is asked for the last time: %s. Is the webhook's address right, and reachable "
                    "from GitHub? Afterwards: otto-bot redeliver %s",
                    one.guid, one.name, one.why, one.guid,
                )  # fmt: skip
        if count:
            log.info("%s deliveries did not arrive; GitHub was asked for %s of them again", len(open_), count)
        left = open_[MOST:]
        since = left[0].at if left else max(before.since, now - LATE)
        return Standing(since=since, next_at=now, asked=asked, total=before.total + count), count
