"""The bench counts right: on seven logs whose figures are computed by hand, and on plain tables."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from bench_data import CASES, write_cases, write_reader

from bench.diagnosis import figures
from bench.diagnosis.__main__ import main
from bench.diagnosis.alternatives import CUTTERS, SIGNATURES, by_words, new_lines
from bench.diagnosis.data import load
from bench.diagnosis.envelope import TAIL, enveloped
from bench.diagnosis.measure import OTTO, adapter_of, measured
from bench.diagnosis.normal import needles, normal
from bench.diagnosis.plot import svg
from bench.diagnosis.score import f1, pairs
from bench.diagnosis.speed import speed

LINES = {"recall": 50.0, "most": 100 / 3, "first": 200 / 3, "some": 200 / 3}


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The small folder, with the reader importable."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "plain_reader", raising=False)
    write_reader(tmp_path)
    return write_cases(tmp_path / "data", CASES)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_the_command_writes_what_it_found(data: Path, tmp_path: Path, workers: str) -> None:
    """Here or in two other processes: figures, report and picture. Quick takes each eighth case of a source."""
    out = tmp_path / "out"

    code = main(
        [str(data), "--out", str(out), "--adapter", "plain_reader", "-j", workers, "--quick", "--budget", "300"]
    )

    found = json.loads((out / "results.json").read_text())
    values = {figure["key"]: figure["values"][OTTO] for figure in found["extraction"]}
    assert code == 0
    assert [case["id"] for case in found["by_case"]] == ["chunk-1", "job-1", "diff-1", "retry-1"]
    assert (values["logchunks.recall"], values["signals.recall"], values["cidiff-pass.recall"]) == (50.0, 50.0, 100.0)
    assert found["machine"]["cores"] and found["machine"]["commit"] and found["machine"]["date"]
    assert (out / "budget.svg").read_text().startswith("<svg")
    assert "| LogChunks: recall | 1 | **50.0** (missed) | ≥ 60 |" in (out / "report.md").read_text()


def test_every_measure_of_the_small_folder(data: Path) -> None:
    """Lines, facts, classes, pairs: hand-computed."""
    adapter = adapter_of("plain_reader")
    items = [measured(case, adapter, (300,)) for case in load(data)]
    every = [*figures.extraction(items, 300), *figures.classification(items), *figures.clusters(items)]
    otto = {figure.key: figure.values[OTTO] for figure in every}

    for name, value in LINES.items():
        assert otto[f"logchunks.{name}"] == pytest.approx(value)
        assert otto[f"envelope.{name}"] == pytest.approx(value)
    assert otto["logdx.recall"] == 50.0 and otto["logdx.first"] == 100.0 and otto["logdx.most"] == 0.0
    assert otto["signals.recall"] == 50.0, "one of two critical facts; the optional one does not count"
    assert otto["cidiff.recall"] == 0.0 and otto["cidiff-pass.recall"] == 100.0
    assert otto["accuracy.logdx"] == 100.0 and otto["accuracy.veloren"] == 50.0
    assert otto["class.macro"] == pytest.approx(100 / 3), "infrastructure 1, the two others neither there nor said"
    assert otto["class.intermittent"] == pytest.approx(200 / 3), "precision 1, recall 1/2"
    assert otto["logchunks-b.precision"] == pytest.approx(100 / 3) and otto["logchunks-b.recall"] == 100.0
    assert otto["logchunks-b.F1"] == 50.0
    assert otto["logchunks-a.F1"] == 50.0, "chunks 1 and 3 share keywords"


def test_alternatives_on_the_small_folder(data: Path) -> None:
    """The tail has everything of a short log, nothing of it behind the runner's own last lines."""
    items = [measured(case, adapter_of("plain_reader"), (300,)) for case in load(data)]
    known = {figure.key: figure.values for figure in figures.extraction(items, 300)}

    assert known["logchunks.recall"]["tail"] == 100.0
    assert known["envelope.recall"]["tail"] == 0.0
    assert known["envelope.recall"]["strip, cut, tail"] == 100.0
    assert known["cidiff-pass.recall"]["new lines, tail"] == 100.0


def test_what_a_reader_raises_or_overruns_is_told_and_costs_its_score(data: Path, tmp_path: Path) -> None:
    """The other cases keep their figures; nothing is hidden."""
    cases = [
        {"id": "bad", "source": "logdx", "text": "raise here!", "gold_lines": ["raise here!"]},
        {"id": "long", "source": "logdx", "text": "x" * 200 + "!", "gold_lines": ["x" * 200 + "!"]},
    ]
    bad, long = (
        measured(case, adapter_of("plain_reader"), (100,)) for case in load(write_cases(tmp_path / "d", cases))
    )

    assert bad.troubles == ("bad: Otto, log, 100: RuntimeError: cannot read this",)
    assert next(cut for cut in bad.cuttings if cut.tool == OTTO).kept.lines[0] == 0.0
    assert long.troubles == ("long: Otto, log: 201 characters of 100",)
    assert next(cut for cut in long.cuttings if cut.tool == OTTO).kept.lines[0] == 0.0, "cut to the budget"


@pytest.mark.parametrize(
    ("line", "plain"),
    [
        ("2024-05-01T10:00:00.1234567Z ##[error]bad  thing", "bad thing"),
        ("\ufeff2024-05-01T10:00:00Z x", "x"),
        ("\x1b[31;1mred\x1b[0m [0;31mred[0m", "red red"),
        ("travis_fold:start:one\rtext", "text"),
        ("section_start:1600000000:step_script text", "text"),
        ("a < b && c\t d", "a b c d"),
    ],
)
def test_normal_form(line: str, plain: str) -> None:
    """What people lose when they copy a line is taken from both sides."""
    assert normal(line) == plain


def test_labels_count_once_and_by_their_first_200_characters() -> None:
    """Rulers do not count, repeated lines count once, very long lines by their beginning."""
    assert needles(("----", "one", "one", "y" * 300)) == ["one", "y" * 200]


def test_pairs_and_f1() -> None:
    """Only pairs inside a group count; a class that is neither there nor said is 0."""
    found = pairs(["a", "a", "a", "b"], [1, 1, 2, 1], ["p", "q", "q", "p"])

    assert (found.right, found.wrong, found.missed) == (0, 1, 1)
    assert f1([True, False], [True, True]) == pytest.approx(2 / 3)
    assert f1([False], [False]) == 0.0


def test_cutters_keep_to_their_definition() -> None:
    """Each plain way on one small text."""
    stamp = "2024-05-01T10:00:00.0000000Z "
    log = "\n".join(stamp + line for line in ["a", "b", "c", "an Error", "d", "##[error]exit 1", "Post job", "x" * 90])

    assert CUTTERS["tail"](log)(20) == "... (truncated)\nxxxx"
    assert CUTTERS["strip, cut, tail"](log)(1000).split("\n")[-1] == "##[error]exit 1"
    assert "a\n" not in CUTTERS["grep -B2 -A5"](log)(1000)
    assert new_lines("same 12\nnew", "same 34")(100) == "new"
    assert by_words("read timed out: not found") == "infrastructure"
    assert SIGNATURES["first error line"]("x\nerror 12 at 0xff\n") == SIGNATURES["first error line"]("error 7 at 0x1")


def test_envelope_is_an_actions_log() -> None:
    """Every line is stamped, in rising order, and the runner has the last word."""
    lines = enveloped("one\r\ntwo").split("\n")

    assert [line[29:] for line in lines] == ["one", "two", *TAIL]
    assert sorted(lines) == lines and all(line[27:29] == "Z " for line in lines)
    assert 1200 < len("\n".join(lines[2:])) < 2200, "as long as real ones"


def test_speed_counts_memory_of_the_call_alone(data: Path, tmp_path: Path) -> None:
    """A reader that takes 40 MB is seen to take them, although putting the text together took more."""
    if not Path("/proc/self/clear_refs").exists():
        pytest.skip("platform: the peak of a process cannot be put back here")
    greedy = (
        tmp_path / "plain_reader.py"
    ).read_text() + "\n\ndef extract(text, budget):\n    return str(len(b'x' * 40_000_000))\n"
    (tmp_path / "greedy_reader.py").write_text(greedy)

    figures_found = speed(load(data), "greedy_reader", 100, large=1_000_000, tools=(OTTO, "tail"))
    found = {figure.key: figure.values for figure in figures_found}

    assert 35 < found["memory"][OTTO] < 60
    assert found["memory"]["tail"] < 5
    assert found["speed.process"][OTTO] > 0 and found["speed.large.wall"]["tail"] > 0


@pytest.mark.parametrize(
    ("wreck", "said"),
    [
        (lambda folder: (folder / "cases.jsonl").unlink(), "has no cases.jsonl"),
        (lambda folder: (folder / "cases.jsonl").write_text("\n"), "is empty"),
        (lambda folder: (folder / "cases.jsonl").write_text("{]"), "cases.jsonl:1"),
        (lambda folder: (folder / "cases.jsonl").write_text('{"id": "a", "source": "b"}'), "log: Field required"),
        (lambda folder: (folder / "cases.jsonl").write_bytes(b"\xff\xfe"), "cannot be read"),
        (lambda folder: (folder / "logs/job-1.log.gz").unlink(), "Unpack the whole set"),
        (lambda folder: (folder / "logs/job-1.log.gz").write_bytes(b"plain"), "not a whole gzip file"),
        (lambda folder: _append(folder, {"id": "z", "source": "s", "log": "../../out.gz"}), "leaves the folder"),
        (
            lambda folder: _append(folder, {"id": "job-1", "source": "s", "log": "logs/job-1.log.gz"}),
            "an id of its own",
        ),
    ],
)
def test_what_is_wrong_with_a_folder_is_named(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], wreck: object, said: str
) -> None:
    """Exit 2, one sentence that names the place, and no traceback."""
    assert callable(wreck)
    wreck(data)

    code = main([str(data), "--out", str(tmp_path / "out"), "--adapter", "plain_reader", "-j", "1", "--quick"])

    assert code == 2
    assert said in capsys.readouterr().err


def test_where_the_public_sets_come_from_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each set with its licence."""
    assert main([str(tmp_path / "nowhere")]) == 2

    told = capsys.readouterr().err
    assert all(word in told for word in ("LogChunks", "CC-BY-4.0", "CiDiff", "Apache-2.0", "BSD-3-Clause", "BUMP"))


@pytest.mark.parametrize(("name", "said"), [("no_such_reader", "cannot be imported"), ("json", "lacks extract")])
def test_an_adapter_that_is_none_is_named(data: Path, capsys: pytest.CaptureFixture[str], name: str, said: str) -> None:
    """Before anything is measured."""
    assert main([str(data), "--adapter", name]) == 2
    assert said in capsys.readouterr().err


def test_documentation_is_renewed_between_its_marks(data: Path, tmp_path: Path) -> None:
    """The words around stay; the picture stands beside."""
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "diagnosis.md").write_text("before\n<!-- figures:start -->\nformer figures\n<!-- figures:end -->\nafter\n")
    command = [str(data), "--out", str(tmp_path / "out"), "--docs", str(docs), "--adapter", "plain_reader", "-j", "1"]

    assert main([*command, "--quick"]) == 0

    page = (docs / "diagnosis.md").read_text()
    assert page.startswith("before\n<!-- figures:start -->\n") and page.endswith("<!-- figures:end -->\nafter\n")
    assert "| LogChunks: recall |" in page and "former figures" not in page
    assert (docs / "diagnosis-budget.svg").read_text().startswith("<svg")


def test_check_fails_where_a_promise_is_broken(data: Path, tmp_path: Path) -> None:
    """For continuous integration."""
    command = [str(data), "--out", str(tmp_path / "out"), "--adapter", "plain_reader", "-j", "1", "--quick", "--check"]

    assert main(command) == 1


def test_report_names_the_groups_in_which_it_is_weak(data: Path, tmp_path: Path) -> None:
    """The lowest ones, and those in which a plain way keeps more."""
    cases = [
        {
            "id": f"chunk-{number}",
            "source": "logchunks",
            "repo": "r",
            "language": language,
            "text": text,
            "gold_lines": [text],
        }
        for number in range(5)
        for language, text in [("Ada", f"fine! {number}")]
    ]
    cases += [
        {**case, "id": f"dull-{case['id']}", "language": "COBOL", "text": "dull", "gold_lines": ["dull"]}
        for case in cases
    ]
    folder = write_cases(tmp_path / "groups", cases)

    assert main([str(folder), "--out", str(tmp_path), "--adapter", "plain_reader", "-j", "1"]) == 0

    told = (tmp_path / "report.md").read_text()
    assert "Lowest recall: LogChunks, COBOL (5) 0.0;" in told
    assert "LogChunks, COBOL (5) 0.0 against 100.0 of tail" in told
    assert "LogChunks, Ada (5) 100.0 against" not in told


def test_plot_holds_a_line_for_each_tool_inside_its_panel() -> None:
    """Well-formed, escaped, and nothing leaves the panel."""
    curves = {"A & <B>": {"tail": [0.0, 100.0], OTTO: [50.0, 75.0]}, "C": {OTTO: [1.0, 2.0]}}

    root = ET.fromstring(svg(curves, (500, 8000)))

    space = "{http://www.w3.org/2000/svg}"
    lines = [line.get("points", "") for line in root.iter(f"{space}polyline")]
    assert lines == ["0.0,170.0 250.0,0.0", "0.0,85.0 250.0,42.5", "0.0,168.3 250.0,166.6"]
    assert [text.text for text in root.iter(f"{space}text") if text.get("class") == "title"][1:] == ["A & <B>", "C"]
    with pytest.raises(ValueError, match="two budgets"):
        svg(curves, (500,))


def _append(folder: Path, case: dict[str, str]) -> None:
    with (folder / "cases.jsonl").open("a") as listing:
        listing.write(json.dumps(case) + "\n")
