"""What of a label an excerpt kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from bench.diagnosis.data import Case
from bench.diagnosis.normal import flat, needles, normal, normal_lines

_MOST = 0.9


class Kept(NamedTuple):
    """Of the labelled lines, or of the labelled facts, of one case. `recall` is a share, 0 to 1."""

    recall: float
    most: bool
    first: bool
    some: bool


class Scored(NamedTuple):
    """One excerpt against the labels of its case; None where the case has no such label."""

    lines: Kept | None
    facts: Kept | None


class Labels(NamedTuple):
    """What of a case has to be found, in the common form: its distinct lines, and the spellings of each fact."""

    lines: tuple[str, ...]
    facts: tuple[tuple[str, ...], ...]


def labels_of(case: Case) -> Labels:
    """The case's labelled lines and critical facts."""
    facts = tuple(tuple(flat(normal(word)) for word in spellings) for spellings in case.critical)
    return Labels(tuple(needles(case.gold_lines)), facts)


def scored(labels: Labels, excerpt: str) -> Scored:
    """The share of the labelled lines, and of the critical facts, that stand in `excerpt`."""
    kept = "\n".join(normal_lines(excerpt))
    one_line = flat(kept)
    lines = [line in kept for line in labels.lines]
    facts = [any(word in one_line for word in spellings) for spellings in labels.facts]
    return Scored(_kept(lines), _kept(facts))


def _kept(found: Sequence[bool]) -> Kept | None:
    if not found:
        return None
    recall = sum(found) / len(found)
    return Kept(recall, recall >= _MOST, found[0], any(found))


def f1(predicted: Sequence[bool], actual: Sequence[bool]) -> float:
    """F1 of one class over cases in the same order; 0 where the class is neither predicted nor there."""
    both = sum(p and a for p, a in zip(predicted, actual, strict=True))
    either = sum(predicted) + sum(actual)
    return 2 * both / either if either else 0.0


class Pairs(NamedTuple):
    """Pairs of one group that were put together: rightly, wrongly; and those kept apart wrongly."""

    right: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float:
        """1 where nothing was put together."""
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def recall(self) -> float:
        """1 where there was nothing to put together."""
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0

    @property
    def f1(self) -> float:
        """The harmonic mean of the two."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


def pairs(groups: Sequence[str], signatures: Sequence[object], causes: Sequence[object]) -> Pairs:
    """Every pair inside a group: equal signatures against equal causes. The three run in the same order."""
    members: dict[str, list[int]] = {}
    for place, group in enumerate(groups):
        members.setdefault(group, []).append(place)
    right = wrong = missed = 0
    for places in members.values():
        for at, one in enumerate(places):
            for other in places[at + 1 :]:
                together, same = signatures[one] == signatures[other], causes[one] == causes[other]
                right += together and same
                wrong += together and not same
                missed += same and not together
    return Pairs(right, wrong, missed)
