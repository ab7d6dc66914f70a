"""Logistic weights from rows. scikit-learn does the fitting; it is imported only here, and only when it is used."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from bench.weights.rows import FOLDS, CaseRows
from bench.weights.table import Weights, rounded

SOURCE_WEIGHTS = {
    "logdx": 5.0,
    "cidiff": 4.0,
    "bugswarm-github": 3.0,
    "bugswarm-travis": 3.0,
    "logreduce": 2.0,
    "nodecore": 2.0,
    "logchunks": 1.0,
}
"""What a case of each source counts, and which sources are fitted on.

LogChunks has four of five cases, all of Travis, and would decide alone. The others count the more the nearer they are
to what is read in use: Actions logs with lines pointed at (LogDx, CiDiff), then names of failing tests, then a few
logs of other services. logdetective is not fitted on: package builds, kept to look at.
"""

MOST_POSITIVE = 150
"""Lines pointed at that are taken of one case, the first ones. Only whole dumps have more (16 of the 515 cases when
this was set), and the later lines of a dump are the least of what a reader wants."""

NEGATIVE_WEIGHT = 3.0
"""What all other lines of a case count together, where those pointed at count 1. On repositories left out, 1 kept one
to three percent fewer failing tests; 8 gained no set of over 20 cases anything."""

STRENGTH = 0.01
"""scikit-learn's C, the inverse of the regularization. Of 0.003, 0.01, 0.03 and 0.1 the best for LogChunks on
repositories left out (one to two percent more first lines); no other gains a set of over 20 cases more than half a
percent. Traits overlap a lot: a strong regularization shares a weight among them instead of setting one against the
other. It acts by the number of lines: a reader that looks at a sixth fewer of them gets weights some 7 %
nearer to nothing."""

MOST_ROUNDS = 400
"""Of the solver; it needs some thirty."""


_MISSING = """\
fitting needs scikit-learn, which nothing else here does: pip install scikit-learn
The .venv that `make env` builds has no pip and keeps only locked packages. With the same version of Python put it
beside: pip install --target FOLDER scikit-learn, then the command again with PYTHONPATH=FOLDER."""


class FitError(Exception):
    """Nothing can be fitted. The message says what to do."""


class Sample(NamedTuple):
    """A row with its label and what it counts."""

    row: tuple[str, ...]
    pointed: bool
    weight: float


def check_tools() -> None:
    """Raises FitError where scikit-learn, which the project itself does not need, is not installed."""
    _regression()


def samples(cases: Iterable[CaseRows]) -> Iterator[Sample]:
    """The rows that are fitted on: each case counts what its source does, however long it is.

    Cases of which no line was pointed at say nothing and are left out.
    """
    for one in cases:
        yes = [row for row, pointed in zip(one.rows, one.pointed, strict=True) if pointed][:MOST_POSITIVE]
        no = [row for row, pointed in zip(one.rows, one.pointed, strict=True) if not pointed]
        if not yes:
            continue
        share = SOURCE_WEIGHTS[one.case.source]
        yield from (Sample(row, True, share / len(yes)) for row in yes)
        yield from (Sample(row, False, share * NEGATIVE_WEIGHT / len(no)) for row in no)


def fitted(cases: Iterable[CaseRows]) -> Weights:
    """The weights, as they are written. Raises FitError where there are no lines of both kinds."""
    regression = _regression()
    import numpy as np

    rows = list(samples(cases))
    if len({row.pointed for row in rows}) < 2:
        raise FitError("no case has lines of both kinds, pointed at and not. Give more labelled logs.")
    names = sorted({name for row in rows for name in row.row})
    column = {name: index for index, name in enumerate(names)}
    matrix = np.zeros((len(rows), len(names)), np.float32)
    for place, row in enumerate(rows):
        matrix[place, [column[name] for name in row.row]] = 1
    counts = np.array([row.weight for row in rows])
    model = regression(max_iter=MOST_ROUNDS, C=STRENGTH, solver="lbfgs")
    model.fit(matrix, [int(row.pointed) for row in rows], sample_weight=counts * len(counts) / counts.sum())
    weights = zip(names, map(float, model.coef_[0]), strict=True)
    return rounded(float(model.intercept_[0]), dict(weights))


def left_out(cases: Sequence[CaseRows], parts: Sequence[int]) -> Iterator[tuple[int, Weights]]:
    """For each part the weights fitted on all the others."""
    for part in range(FOLDS):
        yield part, fitted(one for one, own in zip(cases, parts, strict=True) if own != part)


def _regression() -> Any:
    try:
        from sklearn.linear_model import LogisticRegression
    except ImportError as error:
        raise FitError(_MISSING) from error
    return LogisticRegression
