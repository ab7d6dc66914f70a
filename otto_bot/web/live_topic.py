"""What one live page shows now, shared by all who look at it: its newest events and its parts, each with a version."""

from __future__ import annotations

import asyncio
import hashlib
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

KEPT = 200
"""Events that are kept ready for who was away for a while; older ones are read from the ledger."""


Kind = Literal["run", "runs", "health", "page"]
"""A run, a list of runs, the host; a page of which only that nobody works is live."""


class Subject(NamedTuple):
    """What is looked at. A list of runs belongs to who may read the same repositories, and to one query.

    `events` of a run: the telling ones (empty), `every` one, or `none`; `query` names a gate or a task of it.
    """

    kind: Kind
    run: int = 0
    events: str = ""
    query: tuple[tuple[str, str], ...] = ()
    repositories: frozenset[int] | None = None


class Entry(NamedTuple):
    """An event as a row of the timeline."""

    seq: int
    html: str


class News(NamedTuple):
    """Entries, oldest first; `cut` = there are more of them, before these."""

    entries: Sequence[Entry] = ()
    cut: bool = False


def digest(parts: Mapping[str, str]) -> str:
    """Names what parts show: a page that has this one needs none of them."""
    hashed = hashlib.sha256()
    for name in sorted(parts):
        hashed.update(f"{name}\0{parts[name]}\0".encode())
    return hashed.hexdigest()[:16]


class Topic:
    """One subject. Whoever waits takes `pulse` first, then looks, then waits for that pulse: nothing is missed."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.pulse = asyncio.Event()
        self.watchers = 0
        self.seq = 0
        """The newest event that is known."""
        self.parts: Mapping[str, str] = {}
        """Every part as it is now; another mapping when one changes, so that who was sent one can compare."""
        self.seen = ""
        self.begun: asyncio.Task[None] | None = None
        """Brings it up to date for the first time."""
        self.over = self.gone = self.dropped = False
        """Nothing changes any more; there is no such page any more; whoever looks has to come again."""
        self._floor = 0
        self._entries: deque[Entry] = deque()

    @property
    def ready(self) -> bool:
        """Whether it was brought up to date once."""
        return self.begun is not None and self.begun.done()

    def beat(self) -> None:
        """Wake everybody who waits."""
        pulse, self.pulse = self.pulse, asyncio.Event()
        pulse.set()

    def start(self, seq: int) -> None:
        """Events are kept from this one on; who needs older ones reads the ledger."""
        self.seq = self._floor = seq

    def add(self, news: News) -> bool:
        """Newer events; whether there are any."""
        entries = [one for one in news.entries if one.seq > self.seq]
        if not entries:
            return False
        if news.cut:
            self._entries.clear()
            self._floor = entries[0].seq - 1
        self._entries.extend(entries)
        while len(self._entries) > KEPT:
            self._floor = self._entries.popleft().seq
        self.seq = entries[-1].seq
        return True

    def show(self, parts: Mapping[str, str]) -> bool:
        """The parts as they are now; whether one of them is new."""
        if parts == self.parts:
            return False
        self.parts, self.seen = dict(parts), digest(parts)
        return True

    def since(self, after: int) -> list[Entry] | None:
        """Events after a number, oldest first; None where they are not kept here any more."""
        if after < self._floor:
            return None
        return [one for one in self._entries if one.seq > after]
