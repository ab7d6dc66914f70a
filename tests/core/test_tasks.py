"""How tasks move: each event in each state, the order of batches, and what a settled batch leads to."""

import pytest
from core_builders import (
    applied,
    coded,
    ended,
    executing,
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
    to_verifying,
    with_state,
)  # fmt: skip

from otto_bot.core import events as e
from otto_bot.core.attempt import TaskState
from otto_bot.core.effects import EffectKind, scheduled
from otto_bot.core.events import RunEvent
from otto_bot.core.evidence import Cause
from otto_bot.core.plan import Relation
from otto_bot.core.run import Outcome, Run, RunPhase

TWO = plan("t1", "t2", "t3", apart=[("t1", "t2")])
AT = started("t1").at
EVENTS = {
    "started": started("t1"),
    "coded": coded("t1"),
    "pushed": pushed("t1"),
    "green": ended("t1"),
    "red": ended("t1", ending="red"),
    "judged": judged("t1"),
}
BEFORE = {
    "pending": [],
    "coding": [started("t1")],
    "committed": [started("t1"), coded("t1")],
    "verifying": to_verifying("t1"),
    "judging": [*to_verifying("t1"), ended("t1")],
    "verified": to_verified("t1"),
    "failed": to_failed("t1"),
}
AFTER = {
    ("pending", "started"): "coding",
    ("coding", "coded"): "coding",
    ("committed", "coded"): "coding",
    ("committed", "pushed"): "verifying",
    ("verifying", "green"): "judging",
    ("verifying", "red"): "failed",
    ("judging", "judged"): "verified",
}


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("state", BEFORE)
def test_an_event_moves_a_task_or_changes_nothing(state: str, event: str) -> None:
    before = fold(executing(TWO), *BEFORE[state])
    after = fold(before, EVENTS[event])

    if (state, event) in AFTER:
        assert after.task("t1").state.value == AFTER[state, event]
    else:
        assert after == before


def test_only_the_first_batch_starts_and_related_tasks_stay_apart() -> None:
    run = executing(TWO)
    assert run.order == (("t1", "t3"), ("t2",))
    assert [one.task for one in scheduled(run) if one.kind is EffectKind.CODE] == ["t1", "t3"]
    assert fold(run, started("t2")) == run


@pytest.mark.parametrize("kind", [Relation.ADDITIVE, Relation.UNCERTAIN, Relation.CONTRADICTORY])
def test_each_kind_of_related_pair_is_kept_apart(kind: Relation) -> None:
    assert executing(plan("t1", "t2", apart=[("t1", "t2")], kind=kind)).order == (("t1",), ("t2",))


def test_a_task_starts_when_what_it_needs_is_merged() -> None:
    run = executing(plan("t1", spec("t2", "t1")))
    run = fold(run, *to_verified("t1"))
    assert run.phase is RunPhase.INTEGRATING
    run = merge_all(run)
    assert states(run) == {"t1": "merged", "t2": "pending"}
    assert [one.task for one in scheduled(run) if one.kind is EffectKind.CODE] == ["t2"]


def test_a_single_task_is_merged_with_its_verification() -> None:
    run = fold(executing(plan("t1")), *to_verified("t1"))
    assert (run.outcome, run.head) == (Outcome.DONE, "sha-t1-1")


def test_without_a_judge_green_and_unweakened_is_enough() -> None:
    from core_builders import config

    run = fold(executing(plan("t1"), config(qa=False)), *to_verifying("t1"), ended("t1"))
    assert states(run) == {"t1": "judging"}, "whether tests were weakened is looked at there"
    assert fold(run, judged("t1")).outcome is Outcome.DONE


def test_passed_work_is_merged_before_the_gate_opens() -> None:
    run = fold(executing(TWO), *to_failed("t1"), *to_verified("t3"))
    assert run.phase is RunPhase.INTEGRATING
    run = merge_all(run)
    assert (run.phase, states(run)) == (RunPhase.GATE, {"t1": "failed", "t2": "pending", "t3": "merged"})


@pytest.mark.parametrize("stopper", [TaskState.ASKED, TaskState.HELD, TaskState.SKIPPED])
def test_what_depends_on_a_stopped_task_is_blocked_to_the_last(stopper: TaskState) -> None:
    run = executing(plan("t1", spec("t2", "t1"), spec("t3", "t2"), "t4"))
    run = fold(with_state(run, "t1", stopper), *to_failed("t4"))
    assert states(run) == {"t1": stopper.value, "t2": "blocked", "t3": "blocked", "t4": "failed"}
    assert run.task("t3").blocked_by == ("t2",)


def test_a_failure_is_never_overwritten() -> None:
    run = fold(executing(TWO), *to_failed("t1", cause=Cause.LINT))
    assert fold(run, ended("t1", ending="red"), judged("t1")) == run
    assert run.task("t1").failure is not None
    assert run.task("t1").failure.cause is Cause.LINT


def reopened(action: str) -> Run:
    run = fold(executing(plan("t1")), *to_failed("t1"))
    return applied(posted(gate(run, {"t1": action}, [["t1"]])))


def test_a_retry_that_passes_is_written_into_the_decision() -> None:
    run = fold(reopened("retry_different"), started("t1", 2), coded("t1", 2), pushed("t1", 2))
    assert run.task("t1").attempts[1].guidance == "do it so"
    run = fold(run, ended("t1", 2), judged("t1", 2))
    assert run.gates[0].outcomes == {"t1": "attempt 2 passed"}
    assert run.outcome is Outcome.DONE


@pytest.mark.parametrize(
    ("failed", "saving"),
    [
        (("show/pull/2",), True),
        (("reply/1", "labels/3"), True),
        (("code/t1/a1/h0",), True),
        (("code/t1/a1/h0", "show/pull/2"), True),
        (("code/t1/a1/h0", "code/t3/a1/h0"), False),
    ],
)
def test_a_run_that_stops_waits_for_every_coder_that_can_still_push(failed: tuple[str, ...], saving: bool) -> None:
    """Whatever else fails for good meanwhile; a coder whose own step did is not waited for."""
    run = fold(executing(TWO), started("t1"), started("t3"), e.IssueChanged(at=AT, what="closed"))
    for name in failed:
        run = fold(run, e.EffectFailed(at=AT, key=f"run/{run.id}/{name}", kind="forbidden", message="no"))
    assert run.stopping is saving
    assert (EffectKind.CODE in {one.kind for one in scheduled(run)}) is saving


def test_a_pull_request_that_is_merged_in_mid_run_loses_no_coders_work() -> None:
    run = fold(executing(TWO), started("t1"), e.PullRequestClosed(at=AT, merged=True, by="bob"))
    assert (run.outcome, run.landed, run.stopping) == (Outcome.DONE_PARTIAL, True, True)
    assert EffectKind.CODE in {one.kind for one in scheduled(run)}
    run = fold(run, e.AttemptStopped(at=AT, task="t1", attempt=1, sha="s", tree="t"))
    assert (run.stopping, states(run)["t1"]) == (False, "failed")
    last = run.task("t1").last
    assert last is not None
    assert (last.pushed, last.failure and last.failure.detail) == (True, "stopped")
    assert not {one.kind for one in scheduled(run)} & {EffectKind.CODE, EffectKind.PUSH}


@pytest.mark.parametrize(("steps", "failed"), [((), "code/t1/a1/h0"), ((coded("t1"),), "push/t1/a1")])
def test_a_stop_tries_once_more_to_push_what_waited_for_a_word(steps: tuple[RunEvent, ...], failed: str) -> None:
    """The model or GitHub was away for long, so that the run rests: what its coder had is still there."""
    run = fold(executing(TWO), started("t1"), *steps)
    run = fold(run, e.EffectFailed(at=AT, key=f"run/{run.id}/{failed}", kind="provider", message="it is down"))
    assert run.hold is not None
    run = fold(run, e.IssueChanged(at=AT, what="closed"))
    assert run.stopping
    assert {EffectKind.CODE, EffectKind.PUSH} & {one.kind for one in scheduled(run)}


@pytest.mark.parametrize("over", [e.IssueChanged(at=AT, what="closed"),
                                  e.PullRequestClosed(at=AT, merged=True, by="bob")])  # fmt: skip
def test_whoever_speaks_after_a_stop_lets_what_could_not_be_pushed_be_tried_again(over: RunEvent) -> None:
    run = fold(executing(TWO), started("t1"), coded("t1"), over)
    run = fold(run, e.EffectFailed(at=AT, key=f"run/{run.id}/push/t1/a1", kind="forbidden", message="no right"))
    assert (run.ended, run.stopping) == (True, False)
    assert EffectKind.PUSH not in {one.kind for one in scheduled(run)}
    again = fold(run, said("/otto status"))
    assert (again.stopping, again.trouble) == (True, {})
    assert EffectKind.PUSH in {one.kind for one in scheduled(again)}
    done = fold(again, pushed("t1"))
    assert not done.stopping
    assert not fold(done, said("/otto help")).stopping, "and nothing more once it is saved"


def test_the_last_coder_that_pushes_ends_a_stop_beside_one_that_cannot() -> None:
    run = fold(executing(TWO), started("t1"), started("t3"), e.IssueChanged(at=AT, what="closed"))
    run = fold(run, e.EffectFailed(at=AT, key=f"run/{run.id}/code/t1/a1/h0", kind="forbidden", message="no"))
    run = fold(run, coded("t3"))
    assert run.stopping
    assert not fold(run, pushed("t3")).stopping


def test_a_stop_pushes_what_a_coder_had_and_then_rests() -> None:
    run = fold(executing(plan("t1")), started("t1"), e.IssueChanged(at=started("t1").at, what="closed"))
    assert run.stopping
    assert EffectKind.CODE in {one.kind for one in scheduled(run)}
    run = fold(run, coded("t1"))
    assert EffectKind.PUSH in {one.kind for one in scheduled(run)}
    run = fold(run, pushed("t1"))
    assert not run.stopping
    assert run.outcome is Outcome.CANCELLED
    assert {one.kind for one in scheduled(run)} <= {EffectKind.SHOW}


def test_jobs_that_run_again_beside_work_lose_no_task_that_depends_on_that_work() -> None:
    """The batch is over when both are: what depends on the other one is not passed over meanwhile."""
    run = fold(executing(plan("t1", "t2", spec("t3", "t2"))), *to_verifying("t2"), *to_failed("t1", cause=Cause.INFRA))
    run = applied(posted(fold(run, said("/otto retry t1"))))
    assert (states(run)["t1"], states(run)["t2"], run.order) == ("verifying", "verifying", (("t1", "t2"), ("t3",)))
    run = fold(run, ended("t1"), judged("t1"))
    assert (states(run)["t1"], run.phase) == ("verified", RunPhase.EXECUTING)
    run = merge_all(fold(run, ended("t2"), judged("t2")))
    assert (states(run), run.order) == ({"t1": "merged", "t2": "merged", "t3": "pending"}, (("t3",),))
