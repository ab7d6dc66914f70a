"""What estimates were worth: each against what its run cost in the end."""

from __future__ import annotations

from array import array

from otto_bot.core.estimate_values import Estimate
from otto_bot.core.estimates import REST
from otto_bot.core.insight_values import EstimateInsight, EstimateTally
from otto_bot.core.run import Outcome, Run, RunPhase

LEAST = 0.0001
"""US dollars; nothing is divided by less."""


class EstimateCounting:
    """Takes runs one by one; memory grows by two numbers a run."""

    def __init__(self) -> None:
        self._seen: dict[str, _Tally] = {}
        self._all = _Tally()
        self._cancelled = self._open = self._without = 0

    def add(self, run: Run) -> None:
        """Count a run that had a plan. One that was cancelled, or is not at its end, says nothing of its estimate."""
        if run.plan is None:
            return
        found = run.estimated or run.estimate
        if found is None:
            self._without += 1
        elif run.outcome is Outcome.CANCELLED:
            self._cancelled += 1
        elif not _at_its_end(run):
            self._open += 1
        else:
            for tally in (self._all, self._seen.setdefault(found.source, _Tally())):
                tally.add(run.money.settled, found.low, found.middle, found.high)

    def result(self) -> EstimateInsight:
        """The counts so far."""
        return EstimateInsight(
            all=self._all.result(),
            sources={source: self._seen[source].result() for source in sorted(self._seen)},
            cancelled=self._cancelled,
            open=self._open,
            without=self._without,
        )


def compared(run: Run) -> Estimate | None:
    """The estimate that a run is held against; None where it had none, or is not at its end."""
    found = run.estimated or run.estimate
    counts = run.plan is not None and run.outcome is not Outcome.CANCELLED and _at_its_end(run)
    return found if counts else None


def _at_its_end(run: Run) -> bool:
    return run.outcome in REST and run.phase is RunPhase.DONE and run.hold is None


class _Tally:
    def __init__(self) -> None:
        self._of_high, self._of_middle = array("d"), array("d")
        self._below = self._above = 0

    def add(self, actual: float, low: float, middle: float, high: float) -> None:
        self._of_high.append(actual / max(high, LEAST))
        self._of_middle.append(actual / max(middle, LEAST))
        self._below += actual < low
        self._above += actual > high

    def result(self) -> EstimateTally:
        runs = len(self._of_high)
        if not runs:
            return EstimateTally()
        return EstimateTally(
            runs=runs,
            inside=runs - self._below - self._above,
            below=self._below,
            above=self._above,
            of_high=_median(self._of_high),
            of_middle=_median(self._of_middle),
            worst=round(max(self._of_high), 4),
        )


def _median(values: array[float]) -> float:
    ordered = sorted(values)
    return round(ordered[(len(ordered) - 1) // 2], 4)
