"""What is counted of decisions at gates and of estimates: the values of an insight, counts and never rates."""

from __future__ import annotations

from otto_bot.core.values import Frozen


class Spread(Frozen):
    """`count` values, their sum, median and 95th percentile (nearest rank). US dollars or seconds."""

    count: int = 0
    total: float = 0.0
    p50: float = 0.0
    p95: float = 0.0


class Tally(Frozen):
    """Attempts that a decision reopened. `failed` are the wasted ones; of them `not_charged` were nobody's fault here.

    `open` have no result yet, or never began.
    """

    reopened: int = 0
    passed: int = 0
    failed: int = 0
    not_charged: int = 0
    open: int = 0


class DeciderInsight(Frozen):
    """One decider. `gates` it decided first; moves count for who made them in the end.

    `wrong_skips`: left out by it, brought back by a person, then merged. Cost and latency are of gates with a call,
    with every call that was made before it was this decider's turn.
    """

    gates: int = 0
    attempts: Tally = Tally()
    reruns: int = 0
    reruns_passed: int = 0
    skips: int = 0
    wrong_skips: int = 0
    asked: int = 0
    answered: int = 0
    held: int = 0
    held_went_on: int = 0
    usd: Spread = Spread()
    seconds: Spread = Spread()


class ModelInsight(Frozen):
    """The replies. `fallbacks`: gates that the pilot should have decided, and the replan or the rules did."""

    gates_with_calls: int = 0
    calls: int = 0
    rejected: int = 0
    failed_calls: int = 0
    pilot_gates: int = 0
    fallbacks: int = 0


class ShadowInsight(Frozen):
    """What the pilot would have done, against what was done and what came of that.

    `moves` are compared task by task: the `same`, and those where it would have done something else. Of the else ones
    nobody knows what they would have brought; only this is known: `skip_but_passed` and `ask_but_passed` count tasks
    it would have left out, or asked about, and whose attempt then passed.
    """

    gates: int = 0
    decided: int = 0
    moves: int = 0
    same: int = 0
    same_passed: int = 0
    same_failed: int = 0
    other_passed: int = 0
    other_failed: int = 0
    skip_but_passed: int = 0
    ask_but_passed: int = 0
    usd: Spread = Spread()
    seconds: Spread = Spread()


class EstimateTally(Frozen):
    """Runs at their end against their estimates: how many cost what was said, less, or more.

    `of_high` and `of_middle` are medians of what a run cost as a share of the range's high end and of its middle,
    `worst` is the largest share of the high end: 1 is exactly that.
    """

    runs: int = 0
    inside: int = 0
    below: int = 0
    above: int = 0
    of_high: float = 0.0
    of_middle: float = 0.0
    worst: float = 0.0


class EstimateInsight(Frozen):
    """Estimates, all of them and by what they were reckoned from (`history`, `sizes`, `both`).

    Left out are runs that were cancelled, that are still open, and those of versions that kept no estimate.
    """

    all: EstimateTally = EstimateTally()
    sources: dict[str, EstimateTally] = {}
    cancelled: int = 0
    open: int = 0
    without: int = 0


class Insight(Frozen):
    """Everything, over the runs that were counted. Keys of `deciders`, `causes` and `classes` are our own words."""

    runs: int = 0
    gates: int = 0
    deciders: dict[str, DeciderInsight] = {}
    model: ModelInsight = ModelInsight()
    causes: dict[str, Tally] = {}
    classes: dict[str, Tally] = {}
    shadow: ShadowInsight = ShadowInsight()
    estimates: EstimateInsight = EstimateInsight()
