"""Small things about a mirror's folder: its lock, what a killed git left there, what a remote listed."""

from __future__ import annotations

import fcntl
from pathlib import Path


def try_lock(handle: int) -> bool:
    """Whether this process holds the lock of an open file now."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def clear_leftovers(mirror: Path) -> None:
    """Remove what a killed git left behind. Only called under the lock, where no other git writes refs."""
    stale = [mirror / "packed-refs.lock", mirror / "HEAD.lock", mirror / "config.lock"]
    stale += (mirror / "refs").rglob("*.lock")
    stale += (mirror / "objects" / "pack").glob("tmp_*")
    for leftover in stale:
        leftover.unlink(missing_ok=True)


def clear_loose(mirror: Path) -> None:
    """Remove objects that could not be written to their end, after the disk was full.

    Another git that writes one in this moment fails and is tried again, as it would without room.
    """
    for leftover in (mirror / "objects").glob("??/tmp_obj_*"):
        leftover.unlink(missing_ok=True)


def listed(stdout: bytes) -> list[tuple[str, str]]:
    """What `git ls-remote` printed: ref and id."""
    lines = stdout.decode("utf-8", "surrogateescape").splitlines()
    return [(ref, sha) for sha, _, ref in (line.partition("\t") for line in lines)]
