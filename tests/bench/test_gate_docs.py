"""The bench's page: every number comes from the runs, every word from the template, and plots are plain SVG."""

from __future__ import annotations

import csv
import re
from datetime import date
from pathlib import Path
from xml.etree import ElementTree as ET

from otto_bot.bench.claims import Claim, Results
from otto_bot.bench.docs import Made, page, template, write_docs, wrong_pilot
from otto_bot.bench.measure import Measured
from otto_bot.bench.plots import bars, shares
from otto_bot.bench.scenario_file import find, load

HOW = Made("otto-bot bench gate --docs docs", date(2026, 3, 4), seconds=61.4, cpu=100.2, variants=3, seeds=2)
SVG = "{http://www.w3.org/2000/svg}"


def figures(scenario: str, arm: str, **changes: object) -> Measured:
    gate = {"number": 1, "decided_by": "pilot", "causes": {"t2": "test"}}
    plain = {
        "scenario": scenario, "arm": arm, "seed": 0, "outcome": "done", "states": {}, "attempts_by_task": {},
        "recoverable": 1, "recovered": 1, "attempts": 2, "wasted": 0, "usd": 0.5, "gate_usd": 0.0, "gate_calls": 0,
        "blamed": 1, "blamed_right": 1, "moved": 0, "moved_right": 0, "skips": (), "wrong_skips": (), "ask_needed": 0,
        "asked_needed": 0, "asked_needlessly": 0, "gates": (gate,), "evidence": {"t2": "e"},
    }  # fmt: skip
    return Measured.model_validate({**plain, **changes})


FOUND = (
    figures("code-bug", "replan"),
    figures("code-bug", "pilot-1", usd=0.8, gate_usd=0.2),
    figures("code-bug", "pilot-0", recovered=0, wasted=3, usd=2.0, gate_usd=1.0, asked_needlessly=2, seed=1),
    figures("code-bug", "pilot-0", recovered=1, wasted=1, usd=1.0, gate_usd=0.5, asked_needlessly=1, seed=2),
)
BENCHES = {"code-bug": load(find("code-bug")).bench}
CLAIMS = (Claim(text="This holds", cases=2), Claim(text="This does not", cases=3, broken=("code-bug: 1 of 2",)))


def test_the_page_has_a_value_for_every_slot_and_says_what_was_measured() -> None:
    text = page(Results(BENCHES, FOUND), CLAIMS, HOW)
    assert not re.search(r"\{\{|\}\}", text)
    for words in (
        "plays 1 scripted\nscenarios", "means over 2 seeds", "2026-03-04", "4 runs in 61 s, 100 s of processor time",
        "`pilot-1` recovers 1 of 1 tasks, wastes 0 coder sessions, costs $0.80, of which 25 % at gates.",
        "- holds (2 cases): This holds.", "- **does not hold** (3 cases): This does not.", "  - code-bug: 1 of 2",
        "otto-bot bench gate --docs docs", "| `code-bug` | own log | 1 | 1 | 1 | 0.5 (2 wasted) |",
    ):  # fmt: skip
        assert words in text


def test_a_wrong_pilot_is_told_with_its_price() -> None:
    text = wrong_pilot(Results(BENCHES, FOUND))
    assert "2 gates in 2 runs" in text
    assert "recovers 0.5 fewer tasks, and wastes 2 more coder sessions" in text
    assert "costs $1.50 where the replan costs $0.50" in text
    assert "$0.75 of it" in text
    assert "needlessly 1.5 more times. Wrong skips: 0" in text
    assert "always right (`pilot-1`) recovers as many tasks" in text
    assert "not both run" in wrong_pilot(Results(BENCHES, FOUND[:1]))


def test_page_plots_and_figures_are_written_together(tmp_path: Path) -> None:
    write_docs(tmp_path / "new", BENCHES, FOUND, CLAIMS, HOW)
    names = {path.name for path in (tmp_path / "new").iterdir()}
    assert names == {"bench-gate.md", "bench-gate-recovered.svg", "bench-gate-wasted.svg", "bench-gate.csv"}
    with (tmp_path / "new" / "bench-gate.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [(row["scenario"], row["seen_in"], row["arm"], row["seed"], row["wasted"]) for row in rows][2:] == [
        ("code-bug", "own_log", "pilot-0", "1", "3"),
        ("code-bug", "own_log", "pilot-0", "2", "1"),
    ]
    linked = re.findall(r"\]\((bench-gate[^)]*)\)", (tmp_path / "new" / "bench-gate.md").read_text())
    assert set(linked) - {"bench-gate-live.md"} == names - {"bench-gate.md"}


def heights(svg: str) -> list[float]:
    root = ET.fromstring(svg)
    return [float(bar.get("height", 0)) for bar in root.iter(f"{SVG}rect") if bar.find(f"{SVG}title") is not None]


def test_a_bar_is_as_high_as_its_share_and_has_its_number_in_words() -> None:
    svg = shares(
        "Shares <of> it",
        {"own log & more": {"replan": 0.5, "pilot-1": 1.0}, "else": {"replan": 0.0}},
        ["replan", "pilot-1"],
    )
    half, whole, none = heights(svg)
    assert (half / whole, none) == (0.5, 1.0)  # an empty bar is a line, so that it is seen to be measured
    assert "own log &amp; more, replan: 50 %" in svg
    assert "prefers-color-scheme: dark" in svg


def test_lying_bars_are_as_long_as_their_values() -> None:
    root = ET.fromstring(bars("Wasted", {"blind": 4.0, "pilot-0.5": 1.0}))
    assert [(bar.get("class"), bar.get("width")) for bar in root.iter(f"{SVG}rect")] == [
        ("blind", "520.0"), ("pilot-05", "130.0"),
    ]  # fmt: skip


def test_the_page_in_docs_has_the_words_of_the_template() -> None:
    written = (Path(__file__).parents[2] / "docs" / "bench-gate.md").read_text(encoding="utf-8")
    own = [line for line in template().splitlines() if line and "{{" not in line]
    assert [line for line in own if line not in written.splitlines()] == []
