"""Labelled logs as rows: the lines that the reader looks at, their traits, and whether a person pointed at them."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from bench.diagnosis.data import Case, DataError
from bench.diagnosis.normal import flat, normal, tells
from bench.diagnosis.score import labels_of
from otto_bot.diagnosis.diagnose import ranked
from otto_bot.diagnosis.extract import Ranked
from otto_bot.diagnosis.models import CheckedJob
from otto_bot.diagnosis.traits import traits

FOLDS = 5
"""Parts of the repositories; each is left out once. A fifth is large enough for the small sets to be in most parts."""

_LONG = 200  # a label is kept to this length in the common form


class CaseRows(NamedTuple):
    """One case. A row holds the traits of a line; rows run through the lines of `parts` in order."""

    case: Case
    rows: tuple[tuple[str, ...], ...]
    pointed: tuple[bool, ...]
    job: CheckedJob
    parts: tuple[Ranked, ...]


def rows_of(case: Case) -> CaseRows:
    """What the product reads of the case's log. `job` is returned without its log, which is not needed any more."""
    job = CheckedJob(id=0, name="", conclusion="failure", log=case.text().encode("utf-8", "replace"))
    parts = ranked(job)
    spots = [spot for part in parts for spot in part.spots]
    rows = tuple(tuple(map(sys.intern, traits(spot))) for spot in spots)
    pointed = pointed_at(case, [spot.line.text for spot in spots])
    return CaseRows(case, rows, pointed, job.model_copy(update={"log": None}), parts)


def pointed_at(case: Case, lines: Iterable[str]) -> tuple[bool, ...]:
    """Which lines a person pointed at: the labelled ones; where none are labelled, those that name a critical fact."""
    labels = labels_of(case)
    wanted = frozenset(labels.lines)
    found = []
    for line in map(normal, lines):
        if wanted:
            found.append(tells(line) and line[:_LONG].strip() in wanted)
        else:
            found.append(any(word in flat(line) for spellings in labels.facts for word in spellings))
    return tuple(found)


def folds(cases: Sequence[Case], seed: int, count: int = FOLDS) -> list[int]:
    """For each case the part it belongs to, 0 to `count` - 1. All cases of a repository are in one part.

    Cases without a repository stand for themselves. Raises DataError where there are fewer repositories than parts.
    """
    groups = sorted({_group(case) for case in cases})
    if len(groups) < count:
        raise DataError(f"the labelled cases come from {len(groups)} repositories; checking needs {count} at least")
    random.Random(seed).shuffle(groups)
    part = {group: place % count for place, group in enumerate(groups)}
    return [part[_group(case)] for case in cases]


def _group(case: Case) -> str:
    """GitHub does not tell upper and lower case apart, and the sets spell some repositories both ways."""
    return case.repo.lower() or case.id
