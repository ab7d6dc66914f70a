"""Money of a lineage: reserved before each call, settled after, never above the cap."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from otto_bot.core.plan import Plan
from otto_bot.core.values import Frozen, Usage, Usd

SIZE_USD = {"S": (0.05, 0.5), "M": (0.1, 1.2), "L": (0.3, 3.0)}
"""Guess for one task's coder and judge, low and high, until history knows better."""

SMALLEST_GRANT = 5
"""US dollars that a person is asked for at least: less would bring the same question again soon."""

_OF_TASK = re.compile(r"^run/[0-9]+/[a-z_]+/(t[1-9][0-9]{0,2})/")
_AT_GATE = re.compile(r"^run/[0-9]+/(?:pilot|replan)/.*/g([1-9][0-9]*)/")
"""Elsewhere the number is that of a round of journeys."""


_NOTHING: Mapping[str, object] = MappingProxyType({})


class Inherited(Frozen):
    """What a run takes over from earlier runs of its issue, in US dollars.

    `usd` is spent, or still held for a call that may have been paid; `granted` is what people allowed on top.
    """

    usd: Usd = 0.0
    granted: Usd = 0.0


class Money(Frozen):
    """Every amount in US dollars. `reserved` maps an open call to its worst case.

    The cap is the lineage's; `settled`, `reserved`, `calls` and `usage` are this run's own part. `granted` holds all
    grants of the lineage, `at_gates` what calls at each gate cost, `by_task` what each task's coder and judge cost,
    `needed` the worst case of a call that did not fit.
    """

    cap: float
    inherited: float = 0.0
    granted: float = 0.0
    reserved: dict[str, float] = {}
    settled: float = 0.0
    calls: int = 0
    usage: Usage = Usage()
    at_gates: dict[int, float] = {}
    by_task: dict[str, float] = {}
    needed: float = 0.0

    @property
    def spent(self) -> float:
        """Spent by all runs of the lineage."""
        return self.inherited + self.settled

    @property
    def held(self) -> float:
        """What open calls of this run may still cost."""
        return sum(self.reserved.values()) if self.reserved else 0.0

    @property
    def own(self) -> float:
        """This run's part, open calls at their worst case."""
        return self.settled + self.held

    @property
    def committed(self) -> float:
        """Spent, plus what open calls may still cost."""
        held = sum(self.reserved.values()) if self.reserved else 0.0
        return self.inherited + self.settled + held

    @property
    def left(self) -> float:
        """What may still be reserved."""
        return max(0.0, self.cap - self.committed)

    def reserve(self, call: str, usd: float) -> Money | None:
        """Money with `usd` put aside for a call; None where the cap does not allow it.

        A call that is reserved again after a crash may have been paid: its first reservation counts as spent.
        """
        before = self.lost(call) if call in self.reserved else self
        if not 0 <= usd <= before.cap - before.committed + 1e-9:
            return None
        needed = 0.0 if usd >= self.needed else self.needed
        return before.model_copy(update={"reserved": {**before.reserved, call: usd}, "needed": needed})

    def refused(self, call: str, usd: float) -> Money:
        """Money after a call that the cap did not allow: nothing is put aside, and what it needs is remembered."""
        known = usd if math.isfinite(usd) and usd > 0 else self.needed
        after = self.lost(call)
        return after if after.needed == known else after.model_copy(update={"needed": known})

    def lost(self, call: str) -> Money:
        """Money after a call that nobody will hear of again: its reservation is spent."""
        held = self.reserved.get(call)
        return self if held is None else self._spend(call, held)

    def settle(self, call: str, usage: Usage | None) -> Money:
        """Money after a call ended; without a usage in the reply the whole reservation is spent.

        The reservation was the worst case: a usage above it is not believed, and the reservation is spent.
        """
        held = self.reserved.get(call)
        if held is None:
            return self
        known = usage if usage is not None and usage.usd <= held + 1e-9 else None
        total = self.usage if known is None else self.usage.plus(known)
        return self._spend(call, held if known is None else known.usd, {"calls": self.calls + 1, "usage": total})

    def _spend(self, call: str, usd: float, more: Mapping[str, object] = _NOTHING) -> Money:
        others = {key: value for key, value in self.reserved.items() if key != call}
        changes: dict[str, object] = {"reserved": others, "settled": self.settled + usd, **more}
        if (task := _OF_TASK.match(call)) is not None:
            key = task.group(1)
            changes["by_task"] = {**self.by_task, key: self.by_task.get(key, 0.0) + usd}
        elif (gate := _AT_GATE.match(call)) is not None:
            number = int(gate.group(1))
            changes["at_gates"] = {**self.at_gates, number: self.at_gates.get(number, 0.0) + usd}
        return self.model_copy(update=changes)


def inherited(earlier: Iterable[Money]) -> Inherited:
    """What the next run of an issue takes over from its earlier ones, oldest first. Grants add up from run to run."""
    runs = tuple(earlier)
    if not runs:
        return Inherited()
    # The newest run's own account holds even where older runs are not kept any more.
    usd = max(sum(money.own for money in runs), runs[-1].committed)
    return Inherited(usd=usd, granted=max(money.granted for money in runs))


def lineage_cap(host: float, repository: float, granted: float) -> float:
    """What may be spent on one issue: the repository's budget and all grants, never above the host's cap."""
    return min(host, repository + granted)


def grant_needed(money: Money, host: float, need: float) -> int | None:
    """Whole US dollars to ask a person for so that a call of `need` fits; None where the host's cap forbids it.

    At least SMALLEST_GRANT, as far as the host's cap leaves room.
    """
    least = max(1, math.ceil(money.committed + need - money.cap - 1e-9))
    room = math.floor(host - money.cap + 1e-9)
    if room < least:
        return None
    return min(max(least, SMALLEST_GRANT), room)


def estimate(plan: Plan) -> tuple[float, float]:
    """What the plan may cost, low and high, in US dollars."""
    low = sum(SIZE_USD[task.size][0] for task in plan.tasks)
    high = sum(SIZE_USD[task.size][1] for task in plan.tasks)
    return round(low, 2), round(high, 2)
