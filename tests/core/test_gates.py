"""The gate: nothing is reopened before its decision stands, and a decision is applied whole or not at all."""

import pytest
from core_builders import (
    T0,
    applied,
    config,
    decision,
    executing,
    failure,
    fold,
    gate,
    plan,
    posted,
    said,
    spec,
    states,
    to_failed,
    to_verified,
    to_verifying,
)  # fmt: skip

from otto_bot.core import events as e
from otto_bot.core.decision import Action, Decider, Move, Routed, SkipTask
from otto_bot.core.effects import EffectKind, scheduled
from otto_bot.core.evidence import Cause
from otto_bot.core.run import GateState, Outcome, Run, RunPhase
from otto_bot.core.waits import waits_for

PLAN = plan("t1", spec("t2", "t1"), "t3", spec("t4", "t2"))


def failed(settings: object = None) -> Run:
    """t1 and t3 failed; t2 and t4 are still to come."""
    return fold(executing(PLAN, settings), *to_failed("t1"), *to_failed("t3"))


def kinds(run: Run) -> set[EffectKind]:
    return {one.kind for one in scheduled(run)}


BOTH = {"t1": "retry", "t3": "retry"}
ORDER = [["t1", "t3"], ["t2"], ["t4"]]


def test_nothing_starts_before_comment_and_grace() -> None:
    run = gate(failed(), BOTH, ORDER)
    assert EffectKind.POST_DECISION in kinds(run)
    assert not {EffectKind.CODE, EffectKind.APPLY} & kinds(run)
    assert applied(run) == run
    run = posted(run)
    assert run.phase is RunPhase.GATE_REVIEW
    [apply] = [one for one in scheduled(run) if one.kind is EffectKind.APPLY]
    assert apply.not_before is not None
    assert (apply.not_before - T0).total_seconds() == 120
    assert applied(run, 119) == run
    run = applied(run, 120)
    assert states(run) == {"t1": "reopened", "t2": "pending", "t3": "reopened", "t4": "pending"}
    assert run.order == (("t1", "t3"), ("t2",), ("t4",))


@pytest.mark.parametrize(
    ("moves", "settings", "waits"),
    [
        (BOTH, {}, False),
        ({"t1": "rerun", "t3": "rerun"}, {"pilot": {"approval": "always"}}, False),
        (BOTH, {"pilot": {"approval": "always"}}, True),
        ({"t1": "retry", "t3": "skip"}, {}, True),
        ({"t1": "ask", "t3": "retry"}, {}, True),
        ({"t1": "hold", "t3": "retry"}, {}, True),
    ],
)
def test_who_must_say_yes(moves: dict[str, str], settings: dict[str, object], waits: bool) -> None:
    run = posted(gate(failed(config(**settings)), moves))
    assert (waits_for(run) is not None) == waits
    assert (EffectKind.APPLY in kinds(run)) != waits
    if waits:
        assert applied(run) == run
        assert EffectKind.APPLY in kinds(fold(run, said("/otto approve r2")))


def test_an_old_number_approves_nothing() -> None:
    run = posted(gate(failed(), {"t1": "ask", "t3": "retry"}))
    run = fold(run, said("/otto retry t1 -- dicts"))
    gate_now = run.gates[-1]
    assert (gate_now.revision, gate_now.state) == (3, GateState.DECIDED)
    assert gate_now.decision is not None
    assert gate_now.decision.decided_by is Decider.HUMAN
    refused = fold(run, said("/otto approve r2"))
    assert refused.replies[-1].key == "stale_revision"
    assert fold(run, said("/otto approve r3")).replies[-1].key == "not_posted"
    run = posted(run, 10)
    assert applied(run, 129) == run
    assert applied(run, 130).task("t1").next_guidance == "dicts"


def test_a_paused_run_applies_nothing_even_if_the_job_was_on_its_way() -> None:
    run = fold(posted(gate(failed(), BOTH, ORDER)), said("/otto pause"))
    assert applied(run) == run
    assert EffectKind.APPLY not in kinds(run)
    run = fold(run, said("/otto resume"))
    assert states(applied(run))["t1"] == "reopened"


def test_a_stopped_run_is_not_brought_back_by_a_late_decision() -> None:
    run = fold(posted(gate(failed(), BOTH, ORDER)), said("/otto stop"))
    assert applied(run) == run


def test_a_skip_takes_its_dependents_along_and_facts_are_routed() -> None:
    routed = (Routed(target_task="t3", context="use pytest"),)
    run = gate(failed(), {"t1": "skip", "t3": "retry"}, [["t3"]], routed=routed)
    run = applied(fold(posted(run), said("/otto approve")))
    assert states(run) == {"t1": "skipped", "t2": "blocked", "t3": "reopened", "t4": "blocked"}
    assert run.task("t3").routed == ("use pytest",)
    run = fold(run, *to_verified("t3", 2))
    assert run.phase is RunPhase.INTEGRATING


@pytest.mark.parametrize(
    "changes",
    [
        {"moves": decision({"t1": "retry"}).moves},
        {"moves": decision({"t1": "retry", "t3": "retry", "t2": "retry"}).moves},
        {"moves": (*decision(BOTH).moves, Move(task="t1", action=Action.SKIP))},
        {"skips": (SkipTask(task="t9", reason="x"),)},
        {"routed": (Routed(target_task="t9", context="x"),)},
        {"batches": (("t9",),)},
    ],
)
def test_a_decision_that_does_not_fit_changes_nothing(changes: dict[str, object]) -> None:
    run = fold(failed(), e.GateOpened(at=T0, gate=1))
    wrong = decision(BOTH).model_copy(update=changes)
    assert fold(run, e.DecisionMade(at=T0, gate=1, decision=wrong)) == run


def test_jobs_that_run_again_join_the_batch_that_is_still_at_work() -> None:
    """A person's word came before the batch had settled: what is verified beside it must not fall out of the order."""
    run = executing(plan("t1", "t2", spec("t3", "t1")))
    run = fold(run, *to_failed("t1", cause=Cause.NEVER_STARTED), *to_verifying("t2"), said("/otto retry t1"))
    run = applied(posted(run))
    assert states(run) == {"t1": "verifying", "t2": "verifying", "t3": "pending"}
    assert run.order == (("t1", "t2"), ("t3",))


def test_a_rerun_verifies_the_same_commit_again() -> None:
    run = fold(executing(plan("t1")), *to_failed("t1", cause=Cause.INFRA))
    run = applied(posted(gate(run, {"t1": "rerun"})))
    assert states(run) == {"t1": "verifying"}
    assert len(run.task("t1").attempts) == 1
    assert EffectKind.RERUN in kinds(run)
    assert run.gates[0].failures[0].cause is Cause.INFRA
    run = fold(run, e.JobsRerun(at=T0, target="t1/a1", round=2))
    assert EffectKind.VERIFY in kinds(run)


def test_a_person_may_reopen_one_of_two_before_the_gate() -> None:
    """What waits for the other failure does not stand in the way."""
    run = failed()
    run = applied(posted(fold(run, said("/otto retry t1"))))
    assert states(run) == {"t1": "reopened", "t2": "pending", "t3": "failed", "t4": "pending"}
    assert run.order[0] == ("t1",)


def test_asked_tasks_rest_with_a_question_and_go_on_by_its_answer() -> None:
    run = fold(executing(plan("t1")), *to_failed("t1"))
    run = applied(fold(posted(gate(run, {"t1": "ask"})), said("/otto approve")))
    assert run.outcome is Outcome.NEEDS_HUMAN
    wait = waits_for(run)
    assert wait is not None
    assert wait.reply == "/otto retry t1 -- your answer"
    run = fold(run, said(wait.reply))
    assert EffectKind.POST_DECISION in kinds(run)
    run = applied(posted(run))
    assert (run.outcome, states(run)) == (None, {"t1": "reopened"})


def test_money_that_ran_out_goes_on_by_more_money() -> None:
    run = fold(executing(plan("t1")), *to_failed("t1", cause=Cause.BUDGET))
    run = posted(gate(run, {"t1": "ask"}))
    wait = waits_for(run)
    assert wait is not None
    assert wait.reply == "/otto budget +5"
    run = applied(posted(fold(run, said(wait.reply))))
    assert states(run) == {"t1": "reopened"}
    assert run.money.cap == 15


def test_an_attempt_is_granted_only_where_the_word_is_taken() -> None:
    run = fold(executing(plan("t1"), config(attempts={"per_task": 1})), *to_failed("t1"))
    undecided = fold(run, e.GateOpened(at=T0, gate=1))
    assert fold(undecided, said("/otto retry t1")).task("t1").granted == 0
    assert fold(run, said("/otto retry t1")).task("t1").granted == 1
    assert failure("t1").cause is Cause.TEST
