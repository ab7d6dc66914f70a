"""A run that could go on and is held back by a limit of the host or of GitHub: why, and until when."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from otto_bot.core.event_base import Event
from otto_bot.core.values import Frozen

ParkedFor = Literal["github_limit", "runs", "agents", "day"]
"""GitHub's limit for the installation; too many runs at once; too many agents at work; what a day allows."""


class Parking(Frozen):
    """What a parked run waits for. `until` None = until others are done, and nobody knows when that is."""

    why: ParkedFor
    reason: str
    until: datetime | None = None
    since: datetime


class Parked(Event):
    """The run is held back by a limit; what is said of it is brought up to date by saying it again."""

    type: Literal["Parked"] = "Parked"
    why: ParkedFor
    reason: str
    until: datetime | None = None


class Unparked(Event):
    """No limit holds the run back any more."""

    type: Literal["Unparked"] = "Unparked"
