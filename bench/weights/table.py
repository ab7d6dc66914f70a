"""The weights as the tables of `otto_bot/diagnosis/weights.py`, and those tables as the text of that file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import NamedTuple

DIGITS = 2
"""Decimals that are kept: more would be noise between two sets of logs."""
LEAST = 0.05
"""Weights nearer to nothing are left out: each would change the odds by a twentieth at most."""

_HEAD = '''\
"""How much each trait of a line speaks for or against it being what a person would point at.

Logistic weights: their sum, with `BIAS`, is the logarithm of the odds. They were set once, over labelled public logs
of many languages and runners, checked on repositories left out (docs/diagnosis.md), and rounded.
"""

from __future__ import annotations
'''
_TABLES = {
    "is:": ("IS", "Signs of the line itself."),
    "above1:": ("ABOVE1", "Signs of the line before it."),
    "above3:": ("ABOVE3", "Signs of the two lines before that."),
    "below1:": ("BELOW1", "Signs of the line after it."),
    "below3:": ("BELOW3", "Signs of the two lines after that."),
    "": ("PLACE", "Where it stands."),
}
"""By how the names of their traits begin: the table's name and what is said of it."""


class Weights(NamedTuple):
    """`traits` holds the weights that count, by the names that the product's `traits` gives."""

    bias: float
    traits: Mapping[str, float]


def rounded(bias: float, traits: Mapping[str, float]) -> Weights:
    """The weights as they are written: rounded, small ones left out."""
    kept = {name: round(weight, DIGITS) for name, weight in traits.items()}
    return Weights(round(bias, DIGITS), {name: weight for name, weight in kept.items() if abs(weight) >= LEAST})


def in_order_of(old: Weights, new: Weights) -> Weights:
    """`new`, what `old` knows too in the order of `old`: of equal weights none then moves in the file for nothing."""
    names = [name for name in old.traits if name in new.traits]
    return Weights(new.bias, {name: new.traits[name] for name in dict.fromkeys([*names, *new.traits])})


def written(weights: Weights) -> str:
    """The text of the file: in each table the greatest weight first, equal ones in the order they are given."""
    lines = [_HEAD, f"BIAS = {weights.bias}"]
    for start, (table, told) in _TABLES.items():
        rows = sorted(_of_table(weights, start), key=lambda row: -row[1])
        entries = [f'    "{name}": {weight},' for name, weight in rows]
        opened = f"{table}: dict[str, float] = {{"
        lines += [opened, *entries, "}"] if entries else [f"{opened}}}"]
        lines.append(f'"""{told}"""')
    return "\n".join(lines) + "\n"


def _of_table(weights: Weights, start: str) -> Iterator[tuple[str, float]]:
    for name, weight in weights.traits.items():
        if start == next(begin for begin in _TABLES if name.startswith(begin)):
            yield name.removeprefix(start), weight


def tables_of(module: ModuleType) -> Weights:
    """The weights that a module in the form of `weights.py` holds. Raises AttributeError where a table is missing."""
    traits = {
        f"{start}{name}": weight
        for start, (table, _) in _TABLES.items()
        for name, weight in getattr(module, table).items()
    }
    return Weights(module.BIAS, traits)


def differences(old: Weights, new: Weights) -> list[str]:
    """What differs, the largest difference first; traits that only one of them knows count as 0 in the other."""
    before, after = ({"BIAS": one.bias, **one.traits} for one in (old, new))
    pairs = [(name, before.get(name, 0.0), after.get(name, 0.0)) for name in {**before, **after}]
    changed = sorted((row for row in pairs if row[1] != row[2]), key=lambda row: -abs(row[1] - row[2]))
    return [f"{name}: {was} -> {now}" for name, was, now in changed]
