"""Gives runs their turn, and tells each run which limit holds it back: by one leader, from what is stored."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime

from otto_bot.core.parking import Parked, Unparked
from otto_bot.store.held_back import HeldBack, Said, Why
from otto_bot.store.installations import Closed
from otto_bot.store.ledger import Ledger
from otto_bot.store.versions import NewerVersion

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
TELL_SECONDS = 5.0
SAY_AGAIN_SECONDS = 60.0
"""A place in the queue that changes is told at most this often: each word is an edit of a comment."""
TOLD_AT_ONCE = 20
"""Runs that are told in one go; the others are told in the next ones."""

ClosedNow = Callable[[datetime], Mapping[int, Closed]]


class Admission:
    """Called every LOOK_SECONDS. Whatever it did not come to, or was lost with its worker, it does the next time."""

    def __init__(
        self,
        ledger: Ledger,
        held_back: HeldBack,
        closed: ClosedNow,
        leads: Callable[[datetime], bool],
        now: Callable[[], datetime],
    ) -> None:
        self._ledger = ledger
        self._held_back = held_back
        self._closed = closed
        self._leads = leads
        self._now = now
        self._told_at: datetime | None = None

    async def __call__(self) -> None:
        """One look, where this worker is the one that does it."""
        await asyncio.to_thread(self.look)

    def look(self) -> None:
        """Give turns; every TELL_SECONDS, and whenever someone got a turn, tell who waits and who does not any more."""
        at = self._now()
        if not self._leads(at):
            return
        turns = (*self._held_back.give_turns(at), *self._held_back.let_go(at))
        told = self._told_at
        if not turns and told is not None and 0 <= (at - told).total_seconds() < TELL_SECONDS:
            return
        self._told_at = at
        said, why = self._held_back.said(), self._held_back.now(self._closed(at), at)
        for number, (run, event) in enumerate(_news(said, why, at)):
            if number >= TOLD_AT_ONCE:
                return
            try:
                self._ledger.append(run, [event], at)
            except NewerVersion:
                continue  # a worker of that version says it
            except ValueError:
                log.exception("run %s cannot be read, and is not told what holds it back", run)


def _news(said: Mapping[int, Said], why: Mapping[int, Why], at: datetime) -> Iterator[tuple[int, Parked | Unparked]]:
    """What is to be told: first who is free again, then who waits newly, then what changed."""
    for run in said:
        if run not in why:
            yield run, Unparked(at=at)
    for changed in (False, True):
        for run, now in why.items():
            before = said.get(run)
            if (before is not None and before.why == now[0]) is changed and _is_news(before, now, at):
                yield run, _parked(now, at)


def _is_news(before: Said | None, now: Why, at: datetime) -> bool:
    why, reason, until = now
    if before is None or before.why != why:
        return True
    same = before.reason == reason and abs(before.until - until) < SAY_AGAIN_SECONDS
    return not same and not 0 <= at.timestamp() - before.at < SAY_AGAIN_SECONDS


def _parked(now: Why, at: datetime) -> Parked:
    why, reason, until = now
    return Parked(at=at, why=why, reason=reason, until=datetime.fromtimestamp(until, UTC) if until else None)
