"""What is remembered of a task and of a repository: steps, records, learnings, samples, to the last character."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import core_builders as b
import pytest

from otto_bot.core import events as e
from otto_bot.core.acceptance import tampering
from otto_bot.core.attempt import TaskState
from otto_bot.core.budget import Money
from otto_bot.core.decision import Action, Decider
from otto_bot.core.estimates import samples_of
from otto_bot.core.evidence import Cause
from otto_bot.core.history import history
from otto_bot.core.house_rules import ALL_BYTES, FILE_BYTES, bounded
from otto_bot.core.insight import insight
from otto_bot.core.learning_words import WHOLE
from otto_bot.core.learnings import LearningStatus, StoredLearning, Told, in_scope, pick, source_of
from otto_bot.core.patches import ChangedFile
from otto_bot.core.plan_criteria import empty_words, vague
from otto_bot.core.plan_words import shown
from otto_bot.core.records import CommandRecord, by_number, middle_cut, numbers_in
from otto_bot.core.run import Outcome, Run, RunPhase
from otto_bot.core.tampering import scan
from otto_bot.core.tampering_hits import ids
from otto_bot.core.values import Usage

PLAN = b.plan("t1", "t2")


def red(cause: Cause = Cause.TEST) -> Run:
    return b.fold(b.executing(PLAN), *b.to_failed("t1", cause=cause), *b.to_verified("t2"))


def decided(run: Run, moves: dict[str, str], **changes: Any) -> Run:
    return b.applied(b.posted(b.gate(run, moves, **changes)))


def told(run: Run) -> list[tuple[int, str, str, str]]:
    return [(one.attempt, one.strategy, one.move, one.decided_by) for one in history(run, "t1")]


def test_steps_are_told_with_the_move_that_followed_and_who_made_it() -> None:
    run = decided(b.merge_all(red()), {"t1": "retry_different"})
    assert told(run) == [(1, "first attempt", "retry_different", "pilot")]
    run = b.fold(run, *b.to_failed("t1", 2))
    assert told(run)[1:] == [(2, "retry_different", "", "")]
    assert [one.failure.attempt for one in history(run, "t1")] == [1, 2]
    opened = b.fold(run, e.GateOpened(at=b.T0, gate=2))
    assert told(opened) == told(run)[:1]  # what the gate is about is no history yet


def test_a_move_counts_for_who_made_it_and_else_for_who_decided() -> None:
    fixed = decided(b.merge_all(red(Cause.INFRA)), {"t1": "rerun"}, decided_by=Decider.PILOT)
    by = fixed.gates[0].decision
    assert by is not None
    (move,) = by.moves
    assert told(fixed)[0][3] == (move.decided_by or by.decided_by).value
    assert history(fixed, "t2") == ()


def test_the_same_failure_at_two_gates_with_the_same_move_is_one_step() -> None:
    run = decided(b.merge_all(red()), {"t1": "retry"})
    again = run.gates[0].model_copy(update={"number": 2})
    assert len(history(run.model_copy(update={"gates": (*run.gates, again)}), "t1")) == 1
    decision = run.gates[0].decision
    assert decision is not None
    other = decision.model_copy(
        update={"moves": tuple(m.model_copy(update={"action": Action.ASK}) for m in decision.moves)}
    )
    changed = again.model_copy(update={"decision": other})
    assert [one.move for one in history(run.model_copy(update={"gates": (*run.gates, changed)}), "t1")] == [
        "retry", "ask"
    ]  # fmt: skip


def test_a_long_output_is_cut_in_the_middle_and_the_cut_is_counted() -> None:
    assert middle_cut("a" * 9, 9) == "a" * 9
    assert middle_cut("abcdefghij", 9) == "abcdef\n[… 1 characters cut …]\nhij"
    assert middle_cut("0123456789" * 3, 6) == "0123\n[… 24 characters cut …]\n89"


def test_records_say_how_they_ended_and_are_cited_by_number() -> None:
    def record(**changes: Any) -> CommandRecord:
        return CommandRecord.model_validate({"number": 3, "tool": "run", "what": "make", **changes})

    rows = [
        ({"exit_code": 0}, False, "exit code 0"), ({"exit_code": 1}, True, "exit code 1"), ({}, True, "killed"),
        ({"timed_out": True}, True, "stopped at its time limit"), ({"error": True}, True, "gave no answer"),
        ({"tool": "read"}, False, ""), ({"tool": "read", "exit_code": 0}, False, "exit code 0"),
        ({"tool": "read", "exit_code": 2}, True, "exit code 2"),
        ({"tool": "read", "error": True}, True, "gave no answer"),
    ]  # fmt: skip
    for changes, failed, ending in rows:
        one = record(**changes)
        assert (one.failed, one.ending) == (failed, ending), changes
    assert record().ref == "R3"
    assert numbers_in("R3, R10 and R3; not xR4, R05, R4x or R12345") == (3, 10)
    assert by_number([record(number=1), record(number=2)])[2].number == 2
    brief = record(output="o" * 90, what="w" * 90).brief(30)
    assert (len(brief.output), brief.what[:21]) == (len(brief.what), "w" * 20 + "\n")


@pytest.mark.parametrize(
    ("scope", "files", "fits"),
    [
        (WHOLE, ["a"], True), ("src/x", [], True), ("src", ["src"], True), ("src/", ["src/a/b.py"], True),
        ("src", ["srcs/a.py"], False), ("*.py", ["a/b.py"], True), ("a/*.py", ["b/a/c.py"], False),
        ("**/a.py", ["a.py"], True), ("**/a.py", ["b.py"], False), ("**/a.py", ["x/a.py"], True),
        ("src/**", ["a.py"], False),
        ("src/a.py", ["src/"], True), ("src/a.py", ["lib/"], False), ("src/a/b.py", ["src/a"], False),
        ("src/a.py", ["src/*"], True), ("src/a.py", ["*.py"], False), ("src/a.py", ["./src/a.py"], True),
        ("docs/*", ["docs/[ab].md"], True), ("lib/[x].py", ["li?"], True), ("lib/a.py", ["lib?"], True),
    ],
)  # fmt: skip
def test_a_scope_fits_files_folders_and_globs(scope: str, files: list[str], fits: bool) -> None:
    assert in_scope(scope, files) is fits


def learning(number: int, **changes: Any) -> StoredLearning:
    given: dict[str, Any] = {
        "repo": 7, "repo_name": "o/a", "number": number, "text": f"fact {number}", "status": LearningStatus.ACCEPTED,
        "run": 4, "gate": 2, "created_at": b.T0, "accepted_by": "@anna", "expires_at": b.T0 + timedelta(days=9),
    }  # fmt: skip
    return StoredLearning.model_validate({**given, **changes})


def test_what_fits_into_a_prompt_fits_to_the_last_character() -> None:
    one = learning(1)
    line = Told(number=1, text=one.text, source=source_of(one)).line
    assert line == "L1 (from run 4, gate 2; accepted, @anna): fact 1"
    room = len(line) + 3
    assert [len(pick([one], now=b.T0, chars=chars)) for chars in (room - 1, room)] == [0, 1]
    both = [one, learning(2)]
    assert [len(pick(both, now=b.T0, chars=chars)) for chars in (2 * room - 1, 2 * room)] == [1, 2]
    many = [learning(n, text="x", accepted_by="") for n in range(1, 60)]
    assert len(pick(many, now=b.T0, chars=100_000)) == 40
    assert source_of(learning(1, run=None, status=LearningStatus.PROPOSED)) == "imported; proposed, not proven"


def test_the_most_helpful_come_first_then_the_newest_then_the_highest_number() -> None:
    day = timedelta(days=1)
    rows = [
        learning(1, helped=2, failed=1), learning(2, helped=1), learning(3, accepted_at=b.T0 + day),
        learning(4, created_at=b.T0 + day), learning(5, created_at=b.T0 + 2 * day, accepted_at=b.T0 - day),
        learning(6, failed=1), learning(7, helped=3, failed=3),
    ]  # fmt: skip
    assert [one.number for one in pick(rows, now=b.T0)] == [2, 1, 4, 3, 7, 5, 6]
    assert [one.number for one in pick(rows, own=frozenset({6, 3}), now=b.T0)][:2] == [3, 6]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("it works", "it works"), ("everything works well", "everything works well"),
        ("works well for guests red blue green", "works well"),
        ("works well for red blue green gold grey", "works well"),
        ("works well for red blue green gold grey pink", None), ("works well and shows red blue", None),
        ("works well and shows red", "works well"), ("works well with `a`", None), ("the total is 3", None),
    ],
)  # fmt: skip
def test_praise_is_no_criterion_unless_it_says_enough_beside_it(text: str, said: str | None) -> None:
    assert empty_words(text) == said


@pytest.mark.parametrize(("text", "said"), [("green", "green"), (" ok ", "ok"), ("a red box", None), ("404", None)])
def test_a_word_alone_says_nothing(text: str, said: str | None) -> None:
    assert vague(text) == said


def test_a_quotation_in_a_reason_is_cut_at_eighty() -> None:
    assert shown("a" * 80) == f'"{"a" * 80}"'
    assert shown("a" * 81) == f'"{"a" * 79}…"'
    assert shown("a  b\n c", 3) == '"a …"'


def test_usages_add_up_part_by_part() -> None:
    one = Usage(input_tokens=1, output_tokens=2, cache_read_tokens=3, cache_write_tokens=4, usd=0.5)
    two = Usage(input_tokens=10, output_tokens=20, cache_read_tokens=30, cache_write_tokens=40, usd=0.25)
    assert one.plus(two).model_dump() == {
        "input_tokens": 11, "output_tokens": 22, "cache_read_tokens": 33, "cache_write_tokens": 44, "usd": 0.75
    }  # fmt: skip


def test_only_what_was_worked_on_and_paid_is_a_sample() -> None:
    run = b.merge_all(b.fold(b.executing(PLAN), *b.to_verified("t1"), *b.to_verified("t2")))
    assert run.outcome is Outcome.DONE
    paid = run.model_copy(update={"money": Money(cap=9, settled=3, by_task={"t1": 1.5, "t2": 0.0})})
    assert [(one.usd, one.attempts) for one in samples_of(paid)] == [(1.5, 1)]
    untouched = paid.with_task(paid.task("t1").model_copy(update={"attempts": ()}))
    assert samples_of(untouched) == ()
    without = paid.model_copy(update={"tasks": {"t2": paid.task("t2")}})
    assert samples_of(without) == ()
    at_work = paid.model_copy(update={"phase": RunPhase.EXECUTING, "outcome": None})
    assert [one.usd for one in samples_of(at_work)] == [1.5]  # merged is merged
    failed = at_work.with_task(paid.task("t1").model_copy(update={"state": TaskState.FAILED}))
    assert samples_of(failed) == ()


@pytest.mark.parametrize(("waited", "idle"), [(0.0, 0.0), (0.25, 0.25), (90.0, 90.0), (-5.0, 0.0)])
def test_a_runs_minutes_stand_still_exactly_while_it_waits(waited: float, idle: float) -> None:
    run = b.fold(b.executing(PLAN), b.said("/otto pause", seconds=10))
    assert run.idle_since == b.at(10)
    assert b.fold(run, b.said("/otto resume", seconds=10 + waited)).idle_seconds == idle


def test_what_was_accepted_is_known_by_sixteen_letters() -> None:
    patch = "@@ -1,2 +0,0 @@\n-def test_a():\n-    assert f()\n"
    hits = scan([ChangedFile(path="tests/test_a.py", status="deleted", patch=patch)])
    failure = tampering("t1", 1, "sha", hits)
    assert (len(failure.fingerprint), failure.hits) == (len("tests:") + 16, ids(hits))
    assert failure.detail == "1 place in 1 file where the checks prove less than before"


def test_house_rules_are_cut_at_their_bounds_and_it_is_said() -> None:
    whole = "x" * FILE_BYTES
    assert bounded([("a", whole)]) == (("a", whole),)
    ((_, cut),) = bounded([("a", whole + "y")])
    assert len(cut.encode()) <= FILE_BYTES + 200
    assert "y" not in cut.partition("x\n")[0].replace("x", "")
    kept = bounded([("a", whole), ("b", whole), ("c", "z" * 500)])
    assert [path for path, _ in kept][:2] == ["a", "b"]
    assert sum(text.count("x") for _, text in kept) <= ALL_BYTES


def test_counts_begin_at_nought() -> None:
    found = insight([])
    assert found.shadow.model_dump(exclude={"usd", "seconds"}) == dict.fromkeys(
        ("gates", "decided", "moves", "same", "same_passed", "same_failed", "other_passed", "other_failed",
         "skip_but_passed", "ask_but_passed"), 0
    )  # fmt: skip
    human = found.deciders["human"]
    assert (human.held, human.held_went_on, human.asked) == (0, 0, 0)
