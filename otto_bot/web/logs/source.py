"""How a log stands: whole, growing, not there yet, gone, or not to be had now."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, NamedTuple

from otto_bot.web.logs.lines import LogFile

Standing = Literal["final", "live", "loading", "waiting", "gone", "foreign", "failed", "full"]
"""final: whole. live: somebody still writes it. loading: on its way from GitHub. waiting: its job has not ended.
foreign: nothing of this run. failed: it could not be had now. full: this host could not keep it."""
MOVING = ("live", "loading", "waiting")


class Source(NamedTuple):
    """A log as it is now. `at` is when it was heard of last, `words` what else is to say."""

    standing: Standing
    at: datetime
    log: LogFile | None = None
    name: str = ""
    words: str = ""

    @property
    def final(self) -> bool:
        """Whether nothing is added any more."""
        return self.standing not in MOVING
