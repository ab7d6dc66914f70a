"""The shipped bench scenarios hold, and the validator refuses what would make a bench say nothing."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from otto_bot.bench.scenario_file import BenchError, find, load, shipped
from otto_bot.bench.validate import checks_of, problems

Change = Callable[[dict[str, Any]], object]
FACT = "an even sample has the mean of its two middle values"


def changed(tmp_path: Path, name: str, change: Change) -> Path:
    folder = tmp_path / name
    shutil.copytree(find(name), folder)
    data = yaml.safe_load((folder / "bench.yml").read_text())
    change(data)
    (folder / "bench.yml").write_text(yaml.safe_dump(data, allow_unicode=True, width=1000))
    return folder


def said_of(folder: Path, root: Path) -> list[str]:
    scenario = load(folder)
    return problems(scenario, checks_of(scenario, root))


QUICK = ("code-bug", "peer-discovery", "runner-lost")


@pytest.mark.parametrize("name", [pytest.param(n, marks=() if n in QUICK else pytest.mark.slow) for n in shipped()])
def test_a_shipped_scenario_is_sound(tmp_path: Path, name: str) -> None:
    assert said_of(find(name), tmp_path) == []


FORM: list[tuple[str, Change, str]] = [
    (
        "a rule on the attempt",
        lambda d: d["coder"]["t2"][0].update(attempt=2),
        "coder.t2[1].attempt: is not a known key",
    ),
    ("a rule on the gate", lambda d: d["coder"]["t2"][0].update(gate=1), "coder.t2[1].gate: is not a known key"),
    ("an unknown kind", lambda d: d.update(kind="magic"), "kind: "),
    ("both fact and facts", lambda d: d.update(fact="x"), "file: give `fact` for all failing tasks or `facts`"),
    ("a move that is none", lambda d: d["truth"]["actions"].update(t2=["again"]), "truth.actions.t2[1]: "),
]


@pytest.mark.parametrize(("name", "change", "words"), FORM, ids=[row[0] for row in FORM])
def test_a_mistake_of_form_is_named_with_its_place(tmp_path: Path, name: str, change: Change, words: str) -> None:
    folder = changed(tmp_path, "code-bug", change)
    with pytest.raises(BenchError) as caught:
        load(folder)
    assert any(f"{folder / 'bench.yml'}: {words}" in problem for problem in caught.value.problems)


def contains(*texts: str) -> Change:
    return lambda d: d["coder"]["t2"][0].update(prompt_contains=list(texts))


SENSE: list[tuple[str, str, Change, str]] = [
    ("attempt smuggled", "code-bug", contains(FACT, "attempt 2"), "prompt_contains: 'attempt 2' tells"),
    ("branch smuggled", "code-bug", contains(FACT, "t2-median-a2"), "prompt_contains: 't2-median-a2' tells"),
    ("frame smuggled", "code-bug", contains(FACT, "Why the last"), "prompt_contains: 'Why the last' stands"),
    (
        "frame lacking",
        "code-bug",
        lambda d: d["coder"]["t2"][1].update(prompt_lacks=["## Guidance for"]),
        "coder.t2[2].prompt_lacks: '## Guidance for' stands in every later prompt",
    ),
    ("success without the fact", "code-bug", contains(), "coder.t2[1]: passes the check without the fact"),
    (
        "no success",
        "code-bug",
        lambda d: d["coder"]["t2"].pop(0),
        "coder.t2: no rule passes the check, and truth.recoverable names it",
    ),
    (
        "the fact is told at once",
        "code-bug",
        lambda d: d["plan"]["tasks"][1].update(goal=f"Add median; {FACT}."),
        "stands in the opening prompt of the first attempt",
    ),
    (
        "the fact is in no log",
        "code-bug",
        lambda d: (d["facts"].update(t2="of no log"), contains("of no log")(d)),
        "facts.t2: 'of no log' is not in its own log",
    ),
    (
        "the fact is in no handoff",
        "peer-discovery",
        lambda d: d["coder"]["t1"][0].update(handoff=[]),
        "facts.t2: 'Book.rows gives amounts in whole cents' is in no handoff",
    ),
    (
        "own log where two are said to be needed",
        "two-tasks-one-cause",
        lambda d: d["coder"]["t1"][1]["writes"].update(
            {"shop/price.py": "from shop.settings import strict\n\n\ndef gross(net):\n    return strict('VAT')\n"}
        ),
        "seen_in: every task's own log has all of its facts",
    ),
    (
        "nowhere is somewhere",
        "code-bug",
        lambda d: d.update(seen_in="nowhere"),
        "stands in a log; seen_in says nowhere",
    ),
    (
        "another check than the workflow's",
        "code-bug",
        lambda d: d.update(check="true"),
        "check: is not what the last step",
    ),
    (
        "a right answer that cannot help",
        "peer-discovery",
        lambda d: d["pilot"]["t2"]["right"].update(guidance="Look again."),
        "pilot.t2.right: the fact 'Book.rows gives amounts in whole cents' does not reach the coder",
    ),
    (
        "a class that is not the truth",
        "code-bug",
        lambda d: d["pilot"]["t2"]["right"].update({"class": "spec"}),
        "pilot.t2.right: class spec is not truth.classes.t2: code",
    ),
    (
        "an answer that nobody recorded",
        "runner-lost",
        lambda d: d["actions"][0].update(answer="gone"),
        "actions[1]: there is no answer gone",
    ),
    (
        "a mend that nobody makes",
        "runner-lost",
        lambda d: d["actions"][0].update(until="billing"),
        "actions[1].until: nobody mends billing",
    ),
    ("an unknown task", "code-bug", lambda d: d["truth"].update(recoverable=["t9"]), "recoverable: t9 is no task"),
    (
        "a model asked where one move is",
        "runner-lost",
        lambda d: d.update(
            pilot={"t1": {"right": {"class": "infrastructure", "summary": "s", "action": "retry"}}},
            truth={**d["truth"], "actions": {"t1": ["rerun", "retry"]}},
        ),
        "pilot.t1: a single-move scenario needs no pilot",
    ),
]  # fmt: skip


QUICKLY = ("attempt smuggled", "success without the fact", "the fact is told at once", "an answer that nobody recorded")
"""The others try each rule of a whole scenario as well, which takes its time on a busy machine."""


@pytest.mark.parametrize(
    ("name", "which", "change", "words"),
    [pytest.param(*row, id=row[0], marks=() if row[0] in QUICKLY else pytest.mark.slow) for row in SENSE],
)
def test_a_scenario_that_would_show_nothing_is_refused(
    tmp_path: Path, name: str, which: str, change: Change, words: str
) -> None:
    folder = changed(tmp_path, which, change)
    found = said_of(folder, tmp_path / "checks")
    assert any(problem.startswith(f"{folder.resolve() / 'bench.yml'}: ") and words in problem for problem in found), (
        found
    )
