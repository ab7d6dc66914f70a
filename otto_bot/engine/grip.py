"""A worker that was not heard in time lets go of its jobs by itself, before another one takes them over."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.5
LET_GO_SECONDS = 8.0
"""Below the lease: whoever was stopped, cut off or stuck for longer may have been taken for dead."""


class Grip:
    """Looks at the steady clock. Its look is a plain callback of the loop, no task: after a pause of the whole process
    it comes before the first step of any job."""

    def __init__(self, let_go: Callable[[], None]) -> None:
        self._let_go = let_go
        self._held = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Hold, and begin to look."""
        self._held = asyncio.get_running_loop().time()
        self._look()

    def renewed(self, asked_at: float) -> None:
        """The leases were renewed by a request that began at this moment of the loop's clock."""
        self._held = asked_at

    def stop(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        if loop.time() - self._held > LET_GO_SECONDS:
            log.warning("not heard for %.0f s: what was in hand is left to others", loop.time() - self._held)
            self._held = loop.time()  # said once; what is claimed from now on has a lease of its own
            self._let_go()
        self._timer = loop.call_later(LOOK_SECONDS, self._look)
