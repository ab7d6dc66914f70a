"""What the pairs show: tables, intervals of pilot − replan, and the one sentence that may be said of them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from random import Random

from pydantic import ValidationError

from otto_bot.bench.interval import LEAST_SCENARIOS, Interval, paired_interval
from otto_bot.bench.live.keep import Asked
from otto_bot.bench.live.pairs import FIGURES, Pair, counted, differences, given_up
from otto_bot.bench.options import LIVE, REPLAN
from otto_bot.bench.report import table
from otto_bot.core.values import Frozen

SEED = 20261101
"""The same pairs always give the same interval."""
HELPS = "The pilot helps"
NOT_SHOWN = "Not shown that the pilot helps"
TITLES = {"recovered": "recovered tasks", "wasted": "wasted attempts", "usd": "US dollars"}
_MARK = re.compile(r"<!-- live-result: (\{.*?\}) -->")
_HERE = ("127.0.0.1", "localhost", "::1", "")


class Result(Frozen):
    """One evaluated bench in a form that a document can carry: `live-result` is the comment's name.

    `address` is the host that answered. Intervals are (mean, low, high) of pilot − replan, null = too few groups.
    """

    bench: str
    model: str
    address: str
    date: str
    prices: str
    groups: int
    pairs: int
    dropped: int
    recovered: tuple[float, float | None, float | None]
    wasted: tuple[float, float | None, float | None]
    usd: tuple[float, float | None, float | None]

    @property
    def shows_help(self) -> bool:
        """Whether a real model recovered more tasks with the pilot: the whole interval lies above 0."""
        low = self.recovered[1]
        return low is not None and low > 0 and self.address not in _HERE

    @property
    def line(self) -> str:
        """The comment that stands in docs/bench-gate-live.md for a recorded result."""
        return f"<!-- live-result: {json.dumps(self.model_dump(mode='json'))} -->"


def recorded_results(text: str) -> list[Result]:
    """The results that a document carries. Raises ValueError for a comment that is none."""
    try:
        return [Result.model_validate_json(found) for found in _MARK.findall(text)]
    except ValidationError as error:
        raise ValueError(f"a live-result comment cannot be read: {error}") from None


def intervals(pairs: Sequence[Pair]) -> dict[str, Interval]:
    """Each figure's interval; none where no pair has both arms."""
    found = {name: paired_interval(differences(pairs, name), Random(SEED)) for name in FIGURES}  # noqa: S311
    return {name: interval for name, interval in found.items() if interval is not None}


def result(asked: Asked, pairs: Sequence[Pair], host: str, date: str) -> Result | None:
    """The evaluated bench; None where no pair counts."""
    found = intervals(pairs)
    if not found:
        return None
    said = {name: (round(i.mean, 4), _round(i.low), _round(i.high)) for name, i in found.items()}
    return Result(
        bench=asked.bench, model=asked.model, address=host, date=date,
        prices=asked.prices, groups=found["recovered"].scenarios, pairs=found["recovered"].pairs,
        dropped=len(given_up(pairs)), recovered=said["recovered"], wasted=said["wasted"], usd=said["usd"],
    )  # fmt: skip


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def verdict(found: Mapping[str, Interval], noun: str = "scenarios") -> str:
    """The sentence. That the pilot helps is said only if the interval of recovered tasks lies above 0."""
    recovered = found.get("recovered")
    if recovered is None:
        return f"{NOT_SHOWN}: no pair with both arms counts."
    if recovered.low is None or recovered.high is None:
        return f"{NOT_SHOWN}: {recovered.scenarios} {noun} are too few for an interval; {LEAST_SCENARIOS} are needed."
    span = f"{recovered.mean:+.2f} recovered tasks a run, 95 % interval {recovered.low:+.2f} to {recovered.high:+.2f}"
    if recovered.above_zero:
        return f"{HELPS}: {span}."
    lower = "; it recovered fewer than the replan" if recovered.high < 0 else ""
    return f"{NOT_SHOWN}: {span}{lower}."


def interval_table(found: Mapping[str, Interval]) -> str:
    """Pilot − replan: one line a figure."""
    rows = []
    for name, interval in found.items():
        digits = 4 if name == "usd" else 2
        wide = interval.low is not None and interval.high is not None
        span = f"{interval.low:+.{digits}f} … {interval.high:+.{digits}f}" if wide else "–"
        rows.append([TITLES[name], f"{interval.mean:+.{digits}f}", span])
    return table(("pilot − replan, a run", "mean", "95 % interval"), rows)


def unit_table(pairs: Sequence[Pair]) -> str:
    """One line a scenario or issue: means over its pairs, replan → pilot."""
    rows = []
    for name in sorted({pair.scenario for pair in pairs}):
        own = [pair for pair in counted(pairs) if pair.scenario == name]
        lost = sum(1 for pair in given_up(pairs) if pair.scenario == name)
        most = next((str(run.measured.recoverable) for pair in own for run in pair.runs.values()), "–")
        rows.append([f"`{name}`", str(len(own)), str(lost), most, *(_cell(own, figure) for figure in FIGURES)])
    return table(("", "pairs", "dropped", "recoverable", *(f"{TITLES[f]}, replan → pilot" for f in FIGURES)), rows)


def _cell(pairs: Sequence[Pair], figure: str) -> str:
    both = [pair for pair in pairs if {LIVE, REPLAN} <= set(pair.runs)]
    if not both:
        return "–"
    digits = 4 if figure == "usd" else 2
    means = [sum(FIGURES[figure](p.runs[arm].measured) for p in both) / len(both) for arm in (REPLAN, LIVE)]
    return " → ".join(f"{mean:.{digits}f}" for mean in means)
