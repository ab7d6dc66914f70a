"""Where heads would cancel each other, one is verified at a time: what is due, and what waits for its turn."""

import pytest
from core_builders import (
    T0,
    at,
    coded,
    ended,
    executing,
    failure,
    fold,
    judged,
    plan,
    pushed,
    said,
    started,
    to_verified,
    to_verifying,
)

from otto_bot.core import events as e
from otto_bot.core.attempt import BASELINE, TaskState
from otto_bot.core.effects import EffectKind, scheduled
from otto_bot.core.evidence import Cause
from otto_bot.core.lanes import Lane, LaneKind
from otto_bot.core.pauses import WAITS_FOR_BASE
from otto_bot.core.run import Run
from otto_bot.core.serial import STARTS, busy, group_of

SHARED = Lane(kind=LaneKind.PUSH, why="w", shares="ci")


def shared(run: Run) -> Run:
    return run.model_copy(update={"lane": SHARED})


def starts(run: Run) -> list[str]:
    """What would let Actions look at a head now."""
    return [one.key.removeprefix("run/1/") for one in scheduled(run) if one.kind in STARTS]


def ready() -> Run:
    """Three verified tasks on their way."""
    return fold(executing(plan("t1", "t2", "t3")), *to_verified("t1"), *to_verified("t2"), *to_verified("t3"))


def built(run: Run) -> Run:
    made = run.integration
    assert made is not None
    given = {"batch": made.batch, "step": made.step, "tasks": made.merging, "sha": f"c{made.step}", "branch": "c"}
    return fold(run, e.CandidateBuilt.model_validate({**given, "at": T0, "tree": "tree-new"}))


def cancelled(run: Run) -> Run:
    made = run.integration
    assert made is not None
    target = f"b{made.batch}/s{made.step}"
    given = {"at": T0, "target": target, "sha": made.sha, "ending": "cancelled"}
    why = failure(target, 0, Cause.CANCELLED)
    return fold(run, e.VerificationEnded.model_validate({**given, "failure": why}))


def both_coded(baseline: str = "green") -> Run:
    run = executing(plan("t1", "t2"), baseline=baseline)
    return fold(run, started("t1"), started("t2"), coded("t1"), coded("t2"))


def test_a_lane_or_a_lesson_makes_it_so() -> None:
    run = both_coded()
    assert group_of(run) == ""
    assert group_of(shared(run)) == "ci"
    assert group_of(run.model_copy(update={"serial": "pool"})) == "pool"


def test_without_a_shared_group_heads_go_side_by_side() -> None:
    run = both_coded(baseline="")
    assert starts(run) == ["push/t1/a1", "push/t2/a1"]
    assert starts(fold(run, pushed("t1"))) == ["push/t2/a1"]


def test_the_base_comes_first_then_one_after_the_other() -> None:
    run = shared(both_coded(baseline=""))
    assert starts(run) == []
    run = fold(run, e.VerificationEnded(at=T0, target=BASELINE, sha="head", ending="green"))
    found = [one for one in scheduled(run) if one.kind is EffectKind.PUSH]
    assert [one.task for one in found] == ["t1", "t2"]
    assert len({one.lane for one in found}) == 1  # never side by side
    run = fold(run, pushed("t1"))
    assert starts(run) == []
    run = fold(run, ended("t1"))
    assert starts(run) == ["push/t2/a1"]
    assert EffectKind.JUDGE in {one.kind for one in scheduled(run)}


def test_a_failed_head_that_waits_for_the_bases_verdict_is_no_hindrance() -> None:
    run = shared(fold(both_coded(), pushed("t1")))
    assert busy(run)
    waits = e.VerificationPolled(at=T0, target="t1/a1", next_at=at(60), waiting=WAITS_FOR_BASE)
    assert not busy(fold(run, waits))


def test_a_cancelled_base_runs_again_beside_the_head_that_waits_for_it() -> None:
    run = shared(fold(executing(plan("t1"), baseline="cancelled"), *to_verifying("t1")))
    waits = e.VerificationPolled(at=T0, target="t1/a1", next_at=at(60), waiting=WAITS_FOR_BASE)
    assert starts(fold(run, waits)) == ["rerun/baseline/n2"]


def test_a_candidate_waits_for_the_base_and_not_for_itself() -> None:
    run = ready().model_copy(update={"lane": SHARED})
    open_base = run.verifications[BASELINE].model_copy(update={"ending": None})
    assert starts(run) == ["candidate/b1/s1"]
    assert starts(run.with_verification(open_base)) == []
    assert starts(built(run)) == []


def test_a_run_that_is_stopped_saves_its_work_all_the_same() -> None:
    run = fold(shared(both_coded(baseline="")), said("/otto stop"))
    assert run.stopping
    assert sorted(starts(run)) == ["push/t1/a1", "push/t2/a1"]


def test_a_cancelled_candidate_is_looked_at_once_more_as_it_is() -> None:
    run = cancelled(built(ready()))
    assert run.integration is not None
    assert (run.integration.step, run.integration.merging, run.integration.again) == (2, ("t1", "t2", "t3"), True)
    run = cancelled(built(run))
    assert run.integration is not None
    assert (run.integration.merging, run.integration.one_by_one) == (("t1",), True)


def unwatched(run: Run, target: str, sha: str) -> Run:
    return fold(run, e.VerificationEnded(at=T0, target=target, sha=sha, ending="unwatched"))


def test_where_no_workflow_starts_the_judge_alone_lets_a_task_be_merged() -> None:
    run = fold(executing(plan("t1", "t2")), *to_verified("t2"), *to_verifying("t1"))
    run = unwatched(run, "t1/a1", "sha-t1-1")
    assert run.task("t1").state is TaskState.JUDGING
    assert "tree-t1-1" not in run.green_trees
    run = built(fold(run, judged("t1")))
    assert run.integration is not None
    assert not run.integration.ready
    run = unwatched(run, "b1/s1", "c1")
    assert EffectKind.MERGE in {one.kind for one in scheduled(run)}
    run = fold(run, e.TasksMerged(at=T0, batch=1, step=1, tasks=("t1", "t2"), sha="c1", tree="tree-new"))
    assert {task.state for task in run.tasks.values()} == {TaskState.MERGED}
    assert run.green_trees == {"tree-head", "tree-t2-1"}


def test_what_the_judge_alone_refuses_is_not_merged() -> None:
    run = unwatched(fold(executing(plan("t1")), *to_verifying("t1")), "t1/a1", "sha-t1-1")
    run = fold(run, judged("t1", why=failure("t1", cause=Cause.QA_FAILED)))
    assert run.task("t1").state is TaskState.FAILED


@pytest.mark.parametrize("count", [3, 5])
def test_many_tasks_are_all_verified_in_the_end(count: int) -> None:
    keys = [f"t{number}" for number in range(1, count + 1)]
    run = shared(executing(plan(*keys)))
    for key in keys:
        run = fold(run, started(key), coded(key))
    for _ in keys:
        first = starts(run)[0].split("/")[1]
        run = fold(run, pushed(first))
        assert starts(run) == []
        run = fold(run, ended(first), judged(first))
    assert starts(run) == ["candidate/b1/s1"]
