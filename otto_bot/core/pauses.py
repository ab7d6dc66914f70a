"""How long until Actions is asked again: rarely while webhooks tell what ends, sooner where nobody tells."""

from __future__ import annotations

from datetime import datetime, timedelta

HEARING = 60.0
"""Seconds between looks while webhooks arrive: they bring the next look forward, this is only in case one is lost."""
FIRST, GROWTH, MOST = 2.0, 1.5, 60.0
"""Seconds until the second look where no webhook arrives, how the pause grows, and where that ends."""
WAITS_FOR_BASE = "has failed; waits for the verdict on the base commit"
BEHIND = 3.0
"""Seconds until the next look where a webhook told an end that GitHub's lists do not show yet."""
HEARD_FOR = timedelta(minutes=30)
"""So long after a delivery the next ones are counted upon."""


def hears(heard_at: datetime | None, now: datetime) -> bool:
    """Whether webhooks arrive: the last delivery of the installation, or of the run, is not long ago."""
    return heard_at is not None and now - heard_at <= HEARD_FOR


def pause(polls: int, *, hearing: bool, behind: bool = False) -> float:
    """Seconds until the next look after `polls` looks that found no end."""
    if behind:
        return BEHIND
    return HEARING if hearing else min(MOST, FIRST * GROWTH ** min(polls, 20))


def key_of(run_id: int, attempt: int) -> str:
    """What makes two reports of a workflow run the same: its id stays when its jobs run again, the attempt does not."""
    return f"{run_id}/{attempt}"
