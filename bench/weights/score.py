"""What excerpts keep of the labels under given weights: the product's own choice of lines, other figures for each."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from bench.diagnosis.figures import SETS, LogSet
from bench.diagnosis.measure import LOG
from bench.diagnosis.score import Kept, Scored, labels_of, scored
from bench.weights.rows import CaseRows
from bench.weights.table import Weights
from otto_bot.diagnosis.extract import Ranked, excerpts

Values = tuple[tuple[float, ...], ...]
"""What each line is worth, 0 to 1, by part of the log."""


class Figures(NamedTuple):
    """Of one set in percent: the share of its labelled lines (or facts) kept, and how often the first of them is."""

    title: str
    cases: int
    recall: float
    first: float


def present(one: CaseRows) -> Values:
    """What the product says each line is worth now."""
    return tuple(part.worth for part in one.parts)


def worths(one: CaseRows, weights: Weights) -> Values:
    """The same under other weights."""
    sums = (weights.bias + sum(weights.traits.get(name, 0.0) for name in row) for row in one.rows)
    each = (1 / (1 + math.exp(-total)) for total in sums)
    return tuple(tuple(next(each) for _ in part.spots) for part in one.parts)


def kept(one: CaseRows, values: Values, budget: int) -> Scored:
    """The excerpt that follows from `values`, against the labels of the case."""
    pieces = [(one.job, _again(part, worth)) for part, worth in zip(one.parts, values, strict=True)]
    text = "\n".join(item.text for item in excerpts(pieces, budget))[:budget]
    return scored(labels_of(one.case), text)


def _again(part: Ranked, worth: tuple[float, ...]) -> Ranked:
    return part._replace(worth=worth)


def by_set(cases: Sequence[CaseRows], found: Sequence[Scored]) -> list[Figures]:
    """Means over the cases of each set; sets without a case are left out."""
    figures = []
    for chosen in SETS:
        scores = list(_of_set(chosen, cases, found))
        if chosen.view == LOG and scores:
            figures.append(
                Figures(
                    chosen.title,
                    len(scores),
                    _mean(scores, lambda score: score.recall),
                    _mean(scores, lambda score: score.first),
                )
            )
    return figures


def _of_set(chosen: LogSet, cases: Iterable[CaseRows], found: Iterable[Scored]) -> Iterator[Kept]:
    for one, score in zip(cases, found, strict=True):
        part = score.facts if chosen.facts else score.lines
        if one.case.source in chosen.sources and part is not None:
            yield part


def _mean(scores: Sequence[Kept], value: Callable[[Kept], float]) -> float:
    return 100 * sum(map(value, scores)) / len(scores)
