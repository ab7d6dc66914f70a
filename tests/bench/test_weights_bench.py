"""What the fitting of weights does before and after the solver: rows, labels, folds, samples, and the written file."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest
from bench_data import CASES, write_cases

from bench.diagnosis.data import Case, DataError, load
from bench.weights.__main__ import main, read, table
from bench.weights.fit import MOST_POSITIVE, NEGATIVE_WEIGHT, SOURCE_WEIGHTS, samples
from bench.weights.rows import FOLDS, folds, rows_of
from bench.weights.score import Figures, by_set, kept, present, worths
from bench.weights.table import Weights, differences, in_order_of, rounded, tables_of, written
from otto_bot.diagnosis import weights as product

FACT = {
    "id": "fact-1",
    "source": "bugswarm-github",
    "repo": "a/fact",
    "text": "start\nFAIL  test_one  (0.1 s)\nerror: other\nend",
    "must": [{"any": ["no such", "test_one (0.1"]}, {"any": ["other"], "importance": "optional"}],
}
LONG = {
    "id": "long-1",
    "source": "logdx",
    "repo": "a/long",
    "text": f"start\n2024-05-01T10:00:00.0000001Z error: {'long ' * 60}\n---\nend",
    "gold_lines": [f"error: {'long ' * 50}", "---"],
}


@pytest.fixture
def cases(tmp_path: Path) -> dict[str, Case]:
    """The small folder's cases by id, with a fact and a long line."""
    return {case.id: case for case in load(write_cases(tmp_path / "data", [*CASES, FACT, LONG]))}


@pytest.mark.parametrize(
    ("name", "pointed"),
    [
        ("chunk-1", {"error: one!", "error: two"}),
        ("chunk-2", {"third!  line"}),
        ("fact-1", {"FAIL  test_one  (0.1 s)"}),
        ("long-1", {f"error: {'long ' * 60}".rstrip()}),
    ],
)
def test_lines_that_a_person_pointed_at_are_labelled(cases: dict[str, Case], name: str, pointed: set[str]) -> None:
    """In the common form, long ones by their beginning, rulers never; without labelled lines those with a fact."""
    one = rows_of(cases[name])
    lines = [spot.line.text.rstrip() for part in one.parts for spot in part.spots]

    assert {line for line, is_one in zip(lines, one.pointed, strict=True) if is_one} == pointed
    assert len(one.rows) == len(lines) > len(pointed)
    assert one.job.log is None


def test_a_row_names_what_the_product_weighs(cases: dict[str, Case]) -> None:
    """Every trait of a line counts as in the product: the same tables give the same worth, and the same excerpt."""
    for case in cases.values():
        one = rows_of(case)
        for ours, theirs in zip(worths(one, tables_of(product)), present(one), strict=True):
            assert ours == pytest.approx(theirs)
    first = rows_of(cases["chunk-1"])
    wanted = {row for row, pointed in zip(first.rows, first.pointed, strict=True) if pointed}
    values = tuple(tuple(1.0 if row in wanted else 0.0 for row in first.rows) for _ in first.parts)
    scored = kept(first, values, 2000)
    assert scored.lines is not None
    assert (scored.lines.recall, scored.lines.first, scored.facts) == (1.0, True, None)
    assert by_set([first], [scored]) == [Figures("LogChunks", 1, 100.0, 100.0)]


def test_only_labelled_cases_of_known_sources_are_read(cases: dict[str, Case]) -> None:
    """A class alone is no label of a line."""
    known = {one.case.id for one in read(cases.values())}

    assert known == {"chunk-1", "chunk-2", "chunk-3", "job-1", "diff-1", "fact-1", "long-1"}
    with pytest.raises(DataError, match="no case of"):
        read([cases["retry-1"]])


def test_each_case_counts_what_its_source_does(cases: dict[str, Case]) -> None:
    """However many lines it has; of many lines only the first are taken, and the rest are not taken for quiet."""
    lines = [(f"is:{number}",) for number in range(MOST_POSITIVE + 30)]
    pointed = tuple(number >= 10 for number in range(len(lines)))
    dump = rows_of(cases["diff-1"])._replace(rows=tuple(lines), pointed=pointed)
    found = list(samples([dump, rows_of(cases["chunk-1"])]))
    of_dump = [sample for sample in found if sample.row in lines]

    assert [sample.row for sample in of_dump if sample.pointed] == lines[10 : 10 + MOST_POSITIVE]
    assert [sample.row for sample in of_dump if not sample.pointed] == lines[:10]
    assert sum(sample.weight for sample in of_dump if sample.pointed) == pytest.approx(SOURCE_WEIGHTS["cidiff"])
    total = (SOURCE_WEIGHTS["cidiff"] + SOURCE_WEIGHTS["logchunks"]) * (1 + NEGATIVE_WEIGHT)
    assert sum(sample.weight for sample in found) == pytest.approx(total)
    assert list(samples([dump._replace(pointed=tuple(False for _ in lines))])) == []


def test_a_repository_is_in_one_part(cases: dict[str, Case]) -> None:
    """However it is spelled; the seed decides which, and all parts are used."""
    one = cases["chunk-1"]
    many = [
        one.model_copy(update={"id": f"{number}-{time}", "repo": repo})
        for number in range(23)
        for time, repo in enumerate((f"Some/Repo{number}", f"some/repo{number}"))
    ]
    alone = [one.model_copy(update={"id": f"alone-{number}", "repo": ""}) for number in range(10)]
    parts = folds([*many, *alone], seed=1)

    assert parts[0 : len(many) : 2] == parts[1 : len(many) : 2]
    assert set(parts) == set(parts[len(many) :]) | set(parts[: len(many)]) == set(range(FOLDS))
    assert parts == folds([*many, *alone], seed=1) != folds([*many, *alone], seed=2)
    sizes = [parts.count(part) for part in range(FOLDS)]
    assert sum(sizes) == 56 and max(sizes) <= 14
    with pytest.raises(DataError, match="from 1 repositories"):
        folds(many[:2], seed=1)


def test_the_written_file_holds_the_tables(tmp_path: Path) -> None:
    """Import gives back what was given; the present file is written as it stands, byte for byte."""
    given = rounded(-2.346, {"is:error": 1.0, "below3:echo": -0.254, "strong": 0.3, "is:fail": 0.044, "is:crash": 2})
    loaded = tables_of(_imported(tmp_path / "fresh.py", written(given)))

    assert loaded == given == Weights(-2.35, {"is:error": 1.0, "below3:echo": -0.25, "strong": 0.3, "is:crash": 2})
    assert list(loaded.traits) == ["is:crash", "is:error", "below3:echo", "strong"]
    assert written(tables_of(product)) == Path(product.__file__).read_text(encoding="utf-8")


def test_equal_weights_stay_where_they_stand() -> None:
    """New traits come after the known ones; nothing is kept that is not in the new weights."""
    old = Weights(-3.0, {"is:url": 0.1, "is:fail": 0.3, "is:echo": 0.1, "is:gone": 0.4})
    new = Weights(-2.0, {"is:diff": 0.2, "is:echo": 0.2, "is:fail": 0.2, "is:url": 0.2})
    ordered = in_order_of(old, new)

    assert ordered == new
    assert list(ordered.traits) == ["is:url", "is:fail", "is:echo", "is:diff"]


def test_differences_are_told_largest_first() -> None:
    """What is new or gone differs from 0."""
    old, new = (
        Weights(-3.0, {"strong": 1.0, "is:fail": 0.3, "gone": 0.2}),
        Weights(-3.1, {"strong": 1.0, "is:url": 0.5}),
    )

    assert differences(old, new) == [
        "is:url: 0.0 -> 0.5",
        "is:fail: 0.3 -> 0.0",
        "gone: 0.2 -> 0.0",
        "BIAS: -3.0 -> -3.1",
    ]
    assert differences(old, old) == []


def test_the_table_puts_the_ways_side_by_side() -> None:
    """One row a set, one column a way."""
    shown = table([("left out", [Figures("A", 3, 50.0, 66.67)]), ("now", [Figures("A", 3, 25.0, 0.0)])])

    assert shown.split("\n")[0::2] == [
        "| set (recall / first) | cases | left out | now |",
        "| A | 3 | 50.0 / 66.7 | 25.0 / 0.0 |",
    ]


def test_without_scikit_learn_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything is read or written."""
    monkeypatch.setitem(sys.modules, "sklearn.linear_model", None)

    assert main([str(tmp_path / "none"), "--out", str(tmp_path / "weights.py")]) == 2
    assert "pip install scikit-learn" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def _imported(path: Path, text: str) -> ModuleType:
    path.write_text(text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
