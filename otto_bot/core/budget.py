"""Money of a lineage: reserved before each call, settled after, never above the cap."""

from __future__ import annotations

from otto_bot.core.plan import Plan
from otto_bot.core.values import Frozen, Usage

SIZE_USD = {"S": (0.05, 0.5), "M": (0.1, 1.2), "L": (0.3, 3.0)}
"""Guess for one task's coder and judge, low and high, until history knows better."""


class Money(Frozen):
    """Every amount in US dollars. `reserved` maps an open call to its worst case."""

    cap: float
    reserved: dict[str, float] = {}
    settled: float = 0.0
    calls: int = 0
    usage: Usage = Usage()

    @property
    def committed(self) -> float:
        """Spent, plus what open calls may still cost."""
        return self.settled + sum(self.reserved.values())

    @property
    def left(self) -> float:
        """What may still be reserved."""
        return max(0.0, self.cap - self.committed)

    def reserve(self, call: str, usd: float) -> Money | None:
        """Money with `usd` put aside for a call; None where the cap does not allow it.

        A call that is reserved again after a crash may have been paid: its first reservation counts as spent.
        """
        lost = self.reserved.get(call, 0.0)
        others = {key: value for key, value in self.reserved.items() if key != call}
        if self.settled + lost + sum(others.values()) + usd > self.cap + 1e-9:
            return None
        return self.model_copy(update={"reserved": {**others, call: usd}, "settled": self.settled + lost})

    def settle(self, call: str, usage: Usage | None) -> Money:
        """Money after a call ended; without a usage in the reply the whole reservation is spent."""
        if call not in self.reserved:
            return self
        held = self.reserved[call]
        others = {key: value for key, value in self.reserved.items() if key != call}
        spent = held if usage is None else usage.usd
        total = self.usage if usage is None else self.usage.plus(usage)
        return self.model_copy(
            update={"reserved": others, "settled": self.settled + spent, "calls": self.calls + 1, "usage": total}
        )


def estimate(plan: Plan) -> tuple[float, float]:
    """What the plan may cost, low and high, in US dollars."""
    low = sum(SIZE_USD[task.size][0] for task in plan.tasks)
    high = sum(SIZE_USD[task.size][1] for task in plan.tasks)
    return round(low, 2), round(high, 2)
