"""How a task moves, field by field: who may start, what an attempt keeps, and where a settled batch leads."""

from __future__ import annotations

from typing import Any

import core_builders as b
import pytest

from otto_bot.core import events as e
from otto_bot.core.attempt import TaskState
from otto_bot.core.decision import Action
from otto_bot.core.evidence import Cause, Excerpt, Phase
from otto_bot.core.plan import Relation
from otto_bot.core.run import Gate, GateState, Hold, Integration, Outcome, Run, RunPhase
from otto_bot.core.tasks import (
    OUT_OF_MEANS,
    advance,
    all_startable,
    attempt_started,
    block,
    finish,
    reorder,
    stands_still,
    startable,
    still_saving,
)
from otto_bot.core.trouble import Trouble

PLAN = b.plan("t1", "t2", b.spec("t3", "t1"))
QUIET = {"journeys": {"enabled": False}}
HOLD = Hold(kind="paused", number=1, reason="r", since=b.T0)


def changed(run: Run, **changes: Any) -> Run:
    return run.model_copy(update=changes)


def ready() -> Run:
    return b.executing(PLAN, b.config(**QUIET))


def gate_of(number: int, comment: int | None = 9) -> Gate:
    return Gate(
        number=number, batch=1, opened_at=b.T0, tasks=("t1",), failures=(), state=GateState.APPLIED, comment_id=comment
    )


@pytest.mark.parametrize(
    ("changes", "keys"),
    [
        ({}, ("t1", "t2")),
        ({"phase": RunPhase.GATE}, ()),
        ({"hold": HOLD}, ()),
        ({"order": ()}, ()),
        ({"pull_request": None}, ()),
        ({"base_look": True, "base_begun": -1}, ()),
        ({"order": (("t2",), ("t1",))}, ("t2",)),
        ({"order": (("t1", "t2", "t3"),)}, ("t1", "t2")),
    ],
)
def test_who_may_start(changes: dict[str, Any], keys: tuple[str, ...]) -> None:
    run = changed(ready(), **changes)
    assert all_startable(run) == keys
    assert tuple(key for key in ("t1", "t2", "t3", "t9") if startable(run, key)) == keys


def test_no_one_starts_without_a_plan() -> None:
    assert all_startable(changed(ready(), plan=None)) == ()
    assert not startable(changed(ready(), plan=None), "t1")


@pytest.mark.parametrize("state", [*TaskState])
def test_only_what_waits_starts_and_only_on_merged_work(state: TaskState) -> None:
    run = changed(ready(), order=(("t1", "t2", "t3"),))
    run = b.with_state(run, "t1", state)
    assert startable(run, "t1") is (state is TaskState.PENDING), "a reopened one has no posted decision here"
    assert startable(run, "t3") is (state is TaskState.MERGED)


@pytest.mark.parametrize(
    ("gates", "next_gate", "starts"),
    [
        ((gate_of(1),), 1, True),
        ((gate_of(1, None),), 1, False),
        ((), 1, False),
        ((gate_of(1), gate_of(2, None)), 2, False),
    ],
)
def test_a_task_comes_back_only_after_its_decision_was_posted(
    gates: tuple[Gate, ...], next_gate: int, starts: bool
) -> None:
    run = b.with_state(ready(), "t1", TaskState.REOPENED, next_gate=next_gate)
    assert startable(changed(run, gates=gates), "t1") is starts


def test_an_untried_task_has_no_attempts() -> None:
    run = b.with_state(ready(), "t1", TaskState.REOPENED)
    again = run.with_task(run.task("t1").model_copy(update={"state": TaskState.PENDING}))
    assert not startable(again, "t1")


def single(*more: str) -> Run:
    """A plan of one task, with tasks that joined it: all share one branch."""
    run = b.executing(b.plan("t1"), b.config(**QUIET))
    plan = b.plan("t1", *more)
    joined = {key: run.task("t1").model_copy(update={"key": key, "origin": "review"}) for key in more}
    return changed(run, plan=plan, tasks={**run.tasks, **joined}, order=(("t1", *more),))


@pytest.mark.parametrize("state", [*TaskState])
def test_tasks_that_share_a_branch_are_coded_one_by_one(state: TaskState) -> None:
    run = b.with_state(single("t2"), "t1", state)
    moving = state in (TaskState.CODING, TaskState.VERIFYING, TaskState.JUDGING)
    assert startable(run, "t2") is not moving
    apart = b.with_state(ready(), "t1", state)
    assert startable(apart, "t2")


def test_a_coder_starts_with_what_was_decided_for_this_attempt() -> None:
    task = ready().task("t1").model_copy(update={"routed": ("fact",), "question": "q", "next_guidance": "so"})
    run = changed(ready().with_task(task), base_round=2)
    after = b.fold(run, b.started("t1"))
    last = after.task("t1").last
    assert last is not None
    assert (last.number, last.guidance, last.routed, last.branch, last.base_sha) == (
        1,
        "so",
        ("fact",),
        "b-t1-1",
        "head",
    )
    assert (last.base_round, last.notes, last.learnings) == (2, 0, ())
    assert (after.task("t1").next_guidance, after.task("t1").question) == ("", "")
    back = b.with_state(
        changed(run, gates=(gate_of(1),)), "t1", TaskState.REOPENED, next_gate=1, next_strategy=Action.RETRY_DIFFERENT,
        next_guidance="else",
    )  # fmt: skip
    after = attempt_started(back, b.started("t1", 2))
    made, task = after.task("t1").last, after.task("t1")
    assert made is not None
    assert (made.strategy, made.gate, made.guidance) == (Action.RETRY_DIFFERENT, 1, "else")
    assert (task.next_strategy, task.next_gate, task.next_guidance, len(task.attempts)) == (None, None, "", 2)
    assert attempt_started(back, b.started("t1", 3)) == back
    assert attempt_started(back, b.started("t1", 1)) == back


def test_a_commit_and_its_push_are_remembered() -> None:
    run = b.fold(ready(), b.started("t1"), b.coded("t1"))
    pushed = b.pushed("t1", pull=5).model_copy(update={"at": b.at(4), "dispatched_run": 8})
    other = pushed.model_copy(update={"sha": "other"})
    assert b.fold(run, other) == run
    after = b.fold(run, pushed)
    last, made = after.task("t1").last, after.verifications["t1/a1"]
    assert last is not None
    assert (last.pushed, after.task("t1").state, after.verification_prs) == (True, TaskState.VERIFYING, {"b-t1-1": 5})
    assert (made.sha, made.tree, made.branch, made.started_at, made.next_at) == (
        "sha-t1-1", "tree-t1-1", "b-t1-1", b.at(4), b.at(4),
    )  # fmt: skip
    assert (made.pull_request, made.dispatched_run) == (5, 8)
    assert (after.head, after.head_tree) == (run.head, run.head_tree)
    task = run.task("t1")
    assert task.last is not None
    bare = run.with_task(task.model_copy(update={"attempts": (task.last.model_copy(update={"tree": None}),)}))
    assert b.fold(bare, pushed) == bare, "what is verified has a tree"


def test_what_is_pushed_to_a_shared_branch_is_its_head() -> None:
    after = b.fold(single(), *b.to_verifying("t1"))
    assert (after.head, after.head_tree) == ("sha-t1-1", "tree-t1-1")
    merged = b.fold(after, b.ended("t1"), b.judged("t1")).task("t1")
    assert (merged.state, merged.merged_sha) == (TaskState.MERGED, "sha-t1-1")


ENDED = [(None, None), ("s", None), ("s", "t")]


@pytest.mark.parametrize(("sha", "tree"), ENDED)
@pytest.mark.parametrize("alone", [True, False])
@pytest.mark.parametrize("stopped", [True, False])
def test_what_an_attempt_had_when_it_ended_is_kept(
    sha: str | None, tree: str | None, alone: bool, stopped: bool
) -> None:
    """The next attempt goes on from the branch: a head that was forgotten would throw its work away."""
    run = b.fold(single() if alone else ready(), b.started("t1"))
    told: dict[str, Any] = {"at": b.T0, "task": "t1", "attempt": 1, "sha": sha, "tree": tree}
    event = e.AttemptStopped(**told) if stopped else e.AttemptFailed(**told, failure=b.failure("t1"))
    after = b.fold(run, event)
    last = after.task("t1").last
    assert last is not None
    assert (last.sha, last.tree, last.pushed) == (sha, tree, sha is not None)
    assert after.task("t1").state is TaskState.FAILED
    moved = alone and tree is not None
    assert (after.head, after.head_tree) == ((sha, tree) if moved else (run.head, run.head_tree))


@pytest.mark.parametrize(
    ("changes", "cause", "detail"),
    [
        ({"outcome": Outcome.CANCELLED}, Cause.CANCELLED, "stopped"),
        ({"landed": True}, Cause.CANCELLED, "stopped"),
        ({}, Cause.BUDGET, OUT_OF_MEANS),
    ],
)
def test_why_a_coder_was_stopped(changes: dict[str, Any], cause: Cause, detail: str) -> None:
    run = changed(b.fold(ready(), b.started("t1")), **changes)
    failure = b.fold(run, e.AttemptStopped(at=b.T0, task="t1", attempt=1, sha="s")).task("t1").failure
    assert failure is not None
    assert (failure.cause, failure.detail, failure.sha, failure.phase) == (cause, detail, "s", Phase.CODING)
    assert [one.text for one in failure.excerpts] == ([OUT_OF_MEANS] if cause is Cause.BUDGET else [])


@pytest.mark.parametrize("stopping", [True, False])
@pytest.mark.parametrize("other", [True, False])
def test_a_run_has_stopped_when_its_last_coder_has_saved(stopping: bool, other: bool) -> None:
    events = [b.started("t1"), *([b.started("t2")] if other else [])]
    run = b.fold(ready(), *events)
    run = changed(
        run, stopping=stopping, **({"outcome": Outcome.CANCELLED, "phase": RunPhase.DONE} if stopping else {})
    )
    after = b.fold(run, e.AttemptStopped(at=b.T0, task="t1", attempt=1))
    assert after.stopping is (stopping and other)


@pytest.mark.parametrize(
    ("key", "final", "saving"),
    [
        ("run/1/code/t1/a1/h0", True, False),
        ("run/1/push/t1/a1", True, False),
        ("run/1/code/t1/a1/h0", False, True),
        ("run/1/code/t11/a1/h0", True, True),
        ("run/1/judge/t1/a1", True, True),
        ("run/1/show/pull/1", True, True),
    ],
)
def test_a_coder_whose_step_failed_for_good_saves_nothing_more(key: str, final: bool, saving: bool) -> None:
    run = b.fold(ready(), b.started("t1"))
    trouble = Trouble(count=1, kind="x", message="m", retry_at=None if final else b.at(9))
    assert still_saving(changed(run, trouble={key: trouble})) is saving
    assert not still_saving(ready())


@pytest.mark.parametrize(("qa", "scans", "state"), [
    (True, True, "judging"), (True, False, "judging"), (False, True, "judging"), (False, False, "verified"),
])  # fmt: skip
def test_a_green_attempt_is_judged_or_scanned_where_the_repository_wants_either(
    qa: bool, scans: bool, state: str
) -> None:
    run = changed(ready(), config=b.config(qa={"enabled": qa}, **QUIET), scans=scans)
    after = b.fold(run, *b.to_verifying("t1"), b.ended("t1"))
    assert after.task("t1").state == state
    assert "tree-t1-1" in after.green_trees


@pytest.mark.parametrize("ending", ["red", "timed_out", "no_ci"])
def test_an_end_that_nobody_explained_is_a_failure_all_the_same(ending: str) -> None:
    run = b.fold(ready(), *b.to_verifying("t1"))
    given = {"at": b.T0, "target": "t1/a1", "sha": "sha-t1-1", "ending": ending}
    failure = b.fold(run, e.VerificationEnded.model_validate(given)).task("t1").failure
    assert failure is not None
    assert (failure.cause, failure.detail, failure.phase, failure.attempt) == (Cause.UNKNOWN, ending, Phase.VERIFY, 1)
    assert (failure.task, failure.sha) == ("t1", "sha-t1-1")


def test_the_texts_of_a_failure_are_kept_once() -> None:
    text = (Excerpt(kind="log", source="s", text="it broke"),)
    run = b.fold(ready(), *b.to_verifying("t1"), b.ended("t1", ending="red", why=b.failure("t1", excerpts=text)))
    kept = run.verifications["t1/a1"].failure
    assert kept is not None
    assert kept.excerpts == ()
    assert run.task("t1").failure is not None
    assert run.task("t1").failure == kept.model_copy(update={"excerpts": text})


@pytest.mark.parametrize(("rounds", "sha", "flaky"), [(1, "sha-t1-1", False), (2, "sha-t1-1", True), (2, "x", False)])
def test_a_failure_that_is_gone_after_a_rerun_is_remembered(rounds: int, sha: str, flaky: bool) -> None:
    run = b.fold(ready(), *b.to_verifying("t1"))
    old = [b.failure("t1", sha=sha, detail=detail) for detail in ("first", "last")]
    gates = tuple(gate_of(n).model_copy(update={"failures": (one,)}) for n, one in enumerate(old, 1))
    run = changed(run.with_verification(run.verifications["t1/a1"].model_copy(update={"round": rounds})), gates=gates)
    last = b.fold(run, b.ended("t1")).task("t1").last
    assert last is not None
    assert last.flaky == (old[1].model_copy(update={"flaky": True}) if flaky else None)


def test_what_depends_on_what_stopped_is_blocked_down_the_line() -> None:
    plan = b.plan("t1", b.spec("t2", "t1"), b.spec("t3", "t2"), "t4")
    run = b.with_state(b.executing(plan), "t1", TaskState.SKIPPED)
    after = block(run)
    assert b.states(after) == {"t1": "skipped", "t2": "blocked", "t3": "blocked", "t4": "pending"}
    assert (after.task("t2").blocked_by, after.task("t3").blocked_by) == (("t1",), ("t2",))
    assert block(after) is after
    free = block(b.with_state(after, "t1", TaskState.MERGED))
    assert b.states(free) == {"t1": "merged", "t2": "pending", "t3": "pending", "t4": "pending"}
    assert free.task("t2").blocked_by == ()


def test_a_chain_that_stands_upside_down_in_the_plan_is_blocked_as_a_whole() -> None:
    """One look over the tasks is not enough where what is needed stands later."""
    run = b.executing(b.plan(b.spec("t1", "t2"), b.spec("t2", "t3"), "t3"))
    assert b.states(block(b.with_state(run, "t3", TaskState.HELD))) == {"t1": "blocked", "t2": "blocked", "t3": "held"}


ORDER = (("t1",), ("t2",), ("t3",))


@pytest.mark.parametrize(
    ("wanted", "keep", "order"),
    [
        (None, True, ORDER),
        ((("t3",), ("t2",)), True, (("t1",), ("t3",), ("t2",))),
        ((("t3", "t2"),), True, (("t1",), ("t3", "t2"))),
        ((("t2",),), True, (("t1",), ("t2",), ("t3",))),
        ((("t1", "t2", "t3"),), False, (("t1", "t2", "t3"),)),
        (None, False, (("t2",), ("t3",), ("t1",))),
    ],
)
def test_an_order_holds_each_open_task_once(wanted: Any, keep: bool, order: Any) -> None:
    run = changed(b.executing(b.plan("t1", "t2", "t3")), order=ORDER)
    assert reorder(run, wanted, keep).order == order


def test_an_order_that_would_run_before_its_needs_gives_way_to_the_plans() -> None:
    run = changed(b.executing(b.plan("t1", "t2", b.spec("t3", "t2"))), order=(("t1",),))
    assert reorder(run, (("t3",), ("t2",))).order == (("t1",), ("t2",), ("t3",))
    same = changed(run, order=(("t1",), ("t2",), ("t3",)))
    assert reorder(same) is same


def test_tasks_of_one_branch_are_batches_of_one() -> None:
    assert reorder(single("t2", "t3")).order == (("t1",), ("t2",), ("t3",))


@pytest.mark.parametrize("need", [*TaskState])
def test_a_task_that_waits_for_unmerged_work_does_not_hold_its_batch(need: TaskState) -> None:
    run = b.with_state(changed(ready(), order=(("t2", "t3"),)), "t1", need)
    assert stands_still(run, "t3") is (need is not TaskState.MERGED)
    still = need.value in ("merged", "skipped", "asked", "held", "blocked", "failed", "verified")
    assert stands_still(run, "t1") is still


def test_what_is_verified_is_integrated_step_by_step() -> None:
    run = changed(ready(), batch=2, order=(("t1",), ("t2", "t3")))
    run = b.with_state(run, "t1", TaskState.VERIFIED)
    first = advance(run)
    assert (first.phase, first.integration) == (RunPhase.INTEGRATING, Integration(batch=2, step=1, merging=("t1",)))
    later = advance(changed(run, integration=Integration(batch=2, step=4, merging=("t1",))))
    assert later.integration == Integration(batch=2, step=5, merging=("t1",))


def test_the_next_batch_follows_a_settled_one() -> None:
    run = changed(ready(), batch=2, order=(("t1",), ("t2",), ("t3",)))
    run = b.with_state(changed(run, integration=Integration(batch=2, step=4, merging=("t1",))), "t1", TaskState.MERGED)
    after = advance(run)
    assert (after.order, after.batch, after.integration) == ((("t2",), ("t3",)), 3, None)
    both = advance(b.with_state(run, "t2", TaskState.MERGED))
    assert (both.order, both.batch) == ((("t3",),), 3), "an empty batch has no number"
    end = b.with_state(b.with_state(changed(run, order=(("t1",),)), "t2", TaskState.MERGED), "t3", TaskState.MERGED)
    assert (advance(end).phase, advance(end).outcome, advance(end).batch) == (RunPhase.DONE, Outcome.DONE, 2)


@pytest.mark.parametrize("changes", [{"phase": RunPhase.GATE}, {"plan": None}, {"outcome": Outcome.NEEDS_HUMAN}])
def test_a_run_goes_on_only_while_it_executes(changes: dict[str, Any]) -> None:
    run = changed(b.with_state(ready(), "t1", TaskState.VERIFIED), order=(("t1",),), **changes)
    assert advance(run) is run


@pytest.mark.parametrize("states", [("failed", "merged"), ("failed", "skipped"), ("failed", "pending")])
def test_a_failure_of_a_settled_batch_leads_to_a_gate_once(states: tuple[str, str]) -> None:
    run = changed(b.executing(b.plan("t1", "t2")), order=(("t1",), ("t2",)))
    for key, state in zip(("t1", "t2"), states, strict=True):
        run = b.with_state(run, key, TaskState(state))
    assert advance(run).phase is RunPhase.GATE
    opened = changed(run, gates=(gate_of(1).model_copy(update={"state": GateState.OPENED}),))
    assert advance(opened).phase is RunPhase.EXECUTING


@pytest.mark.parametrize(
    ("states", "outcome", "rests"),
    [
        (("merged", "merged"), Outcome.DONE, 4),
        (("merged", "skipped"), Outcome.DONE_PARTIAL, 4),
        (("skipped", "skipped"), Outcome.NEEDS_HUMAN, 5),
        (("merged", "asked"), Outcome.NEEDS_HUMAN, 5),
        (("held", "merged"), Outcome.NEEDS_HUMAN, 5),
        (("merged", "coding"), None, 4),
        (("merged", "verifying"), None, 4),
        (("merged", "judging"), None, 4),
    ],
)
def test_how_a_run_ends(states: tuple[str, str], outcome: Outcome | None, rests: int) -> None:
    run = changed(b.executing(b.plan("t1", "t2"), b.config(**QUIET)), order=(), rests=4, hold=HOLD)
    for key, state in zip(("t1", "t2"), states, strict=True):
        run = b.with_state(run, key, TaskState(state))
    after = finish(run)
    assert (after.outcome, after.rests, after.hold) == (outcome, rests, HOLD if outcome is None else None)
    assert after.phase is (RunPhase.EXECUTING if outcome is None else RunPhase.DONE)
    waits = changed(run, gates=(gate_of(1).model_copy(update={"state": GateState.POSTED}),))
    assert finish(waits) is waits


def test_a_run_that_fails_at_its_end_comes_to_a_gate() -> None:
    run = b.with_state(changed(b.executing(b.plan("t1", "t2")), order=()), "t1", TaskState.FAILED)
    after = finish(run)
    assert (after.phase, after.outcome) == (RunPhase.GATE, None)


def test_an_order_keeps_what_contradicts_apart() -> None:
    plan = b.plan("t1", "t2", "t3", apart=[("t2", "t3")], kind=Relation.CONTRADICTORY)
    run = changed(b.executing(plan), order=(("t1",),))
    assert reorder(run, (("t2", "t3"),)).order == (("t1",), ("t2",), ("t3",))
