"""Troubles that no job can mend: a full disk, a wrong clock, an App that was taken away; said so that a person can."""

from __future__ import annotations

import errno
import re

from otto_bot.git.errors import DiskFull
from otto_bot.github.errors import Forbidden, GitHubError, NotFound, Refused, Unauthorized
from otto_bot.jobs.outcomes import NeedsPerson, Retry

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_CLOCK = re.compile(r"'iat'|'exp'|issued at|expiration time|too far in the future", re.IGNORECASE)
_MINTING = "/access_tokens"

DISK = "the disk of Otto's host is full. Make room there; Otto tries again by itself"
CLOCK = "GitHub does not accept the clock of Otto's host. Set it right (NTP); Otto tries again by itself"
SUSPENDED = "the App's installation is suspended. Unsuspend it, then `/otto resume`"
UNINSTALLED = "the App is not installed here any more. Install it again, then `/otto resume`"
TAKEN_OUT = "the App may not use this repository with the rights it needs. Check its installation, then `/otto resume`"


def host_trouble(error: Exception) -> Retry | NeedsPerson | None:
    """The step again, patiently, or a person at once; None where it is something else."""
    if isinstance(error, DiskFull) or (isinstance(error, OSError) and error.errno in _NO_ROOM):
        return Retry(DISK, "disk", outage=True)
    if isinstance(error, Unauthorized) and _CLOCK.search(error.message):
        return Retry(CLOCK, "clock", outage=True)
    if isinstance(error, GitHubError) and _MINTING in error.message:
        return _no_token(error)
    return None


def _no_token(error: GitHubError) -> NeedsPerson | None:
    """GitHub gives out no token: waiting does not help."""
    if isinstance(error, Forbidden):
        return NeedsPerson(SUSPENDED, "permission")
    if isinstance(error, NotFound):
        return NeedsPerson(UNINSTALLED, "permission")
    return NeedsPerson(f"{TAKEN_OUT} ({error.message})", "permission") if isinstance(error, Refused) else None
