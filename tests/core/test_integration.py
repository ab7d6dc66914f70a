"""How verified work reaches the run branch: proven trees, together, one by one, conflicts, a branch that moved."""

from typing import Any

from core_builders import T0, executing, failure, fold, merge_all, plan, states, to_verified

from otto_bot.core import events as e
from otto_bot.core.effects import EffectKind, scheduled
from otto_bot.core.evidence import Cause, Phase
from otto_bot.core.run import Run, RunPhase


def ready() -> Run:
    """Three verified tasks on their way."""
    return fold(executing(plan("t1", "t2", "t3")), *to_verified("t1"), *to_verified("t3"), *to_verified("t2"))


def built(run: Run, tree: str = "tree-new", **changes: Any) -> Run:
    made = run.integration
    assert made is not None
    given = {
        "at": T0,
        "batch": made.batch,
        "step": made.step,
        "tasks": made.merging,
        "sha": f"c{made.step}",
        "branch": "c",
    }
    return fold(run, e.CandidateBuilt(**{**given, "tree": tree, **changes}))


def ends(run: Run, ending: str, cause: Cause = Cause.TEST) -> Run:
    made = run.integration
    assert made is not None
    target = f"b{made.batch}/s{made.step}"
    why = None if ending == "green" else failure(target, 0, cause)
    given = {"at": T0, "target": target, "sha": made.sha, "ending": ending, "failure": why}
    return fold(run, e.VerificationEnded.model_validate(given))


def kinds(run: Run) -> set[EffectKind]:
    return {one.kind for one in scheduled(run)}


def test_all_go_together_in_plan_order_and_only_when_green() -> None:
    run = ready()
    assert run.integration is not None
    assert run.integration.merging == ("t1", "t2", "t3")
    run = built(run)
    assert EffectKind.VERIFY in kinds(run)
    early = e.TasksMerged(at=T0, batch=1, step=1, tasks=("t1", "t2", "t3"), sha="c1", tree="tree-new")
    assert fold(run, early) == run
    run = fold(ends(run, "green"), early)
    assert set(states(run).values()) == {"merged"}
    assert run.head == "c1"


def test_a_tree_that_is_proven_needs_no_second_verification() -> None:
    run = built(ready(), tree="tree-t1-1")
    assert EffectKind.MERGE in kinds(run)
    assert EffectKind.VERIFY not in kinds(run)


def test_red_together_goes_one_by_one_and_finds_the_culprit() -> None:
    run = ends(built(ready()), "red")
    assert run.integration is not None
    assert (run.integration.merging, run.integration.todo) == (("t1",), ("t2", "t3"))
    run = merge_all(run)
    assert run.integration is not None
    assert run.integration.merging == ("t2",)
    run = ends(built(run, tree="tree-x"), "red")
    assert states(run) == {"t1": "merged", "t2": "failed", "t3": "verified"}
    why = run.task("t2").failure
    assert why is not None
    assert (why.cause, why.phase, why.task, why.attempt) == (Cause.INTEGRATION, Phase.INTEGRATION, "t2", 1)
    run = merge_all(run)
    assert (run.phase, states(run)["t3"]) == (RunPhase.GATE, "merged")
    assert len(run.task("t3").attempts) == 1


def test_a_conflict_fails_one_and_the_others_go_on() -> None:
    why = failure("t2", 0, Cause.MERGE_CONFLICT, phase=Phase.MERGE)
    run = fold(ready(), e.CandidateConflict(at=T0, batch=1, step=1, task="t2", failure=why))
    assert states(run)["t2"] == "failed"
    assert run.integration is not None
    assert (run.integration.step, run.integration.merging) == (2, ("t1", "t3"))
    assert run.task("t2").failure is not None
    assert run.task("t2").failure.attempt == 1


def test_a_branch_that_moved_is_the_new_base() -> None:
    run = ends(built(ready()), "green")
    moved = e.RunBranchMoved(at=T0, sha="theirs", tree="tree-theirs", by="bob")
    run = fold(run, moved)
    assert (run.head, EffectKind.CANDIDATE in kinds(run), EffectKind.MERGE in kinds(run)) == ("theirs", True, False)
    late = e.TasksMerged(at=T0, batch=1, step=1, tasks=("t1", "t2", "t3"), sha="c1", tree="tree-new")
    assert fold(run, late) == run
    assert fold(run, moved) == run


def test_an_old_candidate_says_nothing_about_the_new_one() -> None:
    run = ends(built(ready()), "red")
    assert built(run, step=1, tasks=("t1", "t2", "t3")) == run
    assert built(run, tasks=("t3",)) == run


def closed(run: Run) -> set[int]:
    """Verification pull requests that are closed now: they have served."""
    return {one.number for one in scheduled(run) if one.kind is EffectKind.TIDY}


def test_one_by_one_asks_actions_only_about_trees_that_nobody_knows_and_tidies_each_candidate() -> None:
    """t1 alone is its own verified tree again; t1 with t2 is new and red; t1 with t3 is new and green."""
    run = built(ready(), pull_request=101, branch="all")
    run = ends(run, "red")
    assert closed(run) == {101}
    asked = len(run.verifications)
    run = built(run, tree="tree-t1-1")
    assert (len(run.verifications), EffectKind.VERIFY in kinds(run)) == (asked, False)
    made = run.integration
    assert made is not None
    run = fold(run, e.TasksMerged(at=T0, batch=1, step=made.step, tasks=("t1",), sha="c2", tree="tree-t1-1"))
    run = built(run, tree="tree-12", pull_request=102, branch="with-t2")
    assert 102 not in closed(run)
    run = ends(run, "red")
    assert closed(run) == {101, 102}
    run = ends(built(run, tree="tree-13", pull_request=103, branch="with-t3"), "green")
    made = run.integration
    assert made is not None
    run = fold(run, e.TasksMerged(at=T0, batch=1, step=made.step, tasks=("t3",), sha="c4", tree="tree-13"))
    assert closed(run) == {101, 102, 103}
    assert len(run.verifications) == asked + 2
    assert (states(run), run.phase) == ({"t1": "merged", "t2": "failed", "t3": "merged"}, RunPhase.GATE)
    assert [len(task.attempts) for task in run.tasks.values()] == [1, 1, 1]


def test_each_merged_task_knows_its_own_commit() -> None:
    run = ends(built(ready(), commits={"t1": "s1", "t2": "s2", "t3": "c1"}), "green")
    run = fold(run, e.TasksMerged(at=T0, batch=1, step=1, tasks=("t1", "t2", "t3"), sha="c1", tree="tree-new"))
    assert [run.task(key).merged_sha for key in ("t1", "t2", "t3")] == ["s1", "s2", "c1"]
