"""What a judge's verdict is held against, each border from both sides; and what of it is kept."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from otto_bot.core.named_tests import Names
from otto_bot.core.plan import Criterion, TaskSpec
from otto_bot.core.records import CommandRecord
from otto_bot.core.verdict import Ground, Proof, SeenTest, Verdict, VerdictItem, assess, proof_of
from otto_bot.core.verdict_check import Material, carries, check, find_test, ground_of

TASK = TaskSpec(
    key="t1",
    title="Greet",
    goal="Write greet",
    criteria=(Criterion(id="c1", text="greets politely"), Criterion(id="c2", level="should", text="is documented")),
)
FILE = "tests/test_greet.py"
DEFINED = dict.fromkeys((FILE, "test_hello", "TestGreet", "test_" + "x" * 340), FILE)
MATERIAL = Material(task=TASK, jobs=("unit",), defined=DEFINED, defined_names=Names(DEFINED))
RAN = CommandRecord(number=1, tool="run", what="make it", exit_code=0, output="all is well\nand good")


def rules(item: VerdictItem, *records: CommandRecord, material: Material = MATERIAL, passed: bool | None = None) -> Any:
    said = Verdict(items=(item, VerdictItem(id="c2", status="met")), passed=passed)
    return [problem.rule for problem in check(said, records, material)]


def item(status: str = "met", evidence: str = "", *refs: str) -> VerdictItem:
    return VerdictItem.model_validate({"id": "c1", "status": status, "evidence": evidence, "refs": refs})


@pytest.mark.parametrize(("words", "wrong"), [("gone no", []), ("gone now", ["quote_not_recorded"]), ("all is w", [])])
def test_eight_letters_in_quotes_are_words_that_must_have_been_seen(words: str, wrong: list[str]) -> None:
    """Fewer may be a name; a judge who quotes more has to have read it."""
    assert rules(item("met", f'it says "{words}"', "R1"), RAN) == wrong


@pytest.mark.parametrize(
    ("quote", "wrong"),
    [
        ("… all is well", []),
        ("all is well...", []),
        ("all is well … and good", []),
        ("all is bad … and good", ["quote_not_recorded"]),
        ("all is well … and bad", ["quote_not_recorded"]),
    ],
)
def test_a_quote_with_a_cut_stands_piece_by_piece(quote: str, wrong: list[str]) -> None:
    assert rules(item("met", f"it says “{quote}”", "R1"), RAN) == wrong


def test_words_in_quotes_beside_no_record_are_nobodys_words() -> None:
    assert rules(item("met", 'test_hello covers "what nobody ever said"')) == []


@pytest.mark.parametrize(("code", "silent"), [(125, False), (126, True), (127, True), (128, False), (None, True)])
def test_a_command_that_never_ran_is_no_ground_to_fail_the_work(code: int | None, silent: bool) -> None:
    record = RAN.model_copy(update={"exit_code": code})
    assert rules(item("not_met", "", "R1"), record) == (["no_answer"] if silent else [])


@pytest.mark.parametrize(
    ("changes", "silent"),
    [
        ({"tool": "read", "exit_code": None}, False),
        ({"tool": "read", "exit_code": 127}, False),
        ({"tool": "read", "exit_code": None, "error": True}, True),
        ({"exit_code": 1, "error": True}, True),
        ({"exit_code": 1, "timed_out": True}, True),
        ({"exit_code": 1}, False),
    ],
)
def test_only_what_gave_no_answer_is_silent(changes: dict[str, Any], silent: bool) -> None:
    record = RAN.model_copy(update=changes)
    assert rules(item("not_met", "", "R1"), record) == (["no_answer"] if silent else [])
    assert rules(item("not_met", "test_hello fails", "R1"), record) == [], "a test beside it is a ground of its own"
    assert rules(item("not_met", "", "R1", "R2"), record, RAN.model_copy(update={"number": 2, "exit_code": 1})) == []


def test_what_is_met_needs_one_command_that_did_not_fail_or_a_test() -> None:
    bad = RAN.model_copy(update={"exit_code": 1})
    assert rules(item("met", "", "R1"), bad) == ["rests_on_failure"]
    assert rules(item("met", "", "R1", "R2"), bad, RAN.model_copy(update={"number": 2})) == []
    assert rules(item("met", "test_hello passes", "R1"), bad) == []
    assert rules(item("not_met", "", "R1"), bad) == []


@pytest.mark.parametrize(
    ("tool", "error", "wrong"),
    [
        ("run", False, []),
        ("read", False, []),
        ("run", True, ["unclear_unseen"]),
        ("actions", False, ["unclear_unseen"]),
        ("report", False, ["unclear_unseen"]),
    ],
)
def test_unclear_is_said_only_by_who_looked(tool: str, error: bool, wrong: list[str]) -> None:
    assert rules(item("unclear"), RAN.model_copy(update={"tool": tool, "error": error})) == wrong


@pytest.mark.parametrize(
    ("passed", "status", "wrong"),
    [
        (None, "not_met", []),
        (True, "met", []),
        (False, "not_met", []),
        (True, "not_met", ["total_contradicts"]),
        (False, "met", ["total_contradicts"]),
        (False, "unclear", []),
    ],
)
def test_what_is_said_of_the_whole_follows_from_the_items(passed: bool | None, status: str, wrong: list[str]) -> None:
    assert rules(item(status, "", "R1"), RAN, passed=passed) == wrong


def test_a_total_that_counts_a_forgotten_criterion_is_no_contradiction() -> None:
    """The judge is asked for the item, not told that its sum is wrong."""
    said = Verdict(items=(VerdictItem(id="c2", status="met"),), passed=False)
    assert [problem.rule for problem in check(said, (RAN,), MATERIAL)] == ["missing_item"]


def test_the_judge_is_told_which_records_there_are() -> None:
    second, third = (RAN.model_copy(update={"number": number}) for number in (2, 5))
    missing = Verdict(items=(item("met", "", "R9"), VerdictItem(id="c2", status="met")))
    words = [check(missing, records, MATERIAL)[0].words for records in ((), (RAN,), (RAN, second, third))]
    assert [one.rpartition("there are ")[2] for one in words] == ["none", "R1 to R1", "R1 to R5"]
    (problem,) = check(Verdict(items=(item("met", "", "R1 R8 R9"), missing.items[1])), (RAN,), MATERIAL)
    assert problem.words == "c1: there is no record R8; there are R1 to R1"


@pytest.mark.parametrize(
    ("ref", "wrong"),
    [("unit", False), (" unit ", False), ("test_hello", False), ("R1", False), ("unit tests", True), ("nothing", True)],
)
def test_a_reference_names_a_record_a_job_or_a_test(ref: str, wrong: bool) -> None:
    assert rules(item("met", "", "R1", ref), RAN) == (["unknown_reference"] if wrong else [])


@pytest.mark.parametrize("rule", ["unknown_reference", "quote_not_recorded"])
@pytest.mark.parametrize(("length", "shown"), [(99, 99), (100, 100), (101, 100)])
def test_what_the_judge_wrote_is_said_back_shortened(rule: str, length: int, shown: int) -> None:
    """A sentence for the judge stays a sentence, however long what it invented."""
    name = "n" * length
    one = item("met", "", "R1", name) if rule == "unknown_reference" else item("met", f'"{name}"', "R1")
    said = Verdict(items=(one, VerdictItem(id="c2", status="met")))
    (problem,) = check(said, (RAN,), MATERIAL)
    assert (problem.rule, problem.item, problem.words.count("n" * shown)) == (rule, "c1", 1)
    assert "n" * (shown + 1) not in problem.words


def test_a_long_reference_to_a_failed_test_is_shortened_too() -> None:
    name = "test_" + "n" * 100
    failed = replace(MATERIAL, failed=Names([name]))
    said = Verdict(items=(item("met", "", "R1", name), VerdictItem(id="c2", status="met")))
    (problem,) = check(said, (RAN,), failed)
    assert f"{name[:100]} did not pass" in problem.words


def test_a_test_that_a_report_calls_failed_is_none_though_a_file_defines_it() -> None:
    assert find_test("test_hello", MATERIAL) == SeenTest(id="test_hello", seen="file", where=FILE)
    assert find_test("test_hello", replace(MATERIAL, failed=Names(["test_hello"]))) is None
    both = replace(MATERIAL, passed=Names(["test_hello"]), failed=Names(["test_hello"]), report="R7")
    assert find_test("test_hello", both) == SeenTest(id="test_hello", seen="report", where="R7")


@pytest.mark.parametrize(
    ("name", "found"),
    [
        (f"{FILE}::test_hello", True),
        (f"{FILE}::TestGreet::test_hello", True),
        (f"{FILE}::TestOther::TestMore::test_hello", True),
        (f"`{FILE}::test_hello`", True),
        (f"{FILE}::TestGreet::test_bye", False),
        (f"{FILE}::test_hello::TestLost::test_bye", False),
        ("tests/test_other.py::test_hello", False),
        ("TestGreet::test_hello", False),
        ("tests/test_other.py", False),
    ],
)
def test_a_test_is_found_in_the_file_that_defines_it(name: str, found: bool) -> None:
    """`TestGreet` is a class and no file: a path has to name the file that holds the test."""
    material = replace(MATERIAL, defined={k: v for k, v in DEFINED.items() if k != "TestGreet"})
    assert (find_test(name, material) is not None) is found


def test_the_name_of_a_test_is_kept_at_most_three_hundred_letters_long() -> None:
    long = "test_" + "x" * 340
    seen = find_test(long, MATERIAL)
    told = find_test(long, replace(MATERIAL, passed=Names([long])))
    assert (seen and seen.id, told and told.id) == (long[:300], long[:300])


@pytest.mark.parametrize(
    ("evidence", "refs", "tests"),
    [
        ("", ("test_hello",), ["test_hello"]),
        ("see test_hello.", (), ["test_hello"]),
        ("see `TestGreet`, fine", (), ["TestGreet"]),
        ("test_hello and `test_hello`", ("test_hello",), ["test_hello"]),
        ("", ("R1", " R1 "), []),
    ],
)
def test_tests_are_named_by_references_words_and_ticks(evidence: str, refs: tuple[str, ...], tests: list[str]) -> None:
    assert [test.id for test in ground_of(item("met", evidence, *refs), (), MATERIAL).tests] == tests


@pytest.mark.parametrize(
    ("tool", "evidence", "refs", "says"),
    [
        ("run", "", (), True),
        ("report", "unit", ("unit",), False),
        ("actions", "", (), False),
        ("actions", "unit is green", (), True),
        ("actions", "", ("unit",), True),
        ("actions", "all is green", ("R1",), False),
    ],
)
def test_the_list_of_green_jobs_says_something_only_where_the_job_is_named(
    tool: str, evidence: str, refs: tuple[str, ...], says: bool
) -> None:
    assert carries(RAN.model_copy(update={"tool": tool}), item("met", evidence, *refs), MATERIAL) is says


def test_a_should_needs_no_ground() -> None:
    """Only what must be met holds the work back."""
    bare = VerdictItem(id="c2", status="not_met", refs=("the diff",))
    said = Verdict(items=(item("met", "", "R1"), bare), passed=True)
    assert check(said, (RAN,), MATERIAL) == ()


@pytest.mark.parametrize(
    ("field", "most"), [("id", 8), ("evidence", 1000), ("refs", 20), ("one reference", 300), ("summary", 1000)]
)
def test_a_judge_may_say_so_much_and_no_more(field: str, most: int) -> None:
    """What is longer would be kept with the run for ever, and shown; what is refused in vain costs a call."""

    def said(length: int) -> Verdict:
        words = {"refs": ("R1",) * length, "one reference": ("r" * length,)}.get(field, "x" * length)
        name = "refs" if field == "one reference" else field
        one = {"id": "c1", "status": "met"} | ({} if field == "summary" else {name: words})
        return Verdict.model_validate({"items": (one,)} | ({"summary": words} if field == "summary" else {}))

    assert said(most)
    with pytest.raises(ValidationError):
        said(most + 1)


def test_a_verdict_without_a_total_says_none() -> None:
    bare = Verdict(items=())
    assert (bare.passed, bare.summary) == (None, "")
    assert (Proof(), Ground(item="c1")) == (Proof(grounds=(), records=()), Ground(item="c1", records=(), tests=()))


@pytest.mark.parametrize(
    ("cited", "kept"),
    [
        ([(1,)], {1: 2000}),
        ([(1, 2)], {1: 1000, 2: 1000}),
        ([(1, 2), (2,)], {1: 1000, 2: 2000}),
        ([(2,), (1, 2)], {1: 1000, 2: 2000}),
        ([(1, 2, 3)], {1: 666, 2: 666, 3: 666}),
    ],
)
def test_what_an_item_cites_is_kept_in_so_much_room(cited: list[tuple[int, ...]], kept: dict[int, int]) -> None:
    """A proof is readable later, and no run grows by whole logs: two thousand letters an item, its records alike."""
    records = [RAN.model_copy(update={"number": number, "output": "o" * 5000}) for number in (1, 2, 3)]
    grounds = [Ground(item=f"c{place}", records=numbers) for place, numbers in enumerate(cited)]
    found = {record.number: record.output.count("o") for record in proof_of(grounds, records).records}
    assert found == {number: room * 2 // 3 + room // 3 for number, room in kept.items()}


def test_a_proof_knows_what_carries_an_item() -> None:
    first, second = Ground(item="c1", records=(1,)), Ground(item="c2", records=(2,))
    proof = proof_of([first, second], [RAN, RAN.model_copy(update={"number": 2})])
    assert (proof.ground("c1"), proof.ground("c2"), proof.ground("c9")) == (first, second, Ground(item="c9"))
    assert [[one.number for one in proof.cited(key)] for key in ("c1", "c2", "c9")] == [[1], [2], []]


@pytest.mark.parametrize(
    ("said", "passed", "failing", "forgotten", "unknown"),
    [
        ({"c1": "met", "c2": "not_met"}, True, [], (), ()),
        ({"c1": "not_met", "c2": "met"}, False, ["c1"], (), ()),
        ({"c1": "unclear"}, False, ["c1"], (), ()),
        ({"c2": "met"}, False, [], ("c1",), ()),
        ({"c1": "met", "c9": "met", "c8": "met"}, True, [], (), ("c8", "c9")),
    ],
)
def test_the_total_is_counted_from_what_must_be_met(
    said: dict[str, str], passed: bool, failing: list[str], forgotten: tuple[str, ...], unknown: tuple[str, ...]
) -> None:
    items = tuple(VerdictItem.model_validate({"id": key, "status": status}) for key, status in said.items())
    found = assess(TASK, Verdict(items=items))
    assert (found.passed, [one.id for one in found.failing]) == (passed, failing)
    assert (found.forgotten, found.unknown) == (forgotten, unknown)
