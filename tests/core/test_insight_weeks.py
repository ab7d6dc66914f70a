"""What decisions were worth by week, and estimates run by run."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from core_builders import T0, config, executing, fold, gate, plan, posted, to_failed, to_verified

from otto_bot.core import events as e
from otto_bot.core.estimate_values import Estimate
from otto_bot.core.insight import insight
from otto_bot.core.insight_weeks import estimated, monday, weeks
from otto_bot.core.run import Outcome, Run, RunPhase

FREE = config(plan={"approval": "never"}, verify={"exposure": "accept"}, qa={"enabled": False})


def decided(later: float, *after: Any) -> Run:
    """A run whose gate reopened t1 so many days later, and what came then."""
    run = posted(gate(fold(executing(plan("t1"), FREE), *to_failed("t1")), {"t1": "retry"}))
    run = fold(run, e.DecisionApplied(at=T0 + timedelta(hours=1), gate=1, revision=run.gates[-1].revision), *after)
    moved = run.gates[0].model_copy(update={"opened_at": T0 + timedelta(days=later), "usd": 0.25})
    return run.with_gate(moved)


@pytest.mark.parametrize(
    ("days", "first"), [(0, "2026-10-26"), (0.6, "2026-10-26"), (1, "2026-11-02"), (7, "2026-11-02"), (8, "2026-11-09")]
)
def test_a_week_begins_on_monday(days: float, first: str) -> None:
    assert monday(T0 + timedelta(days=days)) == first  # T0 is a Sunday


def test_gates_count_in_the_week_in_which_they_were_opened() -> None:
    runs = [decided(0, *to_failed("t1", 2)), decided(1), decided(2, *to_verified("t1", 2)), executing(plan("t1"), FREE)]

    found = weeks(runs)

    assert [(one.week, one.gates, one.usd) for one in found] == [("2026-10-26", 1, 0.25), ("2026-11-02", 2, 0.5)]
    assert [(one.attempts.passed, one.attempts.failed, one.attempts.open) for one in found] == [(0, 1, 0), (1, 0, 1)]
    assert weeks([]) == ()


def test_all_weeks_together_are_the_insight() -> None:
    runs = [decided(day, *after) for day, after in ((0, to_failed("t1", 2)), (9, to_verified("t1", 2)), (30, ()))]

    found, whole = weeks(runs), insight(runs)

    assert sum(one.gates for one in found) == whole.gates == 3
    reopened = sum(one.attempts.reopened for one in whole.deciders.values())
    assert sum(one.attempts.reopened for one in found) == reopened == 3


def ended(number: int, actual: float, **changes: Any) -> Run:
    run = executing(plan("t1"), FREE)
    money = run.money.model_copy(update={"settled": actual})
    given = {
        "id": number, "money": money, "outcome": Outcome.DONE, "phase": RunPhase.DONE,
        "estimated": Estimate(low=1, high=3),
    }  # fmt: skip
    return run.model_copy(update={**given, **changes})


def test_only_runs_at_their_end_are_held_against_their_estimates() -> None:
    runs = [
        ended(3, 2.5),
        ended(1, 9.0),
        ended(4, 1.0, outcome=Outcome.CANCELLED),
        ended(5, 1.0, outcome=None, phase=RunPhase.EXECUTING),
        ended(6, 1.0, estimated=None, estimate=None),
        ended(2, 0.5),
    ]

    found = estimated(runs, 2)

    assert [(one.run, one.low, one.high, one.actual) for one in found] == [(2, 1, 3, 0.5), (3, 1, 3, 2.5)]
    assert insight(runs).estimates.all.runs == len(estimated(runs, 99)) == 3
