"""Virtual time: what happens when, in one heap; and the clock of the machines, which may jump."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import datetime

from otto_bot.bench.simulate.makers import moment

START = moment(0.0).timestamp()
Act = Callable[[], object]


class Clock:
    """`seconds` since the beginning, as they really pass. `skew` is how wrong the machines' clock is."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.skew = 0.0
        self._now = (0.0, 0.0, moment(0.0))
        self._heap: list[tuple[float, int, Act]] = []
        self._count = 0

    @property
    def now(self) -> datetime:
        """What the machines of Otto read."""
        seconds, skew, now = self._now
        if (seconds, skew) != (self.seconds, self.skew):
            now = moment(self.seconds + self.skew)
            self._now = (self.seconds, self.skew, now)
        return now

    @property
    def true(self) -> datetime:
        """What GitHub's clock says."""
        return moment(self.seconds)

    def after(self, seconds: float, act: Act) -> None:
        """Let something happen later; what is planned for the same moment happens in the order of planning."""
        self._count += 1
        heapq.heappush(self._heap, (self.seconds + max(0.0, seconds), self._count, act))

    @property
    def next(self) -> float | None:
        """When the next thing happens."""
        return self._heap[0][0] if self._heap else None

    def reach(self, stamp: float) -> float:
        """The real second at which the machines' clock shows this timestamp."""
        return stamp - START - self.skew

    def step(self) -> None:
        """The next thing happens."""
        when, _, act = heapq.heappop(self._heap)
        self.seconds = max(self.seconds, when)
        act()

    def wait_until(self, seconds: float) -> None:
        """Nothing happens until then."""
        self.seconds = max(self.seconds, seconds)
