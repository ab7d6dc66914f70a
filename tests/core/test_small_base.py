"""Plans and the base field by field: what each event changes, what it must leave alone, and what it is refused for."""

from __future__ import annotations

from typing import Any

import core_builders as b
import core_journeys as j
import pytest

from otto_bot.core import base, planning
from otto_bot.core import events as e
from otto_bot.core.additions import add_tasks, moving, resumed, withdrawn
from otto_bot.core.attempt import BASELINE, TaskState
from otto_bot.core.estimate_values import Estimate
from otto_bot.core.evidence import Cause
from otto_bot.core.exposure import Exposure
from otto_bot.core.lanes import Lane, LaneKind
from otto_bot.core.plan import Plan
from otto_bot.core.reviews import Review
from otto_bot.core.run import Gate, Hold, Integration, Outcome, Run, RunPhase

PLAN = b.plan("t1", "t2")
WIDER = b.plan("t1", "t2", "t3")
HOLD = Hold(kind="paused", number=1, reason="r", since=b.T0)
ESTIMATE = Estimate(low=1, high=2)


def run_with(run: Run, **changes: Any) -> Run:
    return run.model_copy(update=changes)


def at_rest(*held: str) -> Run:
    """The run rests, and these tasks wait for a green base."""
    run = b.executing(PLAN)
    for key in PLAN.keys:
        run = b.with_state(run, key, TaskState.HELD if key in held else TaskState.MERGED)
    return run_with(run, phase=RunPhase.DONE, outcome=Outcome.NEEDS_HUMAN, order=())


@pytest.mark.parametrize(
    ("changes", "waits"),
    [
        ({}, True),
        ({"outcome": Outcome.DONE_PARTIAL}, False),
        ({"outcome": None}, False),
        ({"phase": RunPhase.GATE}, False),
        ({"hold": HOLD}, False),
        ({"gates": (Gate(number=1, batch=1, opened_at=b.T0, tasks=("t1",), failures=()),)}, False),
    ],
)
def test_a_run_waits_for_its_base_only_where_it_rests_over_it(changes: dict[str, Any], waits: bool) -> None:
    assert base.waiting(run_with(at_rest("t1"), **changes)) is waits
    assert not base.waiting(at_rest())


def test_the_default_branch_matters_to_who_works_or_waits_for_it() -> None:
    working = b.executing(PLAN)
    assert base.followed(working)
    assert base.followed(at_rest("t2"))
    assert not base.followed(at_rest())
    assert not base.followed(run_with(working, hold=HOLD))
    assert not base.followed(b.planned(PLAN))


@pytest.mark.parametrize("held", [True, False])
@pytest.mark.parametrize("conflict", ["", "x"])
def test_a_push_by_hand_is_a_reason_to_look_where_tasks_wait(held: bool, conflict: str) -> None:
    run = run_with(at_rest(*(["t1"] if held else [])), base_conflict=conflict, base_begun=4)
    after = base.look_again(run)
    assert (after.base_look, after.base_conflict, after.base_begun) == (held, "", -1 if conflict else 4)


def taken(**changes: Any) -> e.BaseTaken:
    given = {"at": b.at(20), "asked": "new", "base_sha": "new", "sha": "merge", "tree": "tree-merge"}
    return e.BaseTaken.model_validate({**given, **changes})


OUTDATED = {
    "base_head": "new",
    "base_wanted": "new",
    "base_look": True,
    "base_conflict": "old",
    "base_conflict_paths": ("a",),
}


def test_the_run_branch_that_holds_the_new_base_is_verified_like_the_first() -> None:
    run = run_with(b.executing(PLAN), **OUTDATED)
    after = base.base_taken(run, taken(dispatched_run=8))
    assert (after.base_taken, after.base_conflict, after.base_conflict_paths) == ("new", "", ())
    assert (after.base_head, after.base_wanted, after.base_look, after.base_begun) == ("new", "", False, 0)
    assert (after.head, after.head_tree, after.base_round) == ("merge", "tree-merge", 1)
    made = after.verifications[BASELINE]
    assert (made.sha, made.tree, made.branch, made.pull_request) == ("merge", "tree-merge", run.run_branch, 2)
    assert (made.started_at, made.next_at, made.dispatched_run, made.ending) == (b.at(20), b.at(20), 8, None)


@pytest.mark.parametrize(("tree", "ending"), [("tree-head", "green"), ("other", None)])
def test_a_tree_that_was_green_is_not_verified_twice(tree: str, ending: str | None) -> None:
    run = b.executing(PLAN)
    assert "tree-head" in run.green_trees
    assert base.base_taken(run, taken(tree=tree)).verifications[BASELINE].ending == ending


@pytest.mark.parametrize(
    ("changes", "rounds"),
    [
        ({}, 1),
        ({"sha": "head", "tree": "tree-head"}, 0),
        ({"sha": "head", "tree": "tree-head", "base_sha": "base"}, 0),
        ({"base_sha": "base"}, 1),
    ],
)
def test_only_another_head_is_another_baseline(changes: dict[str, Any], rounds: int) -> None:
    """A baseline of the same commit would hold up everybody for an answer that is known."""
    after = base.base_taken(b.executing(PLAN), taken(**changes))
    assert after.base_round == rounds
    assert after.verifications[BASELINE].sha == ("merge" if rounds else "head")


def test_a_base_that_is_part_of_the_branch_already_still_renews_a_baseline_that_is_of_another_commit() -> None:
    run = b.executing(PLAN)
    old = run.verifications[BASELINE].model_copy(update={"sha": "older"})
    run = run.with_verification(old)
    same = {"sha": "head", "tree": "tree-head"}
    assert base.base_taken(run, taken(**same, base_sha="base")).base_round == 0
    assert base.base_taken(run, taken(**same)).base_round == 1
    waits = at_rest("t1").with_verification(old)
    assert base.base_taken(waits, taken(**same, base_sha="base")).base_round == 1
    bare = run_with(run, verifications={})
    assert base.base_taken(bare, taken(**same)).base_round == 1


@pytest.mark.parametrize(
    "changes",
    [{"pull_request": None}, {"phase": RunPhase.DONE, "outcome": Outcome.DONE}],
)
def test_a_base_counts_for_nothing_where_no_work_is_left(changes: dict[str, Any]) -> None:
    run = run_with(b.executing(PLAN), **changes)
    assert base.base_taken(run, taken()) == run


def test_a_base_that_moved_on_since_is_looked_at_once_more() -> None:
    run = run_with(b.executing(PLAN), base_head="newer", base_wanted="newer", base_look=True)
    after = base.base_taken(run, taken())
    assert (after.base_head, after.base_taken, after.base_look, after.base_wanted) == ("newer", "new", False, "")
    asked = base.base_taken(run, taken(asked="newer", base_sha="newest"))
    assert (asked.base_head, asked.base_taken) == ("newest", "newest")


def test_other_workflows_hold_for_what_is_verified_from_now_on() -> None:
    run = b.fold(b.executing(PLAN), *b.to_verifying("t1"), *b.to_verifying("t2"))
    own = Lane(kind=LaneKind.PULL_REQUEST, why="x")
    run = run.with_verification(run.verifications["t2/a1"].model_copy(update={"lane": own}))
    lane, exposure = Lane(kind=LaneKind.DISPATCH, why="y"), Exposure(items=(), files_hash="z")
    after = base.base_taken(run, taken(lane=lane, exposure=exposure))
    assert (after.lane, after.exposure) == (lane, exposure)
    kept = {target: one.lane for target, one in after.verifications.items()}
    assert kept == {BASELINE: None, "t1/a1": run.lane, "t2/a1": own}
    for same in (None, run.lane):
        after = base.base_taken(run, taken(lane=same))
        assert (after.lane, after.exposure) == (run.lane, run.exposure)
        assert after.verifications["t1/a1"].lane is None


@pytest.mark.parametrize(
    ("paths", "where"),
    [((), "in a directory;"), (("a", "b"), "in a, b;"), (tuple("abcdef"), "in a, b, c, d, e;")],
)
def test_who_waits_for_a_base_that_does_not_fit_is_told_where(paths: tuple[str, ...], where: str) -> None:
    run = run_with(at_rest("t1"), base_head="new", base_wanted="new", base_look=True)
    after = base.base_conflict(run, e.BaseConflict(at=b.T0, asked="new", base_sha="new", paths=paths))
    assert where in after.task("t1").question
    assert after.task("t2").question == ""
    assert (after.base_conflict, after.base_conflict_paths, after.rests) == ("new", paths, run.rests + 1)
    assert (after.base_wanted, after.base_look) == ("", False)


def test_a_conflict_calls_nobody_while_the_work_goes_on_and_nobody_at_its_end() -> None:
    conflict = e.BaseConflict(at=b.T0, asked="new", base_sha="new", paths=("p" * 900,))
    working = b.executing(PLAN)
    assert base.base_conflict(working, conflict).rests == working.rests
    ended = run_with(working, phase=RunPhase.DONE, outcome=Outcome.DONE)
    assert base.base_conflict(ended, conflict) == ended
    assert len(base.base_conflict(at_rest("t1"), conflict).task("t1").question) == 600


@pytest.mark.parametrize(("length", "kept"), [(999, 999), (1000, 1000), (1001, 1000)])
def test_workflows_that_a_person_has_to_look_at_hold_the_run(length: int, kept: int) -> None:
    run = b.executing(PLAN)
    event = e.BaseRefused(at=b.at(9), asked="new", base_sha="new", reason="r" * length, exposure="hash")
    after = base.base_refused(run, event)
    assert after.hold is not None
    assert (after.hold.kind, after.hold.number, after.hold.since) == ("needs_human", run.rests + 1, b.at(9))
    assert (after.rests, len(after.hold.reason), after.hold.exposure) == (run.rests + 1, kept, "hash")
    over = {"phase": RunPhase.DONE, "outcome": Outcome.DONE}
    for changes in ({"hold": HOLD}, {"pull_request": None}, over):
        other = run_with(run, **changes)
        assert base.base_refused(other, event) == other


def coded_run() -> Run:
    return b.fold(b.executing(PLAN), b.started("t1"), b.coded("t1"))


WAITS = e.PushWaits(at=b.T0, task="t1", attempt=1, base_sha="new")
RENEWED = e.AttemptRenewed(at=b.T0, task="t1", attempt=1, sha="again", tree="tree-again")


def test_a_commit_waits_once_for_the_base() -> None:
    after = base.push_waits(coded_run(), WAITS)
    last = after.task("t1").last
    assert last is not None
    assert (last.awaits_base, after.base_head, after.base_wanted) == (True, "new", "new")
    again = WAITS.model_copy(update={"base_sha": "newer"})
    assert base.push_waits(after, again) == after


def test_a_commit_made_anew_on_the_new_base_takes_the_place_of_the_old() -> None:
    last = base.attempt_renewed(run_with(coded_run(), base_round=3), RENEWED).task("t1").last
    assert last is not None
    assert (last.sha, last.tree, last.base_round, last.pushed) == ("again", "tree-again", 3, False)


@pytest.mark.parametrize("event", [WAITS, RENEWED])
def test_what_is_told_of_another_commit_changes_no_commit(event: Any) -> None:
    act: Any = base.push_waits if event is WAITS else base.attempt_renewed
    run = coded_run()
    assert act(run, event) != run
    for told in ({"attempt": 2}, {"task": "t2"}, {"task": "t9"}):
        assert act(run, event.model_copy(update=told)) == run
    bare = b.fold(b.executing(PLAN), b.started("t1"))
    assert act(bare, event) == bare, "there is no commit yet"
    lost = run.with_task(run.task("t1").model_copy(update={"state": TaskState.FAILED}))
    assert act(lost, event) == lost, "its push failed for good"
    on_github = b.fold(run, b.pushed("t1"))
    assert act(on_github, event) == on_github
    task = run.task("t1")
    assert task.last is not None
    if event is RENEWED:
        done = run.with_task(task.model_copy(update={"attempts": (task.last.model_copy(update={"pushed": True}),)}))
        assert act(done, event) == done


@pytest.mark.parametrize("event", [WAITS, RENEWED])
def test_earlier_attempts_stay_as_they_were(event: Any) -> None:
    act: Any = base.push_waits if event is WAITS else base.attempt_renewed
    run = coded_run()
    task = run.task("t1")
    assert task.last is not None
    tries = tuple(task.last.model_copy(update={"number": number}) for number in (1, 2, 3))
    run = run.with_task(task.model_copy(update={"attempts": tries}))
    after = act(run, event.model_copy(update={"attempt": 3})).task("t1").attempts
    assert len(after) == 3
    assert after[:2] == tries[:2]
    assert after[2] != tries[2]


@pytest.mark.parametrize(("rounds", "words"), [(0, ""), (1, base.STILL_RED), (2, base.STILL_RED)])
def test_a_new_base_that_is_red_is_told_to_who_waits_for_it(rounds: int, words: str) -> None:
    run = run_with(at_rest("t1"), base_round=rounds)
    red = run.verifications[BASELINE].model_copy(update={"ending": "red", "tree": "tree-red"})
    after = base.baseline_verified(run.with_verification(red))
    assert (after.task("t1").question, after.task("t2").question) == (words, "")
    assert "tree-red" not in after.green_trees
    green = base.baseline_verified(run.with_verification(red.model_copy(update={"ending": "green"})))
    assert green.green_trees == run.green_trees | {"tree-red"}


@pytest.mark.parametrize(
    ("ending", "rounds", "attempts", "opens"),
    [("green", 1, 3, True), ("green", 0, 3, False), ("red", 1, 3, False), (None, 1, 3, False), ("green", 1, 1, True)],
)
def test_a_green_base_brings_back_what_was_not_tried_on_it(
    ending: str | None, rounds: int, attempts: int, opens: bool
) -> None:
    run = run_with(at_rest("t1"), base_round=rounds)
    run = run_with(run, config=b.config(attempts={"per_task": attempts}))
    run = run.with_verification(run.verifications[BASELINE].model_copy(update={"ending": ending, "sha": "0123456789"}))
    task = run.task("t1")
    assert task.last is not None
    free = task.last.model_copy(update={"failure": b.failure("t1", cause=Cause.BASE_RED)})
    run = run.with_task(task.model_copy(update={"attempts": (free,)}))
    after = base.reopen(run, b.at(5))
    assert (after != run) is opens
    if opens:
        decision = after.gates[-1].decision
        assert decision is not None
        assert "green at 0123456" in decision.why
        assert "01234567" not in decision.why
        assert [(move.task, move.action.value) for move in decision.moves] == [("t1", "retry")]


def test_a_task_without_attempts_left_is_not_brought_back_by_its_base() -> None:
    run = run_with(at_rest("t1"), base_round=1, config=b.config(attempts={"per_task": 1}))
    task = run.task("t1")
    assert task.last is not None
    used = task.last.model_copy(update={"failure": b.failure("t1")})
    run = run.with_task(task.model_copy(update={"attempts": (used,)}))
    assert base.reopen(run, b.at(5)) == run
    one_more = run_with(run, config=b.config(attempts={"per_task": 2}))
    assert base.reopen(one_more, b.at(5)) != one_more


# ---- plans


def begun(**start: Any) -> Run:
    return b.fold(None, b.run_started(**start))


def test_preparing_counts_once_and_only_before_the_plan() -> None:
    run = begun()
    again = planning.prepared(b.fold(run, b.prepared()), b.prepared(b.config(budget={"minutes": 5})))
    assert again.minutes != 5
    later = run_with(run, phase=RunPhase.EXECUTING)
    assert planning.prepared(later, b.prepared()) == later


def test_the_repository_sets_the_cap_of_the_money_within_the_hosts() -> None:
    run = planning.prepared(begun(), b.prepared(b.config(budget={"usd": 3})))
    assert (run.money.cap, run.money.granted) == (3, 0)


@pytest.mark.parametrize(
    ("kind", "reviews", "subject", "phase"),
    [
        ("improve", True, None, RunPhase.PLAN_REVIEW),
        ("improve", False, None, RunPhase.PLANNING),
        ("build", True, None, RunPhase.PLANNING),
        ("certify", False, PLAN, RunPhase.JOURNEYS),
        ("certify", False, None, RunPhase.PLANNING),
        ("build", False, PLAN, RunPhase.PLANNING),
    ],
)
def test_what_has_its_plan_already_asks_no_planner(
    kind: str, reviews: bool, subject: Plan | None, phase: RunPhase
) -> None:
    told = (Review(id=7, by=b.ANNA, body="do"), Review(id=8, by=b.ANNA, body="and do")) if reviews else ()
    run = run_with(begun(), kind=kind, reviews=told, subject=subject)
    after = planning.prepared(run, b.prepared())
    assert after.phase is phase
    if phase is RunPhase.PLAN_REVIEW:
        assert after.plan is not None
        assert [task.criteria[0].text for task in after.plan.tasks] == [
            "What the review asks for as a whole is dealt with: do"
        ]


def made(plan: Plan = PLAN, number: int = 0, **changes: Any) -> e.PlanMade:
    return e.PlanMade(at=b.T0, number=number, plan=plan, **changes)


def test_a_plan_is_the_next_revision_of_all_that_is_posted() -> None:
    run = run_with(b.fold(begun(), b.prepared()), revision=4)
    after = planning.plan_made(run, made(notes=("n",), unsound=True, estimate=ESTIMATE))
    assert after.estimate is ESTIMATE
    assert (after.plan, after.phase, after.order) == (PLAN, RunPhase.PLAN_REVIEW, (("t1", "t2"),))
    assert (after.revision, after.plan_revision, after.plan_notes) == (5, 5, ("n",))
    assert {key: task.state for key, task in after.tasks.items()} == dict.fromkeys(PLAN.keys, TaskState.PENDING)
    assert planning.plan_made(run_with(run, plan_notes=("old",)), made(notes=("n",))).plan_notes == ()


@pytest.mark.parametrize(
    ("changes", "event"),
    [
        ({"prepared": False}, made()),
        ({"phase": RunPhase.EXECUTING}, made()),
        ({}, made(number=1)),
        ({"plan_number": 1}, made()),
        ({}, made(b.plan(b.spec("t1", "t2"), b.spec("t2", "t1")))),
    ],
)
def test_a_plan_that_was_not_asked_for_or_cannot_be_worked_through_is_none(
    changes: dict[str, Any], event: e.PlanMade
) -> None:
    run = run_with(b.fold(begun(), b.prepared()), **changes)
    assert planning.plan_made(run, event) == run


def test_a_certificate_is_of_the_plan_that_was_made_for_it() -> None:
    run = run_with(b.fold(begun(), b.prepared()), kind="certify")
    after = planning.plan_made(run, made())
    assert (after.subject, after.plan, after.phase) == (PLAN, None, RunPhase.JOURNEYS)


def regrown() -> Run:
    """A run whose journeys asked for more: its plan is being made anew."""
    run = j.failed_round(j.built(), "j1", kind="planning")
    assert run.phase is RunPhase.PLANNING
    return run


def grown(run: Run, *more: str) -> Plan:
    assert run.plan is not None
    return run.plan.model_copy(update={"tasks": (*run.plan.tasks, *(b.spec(key) for key in more))})


def test_a_plan_made_anew_adds_its_tasks_and_remembers_what_it_was() -> None:
    run = regrown()
    plan = grown(run, "t3", "t4")
    after = planning.plan_made(run, made(plan, run.plan_number, notes=("n",), unsound=True, estimate=ESTIMATE))
    assert (after.plan, after.plan_before, after.phase) == (plan, run.plan, RunPhase.PLAN_REVIEW)
    assert (after.revision, after.plan_revision) == (run.revision + 1, run.revision + 1)
    assert [(key, task.origin) for key, task in after.tasks.items() if key not in run.tasks] == [
        ("t3", "replan"),
        ("t4", "replan"),
    ]
    assert after.order == (("t3", "t4"),)
    assert (after.estimate, after.plan_notes) == (ESTIMATE, ("n",))


def test_a_plan_made_anew_may_neither_stay_nor_change_what_was_planned() -> None:
    run = regrown()
    assert run.plan is not None
    first, second = run.plan.tasks
    other = first.model_copy(update={"title": "other"})
    for tasks in ((first, second), (other, second, b.spec("t3")), (second, first, b.spec("t3"))):
        plan = run.plan.model_copy(update={"tasks": tasks})
        assert planning.plan_made(run, made(plan, run.plan_number)) == run


def test_a_plan_is_posted_once_for_each_revision() -> None:
    run = b.planned(PLAN, b.config(plan={"approval": "always"}))
    first = e.PlanPosted(at=b.at(3), revision=1, comment_id=5)
    after = planning.plan_posted(run, first)
    assert (after.plan_posted, after.plan_comment_id, after.plan_posted_at) == (1, 5, b.at(3))
    assert after.plan_approved_by == ""
    assert planning.plan_posted(after, first.model_copy(update={"comment_id": 6})) == after
    assert planning.plan_posted(run, first.model_copy(update={"revision": 2})) == run


@pytest.mark.parametrize(("approval", "by"), [("never", "rule"), ("always", "")])
def test_a_rule_says_yes_only_while_the_plan_is_looked_at(approval: str, by: str) -> None:
    run = b.planned(PLAN, b.config(plan={"approval": approval}))
    posted = e.PlanPosted(at=b.T0, revision=1, comment_id=5)
    assert planning.plan_posted(run, posted).plan_approved_by == by
    assert planning.plan_posted(run_with(run, phase=RunPhase.PLANNING), posted).plan_approved_by == ""


OPENED = e.PullRequestOpened(at=b.at(6), number=2, node_id="n", head_sha="h", head_tree="t")


def test_the_work_begins_with_a_baseline_at_once() -> None:
    run = run_with(b.planned(PLAN), plan_approved_by="anna", batch=0, estimate=ESTIMATE)
    after = planning.pull_request_opened(run, OPENED)
    first = after.verifications[BASELINE]
    assert (after.phase, after.batch, after.estimated) == (RunPhase.EXECUTING, 1, ESTIMATE)
    assert (after.pull_request, after.pull_request_node, after.head, after.head_tree) == (2, "n", "h", "t")
    assert (first.started_at, first.next_at, first.branch, first.ending) == (b.at(6), b.at(6), run.run_branch, None)


@pytest.mark.parametrize("changes", [{"plan_approved_by": ""}, {"pull_request": 9}, {"phase": RunPhase.PLANNING}])
def test_no_work_begins_twice_or_without_a_yes(changes: dict[str, Any]) -> None:
    run = run_with(
        b.planned(PLAN), plan_approved_by="anna", **{k: v for k, v in changes.items() if k != "plan_approved_by"}
    )
    run = run_with(run, **changes)
    assert planning.pull_request_opened(run, OPENED) == run


# ---- tasks that join


def test_tasks_that_join_are_the_next_batch_on_a_base_that_is_looked_at() -> None:
    run = run_with(b.executing(PLAN), batch=2, order=(("t1",), ("t2",)), phase=RunPhase.DONE, outcome=Outcome.DONE)
    run = run_with(run, integration=Integration(batch=2, step=1, merging=("t1",)))
    after = add_tasks(run, [b.spec("t3"), b.spec("t4", "t3")], "review")
    assert after.plan is not None
    assert [task.key for task in after.plan.tasks] == ["t1", "t2", "t3", "t4"]
    assert [after.task(key).origin for key in ("t1", "t3", "t4")] == ["plan", "review", "review"]
    assert after.order == (("t1",), ("t2",), ("t3",), ("t4",))
    assert (after.phase, after.outcome, after.batch, after.integration) == (RunPhase.EXECUTING, None, 3, None)
    assert after.base_look


def test_a_plan_that_grew_and_is_approved_goes_on_with_the_next_batch() -> None:
    run = run_with(b.executing(WIDER), phase=RunPhase.PLAN_REVIEW, plan_approved_by="anna", plan_before=PLAN, batch=3)
    run = run_with(run, integration=Integration(batch=3, step=1, merging=("t1",)), outcome=Outcome.NEEDS_HUMAN)
    after = resumed(run)
    assert (after.phase, after.batch, after.integration, after.outcome) == (RunPhase.EXECUTING, 4, None, None)
    assert (after.base_look, after.plan_before) == (True, None)
    for changes in ({"phase": RunPhase.PLANNING}, {"pull_request": None}, {"plan_approved_by": ""}):
        other = run_with(run, **changes)
        assert resumed(other) == other


def test_what_a_plan_grew_by_is_gone_when_it_is_made_anew() -> None:
    run = run_with(b.executing(WIDER), plan_before=PLAN)
    after = withdrawn(run)
    assert (after.plan, after.plan_before, list(after.tasks), after.order) == (PLAN, None, ["t1", "t2"], ())
    assert withdrawn(after) == after


@pytest.mark.parametrize("state", [*TaskState])
def test_who_is_at_work(state: TaskState) -> None:
    busy = state.value in ("coding", "verifying", "judging", "verified")
    assert moving(b.with_state(b.executing(PLAN), "t2", state)) is busy
