"""Estimates against what runs cost: only runs at their end count, and what is left out is said."""

from datetime import timedelta

import pytest
from core_builders import T0, executing, fold, plan, planned, said, to_verified

from otto_bot.core.budget import Money
from otto_bot.core.estimate_values import Estimate, Source
from otto_bot.core.insight import insight
from otto_bot.core.insight_values import EstimateInsight, EstimateTally
from otto_bot.core.run import Outcome, Run


def ended(cost: float, low: float = 1, high: float = 3, source: Source = "history", **start: object) -> Run:
    """A run of one task that is done, and what it cost in the end."""
    run = fold(executing(plan("t1"), **start), *to_verified("t1"))
    assert run.outcome is Outcome.DONE
    found = Estimate(low=low, high=high, source=source)
    later = Estimate(low=40, high=50)  # of a plan made anew in mid-run
    return run.model_copy(update={"estimated": found, "estimate": later, "money": Money(cap=50, settled=cost)})


def counted(*runs: Run) -> EstimateInsight:
    return insight(runs).estimates


@pytest.mark.parametrize(
    ("cost", "inside", "below", "above"), [(0.99, 0, 1, 0), (1, 1, 0, 0), (3, 1, 0, 0), (3.01, 0, 0, 1)]
)
def test_a_run_is_inside_its_range_or_beside_it(cost: float, inside: int, below: int, above: int) -> None:
    found = counted(ended(cost)).all
    assert (found.runs, found.inside, found.below, found.above) == (1, inside, below, above)
    assert (found.of_high, found.of_middle, found.worst) == (round(cost / 3, 4), cost / 2, round(cost / 3, 4))


def test_medians_and_the_worst_by_source() -> None:
    found = counted(ended(1.5), ended(3), ended(6), ended(0.5, 0, 1, "sizes"))
    assert found.sources["history"] == EstimateTally(runs=3, inside=2, above=1, of_high=1, of_middle=1.5, worst=2)
    assert (found.sources["sizes"].runs, found.all.runs, found.all.inside) == (1, 4, 3)


def test_an_estimate_of_nothing_divides_by_nothing() -> None:
    assert counted(ended(0, 0, 0)).all.worst == 0
    assert counted(ended(1, 0, 0)).all.above == 1


def test_what_says_nothing_is_left_out_and_counted() -> None:
    estimate = {"estimate": Estimate(low=1, high=2)}
    open_run = executing(plan("t1")).model_copy(update=estimate)
    waiting = planned(plan("t1")).model_copy(update=estimate)
    cancelled = fold(open_run, said("/otto stop"))
    held = ended(2).model_copy(update={"outcome": Outcome.NEEDS_HUMAN})
    found = counted(open_run, waiting, cancelled, held, executing(plan("t1")), ended(2))
    assert (found.all.runs, found.open, found.cancelled, found.without) == (1, 3, 1, 1)


def test_only_runs_that_began_since_then_count() -> None:
    runs = [ended(2), ended(2, at=T0 + timedelta(days=2))]
    assert insight(runs, T0 + timedelta(days=1)).estimates.all.runs == 1
