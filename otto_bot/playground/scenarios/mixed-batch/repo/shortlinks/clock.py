"""Where the time comes from."""

import time


class Clock:
    """The time of this machine."""

    def now(self) -> int:
        """The current time."""
        return time.time_ns() // 1_000_000


class FrozenClock(Clock):
    """A time that moves only when it is told to: for tests."""

    def __init__(self, start: int = 1_760_000_000_000) -> None:
        self._now = start

    def now(self) -> int:
        """The time it was last set to."""
        return self._now

    def forward(self, *, minutes: float = 0, hours: float = 0, days: float = 0) -> None:
        """Move on."""
        self._now += round((minutes + 60 * (hours + 24 * days)) * 60_000)
