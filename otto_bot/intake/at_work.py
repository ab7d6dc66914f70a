"""Which repositories have a run that is not over: asked of the store every few seconds, not for each delivery."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

from otto_bot.store.database import StoreUnavailable

log = logging.getLogger(__name__)

REFRESH_SECONDS = 5.0
STALE_SECONDS = 30.0
"""What was asked so long ago counts no more: a store that answers late must not have deliveries dropped."""
EXPECTED_SECONDS = 600.0
"""So long after a label or a command its repository counts as one with a run: the worker may be slow to begin it."""
MOST_EXPECTED = 10_000
"""Repositories that are expected at a time; beyond it every repository counts as one with a run."""


class AtWork:
    """Contains the ids of repositories with an open run, and every id while it does not know."""

    def __init__(self, ask: Callable[[], frozenset[int]], clock: Callable[[], float]) -> None:
        """`ask` reads the store and may raise StoreUnavailable; `clock` gives seconds and never goes back."""
        self._ask, self._clock = ask, clock
        self._known: frozenset[int] | None = None
        self._asked = 0.0
        self._expected: dict[int, float] = {}
        self._task: asyncio.Task[None] | None = None

    def __contains__(self, repository: object) -> bool:
        known = self._known
        if known is None or repository in known or repository in self._expected:
            return True
        return self._clock() - self._asked > STALE_SECONDS

    def expect(self, repository: int) -> None:
        """A run may begin there soon."""
        self._expected[repository] = self._clock() + EXPECTED_SECONDS

    def start(self) -> None:
        """Ask every few seconds, until `stop`. Call inside of the loop."""
        self._task = asyncio.create_task(self._keep())

    async def stop(self) -> None:
        """Ask no more."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def refresh(self) -> None:
        """Ask once."""
        asked = self._clock()
        try:
            known = await asyncio.to_thread(self._ask)
        except StoreUnavailable as error:
            log.warning("which repositories are at work is not known: %s", error)
            self._known = None
            return
        except Exception:
            # A mistake of ours, too, must not end the asking: what is known would stay as it is for ever.
            log.exception("which repositories are at work is not known")
            self._known = None
            return
        self._asked = asked
        now = self._clock()
        self._expected = {number: until for number, until in self._expected.items() if until > now}
        self._known = known if len(self._expected) <= MOST_EXPECTED else None

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(REFRESH_SECONDS)
            await self.refresh()
