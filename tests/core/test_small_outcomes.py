"""What became of one move, case by case: people read it in the gate's comment, and learn from it whom to trust."""

from __future__ import annotations

from typing import Any

import core_builders as b
import pytest

from otto_bot.core import events as e
from otto_bot.core import outcomes
from otto_bot.core.attempt import TaskState
from otto_bot.core.decision import Action, Decider, SkipTask
from otto_bot.core.evidence import Cause
from otto_bot.core.gate_account import EndKind, GateAccount, GateReply, MoveChange, MoveEnd, Revision
from otto_bot.core.outcomes import account_of, attempt_failed, followed, mover, rerun_passed
from otto_bot.core.run import Gate, GateState, Outcome, Run

PLAN = b.plan("t1", "t2", b.spec("t3", "t2"))


def _failed() -> Run:
    return b.fold(b.executing(PLAN), *b.to_failed("t1"), *b.to_failed("t2"))


def _gate(number: int = 1, **changes: Any) -> Gate:
    """An applied gate that retries t1; what failed there was its first attempt."""
    given: dict[str, Any] = {"state": GateState.APPLIED, "decision": b.decision({"t1": "retry"}), **changes}
    given = {"tasks": ("t1",), "failures": (b.failure("t1"),), **given}
    return Gate(number=number, batch=1, opened_at=b.T0, **given)


def _run(*gates: Gate, **task: Any) -> Run:
    run = _failed().model_copy(update={"gates": gates})
    return run.with_task(run.task("t1").model_copy(update=task))


def _reply(seconds: float, error: str = "", problems: tuple[str, ...] = ()) -> GateReply:
    return GateReply(call="c", role="pilot", tries=1, seconds=seconds, error=error, problems=problems)


def test_a_gate_tells_how_long_its_calls_took_and_how_many_of_them_were_of_no_use() -> None:
    replies = (_reply(1.2344), _reply(0.0002, "timed out"), _reply(0, "refused"), _reply(0, "", ("a", "b")))
    event = e.DecisionMade(at=b.at(3), gate=1, decision=b.decision({"t1": "retry"}), request="r", replies=replies)
    account = account_of(event)
    assert (account.seconds, account.failed_calls, account.rejected) == (1.235, 2, 1)
    assert (account.made_by, account.decided_at, account.request) == (Decider.PILOT, b.at(3), "r")
    new = GateAccount()
    assert (new.seconds, new.rejected, new.failed_calls) == (0, 0, 0)


@pytest.mark.parametrize(
    ("cause", "detail", "words", "kind"),
    [
        (Cause.CANCELLED, "stopped", "attempt 2 was stopped", EndKind.CANCELLED),
        (Cause.CANCELLED, "by hand", "attempt 2 failed: cancelled", EndKind.FAILED),
        (Cause.TEST, "stopped", "attempt 2 failed: test", EndKind.FAILED),
        (Cause.MERGE_CONFLICT, "", "attempt 2 failed: merge conflict", EndKind.FAILED),
    ],
)
def test_only_who_was_stopped_did_not_fail(cause: Cause, detail: str, words: str, kind: EndKind) -> None:
    run = _run(_gate())
    last = run.task("t1").attempts[0].model_copy(update={"number": 2, "gate": 1})
    run = run.with_task(run.task("t1").model_copy(update={"attempts": (*run.task("t1").attempts, last)}))
    after = attempt_failed(run, "t1", b.failure("t1", 2, cause, detail=detail)).gates[0]
    assert after.outcomes == {"t1": words}
    assert (after.account.ends["t1"].kind, after.account.ends["t1"].cause) == (kind, cause)


RERUN = b.decision({"t1": "rerun"})


@pytest.mark.parametrize(
    ("gates", "number", "written"),
    [
        pytest.param([_gate(decision=RERUN)], 1, [True], id="let its jobs run again"),
        pytest.param([_gate(decision=RERUN, state=GateState.POSTED)], 1, [False], id="not applied yet"),
        pytest.param([_gate()], 1, [False], id="had it coded again"),
        pytest.param([_gate(decision=RERUN)], 2, [False], id="another attempt"),
        pytest.param([_gate(decision=RERUN, failures=(b.failure("t2"), b.failure("t1", 2)))], 1, [False],
                     id="another's first attempt"),
        pytest.param([_gate(decision=None)], 1, [False], id="decided nothing"),
        pytest.param([_gate(decision=RERUN), _gate(2, decision=None)], 1, [True, False], id="a later one was empty"),
        pytest.param([_gate(decision=RERUN), _gate(2, decision=b.decision({"t2": "skip"}))], 1, [True, False],
                     id="a later one was of another task"),
        pytest.param([_gate(decision=RERUN), _gate(2, decision=RERUN)], 1, [False, True], id="the newest one"),
        pytest.param([_gate(decision=RERUN), _gate(2)], 1, [False, False], id="a later one had it coded again"),
    ],
)  # fmt: skip
def test_jobs_that_passed_again_are_told_in_the_gate_that_let_them_run(
    gates: list[Gate], number: int, written: list[bool]
) -> None:
    after = rerun_passed(_run(*gates), "t1", number)
    assert [bool(gate.outcomes) for gate in after.gates] == written
    assert {words for gate in after.gates for words in gate.outcomes.values()} <= {
        f"attempt {number} passed when its jobs ran again: flaky"
    }


def test_nothing_came_of_a_decision_that_is_not_applied_and_a_gate_without_one_hides_none() -> None:
    skip = b.decision({"t1": "skip"})
    event = e.Reported(at=b.T0, sha="x")
    gates = (_gate(decision=None), _gate(2, decision=skip), _gate(3, decision=skip, state=GateState.POSTED))
    after = followed(_run(*gates), event)
    assert [gate.outcomes for gate in after.gates] == [{}, {"t1": "stayed out"}, {}]


def _revised(*tasks: str, by: str = "bob") -> Revision:
    return Revision(number=2, by=by, changed=tuple(MoveChange(task=task) for task in tasks))


@pytest.mark.parametrize(
    ("decided_by", "made_by", "revisions", "by"),
    [
        (Decider.HUMAN, Decider.HUMAN, (), "anna"),
        (Decider.HUMAN, Decider.PILOT, (), ""),
        (Decider.PILOT, Decider.HUMAN, (), ""),
        (Decider.HUMAN, Decider.PILOT, (_revised("t1"),), "bob"),
        (Decider.HUMAN, Decider.PILOT, (_revised("t2"),), ""),
        (Decider.HUMAN, Decider.HUMAN, (_revised("t2"),), "anna"),
        (Decider.HUMAN, Decider.PILOT, (_revised("t1"), _revised("t1", by="eve")), "eve"),
        (Decider.HUMAN, Decider.PILOT, (_revised("t2", "t1"), _revised("t2", by="eve")), "bob"),
        (None, Decider.HUMAN, (), ""),
    ],
)
def test_a_move_is_the_word_of_who_changed_it_last_or_opened_its_gate(
    decided_by: Decider | None, made_by: Decider, revisions: tuple[Revision, ...], by: str
) -> None:
    """Nobody is named for what a machine decided beside their own words."""
    account = GateAccount(by="anna", made_by=made_by, revisions=revisions)
    decision = b.decision({"t1": "retry"}, decided_by=decided_by) if decided_by is not None else None
    assert mover(_gate(decision=decision, account=account), "t1") == by


WAITS = MoveEnd(kind=EndKind.WAITING, words="waits")
WENT = MoveEnd(kind=EndKind.WENT_ON, words="went")


@pytest.mark.parametrize(
    ("action", "state", "known", "changes", "kind", "words"),
    [
        ("ask", "skipped", None, {}, EndKind.ANSWERED, "answered by @eve: leave it out"),
        ("hold", "skipped", None, {}, EndKind.LEFT_OUT, "left out by @eve"),
        ("ask", "asked", WAITS, {}, EndKind.WAITING, "still waits for an answer"),
        ("hold", "held", None, {}, EndKind.WAITING, "still waits for a green base"),
        ("hold", "held", WENT, {}, EndKind.WENT_ON, "went"),
        ("ask", "asked", WENT, {"outcome": Outcome.CANCELLED}, EndKind.WENT_ON, "went"),
        ("ask", "asked", WAITS, {"outcome": Outcome.CANCELLED}, EndKind.CANCELLED, "the run ended first"),
        ("ask", "asked", None, {"landed": True}, EndKind.CANCELLED, "the run ended first"),
        ("ask", "asked", None, {"outcome": Outcome.CANCELLED, "stopping": True}, EndKind.WAITING,
         "still waits for an answer"),
        ("ask", "asked", None, {"outcome": Outcome.NEEDS_HUMAN}, EndKind.WAITING, "still waits for an answer"),
    ],
)  # fmt: skip
def test_what_waits_says_for_what_until_it_is_over(
    action: str, state: str, known: MoveEnd | None, changes: dict[str, Any], kind: EndKind, words: str
) -> None:
    run = _run(state=TaskState(state)).model_copy(update=changes)
    end = outcomes._waited(run, "t1", Action(action), known, None, "eve")
    assert end is not None
    assert (end.kind, end.words) == (kind, words)


@pytest.mark.parametrize(
    ("guidance", "action", "said"),
    [
        ("use_dicts,  not\ntuples", "retry_different", "use_dicts, not tuples"),
        ("", "retry_different", "retry different"),
        ("", "restart_fresh", "restart fresh"),
        ("a" * 120, "retry", "a" * 120),
        ("a" * 121, "retry", "a" * 119 + "…"),
    ],
)
@pytest.mark.parametrize("by", ["anna", ""])
def test_an_answer_is_told_in_the_words_of_who_gave_it_and_no_more_than_120_characters_of_them(
    guidance: str, action: str, said: str, by: str
) -> None:
    decision = b.decision({"t1": action}, decided_by=Decider.HUMAN if by else Decider.PILOT)
    move = decision.moves[0].model_copy(update={"guidance": guidance})
    account = GateAccount(by=by, made_by=decision.decided_by)
    later = _gate(2, decision=decision.model_copy(update={"moves": (move,)}), account=account)
    end = outcomes._waited(_run(), "t1", Action.ASK, WAITS, later, "eve")
    assert end is not None
    assert end.words == (f"answered by @anna: {said}" if by else f"went on: {said}")
    assert (end.kind, end.by) == ((EndKind.ANSWERED if by else EndKind.WENT_ON), by)


def test_a_question_whose_task_a_later_decision_leaves_out_is_told_so() -> None:
    decision = b.decision({"t2": "retry"}, skips=(SkipTask(task="t1", reason="r"),))
    end = outcomes._waited(_run(), "t1", Action.ASK, None, _gate(2, decision=decision), "")
    assert end is not None
    assert end.words == "went on: skip"


KNOWN = MoveEnd(kind=EndKind.BLOCKED, words="known")
LATER = _gate(2)


@pytest.mark.parametrize(
    ("action", "task", "later", "words"),
    [
        pytest.param("rerun", {}, LATER, "decided anew at gate 2", id="jobs decided anew"),
        pytest.param("retry", {}, LATER, "decided anew at gate 2", id="an attempt that never began, decided anew"),
        pytest.param("retry", {"begun": 1}, LATER, "known", id="an attempt that began, decided anew"),
        pytest.param("rerun", {"state": TaskState.ASKED}, None, "still waits for an answer", id="jobs and a question"),
        pytest.param("retry", {"state": TaskState.ASKED}, None, "was at work already, and went on", id="no jobs"),
        pytest.param("rerun", {"state": TaskState.SKIPPED}, None, "left out by @eve", id="jobs of what is left out"),
        pytest.param("rerun", {}, None, "known", id="jobs on their way"),
        pytest.param("retry", {"state": TaskState.SKIPPED}, None, "left out by @eve before it began", id="left out"),
        pytest.param("retry", {"begun": 1, "state": TaskState.SKIPPED}, None, "known", id="left out after it began"),
        pytest.param("retry", {"begun": 2}, None, "was at work already, and went on", id="begun by another gate"),
        pytest.param("retry", {"next_gate": 1}, None, None, id="on its way"),
        pytest.param("retry", {"state": TaskState.BLOCKED, "blocked_by": tuple("abcdef")}, None,
                     "blocked: needs a, b, c, d, e", id="blocked"),
    ],
)  # fmt: skip
def test_a_retry_without_a_result_says_why(
    action: str, task: dict[str, Any], later: Gate | None, words: str | None
) -> None:
    run = _run(_gate(), **{name: value for name, value in task.items() if name != "begun"})
    attempts = tuple(one.model_copy(update={"gate": task.get("begun")}) for one in run.task("t1").attempts)
    run = run.with_task(run.task("t1").model_copy(update={"attempts": attempts}))
    end = outcomes._unbegun(run, run.gates[0], "t1", Action(action), KNOWN, later, "eve")
    assert (end.words if end is not None else None) == words
    over = run.model_copy(update={"outcome": Outcome.CANCELLED})
    end = outcomes._unbegun(over, run.gates[0], "t1", Action(action), KNOWN, None, "eve")
    assert end is not None
    assert (end.kind, end.words) == (EndKind.CANCELLED, "the run ended first")


@pytest.mark.parametrize(
    ("known", "who", "words"),
    [
        (None, "eve", "left out by @eve"),
        (None, "", "left out"),
        (MoveEnd(kind=EndKind.LEFT_OUT, by="bob", words="left out by @bob"), "eve", "left out by @bob"),
        (WAITS, "eve", "left out by @eve"),
    ],
)
def test_who_left_a_task_out_stays_the_one_who_did_it(known: MoveEnd | None, who: str, words: str) -> None:
    """Every later event of another person goes by without taking the credit."""
    assert outcomes._by(known, EndKind.LEFT_OUT, "left out by @{by}", who).words == words
