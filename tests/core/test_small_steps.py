"""Single steps that the stories of other tests pass over: a field that is kept, one unit, one side of a border."""

from __future__ import annotations

import math
from typing import Any

import core_builders as b
import core_journeys as j
import pytest

from otto_bot.core import asks, base
from otto_bot.core import events as e
from otto_bot.core.attempt import TaskState
from otto_bot.core.budget import Money, estimate
from otto_bot.core.commands import Command, Given, parse_line
from otto_bot.core.evidence import Cause
from otto_bot.core.journey_rounds import certified
from otto_bot.core.journeys import RoundState
from otto_bot.core.policy import states_before
from otto_bot.core.reviews import Review, ReviewPoint, plan_of
from otto_bot.core.run import Hold, Outcome, Run, RunPhase
from otto_bot.core.steering import steer
from otto_bot.core.surfaces import round_digest, surfaces
from otto_bot.core.tasks import reorder
from otto_bot.core.waits import waits_for

PLAN = b.plan("t1", "t2")
ABSENT: dict[str, list[e.RunEvent]] = {
    "a push that waits": [e.PushWaits(at=b.T0, task="t9", attempt=1, base_sha="x")],
    "a commit made anew": [e.AttemptRenewed(at=b.T0, task="t9", attempt=1, sha="x", tree="y")],
    "a push": [b.pushed("t9")],
    "a commit": [b.coded("t9")],
    "a judge": [b.judged("t9")],
    "a verification": [b.ended("t9")],
    "a poll": [e.VerificationPolled(at=b.T0, target="t9/a1", next_at=b.T0)],
    "jobs that run again": [e.JobsRerun(at=b.T0, target="t9/a1", round=1)],
    "a candidate": [e.CandidateBuilt(at=b.T0, batch=9, step=1, tasks=("t1",), sha="x", tree="y")],
    "a merge": [e.TasksMerged(at=b.T0, batch=9, step=1, tasks=("t1",), sha="x", tree="y")],
    "a posted decision": [e.DecisionPosted(at=b.T0, gate=9, revision=1, comment_id=1)],
    "an applied decision": [e.DecisionApplied(at=b.T0, gate=9, revision=1)],
    "posted journeys": [e.JourneysPosted(at=b.T0, round=9, revision=1, comment_id=1)],
    "applied journeys": [e.JourneysApplied(at=b.T0, round=9, revision=1)],
    "a posted review": [e.ReviewPosted(at=b.T0, review=9, comment_id=1)],
    "an answered review": [e.ReviewAnswered(at=b.T0, review=9)],
}


@pytest.mark.parametrize("name", ABSENT)
@pytest.mark.parametrize("stage", ["planning", "working", "done"])
def test_what_is_told_of_something_absent_changes_nothing(name: str, stage: str) -> None:
    before = {
        "planning": lambda: b.fold(None, b.run_started(), b.prepared()),
        "working": lambda: b.fold(b.executing(PLAN), *b.to_verifying("t1")),
        "done": _done,
    }[stage]()
    assert b.fold(before, *ABSENT[name]) == before


def _done(**settings: Any) -> Run:
    run = b.executing(PLAN, b.config(journeys={"enabled": False}, **settings))
    run = b.merge_all(b.fold(run, *b.to_verified("t1"), *b.to_verified("t2")))
    assert run.outcome is Outcome.DONE
    return run


@pytest.mark.parametrize(("usd", "needed"), [(0.5, 1.0), (1.0, 0.0), (2.0, 0.0)])
def test_what_a_call_needs_is_forgotten_once_as_much_was_put_aside(usd: float, needed: float) -> None:
    after = Money(cap=10, needed=1.0).reserve("c", usd)
    assert after is not None
    assert (after.needed, after.reserved) == (needed, {"c": usd})


@pytest.mark.parametrize(("usd", "needed"), [(0.25, 0.25), (0.0, 1.0), (-0.5, 1.0), (math.inf, 1.0), (math.nan, 1.0)])
def test_only_a_real_amount_is_remembered_as_needed(usd: float, needed: float) -> None:
    assert Money(cap=10, needed=1.0).refused("c", usd).needed == needed


def test_an_estimate_is_in_cents(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("otto_bot.core.budget.SIZE_USD", dict.fromkeys(("S", "M", "L"), (0.111, 0.256)))
    assert estimate(PLAN) == (0.22, 0.51)


@pytest.mark.parametrize(("length", "kept"), [(asks.LIMIT - 1, True), (asks.LIMIT, True), (asks.LIMIT + 1, False)])
def test_words_that_fit_stay_whole(length: int, kept: bool) -> None:
    words = "a" * length
    assert asks._cut(words) == (words if kept else "a" * (asks.LIMIT - 1) + "…")


def test_each_move_of_the_base_is_counted() -> None:
    run = b.executing(PLAN)
    twice = b.fold(run, e.BaseMoved(at=b.T0, sha="x"), e.BaseMoved(at=b.T0, sha="y"))
    assert (twice.base_moved, twice.base_head) == (run.base_moved + 2, "y")


def test_a_push_by_hand_forgets_what_did_not_fit() -> None:
    fresh = b.executing(PLAN)
    stuck = fresh.model_copy(update={"base_conflict": "x", "base_conflict_paths": ("a",), "base_begun": 3})
    after = base.look_again(stuck)
    assert (after.base_conflict, after.base_conflict_paths, after.base_begun) == ("", (), fresh.base_begun)


def test_only_the_time_spent_waiting_for_people_stands_still() -> None:
    paused = b.fold(b.executing(PLAN), b.said("/otto pause", seconds=10))
    assert (paused.idle_since, paused.idle_seconds) == (b.at(10), 0)
    still = b.fold(paused, e.BaseMoved(at=b.at(30), sha="x"))
    assert (still.idle_since, still.idle_seconds) == (b.at(10), 0)
    awake = b.fold(still, b.said("/otto resume", seconds=70))
    assert (awake.idle_since, awake.idle_seconds) == (None, 60)


def test_a_verification_ends_with_all_that_was_told_and_keeps_what_was_not() -> None:
    run = b.fold(b.executing(PLAN), *b.to_verifying("t1"))
    looked = {"next_at": b.at(9), "waiting": "approval", "run_ids": (4,), "url": "u"}
    run = b.fold(run, e.VerificationPolled.model_validate({"at": b.at(1), "target": "t1/a1", **looked}))
    polled = run.verifications["t1/a1"]
    assert (polled.polls, polled.waiting, polled.run_ids, polled.url) == (1, "approval", (4,), "u")
    kept = b.fold(run, b.ended("t1")).verifications["t1/a1"]
    assert (kept.ending, kept.waiting, kept.run_ids, kept.url) == ("green", "", (4,), "u")
    told = b.ended("t1", ending="red").model_copy(update={"run_ids": (5,), "url": "v"})
    new = b.fold(run, told).verifications["t1/a1"]
    assert (new.ending, new.failure, new.run_ids, new.url) == ("red", told.failure, (5,), "v")


@pytest.mark.parametrize("merged", [True, False])
def test_only_a_merge_lands_what_is_done(merged: bool) -> None:
    run = b.fold(_done(), e.PullRequestClosed(at=b.T0, merged=merged))
    assert (run.landed, run.outcome) == (merged, Outcome.DONE)


def test_what_preparing_found_is_the_runs() -> None:
    given = b.prepared(b.config(budget={"minutes": 77}))
    run = b.fold(None, b.run_started(), given)
    told = (run.scans, run.config, run.base_sha, run.lane, run.exposure, run.branches_prefix, run.minutes)
    assert told == (True, given.config, "base", given.lane, given.exposure, "otto", 77)
    assert run.prepared


def test_what_opening_the_pull_request_told_is_the_runs() -> None:
    run = b.planned(PLAN)
    run = b.fold(run, e.PlanPosted(at=b.T0, revision=1, comment_id=5))
    run = run if run.plan_approved_by else b.fold(run, b.said("/otto approve"))
    opened = e.PullRequestOpened(at=b.T0, number=2, node_id="n", head_sha="h", head_tree="t", dispatched_run=8)
    after = b.fold(run, opened)
    told = (after.pull_request, after.pull_request_node, after.head, after.head_tree, after.batch, after.estimated)
    assert told == (2, "n", "h", "t", 1, run.estimate)
    baseline = after.verifications["baseline"]
    assert (baseline.sha, baseline.tree, baseline.pull_request, baseline.dispatched_run) == ("h", "t", 2, 8)


def _review(points: int, **changes: Any) -> Review:
    made = tuple(ReviewPoint(id=n, path=f"a{n}.py", line=n, text=f"do {n}") for n in range(1, points + 1))
    return Review(**{"id": 7, "by": b.ANNA, "body": "All in all.", "points": made, **changes})


def test_a_review_begins_anew_whatever_it_says_of_itself() -> None:
    old = _review(1, state="answered", tasks=("t9",), comment_id=3, answers=4)
    (taken,) = b.fold(_done(), e.ReviewGiven(at=b.at(5), review=old)).reviews
    assert (taken.state, taken.tasks, taken.comment_id, taken.answers) == ("given", (), None, 0)
    assert taken.given_at == b.at(5)


@pytest.mark.parametrize(("points", "mode"), [(0, "single"), (1, "single"), (40, "decomposed")])
def test_the_words_of_a_review_stand_in_its_first_task_alone(points: int, mode: str) -> None:
    made = plan_of(_review(points))
    assert made.mode == mode
    assert ["All in all." in task.goal for task in made.tasks] == [place == 0 for place in range(len(made.tasks))]
    assert points == 0 or plan_of(_review(points, body=" ")).tasks[0].goal.count("\n\n") == 1


def _waiting_plan() -> Run:
    run = b.planned(PLAN, b.config(plan={"approval": "always"}))
    return b.fold(run, e.PlanPosted(at=b.T0, revision=1, comment_id=1))


def test_a_task_left_out_and_brought_back_before_the_work_is_shown_each_time_under_the_next_number() -> None:
    without = b.fold(_waiting_plan(), b.said("/otto skip t2"))
    assert (without.revision, without.plan_revision, b.states(without)["t2"]) == (2, 2, "skipped")
    back = b.fold(without, b.said("/otto retry t2"))
    assert (back.revision, back.plan_revision, b.states(back)["t2"]) == (3, 3, "pending")


def test_whoever_stops_a_run_is_asked_nothing() -> None:
    asked = _waiting_plan()
    assert waits_for(asked) is not None
    assert waits_for(asked.model_copy(update={"outcome": Outcome.CANCELLED})) is None
    hold = Hold(kind="needs_human", number=1, reason="r", since=b.T0)
    assert waits_for(_done().model_copy(update={"hold": hold, "outcome": Outcome.CANCELLED})) is None


def test_a_failure_that_costs_no_attempt_says_nothing_about_the_work() -> None:
    run = b.fold(b.executing(PLAN), *b.to_failed("t1"))
    task = run.task("t1")
    assert task.last is not None
    last = task.last.model_copy(update={"number": 3, "failure": b.failure("t1", 3)})
    free = task.last.model_copy(update={"number": 2, "failure": b.failure("t1", 2, Cause.PROVIDER_ERROR)})
    task = task.model_copy(update={"attempts": (task.last, free, last)})
    assert [one.attempt for one in states_before(run, task)] == [1]


@pytest.mark.parametrize(
    ("order", "wanted"),
    [
        ((("t1",), ("t3",), ("t2",)), (("t1",), ("t3",), ("t2",))),
        ((("t1",), ("t2",), ("t3",)), (("t1",), ("t2",), ("t3",))),
    ],
)
def test_without_another_wish_the_order_stays(order: Any, wanted: Any) -> None:
    run = b.executing(b.plan("t1", "t2", "t3")).model_copy(update={"order": order})
    assert reorder(run).order == wanted


@pytest.mark.parametrize(
    ("line", "seconds", "tested", "reply"),
    [
        ("/otto approve", 0, False, "nothing_to_approve"),
        ("/otto skip j1", 0, False, "still_deciding"),
        ("/otto retry j1", 0, False, "still_deciding"),
        ("/otto skip j2", 0, True, "cannot_skip"),
    ],
)
def test_what_people_say_to_a_round_that_is_not_decided(line: str, seconds: float, tested: bool, reply: str) -> None:
    run = j.built()
    run = j.posted(j.triaged(j.walked(run, "j1"), j.finding("j1"))) if tested else run
    after = b.fold(run, b.said(line, seconds=seconds))
    assert [one.key for one in after.replies[len(run.replies) :]] == [reply]


@pytest.mark.parametrize(
    ("written", "revision", "counts"),
    [(None, None, True), (9, None, False), (10, None, True), (11, None, True), (9, "this", True)],
)
def test_a_plain_yes_counts_only_where_its_writer_could_read_the_round(
    written: float | None, revision: str | None, counts: bool
) -> None:
    run = j.posted(j.triaged(j.walked(j.built(), "j1"), j.finding("j1", "scope")), seconds=10)
    number = run.journeys[-1].revision if revision else None
    command = parse_line(f"/otto approve r{number}" if number else "/otto approve")
    assert isinstance(command, Command)
    given = Given(key="k", command=command, by=b.ANNA, said_at=None if written is None else b.at(written))
    after = steer(run, given, b.at(20))
    assert (after.journeys[-1].state is RoundState.APPROVED) is counts


def test_a_round_is_decided_under_the_next_number() -> None:
    before = j.walked(j.built(), "j1")
    after = j.triaged(before, j.finding("j1"))
    assert after.revision == before.revision + 1 == after.journeys[-1].revision


@pytest.mark.parametrize(("waived", "why"), [((), "every journey passed"), (("j1",), "what fails was taken as it is")])
def test_why_a_round_is_settled(waived: tuple[str, ...], why: str) -> None:
    run = j.built()
    run = run.with_round(run.journeys[-1].model_copy(update={"waived": waived}))
    assert j.walked(run, *waived).journeys[-1].why.startswith(why)


def test_a_run_without_a_plan_to_hold_it_against_certifies_nothing() -> None:
    run = j.walked(j.built())
    assert run.subject is None
    assert certified(run) is Outcome.FAILED


def test_the_comment_of_a_round_shows_a_rest_until_it_is_applied() -> None:
    run = j.posted(j.triaged(j.walked(j.built(), "j1"), j.finding("j1")))
    one = run.journeys[-1]
    held = run.model_copy(update={"hold": Hold(kind="paused", number=5, reason="r", since=b.T0)})
    assert round_digest(held, one) != round_digest(run, one)
    over = one.model_copy(update={"state": RoundState.APPLIED})
    assert round_digest(held, over) == round_digest(run, over)


def test_the_pull_request_shows_what_was_accepted() -> None:
    run = b.fold(b.executing(PLAN), *b.to_failed("t1"))
    task = run.task("t1")
    accepted = run.with_task(task.model_copy(update={"accepted": ("x",)}))
    assert surfaces(accepted)["pull"] != surfaces(run)["pull"]


def test_a_task_left_out_in_a_run_that_rests_lets_the_rest_go_on() -> None:
    run = b.with_state(b.executing(b.plan("t1", b.spec("t2"))), "t1", TaskState.MERGED)
    run = b.with_state(run, "t2", TaskState.ASKED)
    run = run.model_copy(update={"phase": RunPhase.DONE, "outcome": Outcome.NEEDS_HUMAN})
    after = b.fold(run, b.said("/otto skip t2"))
    assert (after.outcome, b.states(after)["t2"]) == (Outcome.DONE_PARTIAL, "skipped")
