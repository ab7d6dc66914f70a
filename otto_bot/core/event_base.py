"""What every run event has: the time it happened."""

from __future__ import annotations

from datetime import datetime

from otto_bot.core.values import Frozen


class Event(Frozen):
    """Something that happened, and when (UTC)."""

    at: datetime
