"""What is read in commands, quotes, decisions and names of tests, to the last word."""

from __future__ import annotations

import core_builders as b
import pytest

from otto_bot.core import events as e
from otto_bot.core.attempt import TaskState
from otto_bot.core.commands import GUIDANCE_LIMIT, MOST_HEARD, BadCommand, Command, heard_before, parse_line
from otto_bot.core.compare import differences
from otto_bot.core.decision import Analysis, CrossFinding, Decider, Routed, SkipTask
from otto_bot.core.evidence import Citation, EvidenceItem, Excerpt, FailureClass, quote_holds, squeeze
from otto_bot.core.following import _clock, _stopped
from otto_bot.core.named_tests import LONGEST, MOST_NAMES, Names, base_of, defined_tests, is_test_file, names_in

PLAN = b.plan("t1", "t2")


def test_a_run_stops_when_no_coder_is_left_and_its_clock_stands_while_it_waits() -> None:
    run = b.executing(PLAN)
    stopping = run.model_copy(update={"stopping": True})
    assert (_stopped(run) is run, _stopped(stopping).stopping) == (True, False)
    at_work = b.fold(run, b.started("t1")).model_copy(update={"stopping": True})
    assert at_work.task("t1").state is TaskState.CODING
    assert _stopped(at_work) is at_work
    event = e.Reported(at=b.at(30), sha="x")
    assert _clock(run, event) is run
    waited = run.model_copy(update={"idle_since": b.at(10), "idle_seconds": 5.0})
    assert (_clock(waited, event).idle_since, _clock(waited, event).idle_seconds) == (None, 25.0)
    before = run.model_copy(update={"idle_since": b.at(29.5)})
    assert (_clock(before, event).idle_seconds, _clock(before.model_copy(update={"idle_since": b.at(40)}),
        event).idle_seconds) == (
        0.5, 0.0
    )  # fmt: skip


BASE = b.decision({"t1": "retry", "t2": "ask"}, [["t1"], ["t3"]])


def test_all_words_of_a_decision_are_told_by_task() -> None:
    moves = (
        BASE.moves[0].model_copy(update={"guidance": "g", "reason": "r"}),
        BASE.moves[1].model_copy(update={"question": "q"})
    )  # fmt: skip
    other = BASE.model_copy(
        update={
            "moves": moves, "routed": (Routed(target_task="t3", context="c"), Routed(target_task="t3", context="d")),
            "analysis": (Analysis(task="t1", class_=FailureClass.CODE, summary="s"),),
            "skips": (SkipTask(task="t4", reason="w"),),
            "cross_task": (CrossFinding(tasks=("t1",), finding="f"),), "batches": (("t1", "t3"),),
            "decided_by": Decider.RULES,
        }
    )  # fmt: skip
    assert [(one.kind, one.task, one.before, one.after, one.counts) for one in differences(BASE, other)] == [
        ("skip", "t4", "", "skip", True), ("class", "t1", "", "code", True), ("routed", "t3", "", "2", True),
        ("batches", "", "t1 · t3", "t1, t3", True), ("decider", "", "pilot", "rules", True),
        ("words", "t1", "because", "g · r · s", False), ("words", "t2", "which? · because", "q · because", False),
        ("words", "t3", "", "c · d", False), ("words", "t4", "", "w", False), ("words", "", "", "f", False),
    ]  # fmt: skip
    assert differences(other, other) == ()


def test_quotes_hold_in_their_own_evidence() -> None:
    item = EvidenceItem(id="E1", excerpt=Excerpt(kind="log", source="s", text="a  b\nc"))
    rows = {("E1", "a b c"): True, ("E1", "b  c"): True, ("E1", "d"): False, ("E2", "a"): False, ("E1", " "): False}
    assert {key: quote_holds(Citation(evidence=key[0], quote=key[1]), {"E1": item}) for key in rows} == rows
    assert squeeze(" a \n b ") == "a b"
    places = {(None, None): "s", (None, 4): "s", (3, None): "s · line 3", (3, 3): "s · line 3", (3, 4): "s · lines 3-4"}
    assert {
        key: Excerpt(kind="log", source="s", text="", first_line=key[0], last_line=key[1]).place for key in places
    } == places
    assert Excerpt(kind="log", source="s", text="a").sha256[:8] == "ca978112"


@pytest.mark.parametrize(
    ("line", "after", "understood"),
    [
        ("/otto", "", "say what to do: `/otto approve`"), ("/ottox", "", None), ("x /otto help", "", None),
        ("/otto  HELP ", "", Command(verb="help")),
        ("/otto help x", "", "`/otto help` takes no words after it"),
        ("/otto help --", "", "`/otto help` takes no text after `--`"),
        ("/otto help", "more", Command(verb="help")), ("/otto replan -- a", "b",
            Command(verb="replan", guidance="a\nb")),
        ("/otto replan", " b ", Command(verb="replan", guidance="b")), ("/otto replan --", "", Command(verb="replan")),
        ("/otto retry t1,T2 t1 -- a -- b", "", Command(verb="retry", tasks=("t1", "t2"), guidance="a -- b")),
        ("/otto retry j9", "", Command(verb="retry", tasks=("j9",))), ("/otto retry j0", "", "`j0` is no task"),
        ("/otto retry t0", "", "`t0` is no task"),
        ("/otto retry t999 t1", "", Command(verb="retry", tasks=("t999", "t1"))),
        ("/otto retry t1000", "", "`t1000` is no task"),
        ("/otto retry t1 " + "x" * 50, "", f"`{'x' * 40}` is no task"), ("/otto skip", "", "name the tasks to skip"),
        ("/otto accept", "", "name the tasks whose changed tests"), ("/otto retry", "", Command(verb="retry")),
        ("/otto explain", "", Command(verb="explain")),
        ("/otto explain t1", "", Command(verb="explain", tasks=("t1",))), ("/otto explain t1 t2", "", "name one task"),
        ("/otto skip t1", "x", Command(verb="skip", tasks=("t1",))), ("/otto approve", "", Command(verb="approve")),
        ("/otto approve R2", "", Command(verb="approve", revision=2)), ("/otto approve r0", "", "name one revision"),
        ("/otto approve r2 r3", "", "name one revision"),
        ("/otto approve r10000", "", "name one revision"), ("/otto approve r9999", "",
            Command(verb="approve", revision=9999)),
        ("/otto budget +5", "", Command(verb="budget", usd=5)), ("/otto budget $0.25", "",
            Command(verb="budget", usd=0.25)), ("/otto budget 0", "", "say how much more"),
        ("/otto budget 0.01", "", Command(verb="budget", usd=0.01)), ("/otto budget 1 2", "", "say how much more"),
        ("/otto budget", "", "say how much more"),
        ("/otto budget 1000000", "", "say how much more"), ("/otto keep L3", "", Command(verb="keep", learning="L3")),
        ("/otto forget 12", "", Command(verb="forget", learning="L12")),
        ("/otto keep", "", "name one learning"), ("/otto keep L0", "", "name one learning"),
        ("/otto keep L1 L2", "", "name one learning"),
        ("/otto retry", "x" * GUIDANCE_LIMIT, Command(verb="retry", guidance="x" * GUIDANCE_LIMIT)),
        ("/otto retry", "x" * (GUIDANCE_LIMIT + 1), f"the guidance has {GUIDANCE_LIMIT + 1} characters"),
    ],
)  # fmt: skip
def test_a_line_to_otto(line: str, after: str, understood: Command | str | None) -> None:
    got = parse_line(line, after)
    if isinstance(understood, str):
        assert isinstance(got, BadCommand)
        assert (got.problem.startswith(understood), got.unknown_verb) == (True, False), got
    else:
        assert got == understood


def test_an_unknown_verb_is_told_apart() -> None:
    assert parse_line("/otto retri") == BadCommand(
        problem="`retri` is not a command", unknown_verb=True, did_you_mean="retry"
    )
    assert parse_line("/otto " + "z" * 50) == BadCommand(problem=f"`{'z' * 40}` is not a command", unknown_verb=True)


def test_words_that_were_heard_newest_first() -> None:
    keys = ["c/9", "x", "c/10/2", "c/x", "c/²", "c/" + "9" * 19, "c/" + "9" * 20]
    assert heard_before(keys) == ("c/" + "9" * 19, "c/10/2", "c/9", "c/" + "9" * 20, "c/x", "c/²", "x")
    assert len(heard_before(f"c/{n}" for n in range(MOST_HEARD + 1))) == MOST_HEARD


def test_names_of_tests() -> None:
    files = {"tests/a.py": 1, "a/Tests/b": 1, "a/test_b.py": 1, "test.b.py": 1, "b_test.go": 1, "BTest.java": 1,
        "a.py": 0, "tests/a.json": 0,
             "conftest.py": 1, "testing/x": 1, "contest.py": 0}  # fmt: skip
    assert {path: int(is_test_file(path)) for path in files} == files
    text = (
        "def test_a(): pass\ndef test_a(): pass\ndef helper(): pass\nit('shows it', f)\n@Test\nvoid adds() {}\n"
        f"it('ab', g)\nfn test_{'x' * 400}"
    )
    assert names_in(text) == ("test_a", "test_" + "x" * (LONGEST - 5), "adds", "shows it")
    assert defined_tests({"b": "def test_b(): 1", "a": "def test_b(): 1", "c": "x"}) == {
        "a": "a",
        "test_b": "a",
        "b": "b",
    }
    many = {"a": "\n".join(f"def test_{n}(): 1" for n in range(MOST_NAMES + 5))}
    assert len(defined_tests(many)) == MOST_NAMES
    assert [base_of(name) for name in (" test_a[1] ", "test_a(b)", "a[1]b")] == ["test_a", "test_a", "a[1]b"]
    names = Names(["tests/a.py::test_a[1]", "b::test_a", "Suite > adds up", "x.ab", "y.abc"])
    said = {"abc": "y.abc", "test_a": "tests/a.py::test_a[1]", "b::test_a": "b::test_a",
        "`test_a[2]`": "tests/a.py::test_a[1]",
        "est_a": None, "ab": None,
            "test": None, "adds up": "Suite > adds up", "up": None, "c::test_a": None}  # fmt: skip
    assert {one: names.find(one) for one in said} == said
