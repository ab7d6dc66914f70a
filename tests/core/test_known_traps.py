"""Faults that an earlier pilot had. Each test is named like its trap and fails where the trap comes back."""

from typing import Any

import pytest
from core_builders import (
    T0,
    applied,
    coded,
    config,
    decision,
    ended,
    executing,
    failure,
    fold,
    gate,
    judged,
    merge_all,
    plan,
    posted,
    pushed,
    said,
    spec,
    started,
    states,
    to_failed,
    to_verified,
)  # fmt: skip

from otto_bot.core import events as e
from otto_bot.core import policy
from otto_bot.core.attempt import TaskState
from otto_bot.core.decision import Action, PilotDecision, Routed, SkipTask
from otto_bot.core.effects import EffectKind, scheduled
from otto_bot.core.evidence import Cause, Citation, EvidenceItem, Excerpt
from otto_bot.core.gates import apply
from otto_bot.core.plan import Criterion, Relation, TaskSpec, order_problems
from otto_bot.core.run import GateState, Run
from otto_bot.core.validation import validate
from otto_bot.core.verdict import Verdict, VerdictItem, assess

PLAN = plan("t1", spec("t2", "t1"), "t3", spec("t4", "t2"))


def failed(settings: Any = None) -> Run:
    return fold(executing(PLAN, settings), *to_failed("t1"), *to_failed("t3"))


def approved(run: Run) -> Run:
    return applied(fold(posted(run), said(f"/otto approve r{run.gates[-1].revision}")))


def coding(run: Run) -> set[str]:
    return {effect.task for effect in scheduled(run) if effect.kind is EffectKind.CODE}


def test_retry_that_does_nothing() -> None:
    """Failed tasks are still of the plan when the pilot decides, and a retried one is really coded again."""
    run = approved(gate(failed(), {"t1": "retry", "t3": "retry"}, [["t1", "t3"], ["t2"], ["t4"]]))
    assert coding(run) == {"t1", "t3"}
    assert fold(run, started("t1", 2)).task("t1").attempts[1].strategy is Action.RETRY


def test_skip_of_a_passed_task_turning_it_into_failed() -> None:
    run = fold(executing(PLAN), *to_failed("t3"), *to_verified("t1"))
    run = fold(merge_all(run, "c1"), e.GateOpened(at=T0, gate=1))
    assert run.task("t1").state is TaskState.MERGED
    wrong = decision({"t3": "retry"}, [["t3", "t2"], ["t4"]], skips=(SkipTask(task="t1", reason="r"),))
    assert fold(run, e.DecisionMade(at=T0, gate=1, decision=wrong)) == run
    assert run.gate is not None
    assert apply(wrong, run, run.gate).task("t1").state is TaskState.MERGED


@pytest.mark.parametrize(
    "wrong",
    [
        {"skips": (SkipTask(task="t9", reason="r"),)},
        {"routed": (Routed(target_task="t9", context="c"),)},
        {"batches": (("t1", "t9"),)},
        {"moves": decision({"t1": "retry", "t9": "retry"}).moves},
    ],
)
def test_unknown_key_leaving_a_half_applied_decision(wrong: dict[str, Any]) -> None:
    run = fold(failed(), e.GateOpened(at=T0, gate=1))
    made = decision({"t1": "retry", "t3": "skip"}).model_copy(update=wrong)
    assert run.gate is not None
    assert apply(made, run, run.gate) == run
    assert fold(run, e.DecisionMade(at=T0, gate=1, decision=made)) == run


def test_a_skipped_task_running_anyway() -> None:
    run = approved(gate(failed(), {"t1": "retry", "t3": "skip"}, [["t1"], ["t2"], ["t4"]]))
    assert states(run)["t3"] == "skipped"
    assert "t3" not in [key for batch in run.order for key in batch]
    assert coding(run) == {"t1"}
    assert fold(run, started("t3", 2)) == run


@pytest.mark.parametrize("move", ["skip", "ask"])
def test_children_of_failed_or_skipped_tasks_running(move: str) -> None:
    run = failed()
    assert coding(run) == set()
    run = approved(gate(run, {"t1": move, "t3": "retry"}, [["t3"]]))
    assert states(run)["t2"] == states(run)["t4"] == "blocked"
    assert coding(run) == {"t3"}
    assert fold(run, started("t2")) == run


def test_a_batch_order_that_puts_a_task_before_what_it_depends_on() -> None:
    """Accepted where only coverage is checked: each task is there, once."""
    order = (("t2", "t3"), ("t1",), ("t4",))
    assert order_problems(PLAN, order, PLAN.keys, ()) == ("t2 runs before t1, which it depends on",)
    run = fold(failed(), e.GateOpened(at=T0, gate=1))
    made = decision({"t1": "retry", "t3": "retry"}, order)
    assert fold(run, e.DecisionMade(at=T0, gate=1, decision=made)) == run
    assert run.gate is not None
    assert apply(made, run, run.gate).order == (("t1", "t3"), ("t2",), ("t4",))


def test_contradictory_tasks_silently_serialised_and_the_conflict_forgotten() -> None:
    made = plan("t1", "t2", apart=[("t1", "t2")], kind=Relation.CONTRADICTORY)
    run = fold(executing(made), *to_failed("t1"))
    together = decision({"t1": "retry"}, [["t1", "t2"]])
    opened = fold(run, e.GateOpened(at=T0, gate=1))
    assert fold(opened, e.DecisionMade(at=T0, gate=1, decision=together)) == opened
    run = approved(gate(run, {"t1": "retry"}, [["t1"], ["t2"]]))
    assert run.order == (("t1",), ("t2",))
    assert run.plan is not None
    assert [r.kind for r in run.plan.relations] == [Relation.CONTRADICTORY]


def test_rolled_back_innocents_coded_again_although_their_verified_commits_exist() -> None:
    """Red together: one by one, the culprit fails, the innocent is merged as it is."""
    run = fold(executing(plan("t1", "t2")), *to_verified("t1"), *to_verified("t2"))
    where: dict[str, Any] = {"at": T0, "batch": 1, "step": 1, "tasks": ("t1", "t2")}
    run = fold(run, e.CandidateBuilt(**where, sha="c1", tree="both", branch="b"))
    red = {"at": T0, "target": "b1/s1", "sha": "c1", "ending": "red", "failure": failure("b1/s1", 0)}
    run = fold(run, e.VerificationEnded.model_validate(red))
    assert run.integration is not None
    assert (run.integration.merging, run.integration.todo) == (("t1",), ("t2",))
    run = merge_all(run, "c2")
    assert states(run) == {"t1": "merged", "t2": "verified"}
    assert [len(task.attempts) for task in run.tasks.values()] == [1, 1]
    assert EffectKind.CODE not in {effect.kind for effect in scheduled(run)}


TASK = TaskSpec(
    key="t1", title="t", goal="g",
    criteria=(Criterion(id="c1", text="a"), Criterion(id="c2", text="b"), Criterion(id="c3", text="c", level="should")),
)  # fmt: skip


def test_a_verdict_passed_true_with_a_failing_must_item_accepted() -> None:
    """The total is computed from the items; the judge's own word for it counts only against it."""
    items = (VerdictItem(id="c1", status="met"), VerdictItem(id="c2", status="not_met"))
    assert not assess(TASK, Verdict(items=items, summary="passed: true", passed=True)).passed


def test_a_must_item_the_judge_forgot_blamed_on_the_coder() -> None:
    said_of = assess(TASK, Verdict(items=(VerdictItem(id="c1", status="met"),)))
    assert (said_of.passed, said_of.failing, said_of.forgotten) == (False, (), ("c2",))


def test_criteria_the_coder_never_saw_used_to_judge_it() -> None:
    items = (*(VerdictItem(id=key, status="met") for key in ("c1", "c2")), VerdictItem(id="c9", status="not_met"))
    said_of = assess(TASK, Verdict(items=items))
    assert said_of.passed
    assert said_of.unknown == ("c9",)


def test_attempt_counters_that_restart_with_the_process() -> None:
    run = approved(gate(failed(), {"t1": "retry", "t3": "retry"}, [["t1", "t3"], ["t2"], ["t4"]]))
    run = fold(run, started("t1", 2), coded("t1", 2), pushed("t1", 2), ended("t1", 2, "red"))
    again = Run.model_validate_json(run.model_dump_json(by_alias=True))
    assert again == run
    assert policy.attempts_left(again, again.task("t1")) == 1


@pytest.mark.parametrize(
    "cause",
    [Cause.INFRA, Cause.NEVER_STARTED, Cause.CANCELLED, Cause.SYSTEMIC, Cause.MERGE_CONFLICT, Cause.PROVIDER_ERROR,
     Cause.PUSH_REJECTED, Cause.BASE_RED],
)  # fmt: skip
def test_attempt_counters_that_infra_failures_cancels_and_restarts_use_up(cause: Cause) -> None:
    run = fold(executing(plan("t1"), config(attempts={"per_task": 1})), *to_failed("t1", cause=cause))
    assert policy.attempts_left(run, run.task("t1")) == 1


def test_a_rerun_starts_no_attempt_and_keeps_the_failure() -> None:
    run = approved(gate(fold(executing(plan("t1")), *to_failed("t1", cause=Cause.INFRA)), {"t1": "rerun"}))
    assert [a.number for a in run.task("t1").attempts] == [1]
    assert run.gates[0].failures[0].cause is Cause.INFRA
    run = fold(run, e.JobsRerun(at=T0, target="t1/a1", round=2), ended("t1"), judged("t1"))
    assert states(run) == {"t1": "merged"}


@pytest.mark.parametrize("action", ["retry!", "rerun", "hold", "Retry", None, 1])
def test_invalid_action_taken_as_retry(action: Any) -> None:
    raw = PilotDecision.model_validate({"retry_strategies": [{"task": "t1", "action": action}]})
    assert raw.retry_strategies[0].action == "ask"


def test_null_lists() -> None:
    raw = PilotDecision.model_validate(dict.fromkeys(PilotDecision.model_fields))
    assert raw == PilotDecision()


def test_work_reopened_before_its_comment_stands() -> None:
    run = gate(failed(), {"t1": "retry", "t3": "retry"}, [["t1", "t3"], ["t2"], ["t4"]])
    assert run.gates[0].state is GateState.DECIDED
    assert applied(run) == run
    assert coding(run) == set()


def test_a_machines_skip_carried_out_because_a_person_changed_something_else() -> None:
    skips = (SkipTask(task="t4", reason="of no use"),)
    run = gate(failed(), {"t1": "retry", "t3": "retry"}, [["t1", "t3"], ["t2"]], skips=skips)
    run = posted(fold(posted(run), said("/otto retry t3 -- use dicts", seconds=1)), 2)
    assert run.gates[0].deadline is None
    assert applied(run).task("t4").state is TaskState.PENDING
    run = applied(fold(run, said(f"/otto approve r{run.gates[0].revision}", seconds=3)))
    assert run.task("t4").state is TaskState.SKIPPED


def test_a_fact_told_to_another_task_without_its_source() -> None:
    item = EvidenceItem(
        id="E1",
        task="t1",
        attempt=1,
        excerpt=Excerpt(kind="log", source="CI", text="counts ms", first_line=3, last_line=3),
    )
    routed = (
        Routed(target_task="t3", context="It counts milliseconds", citations=(Citation(evidence="E1", quote="ms"),)),
    )
    run = fold(failed(), e.GateOpened(at=T0, gate=1))
    made = decision({"t1": "retry", "t3": "retry"}, [["t1", "t3"], ["t2"], ["t4"]], routed=routed)
    run = approved(fold(run, e.DecisionMade(at=T0, gate=1, decision=made, evidence=(item,))))
    told = ('It counts milliseconds [source: t1 attempt 1 · CI · line 3: "ms"]',)
    assert run.task("t3").routed == told
    assert run.task("t1").routed == ()


def test_an_invented_quote_believed() -> None:
    run = fold(failed(), e.GateOpened(at=T0, gate=1))
    assert run.gate is not None
    item = EvidenceItem(id="E1", task="t1", excerpt=Excerpt(kind="log", source="s", text="it broke"))
    facts = policy.facts_for(run, run.gate, {"E1": item})
    raw = PilotDecision.model_validate({
        "failure_analysis": [{"task": "t1", "class": "code", "summary": "s",
                              "citations": [{"evidence": "E1", "quote": "it works"}]}],
        "retry_strategies": [{"task": key, "action": "retry"} for key in ("t1", "t3")],
        "batches": [["t1", "t3"], ["t2"], ["t4"]],
    })  # fmt: skip
    assert [r.reason for r in validate(raw, facts)] == ["the quote 'it works' does not stand in E1"]
