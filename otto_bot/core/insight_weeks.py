"""What decisions were worth week by week, and estimates run by run: what plots over time are made of."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from otto_bot.core.insight import Counting
from otto_bot.core.insight_estimates import compared
from otto_bot.core.insight_values import Tally
from otto_bot.core.run import Gate, Run
from otto_bot.core.values import Frozen


class WeekInsight(Frozen):
    """Gates that were opened in one week, from Monday (UTC), and what came of what they reopened.

    `usd` and `seconds` are those of all calls at these gates, a shadow's included.
    """

    week: str
    gates: int = 0
    attempts: Tally = Tally()
    usd: float = 0.0
    seconds: float = 0.0


class EstimatedRun(Frozen):
    """What the plan of a run was said to cost, and what the run cost in the end; US dollars."""

    run: int
    repo: str
    low: float
    high: float
    actual: float


def monday(at: datetime) -> str:
    """The first day of a time's week, UTC."""
    day = at.astimezone(UTC).date()
    return (day - timedelta(days=day.weekday())).isoformat()


class Weeks:
    """Takes runs one by one, keeps counts only."""

    def __init__(self) -> None:
        self._counting: dict[str, Counting] = {}
        self._spent: dict[str, tuple[float, float]] = {}

    def add(self, run: Run) -> None:
        """Count a run's gates that have a decision, each in its week."""
        for week, gates in _by_week(run).items():
            self._counting.setdefault(week, Counting()).add(run.model_copy(update={"gates": gates}))
            usd, seconds = self._spent.get(week, (0.0, 0.0))
            usd += sum(gate.usd for gate in gates)
            self._spent[week] = (usd, seconds + sum(gate.account.seconds for gate in gates))

    def result(self) -> tuple[WeekInsight, ...]:
        """Every week in which a gate with a decision was opened, the newest last."""
        return tuple(_week(week, self._counting[week], *self._spent[week]) for week in sorted(self._counting))


def weeks(runs: Iterable[Run]) -> tuple[WeekInsight, ...]:
    """The weeks of these runs, the newest last."""
    counting = Weeks()
    for run in runs:
        counting.add(run)
    return counting.result()


def _by_week(run: Run) -> dict[str, tuple[Gate, ...]]:
    found: dict[str, tuple[Gate, ...]] = {}
    for gate in run.gates:
        if gate.decision is not None:
            week = monday(gate.opened_at)
            found[week] = (*found.get(week, ()), gate)
    return found


def _week(week: str, counting: Counting, usd: float, seconds: float) -> WeekInsight:
    found = counting.result()
    tallies = [one.attempts for one in found.deciders.values()]
    together = {name: sum(getattr(one, name) for one in tallies) for name in Tally.model_fields}
    return WeekInsight(
        week=week,
        gates=found.gates,
        attempts=Tally.model_validate(together),
        usd=round(usd, 6),
        seconds=round(seconds, 3),
    )


def estimated(runs: Iterable[Run], most: int) -> tuple[EstimatedRun, ...]:
    """At most so many runs at their end that had an estimate: the newest, by their number, the newest last."""
    return newest_estimated((one for run in runs if (one := estimate_of(run)) is not None), most)


def estimate_of(run: Run) -> EstimatedRun | None:
    """Estimate and cost of a run at its end; None where it had no estimate, or goes on."""
    said = compared(run)
    if said is None:
        return None
    return EstimatedRun(run=run.id, repo=run.repo.full_name, low=said.low, high=said.high, actual=run.money.settled)


def newest_estimated(found: Iterable[EstimatedRun], most: int) -> tuple[EstimatedRun, ...]:
    """The newest of them, by their number, the newest last."""
    return tuple(sorted(found, key=lambda one: one.run)[-most:])
