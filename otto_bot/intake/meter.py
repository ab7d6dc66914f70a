"""What a host that asks all the time may ask of an installation: pure, so much an hour, some of it at once."""

from __future__ import annotations

from datetime import datetime, timedelta

from otto_bot.intake.rhythm import BUDGET, Purse

HOURLY = 3000
"""Of the 5,000 requests an hour that GitHub gives an installation; the rest is for runs."""
FREE_REPOSITORIES, MORE, MOST_HOURLY = 20, 30, 7500
"""For each repository above 20 GitHub gives 50 more, up to 12,500 in all: the same share of them."""


def hourly(repositories: int) -> int:
    """Requests an hour for an installation with so many repositories."""
    return min(HOURLY + MORE * max(0, repositories - FREE_REPOSITORIES), MOST_HOURLY)


class Meter:
    """Fills an installation's purse with time, up to what a minute brings; what a round leaves is there in the next."""

    def __init__(self) -> None:
        self._purses: dict[int, tuple[datetime, Purse]] = {}

    def purse(self, installation: int, repositories: int, now: datetime) -> Purse:
        """For a round that begins now. The first one is full."""
        most = max(BUDGET, hourly(repositories) // 60)
        known = self._purses.get(installation)
        left = float(most)
        if known is not None:
            passed = max(now - known[0], timedelta())
            left = min(most, known[1].left + hourly(repositories) * (passed / timedelta(hours=1)))
        purse = Purse(left)
        self._purses[installation] = now, purse
        return purse
