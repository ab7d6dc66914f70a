"""The one purse of a bench: a file that every run and process reserves from before a call is made."""

from __future__ import annotations

import fcntl
import json
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

CENT = 1e-9
"""Sums of floats are compared with this tolerance, in US dollars."""


@dataclass
class _Sums:
    settled: float = 0.0
    open: dict[str, float] = field(default_factory=dict)

    @property
    def held(self) -> float:
        return self.settled + sum(self.open.values())


@dataclass(frozen=True)
class Reservation:
    """What became of a wish to spend: `held` under `name`; `busy`: it would fit if the open calls cost nothing."""

    state: Literal["held", "busy", "full"]
    name: str = ""


class BenchPurse:
    """Money of one bench in US dollars. The cap holds over everything that was ever written into the file.

    One JSON line a reservation and one a settlement; each is on the disk before a call is made. Reservations that a
    crash left open count as spent in full: the calls may have been paid.
    """

    def __init__(self, path: Path, cap: float) -> None:
        self._path = path
        self.cap = cap

    def reserve(self, call: str, usd: float) -> Reservation:
        """Put money aside for a call."""
        with self._alone() as handle:
            sums = _read(handle)
            if sums.held + usd <= self.cap + CENT:
                name = uuid.uuid4().hex
                _write(handle, {"reserve": name, "call": call, "usd": usd})
                return Reservation("held", name)
            return Reservation("busy" if sums.open and sums.settled + usd <= self.cap + CENT else "full")

    def settle(self, name: str, usd: float | None) -> None:
        """Replace a reservation by what was spent; None = nobody knows, all of it."""
        with self._alone() as handle:
            reserved = _read(handle).open.get(name)
            if reserved is not None:
                _write(handle, {"settle": name, "usd": reserved if usd is None else usd})

    def close(self) -> float:
        """Count what is still open as spent; only for the sole owner. Returns how much that was."""
        with self._alone() as handle:
            left = _read(handle).open
            for name, usd in left.items():
                _write(handle, {"settle": name, "usd": usd, "lost": True})
            return sum(left.values())

    @property
    def spent(self) -> float:
        """Settled and reserved."""
        with self._alone() as handle:
            return _read(handle).held

    @property
    def left(self) -> float:
        """What a call may still cost at most."""
        return max(0.0, self.cap - self.spent)

    @contextmanager
    def _alone(self) -> Iterator[int]:
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield handle
        finally:
            os.close(handle)


def _read(handle: int) -> _Sums:
    sums = _Sums()
    size = os.fstat(handle).st_size
    raw = os.pread(handle, size, 0)
    if raw and not raw.endswith(b"\n"):
        # A crash in the middle of a line: its call was not made yet, or its settlement stays open.
        os.ftruncate(handle, raw.rfind(b"\n") + 1)
        raw = raw[: raw.rfind(b"\n") + 1]
    for line in raw.splitlines():
        entry: dict[str, Any] = json.loads(line)
        if "reserve" in entry:
            sums.open[entry["reserve"]] = entry["usd"]
        elif sums.open.pop(entry["settle"], None) is not None:
            sums.settled += entry["usd"]
    return sums


def _write(handle: int, entry: dict[str, Any]) -> None:
    os.write(handle, json.dumps(entry).encode() + b"\n")
    os.fsync(handle)
