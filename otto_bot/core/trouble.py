"""What is known of an effect that failed."""

from __future__ import annotations

from datetime import datetime

from otto_bot.core.values import Frozen

TROUBLE_LIMIT = 8
"""An effect that failed this often waits for a person."""


class Trouble(Frozen):
    """An effect that failed, and when it is tried again."""

    count: int
    kind: str
    message: str
    retry_at: datetime | None

    @property
    def final(self) -> bool:
        """Whether only a person can help now."""
        return self.retry_at is None or self.count >= TROUBLE_LIMIT
