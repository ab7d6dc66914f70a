"""What a pair of runs leaves behind: one value for each arm with everything raw, or why the pair does not count."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from otto_bot.bench.live.routed import Broken, CallMade
from otto_bot.bench.measure import Measured
from otto_bot.bench.options import LIVE, REPLAN
from otto_bot.core.values import Frozen

FIGURES: Mapping[str, Callable[[Measured], float]] = {
    "recovered": lambda one: one.recovered,
    "wasted": lambda one: one.wasted,
    "usd": lambda one: one.usd,
}
"""What is compared: tasks, attempts, US dollars of a run."""


class ArmRun(Frozen):
    """One run: its figures with gates and events, every paid call, the diff of each attempt, the pilot's comments."""

    measured: Measured
    calls: tuple[CallMade, ...] = ()
    diffs: dict[str, str] = {}
    comments: tuple[str, ...] = ()


class Pair(Frozen):
    """The runs of one repeat, arm → run. `dropped` is why it does not count; `usd` is what all of it cost.

    `group` is what is drawn as a whole when the interval is made: the scenario, or the repository.
    """

    scenario: str
    group: str
    repeat: int
    at: datetime
    usd: float
    runs: dict[str, ArmRun] = {}
    dropped: Broken | None = None

    @property
    def key(self) -> tuple[str, int]:
        """Which pair of the bench it is."""
        return self.scenario, self.repeat


def counted(pairs: Sequence[Pair]) -> list[Pair]:
    """The pairs that count, the last one of each key, in order."""
    found = {pair.key: pair for pair in pairs if pair.dropped is None}
    return [found[key] for key in sorted(found)]


def given_up(pairs: Sequence[Pair]) -> list[Pair]:
    """Pairs that were begun and never came to count."""
    done = {pair.key for pair in counted(pairs)}
    found = {pair.key: pair for pair in pairs if pair.key not in done}
    return [found[key] for key in sorted(found)]


def differences(pairs: Sequence[Pair], figure: str) -> dict[str, list[float]]:
    """Group → pilot − replan of each counted pair."""
    of = FIGURES[figure]
    found: dict[str, list[float]] = {}
    for pair in counted(pairs):
        if {LIVE, REPLAN} <= set(pair.runs):
            gap = of(pair.runs[LIVE].measured) - of(pair.runs[REPLAN].measured)
            found.setdefault(pair.group, []).append(gap)
    return found
