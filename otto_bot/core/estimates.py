"""What a plan may cost, from what earlier tasks cost: pure arithmetic over ended runs.

The rule. For each task: the 20th to the 80th percentile of earlier tasks of its size, of this repository where there
are ENOUGH, else filled up with others of this host. With fewer than ENOUGH in all, the guess from the size counts for
the missing part. For the plan: the middles add up; how far history spreads around them adds up as for independent
tasks (root of the sum of squares), how far guesses do adds up plainly, for a guess is wrong in the same direction every
time. On top come planner, gates and all else that belongs to no task, as the share they had in earlier runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from math import ceil, hypot

from otto_bot.core.attempt import Task, TaskState
from otto_bot.core.budget import SIZE_USD
from otto_bot.core.budget import estimate as guess
from otto_bot.core.estimate_values import Estimate, History, Sample, Size, Source
from otto_bot.core.plan import Plan, batches
from otto_bot.core.run import Outcome, Run, RunPhase
from otto_bot.core.values import Frozen

ENOUGH = 5
"""Tasks of one size from which on their costs are believed without the guess."""
MOST = 50
"""Tasks of one size that count: the newest."""
LOW, MIDDLE, HIGH = 0.2, 0.5, 0.8
ENDED = frozenset({TaskState.MERGED, TaskState.FAILED})
REST = frozenset({Outcome.DONE, Outcome.DONE_PARTIAL, Outcome.FAILED})


class _Spread(Frozen):
    """One task's cost; `known` is how much of it history says, 0 to 1."""

    low: float
    middle: float
    high: float
    known: float


def estimate(plan: Plan, history: History) -> Estimate:
    """The range of a plan."""
    chosen = {size: _chosen(history.samples, size) for size in {task.size for task in plan.tasks}}
    spreads = [_spread(task.size, chosen[task.size]) for task in plan.tasks]
    middle = sum(one.middle for one in spreads)
    more = 1 + _rank(history.overheads, MIDDLE) if history.overheads else 1.0
    used = [sample for samples in chosen.values() for sample in samples]
    low = middle - _together([(one.middle - one.low, one.known) for one in spreads])
    high = middle + _together([(one.high - one.middle, one.known) for one in spreads])
    return Estimate(
        low=round(max(0.0, low) * more, 4),
        high=round(high * more, 4),
        samples=len(used),
        here=sum(sample.here for sample in used),
        attempts=round(sum(sample.attempts for sample in used) / len(used), 1) if used else 0.0,
        source=_source(spreads),
        minutes=_minutes(plan, chosen),
    )


def enough(plan: Plan, history: History) -> bool:
    """Whether there are ENOUGH tasks of every size in the plan."""
    return all(sum(s.size == size for s in history.samples) >= ENOUGH for size in {t.size for t in plan.tasks})


def _together(parts: Sequence[tuple[float, float]]) -> float:
    """How far tasks may be off together: (distance, known) each."""
    return sum(far * (1 - known) for far, known in parts) + hypot(*(far * known for far, known in parts))


def _source(spreads: Sequence[_Spread]) -> Source:
    if all(one.known == 0 for one in spreads):
        return "sizes"
    return "history" if all(one.known == 1 for one in spreads) else "both"


def _chosen(samples: Sequence[Sample], size: Size) -> tuple[Sample, ...]:
    """Tasks of a size that count: this repository's, and others of the host only where those are too few."""
    here = [sample for sample in samples if sample.size == size and sample.here][:MOST]
    if len(here) >= ENOUGH:
        return tuple(here)
    others = [sample for sample in samples if sample.size == size and not sample.here]
    return tuple([*here, *others][:MOST])


def _spread(size: Size, samples: Sequence[Sample]) -> _Spread:
    least, most = SIZE_USD[size]
    known = min(1.0, len(samples) / ENOUGH)
    costs = [sample.usd for sample in samples]

    def blended(share: float, guessed: float) -> float:
        return known * _rank(costs, share) + (1 - known) * guessed if costs else guessed

    low, middle, high = blended(LOW, least), blended(MIDDLE, (least + most) / 2), blended(HIGH, most)
    return _Spread(low=low, middle=middle, high=high, known=known)


def _minutes(plan: Plan, chosen: dict[Size, tuple[Sample, ...]]) -> tuple[float, float] | None:
    """How long: tasks of one batch run side by side, the slowest counts."""
    times = {size: [s.minutes for s in samples if s.minutes is not None] for size, samples in chosen.items()}
    if not all(times.values()):
        return None
    order = [[times[plan.task(key).size] for key in batch] for batch in batches(plan)]
    low, high = (sum(max(_rank(one, share) for one in batch) for batch in order) for share in (LOW, HIGH))
    return round(low, 1), round(high, 1)


def _rank(values: Sequence[float], share: float) -> float:
    """Percentile by nearest rank."""
    ordered = sorted(values)
    return ordered[max(0, ceil(share * len(ordered) - 1e-9) - 1)]


def of(run: Run) -> Estimate:
    """What a run's plan may cost, as it was reckoned when it was made; older runs have the guess from the sizes."""
    assert run.plan is not None
    if run.estimate is not None:
        return run.estimate
    low, high = guess(run.plan)
    return Estimate(low=low, high=high)


def history(runs: Iterable[Run], repo_id: int, coder: str) -> History:
    """What earlier runs, newest first, say about a run in this repository whose coder is this model."""
    samples: list[Sample] = []
    overheads: list[float] = []
    for run in runs:
        if run.config.models.coder != coder:
            continue
        own = samples_of(run, here=run.repo.id == repo_id)
        samples += own
        if own and run.outcome in REST and (tasks := sum(run.money.by_task.values())) > 0:
            overheads.append(max(0.0, run.money.settled - tasks) / tasks)
    return History(samples=tuple(samples), overheads=tuple(overheads[:MOST]))


def samples_of(run: Run, *, here: bool = True) -> tuple[Sample, ...]:
    """Tasks of a run whose cost is known: merged ones, and where the run is over, all that were worked on.

    What somebody cancelled in the middle says nothing.
    """
    over = run.outcome in REST and run.phase is RunPhase.DONE
    found = []
    for spec in run.plan.tasks if run.plan is not None else ():
        task, usd = run.tasks.get(spec.key), run.money.by_task.get(spec.key, 0.0)
        if task is None or not task.attempts or usd <= 0:
            continue
        if over or task.state is TaskState.MERGED:
            attempts = len(task.attempts)
            found.append(Sample(size=spec.size, usd=usd, minutes=_took(task), attempts=attempts, here=here))
    return tuple(found)


def timed(before: Run, after: Run, at: datetime) -> Run:
    """The run with the times at which its tasks began and ended."""
    if after.tasks is before.tasks:
        return after
    for key, task in after.tasks.items():
        old = before.tasks.get(key)
        if task.attempts and not (old is not None and old.attempts):
            after = after.with_task(task.model_copy(update={"begun_at": at}))
        elif task.state in ENDED and (old is None or old.state is not task.state):
            after = after.with_task(task.model_copy(update={"ended_at": at}))
    return after


def _took(task: Task) -> float | None:
    if task.begun_at is None or task.ended_at is None:
        return None
    return max(0.0, (task.ended_at - task.begun_at) / timedelta(minutes=1))
