"""What became of each move is written into the gate that made it, whatever kind of move it was."""

import pytest
from core_builders import (
    T0,
    applied,
    at,
    decision,
    ended,
    executing,
    fold,
    gate,
    judged,
    merge_all,
    plan,
    posted,
    said,
    spec,
    started,
    to_failed,
    to_verified,
    to_verifying,
)  # fmt: skip
from core_lives import lived, run_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from otto_bot.core import events as e
from otto_bot.core.attempt import TaskState
from otto_bot.core.decision import SkipTask
from otto_bot.core.evidence import Cause
from otto_bot.core.gate_account import EndKind, moves_of
from otto_bot.core.outcomes import followed
from otto_bot.core.run import GateState, Run

QUIET = settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
PLAN = plan("t1", "t2", spec("t3", "t2"))


def failed(*causes: Cause) -> Run:
    """t1 and t2 failed; t3 is still to come."""
    first, second = causes or (Cause.TEST, Cause.TEST)
    red = (*to_failed("t1", cause=first, sha="sha-t1-1"), *to_failed("t2", cause=second, sha="sha-t2-1"))
    return fold(executing(PLAN), *red)


def decided(run: Run, moves: dict[str, str], **more: object) -> Run:
    """Decided, posted, approved where it must be, applied."""
    run = posted(gate(run, moves, **more))
    return applied(run) if run.gates[-1].deadline else applied(fold(run, said("/otto approve", key=str(len(run.seen)))))


def ends(run: Run, number: int = 1) -> dict[str, str]:
    kinds = run.gates[number - 1].account.ends
    assert run.gates[number - 1].outcomes == {key: end.words for key, end in kinds.items()}
    return run.gates[number - 1].outcomes


def test_a_retry_that_passes_or_fails() -> None:
    run = decided(failed(), {"t1": "retry", "t2": "retry_different"})
    assert ends(run) == {}
    run = fold(run, *to_verified("t1", 2), *to_failed("t2", 2, Cause.BUILD))
    assert ends(run) == {"t1": "attempt 2 passed", "t2": "attempt 2 failed: build"}
    kinds = run.gates[0].account.ends
    assert (kinds["t1"].kind, kinds["t2"].kind) == (EndKind.PASSED, EndKind.FAILED)
    assert (kinds["t2"].attempt, kinds["t2"].cause) == (2, Cause.BUILD)


def test_an_attempt_that_passes_alone_and_fails_with_the_others_has_failed() -> None:
    """The later truth about the same attempt counts; the earlier word is not left standing."""
    run = decided(failed(), {"t1": "retry", "t2": "retry"})
    run = fold(run, *to_verified("t1", 2), *to_verified("t2", 2))
    assert set(ends(run).values()) == {"attempt 2 passed"}
    assert run.integration is not None
    where = {"at": T0, "batch": run.integration.batch, "step": run.integration.step}
    conflict = run.task("t2").attempts[0].failure
    assert conflict is not None
    conflict = conflict.model_copy(update={"cause": Cause.MERGE_CONFLICT, "attempt": 2})
    run = fold(run, e.CandidateConflict(**where, task="t2", failure=conflict))
    assert ends(run) == {"t1": "attempt 2 passed", "t2": "attempt 2 failed: merge conflict"}
    assert ends(merge_all(run))["t1"] == "attempt 2 passed"


@pytest.mark.parametrize(
    ("ending", "words"),
    [("green", "attempt 1 passed when its jobs ran again: flaky"), ("red", "attempt 1 failed again: test")],
)
def test_a_rerun_passes_or_fails_again(ending: str, words: str) -> None:
    run = decided(failed(Cause.INFRA, Cause.INFRA), {"t1": "rerun", "t2": "rerun"})
    run = fold(run, e.JobsRerun(at=T0, target="t1/a1", round=2), ended("t1", 1, ending))
    assert ends(run) == {"t1": words}


def test_a_retry_that_needed_its_jobs_run_again_passed_in_the_end() -> None:
    run = decided(fold(executing(plan("t1")), *to_failed("t1")), {"t1": "retry"})
    run = fold(run, *to_failed("t1", 2, Cause.INFRA, sha="sha-t1-2"))
    assert ends(run) == {"t1": "attempt 2 failed: infra"}
    run = decided(run, {"t1": "rerun"})
    assert ends(run) == {"t1": "attempt 2 failed: infra"}
    run = fold(run, e.JobsRerun(at=T0, target="t1/a2", round=2), ended("t1", 2), judged("t1", 2))
    assert ends(run, 1) == {"t1": "attempt 2 passed"}
    assert ends(run, 2) == {"t1": "attempt 2 passed when its jobs ran again: flaky"}


def test_a_rerun_that_had_to_wait_for_another_is_decided_anew() -> None:
    apart = plan("t1", "t2", apart=[("t1", "t2")])
    run = fold(executing(apart), *to_failed("t1", cause=Cause.INFRA))
    run = decided(run, {"t1": "rerun"})
    run = fold(run, e.JobsRerun(at=T0, target="t1/a1", round=2), ended("t1", 1, "red"))
    run = gate(run, {"t1": "retry"})
    assert ends(run)["t1"] == "attempt 1 failed again: test"


def test_a_question_waits_until_it_is_answered() -> None:
    run = decided(failed(), {"t1": "ask", "t2": "retry"})
    assert ends(run) == {"t1": "still waits for an answer"}
    run = fold(run, *to_verified("t2", 2))
    run = fold(merge_all(run), *to_verified("t3"))
    run = fold(merge_all(run), said("/otto retry t1 -- dicts,  not tuples"))
    assert ends(run)["t1"] == "answered by @anna: dicts, not tuples"
    assert run.gates[0].account.ends["t1"].by == "anna"
    assert ends(fold(applied(posted(run)), *to_verified("t1", 2)), 2) == {"t1": "attempt 2 passed"}


def test_a_question_can_be_answered_with_leave_it_out() -> None:
    run = fold(decided(failed(), {"t1": "ask", "t2": "ask"}), said("/otto skip t1"))
    assert ends(run) == {"t1": "answered by @anna: leave it out", "t2": "still waits for an answer"}
    assert ends(fold(run, said("/otto status")))["t1"] == "answered by @anna: leave it out"


def test_an_answer_that_a_person_changed_to_another_is_told_as_it_was_in_the_end() -> None:
    run = fold(decided(fold(executing(plan("t1")), *to_failed("t1")), {"t1": "ask"}), said("/otto retry t1 -- one"))
    assert ends(run) == {"t1": "answered by @anna: one"}
    assert ends(fold(run, said("/otto retry t1 -- two"))) == {"t1": "answered by @anna: two"}


def test_a_hold_waits_until_the_base_is_green() -> None:
    red = fold(executing(plan("t1"), baseline="red"), *to_failed("t1", cause=Cause.BASE_RED))
    run = decided(red, {"t1": "hold"})
    assert ends(run) == {"t1": "still waits for a green base"}
    run = fold(run, e.BaseMoved(at=T0, sha="new"), e.BaseTaken(at=T0, asked="new", base_sha="new", sha="m", tree="tm"))
    run = fold(run, e.VerificationEnded(at=T0, target="baseline", sha="m", ending="green"))
    assert ends(run) == {"t1": "went on when the base was green"}
    by_hand = fold(decided(red, {"t1": "hold"}), said("/otto retry t1"))
    assert ends(by_hand) == {"t1": "went on because @anna said so"}


def test_what_was_left_out_stays_out_or_is_brought_back() -> None:
    run = decided(failed(), {"t1": "skip", "t2": "retry"}, skips=(SkipTask(task="t3", reason="x"),))
    assert ends(run) == {"t1": "stayed out", "t3": "stayed out"}
    run = fold(run, *to_verified("t2", 2))
    back = fold(merge_all(run), said("/otto retry t1"))
    assert ends(back) == {"t1": "brought back by @anna", "t2": "attempt 2 passed", "t3": "stayed out"}
    assert back.gates[0].account.ends["t1"].by == "anna"


def test_a_retry_that_never_begins_says_why() -> None:
    run = fold(decided(failed(), {"t1": "retry", "t2": "retry"}), said("/otto skip t1"))
    assert ends(run) == {"t1": "left out by @anna before it began"}
    assert ends(fold(run, said("/otto pause"))) == ends(run)
    stopped = fold(decided(failed(), {"t1": "retry", "t2": "retry"}), said("/otto stop"))
    assert ends(stopped) == {"t1": "the run ended first", "t2": "the run ended first"}


def test_an_attempt_that_was_stopped_or_overtaken_by_the_end_is_no_failure_of_the_move() -> None:
    run = decided(failed(), {"t1": "retry", "t2": "retry"})
    run = fold(run, started("t1", 2), *to_verifying("t2", 2), said("/otto stop"))
    assert ends(run) == {}
    run = fold(run, e.AttemptStopped(at=T0, task="t1", attempt=2, sha=None))
    assert ends(run) == {"t1": "attempt 2 was stopped", "t2": "the run ended first"}
    assert run.gates[0].account.ends["t1"].kind is EndKind.CANCELLED


def test_a_reopened_task_that_is_blocked_says_what_it_needs_until_it_is_free() -> None:
    run = decided(failed(), {"t1": "retry", "t2": "retry"})
    task = run.task("t2").model_copy(update={"state": TaskState.BLOCKED, "blocked_by": ("t1",)})
    blocked = followed(run.with_task(task), e.Reported(at=T0, sha="x"))
    assert ends(blocked) == {"t2": "blocked: needs t1"}
    assert ends(followed(blocked.with_task(run.task("t2")), e.Reported(at=T0, sha="x"))) == {}


def test_a_plain_answer_is_told_by_its_move() -> None:
    run = fold(decided(failed(), {"t1": "ask", "t2": "ask"}), said("/otto retry t2"))
    assert ends(run)["t2"] == "answered by @anna: retry"


def test_who_approved_and_when_stands_in_the_gate_and_goes_with_a_revision() -> None:
    run = fold(posted(gate(failed(), {"t1": "ask", "t2": "retry"})), said("/otto approve r2", seconds=30))
    assert (run.gates[0].approved_by, run.gates[0].approved_at) == ("anna", at(30))
    run = fold(run, said("/otto skip t2", seconds=40))
    assert (run.gates[0].approved_by, run.gates[0].approved_at) == ("", None)
    [revision] = run.gates[0].account.revisions
    assert (revision.number, revision.by, revision.at) == (3, "anna", at(40))
    assert [(c.task, c.before, c.after) for c in revision.changed] == [("t2", "retry", "skip")]
    assert run.gates[0].account.made_by == "pilot"


def test_an_old_ledger_without_these_fields_still_loads() -> None:
    """A run that an older version stored, and its event, are read with empty accounts."""
    run = decided(failed(), {"t1": "ask", "t2": "retry"})
    data = run.model_dump(mode="json", by_alias=True)
    for one in data["gates"]:
        del one["account"], one["approved_at"]
    old = Run.model_validate(data)
    assert old.gates[0].account.ends == {}
    assert old.gates[0].outcomes == run.gates[0].outcomes
    event = e.DecisionMade(at=T0, gate=1, decision=decision({"t1": "retry"})).model_dump(mode="json", by_alias=True)
    for name in ("request", "prompt_version", "replies", "shadow"):
        del event[name]
    assert e.DecisionMade.model_validate(event).request == ""


@QUIET
@given(st.integers(0, 10_000))
def test_whatever_happens_each_move_of_a_run_at_rest_has_its_outcome(seed: int) -> None:
    """In troubled lives with people who meddle; and outcomes are of moves only."""
    run = run_of(lived(seed, PLAN))
    for one in run.gates:
        assert one.decision is not None or one.outcomes == {}
        if one.decision is None or one.state is not GateState.APPLIED:
            continue
        moves = moves_of(one.decision)
        assert set(one.outcomes) == set(one.account.ends) <= set(moves)
        if run.outcome is not None:
            missing = {key: moves[key] for key in set(moves) - set(one.outcomes)}
            assert not missing, (missing, run.phase, run.outcome, one.number)
