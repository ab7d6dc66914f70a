"""Troubles of the host that Otto runs on: a full disk, a wrong clock. Nothing failed; it goes on when they are over."""

from __future__ import annotations

import errno
import re

from otto_bot.git.errors import DiskFull
from otto_bot.github.errors import Unauthorized
from otto_bot.jobs.outcomes import Retry

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_CLOCK = re.compile(r"'iat'|'exp'|issued at|expiration time|too far in the future", re.IGNORECASE)

DISK = "the disk of Otto's host is full. Make room there; Otto goes on by itself"
CLOCK = "GitHub does not accept the clock of Otto's host. Set it right (NTP); Otto goes on by itself"


def host_trouble(error: Exception) -> Retry | None:
    """The step again, patiently; None where the host is not to blame."""
    if isinstance(error, DiskFull) or (isinstance(error, OSError) and error.errno in _NO_ROOM):
        return Retry(DISK, "disk", outage=True)
    if isinstance(error, Unauthorized) and _CLOCK.search(error.message):
        return Retry(CLOCK, "clock", outage=True)
    return None
