"""Which verdicts are believed: each rule by name, with a verdict that breaks only it, and those that hold."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from otto_bot.core.named_tests import Names, defined_tests
from otto_bot.core.plan import Criterion, TaskSpec
from otto_bot.core.records import CommandRecord
from otto_bot.core.verdict import ITEM_CHARS, Ground, Verdict, VerdictItem, proof_of
from otto_bot.core.verdict_check import RULES, Material, check, find_test, ground_of

TASK = TaskSpec(
    key="t1",
    title="Greet",
    goal="Write greet",
    criteria=(
        Criterion(id="c1", text="greets politely"),
        Criterion(id="c2", text="is tested"),
        Criterion(id="c3", level="should", text="is documented"),
    ),
)
TESTS = defined_tests(
    {"tests/test_greet.py": "class TestGreet:\n    def test_hello(self): ...\n\ndef test_bye(): ...\n"}
)
MATERIAL = Material(
    task=TASK,
    jobs=("CI / unit", "unit"),
    passed=Names(["tests/test_greet.py::test_reported[1]", "GreetTest.waves"]),
    failed=Names(["tests/test_greet.py::test_skipped"]),
    defined=TESTS,
    defined_names=Names(TESTS),
    texts=("+    return 'good morning to you'",),
    report="R2",
)
RECORDS = (
    CommandRecord(number=1, tool="actions", what="GitHub Actions", output="CI / unit: success"),
    CommandRecord(number=2, tool="report", what="JUnit", output="2 tests passed:\ntest_reported[1]"),
    CommandRecord(number=3, tool="run", what="python greet.py", exit_code=0, output="good   morning\nand good bye\n"),
    CommandRecord(number=4, tool="run", what="python greet.py --no", exit_code=1, output="ValueError: no such option"),
    CommandRecord(number=5, tool="run", what="sleep 900", exit_code=None, timed_out=True),
    CommandRecord(number=6, tool="read", what="greet.py", output="def greet(): ..."),
    CommandRecord(number=7, tool="grep", what="(", output="bad pattern", error=True),
    CommandRecord(number=8, tool="run", what="pytest-42", exit_code=127, output="pytest-42: not found"),
)
GOOD = {"c1": ("met", "", ("R3",)), "c2": ("met", "test_bye passes", ()), "c3": ("not_met", "no docs", ())}


def verdict(
    *more: VerdictItem, passed: bool | None = None, without: str = "", **items: tuple[str, str, tuple[str, ...]]
):
    said = {**GOOD, **items}
    kept = [
        VerdictItem(id=key, status=status, evidence=evidence, refs=refs)
        for key, (status, evidence, refs) in said.items()
        if key != without
    ]
    return Verdict(items=(*kept, *more), passed=passed)


def broken(said: Verdict, records: tuple[CommandRecord, ...] = RECORDS) -> list[str]:
    return [problem.rule for problem in check(said, records, MATERIAL)]


BELIEVED = [
    verdict(),
    verdict(passed=True),
    verdict(passed=False, c2=("not_met", "", ("R4",))),
    verdict(c1=("not_met", "it ends with 1", ("R4",))),
    verdict(c1=("met", "R3 shows it", ())),
    verdict(c1=("met", "the job unit is green", ("R1",))),
    verdict(c1=("met", "", ("R1", "CI / unit"))),
    verdict(c1=("met", "", ("tests/test_greet.py::TestGreet::test_hello",))),
    verdict(c1=("met", "", ("tests/test_greet.py",))),
    verdict(c1=("met", "see test_greet.py, it passes", ())),
    verdict(c1=("met", "", ("test_reported",))),
    verdict(c1=("met", "", ("GreetTest.waves",))),
    verdict(c1=("met", "R4 fails as it should, test_bye says so", ("R4",))),
    verdict(c1=("met", "", ("R4", "R6"))),
    verdict(c1=("unclear", "nothing shows it", ())),
    verdict(c1=("met", 'it says "good morning and good bye"', ("R3",))),
    verdict(c1=("met", 'it says "good … bye" as the diff, "return \'good morning to you\'"', ("R3",))),
    verdict(c1=("met", 'criterion "greets politely" holds', ("R3",))),
    verdict(c1=("met", 'after "python greet.py"', ("R3",))),
    verdict(c1=("met", 'the short "no" is a name', ("R3",))),
    verdict(VerdictItem(id="c1", status="met", refs=("R6",))),
    verdict(c3=("met", "textstats/__init__.py exports it", ("README.md",))),
    verdict(c1=("not_met", "", ("R5", "R6"))),
]


@pytest.mark.parametrize("said", BELIEVED)
def test_it_is_believed(said: Verdict) -> None:
    assert check(said, RECORDS, MATERIAL) == ()


REJECTED = [
    ("missing_item", verdict(without="c1"), "c1 has no item"),
    ("missing_item", verdict(without="c3"), "c3 has no item"),
    ("unknown_criterion", verdict(c9=("met", "", ("R3",))), "c9 is no criterion"),
    ("said_twice", verdict(VerdictItem(id="c1", status="not_met", refs=("R4",))), "c1 is said to be met and not_met"),
    ("total_contradicts", verdict(passed=True, c1=("not_met", "", ("R4",))), "`passed` is true, but c1"),
    ("total_contradicts", verdict(passed=True, c1=("unclear", "", ())), "`passed` is true, but c1"),
    ("total_contradicts", verdict(passed=False), "`passed` is false, but every"),
    ("unknown_reference", verdict(c1=("met", "", ("R3", "R99"))), "no record R99; there are R1 to R8"),
    ("unknown_reference", verdict(c3=("met", "", ("R99",))), "no record R99"),
    ("unknown_reference", verdict(c1=("met", "R3", ("test_invented",))), "'test_invented' is no evidence"),
    ("unknown_reference", verdict(c1=("met", "R3", ("the diff",))), "'the diff' is no evidence"),
    ("unknown_reference", verdict(c1=("met", "R3", ("test_skipped",))), "did not pass in Actions"),
    ("no_evidence", verdict(c1=("met", "the diff shows it", ())), "c1: met without evidence"),
    ("no_evidence", verdict(c1=("not_met", "it is plain", ())), "c1: not_met without evidence"),
    ("no_evidence", verdict(c1=("met", "the tests pass", ())), "c1: met without evidence"),
    ("no_evidence", verdict(c1=("met", "everything is green", ("R1",))), "without the name of the job"),
    ("no_evidence", verdict(c1=("met", "it is in the list", ("R2",))), "c1: met without evidence"),
    ("no_evidence", verdict(c1=("met", "R99 shows it", ())), "c1: met without evidence"),
    ("no_evidence", verdict(c1=("met", "test_skipped passes", ())), "c1: met without evidence"),
    ("rests_on_failure", verdict(c1=("met", "", ("R4",))), "rests only on what failed: R4 (exit code 1)"),
    ("rests_on_failure", verdict(c1=("met", "", ("R5", "R7"))), "R5 (stopped at its time limit), R7 (gave no answer)"),
    ("no_answer", verdict(c1=("not_met", "", ("R5",))), "gave no answer: R5"),
    ("no_answer", verdict(c1=("not_met", "", ("R8",))), "gave no answer: R8 (exit code 127)"),
    ("quote_not_recorded", verdict(c1=("met", 'it says "good evening"', ("R3",))), "not in R3"),
    ("quote_not_recorded", verdict(c1=("met", "it says “good … evening”", ("R3", "R6"))), "not in R3, R6"),
]


@pytest.mark.parametrize(("rule", "said", "words"), REJECTED)
def test_one_rule_rejects_it_and_says_why(rule: str, said: Verdict, words: str) -> None:
    problems = check(said, RECORDS, MATERIAL)
    assert [problem.rule for problem in problems] == [rule]
    assert words in problems[0].words


def test_unclear_needs_a_look() -> None:
    said = verdict(c1=("unclear", "who knows", ()), c2=("met", "test_bye", ()))
    assert broken(said, RECORDS[:2]) == ["unclear_unseen"]
    assert broken(said, (*RECORDS[:2], RECORDS[6])) == ["unclear_unseen"], "a tool that gave no answer is no look"


def test_every_rule_has_a_row() -> None:
    rows = {rule for rule, _, _ in REJECTED} | {"unclear_unseen"}
    assert {rule.__name__ for rule in RULES} == rows


def test_a_ground_says_how_each_test_is_known() -> None:
    item = VerdictItem(id="c1", status="met", evidence="test_reported and test_hello; R3", refs=("R6", "R99"))
    ground = ground_of(item, RECORDS, MATERIAL)
    assert ground.records == (6, 3)
    assert [(test.id, test.seen, test.where) for test in ground.tests] == [
        ("tests/test_greet.py::test_reported[1]", "report", "R2"),
        ("test_hello", "file", "tests/test_greet.py"),
    ]


def test_a_test_of_another_file_is_none() -> None:
    assert find_test("tests/test_other.py::test_hello", MATERIAL) is None
    assert find_test("test_greet.py::test_bye", MATERIAL) is not None


def test_what_is_kept_is_only_what_is_cited_and_bounded() -> None:
    long = CommandRecord(number=9, tool="run", what="x", exit_code=0, output="x" * 50_000)
    proof = proof_of([Ground(item="c1", records=(3, 9)), Ground(item="c2", records=(9,))], (*RECORDS, long))
    assert [record.number for record in proof.records] == [3, 9]
    assert len(proof.records[1].output) < ITEM_CHARS + 100
    assert [record.number for record in proof.cited("c1")] == [3, 9]
    assert proof.cited("c3") == ()


def test_the_first_of_two_like_items_is_kept() -> None:
    again = VerdictItem(id="c1", status="met", evidence="again")
    once = verdict(again).once()
    assert [(item.id, item.refs) for item in once.items] == [("c1", ("R3",)), ("c2", ()), ("c3", ())]


def test_the_document_lists_every_rule() -> None:
    text = (Path(__file__).parents[2] / "docs" / "judging.md").read_text()
    assert re.findall(r"^\| `(\w+)` \| .* \|$", text, re.MULTILINE)[-len(RULES) :] == [rule.__name__ for rule in RULES]
