"""A paired bootstrap interval: how sure a difference between two arms is, scenario by scenario."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random

from otto_bot.core.values import Frozen

RESAMPLES = 10_000
LEAST_SCENARIOS = 5
"""Below this many scenarios there is no interval: it would say more about the few than about the arms."""


class Interval(Frozen):
    """The mean of paired differences and its 95 % percentile interval; None = too few scenarios for one."""

    mean: float
    low: float | None
    high: float | None
    scenarios: int
    pairs: int

    @property
    def above_zero(self) -> bool:
        """Whether the whole interval lies above 0."""
        return self.low is not None and self.low > 0


def paired_interval(
    differences: Mapping[str, Sequence[float]], random: Random, resamples: int = RESAMPLES
) -> Interval | None:
    """The interval of the mean difference; None where there is no pair.

    `differences` maps a scenario to one difference for each repeat of its pair. Repeats of one scenario resemble each
    other, so whole scenarios are drawn, each with its mean: more repeats make a scenario's mean steadier, never the
    number of scenarios larger.
    """
    means = [sum(values) / len(values) for _, values in sorted(differences.items()) if values]
    if not means:
        return None
    mean = sum(means) / len(means)
    pairs = sum(len(values) for values in differences.values())
    if len(means) < LEAST_SCENARIOS:
        return Interval(mean=mean, low=None, high=None, scenarios=len(means), pairs=pairs)
    drawn = sorted(sum(random.choices(means, k=len(means))) / len(means) for _ in range(resamples))
    low, high = drawn[round(0.025 * (resamples - 1))], drawn[round(0.975 * (resamples - 1))]
    return Interval(mean=mean, low=low, high=high, scenarios=len(means), pairs=pairs)
