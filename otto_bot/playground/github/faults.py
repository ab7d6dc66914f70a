"""Which request or delivery a scripted fault hits: the n-th match, counted separately for every fault."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from otto_bot.playground.github.config import FaultConfig


@dataclass
class Counter:
    """How often each fault has been matched so far."""

    seen: dict[tuple[int, str], int] = field(default_factory=dict)

    def next_request(
        self, faults: list[FaultConfig], method: str, path: str, *, write: bool = False
    ) -> FaultConfig | None:
        """The fault that hits this request; every fault whose pattern fits counts it."""
        hit = None
        for fault in faults:
            match = fault.match
            if match is None or (match.method or method).upper() != method or not re.search(match.path, path):
                continue
            if match.writes and not write:
                continue
            of = path if match.each else ""
            if self._count(fault, match.nth, match.count, match.every, of) and hit is None:
                hit = fault
        return hit

    def next_delivery(self, faults: list[FaultConfig], event: str, action: str | None) -> FaultConfig | None:
        """The fault that hits this delivery."""
        hit = None
        for fault in faults:
            if fault.event != event or (fault.action is not None and fault.action != action):
                continue
            if self._count(fault, fault.nth, fault.count) and hit is None:
                hit = fault
        return hit

    def _count(self, fault: FaultConfig, nth: int, count: int, every: int = 1, of: str = "") -> bool:
        # Faults are kept for the life of the process, so their identity names them.
        self.seen[id(fault), of] = number = self.seen.get((id(fault), of), 0) + 1
        return number >= nth and (number - nth) % every == 0 and (number - nth) // every < count
