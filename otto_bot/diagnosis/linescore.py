"""What each line of a failing step is worth, 0 to 1: how likely a person would point at it to say why it failed."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from otto_bot.diagnosis.signs import BIT
from otto_bot.diagnosis.traits import FAR, IF_STRONG, MEASURES, PAIRS, PLACES, Spot
from otto_bot.diagnosis.weights import ABOVE1, ABOVE3, BELOW1, BELOW3, BIAS, IS, PLACE

_OWN = -1
Table = tuple[tuple[int, float], ...]


def _by_bit(weights: dict[str, float]) -> Table:
    return tuple((BIT[name], weight) for name, weight in weights.items())


_IS, *_AROUND = (_by_bit(weights) for weights in (IS, ABOVE1, ABOVE3, BELOW1, BELOW3))
_MEASURES: tuple[tuple[Callable[[Spot], int], tuple[float, ...]], ...] = tuple(
    (
        figure,
        tuple(sum(PLACE.get(name, 0.0) for name, low, high in ranges if low <= at <= high) for at in range(FAR + 1)),
    )
    for figure, ranges in MEASURES
)
_PAIRS = tuple((bits, PLACE[name]) for name, bits in PAIRS if name in PLACE)
_IF_STRONG, _PLACES = (
    tuple((holds, PLACE[name]) for name, holds in named if name in PLACE) for named in (IF_STRONG, PLACES)
)
_OF_STRONG = (*_IF_STRONG, *_PLACES)


def worth(lines: Sequence[Spot]) -> list[float]:
    """One figure a line."""
    known: dict[tuple[int, int], float] = {}
    return [1 / (1 + math.exp(-_sum(spot, known))) for spot in lines]


def _sum(spot: Spot, known: dict[tuple[int, int], float]) -> float:
    total = BIAS + _weight(_OWN, _IS, spot.line.signs, known)
    for which, (table, signs) in enumerate(zip(_AROUND, spot.around, strict=True)):
        total += _weight(which, table, signs, known)
    for figure, weights in _MEASURES:
        total += weights[min(figure(spot), FAR)]
    for holds, weight in _OF_STRONG if spot.strong else _PLACES:
        if holds(spot):
            total += weight
    return total


def _weight(which: int, table: Table, signs: int, known: dict[tuple[int, int], float]) -> float:
    found = known.get((which, signs))
    if found is None:
        found = sum(weight for bit, weight in table if signs & bit)
        if which == _OWN:
            found += sum(weight for bits, weight in _PAIRS if signs & bits == bits)
        known[which, signs] = found
    return found
