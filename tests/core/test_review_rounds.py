"""A review enters a run at any moment, disturbs nothing that is under way, becomes tasks, and is answered once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import core_builders as b
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otto_bot.core import events as e
from otto_bot.core.effects import EffectKind, due, scheduled
from otto_bot.core.invariants import broken
from otto_bot.core.journeys import JourneyRound, Next, RoundState
from otto_bot.core.plan import problems
from otto_bot.core.review_rounds import asked_of, before_the_word, last_asked, meant_since, starts_at_once
from otto_bot.core.reviews import (
    POINTS_A_TASK,
    Review,
    ReviewPoint,
    body_criterion,
    criterion_of,
    plan_of,
    points_of,
    tasks_of,
)
from otto_bot.core.run import Kind, Outcome, Run, RunPhase
from otto_bot.core.stale_base import contained, newest
from otto_bot.core.surfaces import surfaces

GITHUB = b.T0 - timedelta(minutes=3)


def point(number: int, **changes: Any) -> ReviewPoint:
    return ReviewPoint(
        **{"id": 100 + number, "path": f"a{number}.py", "line": number, "text": f"do {number}", **changes}
    )


def review(points: int = 2, number: int = 7, **changes: Any) -> Review:
    made = tuple(point(place) for place in range(1, points + 1))
    return Review(**{"id": number, "by": b.ANNA, "body": "All in all.", "points": made, **changes})


def given_(number: int = 7, **changes: Any) -> e.ReviewGiven:
    return e.ReviewGiven(at=b.T0, review=review(number=number, **changes))


def posted(number: int = 7) -> e.ReviewPosted:
    return e.ReviewPosted(at=b.T0, review=number, comment_id=50 + number)


def answered(number: int = 7) -> e.ReviewAnswered:
    return e.ReviewAnswered(at=b.T0, review=number)


def kinds(run: Run) -> list[EffectKind]:
    wanted = (EffectKind.POST_REVIEW, EffectKind.ANSWER_REVIEW)
    return [effect.kind for effect in due(run, b.at(10)) if effect.kind in wanted]


def executing(**settings: Any) -> Run:
    return b.executing(b.plan("t1", "t2", apart=[("t1", "t2")]), b.config(journeys={"enabled": False}, **settings))


def looked(run: Run) -> Run:
    """The default branch is looked at before a batch begins; it has not moved."""
    if not any(effect.kind is EffectKind.TAKE_BASE for effect in scheduled(run)):
        return run
    same = e.BaseTaken(at=b.T0, asked=newest(run), base_sha=contained(run), sha=run.head, tree=run.head_tree)
    return b.fold(run, same)


def merged(run: Run, key: str) -> Run:
    return b.merge_all(b.fold(looked(run), *b.to_verified(key)), f"m-{key}")


def done() -> Run:
    run = merged(merged(executing(), "t1"), "t2")
    assert run.outcome is Outcome.DONE
    return run


def test_a_review_of_what_is_done_becomes_the_next_task() -> None:
    run = b.fold(done(), given_())
    assert (kinds(run), run.outcome, run.reviewed) == ([EffectKind.POST_REVIEW], Outcome.DONE, True)
    assert starts_at_once(run)

    run = b.fold(run, posted())
    assert (run.phase, run.outcome, run.order, run.batch) == (RunPhase.EXECUTING, None, (("t3",),), 3)
    assert (run.reviews[0].state, run.reviews[0].tasks, run.tasks["t3"].origin) == ("working", ("t3",), "review")
    assert run.plan is not None
    assert [c.text for c in run.plan.task("t3").criteria] == [
        "The review's comment on a1.py:1 is dealt with: do 1", "The review's comment on a2.py:2 is dealt with: do 2",
        "What the review asks for as a whole is dealt with: All in all.",
    ]  # fmt: skip
    assert kinds(run) == []

    run = merged(run, "t3")
    assert (run.outcome, kinds(run)) == (Outcome.DONE, [EffectKind.ANSWER_REVIEW])
    run = b.fold(run, answered())
    assert (run.reviews[0].state, kinds(run), run.reviewed) == ("answered", [], False)


def test_before_its_comment_stands_nothing_is_coded() -> None:
    run = b.fold(done(), given_())
    assert [x.kind for x in scheduled(run) if x.kind is EffectKind.CODE] == []
    assert sorted(run.tasks) == ["t1", "t2"]


MOMENTS: dict[str, Callable[[], Run]] = {
    "in the middle of a batch": lambda: b.fold(executing(), *b.to_verifying("t1")),
    "while a batch is put together": lambda: b.fold(executing(), *b.to_verified("t1")),
    "at a gate": lambda: b.fold(executing(), *b.to_failed("t1"), e.GateOpened(at=b.T0, gate=1)),
    "while a retry plan waits": lambda: b.posted(b.gate(b.fold(executing(), *b.to_failed("t1")), {"t1": "retry"})),
    "between batches": lambda: merged(executing(), "t1"),
    "while paused": lambda: b.fold(executing(), b.said("/otto pause")),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_it_waits_until_nothing_is_under_way(moment: str) -> None:
    before = MOMENTS[moment]()
    run = b.fold(before, given_(), posted())

    assert (run.phase, run.gate, b.states(run)) == (before.phase, before.gate, b.states(before))
    assert [r.state for r in run.reviews] == ["posted"]
    assert not starts_at_once(before)


def test_what_waited_comes_when_the_last_batch_is_through() -> None:
    run = b.fold(executing(), *b.to_verifying("t1"), given_(), posted())
    run = b.merge_all(b.fold(run, b.ended("t1"), b.judged("t1")), "m-t1")
    assert sorted(run.tasks) == ["t1", "t2"]
    run = merged(run, "t2")
    assert (run.current, run.reviews[0].state, run.outcome) == (("t3",), "working", None)


def test_at_a_gate_what_was_planned_comes_first() -> None:
    run = b.posted(b.gate(b.fold(executing(), *b.to_failed("t1")), {"t1": "ask"}, [["t2"]]))
    run = merged(b.applied(b.fold(run, given_(), posted(), b.said("/otto approve"))), "t2")
    assert (b.states(run)["t1"], run.current) == ("asked", ("t3",))


def test_while_paused_nothing_starts_and_after_it_everything() -> None:
    run = b.fold(done(), given_(), posted(), b.said("/otto pause"))
    assert run.hold is not None
    run = b.fold(run, given_(number=8), posted(8))
    assert not [x for x in scheduled(run) if x.kind is EffectKind.CODE]
    run = looked(b.fold(run, b.said("/otto resume")))
    assert [x.task for x in scheduled(run) if x.kind is EffectKind.CODE] == ["t3"]
    assert run.reviews[1].state == "posted"


def test_a_question_that_waits_is_no_obstacle() -> None:
    asked = b.posted(b.gate(b.fold(executing(), *b.to_failed("t1")), {"t1": "ask"}, [["t2"]]))
    run = b.applied(b.fold(asked, b.said("/otto approve")))
    run = merged(run, "t2")
    assert run.outcome is Outcome.NEEDS_HUMAN
    run = b.fold(run, given_(), posted())
    assert (run.current, run.outcome, b.states(run)["t1"]) == (("t3",), None, "asked")


def test_journeys_under_way_are_not_disturbed_and_a_question_of_theirs_is_overtaken() -> None:
    run = done()
    one = JourneyRound(number=1, head=run.head)
    testing = run.model_copy(update={"phase": RunPhase.JOURNEYS, "outcome": None, "journeys": (one,)})
    after = b.fold(testing, given_(), posted())
    assert (after.phase, sorted(after.tasks)) == (RunPhase.JOURNEYS, ["t1", "t2"])

    asks = {"state": RoundState.POSTED, "next": Next.ASK, "revision": 2, "posted_revision": 2, "comment_id": 9}
    waiting = testing.with_round(one.model_copy(update=asks))
    after = b.fold(waiting, given_(), posted())
    assert (after.phase, after.journeys[0].why) == (RunPhase.EXECUTING, "a review came first")
    assert after.journey_grants == 1


def test_twice_is_once() -> None:
    run = b.fold(done(), given_(), given_(), posted(), posted())
    assert b.fold(run, given_(), posted()) == run
    assert [r.id for r in run.reviews] == [7]
    assert sorted(run.tasks) == ["t1", "t2", "t3"]


def test_two_reviews_are_worked_on_one_after_the_other_in_the_order_they_came() -> None:
    run = b.fold(done(), given_(), given_(number=8), posted(), posted(8))
    assert [(r.state, r.tasks) for r in run.reviews] == [("working", ("t3",)), ("posted", ())]
    run = merged(run, "t3")
    assert [(r.state, r.tasks) for r in run.reviews] == [("working", ("t3",)), ("working", ("t4",))]


@pytest.mark.parametrize(
    "over",
    [
        lambda: b.fold(done(), e.PullRequestClosed(at=b.T0, merged=True)),
        lambda: b.fold(executing(), e.PullRequestClosed(at=b.T0, merged=True)),
        lambda: b.fold(executing(), b.said("/otto stop")),
        lambda: b.planned(b.plan("t1")),
    ],
)
def test_what_is_over_or_has_no_pull_request_takes_nothing_up(over: Callable[[], Run]) -> None:
    run = over()
    assert b.fold(run, given_()) == run


def test_one_that_says_nothing_changes_nothing() -> None:
    assert b.fold(done(), given_(points=0, body=" \n")) == done()


@pytest.mark.parametrize("end", [b.said("/otto stop"), e.PullRequestClosed(at=b.T0, merged=True)])
@pytest.mark.parametrize("begun", [(), (posted(),)])
def test_a_run_that_ends_first_still_answers(end: e.RunEvent, begun: Sequence[e.RunEvent]) -> None:
    run = b.fold(executing(), given_(), *begun, end)
    assert (kinds(run), run.reviewed) == ([EffectKind.ANSWER_REVIEW], False)
    run = b.fold(run, answered())
    assert (kinds(run), run.reviews[0].state) == ([], "answered")


def test_a_task_left_out_is_answered_and_brought_back_is_answered_again() -> None:
    run = b.fold(done(), given_(), posted(), b.said("/otto skip t3"))
    assert kinds(run) == [EffectKind.ANSWER_REVIEW]
    first = next(x.key for x in scheduled(run) if x.kind is EffectKind.ANSWER_REVIEW)
    run = b.applied(b.posted(b.fold(run, answered(), b.said("/otto retry t3"))))
    assert (run.reviews[0].state, kinds(run), b.states(run)["t3"]) == ("working", [], "reopened")
    run = merged(run, "t3")
    again = next(x.key for x in scheduled(run) if x.kind is EffectKind.ANSWER_REVIEW)
    assert (again != first, b.fold(run, answered()).reviews[0].answers) == (True, 2)


def test_merged_after_it_was_done_ends_it_for_good() -> None:
    run = b.fold(done(), e.PullRequestClosed(at=b.T0, merged=True))
    assert (run.landed, run.outcome, run.ended) == (True, Outcome.DONE, True)


def test_the_status_comment_changes_with_a_review() -> None:
    run = done()
    shown = [surfaces(x)["status"] for x in (run, b.fold(run, given_()), b.fold(run, given_(), posted()))]
    assert len(set(shown)) == 3


def test_forty_comments_are_a_chain_of_three_tasks() -> None:
    long = review(points=40)
    plan = plan_of(long)
    assert [len(task.criteria) for task in plan.tasks] == [20, 19, 2]
    assert [task.depends_on for task in plan.tasks] == [(), ("t1",), ("t2",)]
    assert problems(plan, max_tasks=3) == ()
    run = b.fold(done(), e.ReviewGiven(at=b.T0, review=long), posted())
    assert run.order == (("t3",), ("t4",), ("t5",))
    taken = run.reviews[0]
    assert body_criterion(taken) == ("t3", "c20")
    assert [criterion_of(taken, p) for p in (long.points[0], long.points[19], long.points[39])] == [
        ("t3", "c1"), ("t4", "c1"), ("t5", "c2"),
    ]  # fmt: skip
    assert [len(asked_of(run, key)[1]) for key in taken.tasks] == [19, 19, 2]
    assert [asked_of(run, key)[0] for key in (*taken.tasks, "t1")] == ["All in all.", "", "", ""]
    assert broken(run) == ()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 60), st.text(max_size=3000), st.text(min_size=1, max_size=4000))
def test_any_review_is_a_valid_plan_in_which_each_comment_has_its_criterion(n: int, body: str, text: str) -> None:
    points = tuple(point(number, text=text) for number in range(1, n + 1))
    found = Review(id=1, by=b.ANNA, body=body, points=points)
    if found.empty:
        return
    specs = tasks_of(found, [f"t{number}" for number in range(1, 5)])
    taken = found.model_copy(update={"tasks": tuple(spec.key for spec in specs)})
    by_key = {spec.key: {c.id for c in spec.criteria} for spec in specs}
    for one in points:
        where = criterion_of(taken, one)
        assert where is not None
        assert where[1] in by_key[where[0]]
    assert sum(len(points_of(taken, spec.key)) for spec in specs) == n
    assert all(len(points_of(taken, spec.key)) <= POINTS_A_TASK for spec in specs)


def test_a_run_that_only_improves_has_the_review_as_its_plan() -> None:
    run = b.fold(None, b.run_started(kind="improve", review=review(points=40)))
    assert scheduled(run)  # its tasks come with its plan: nothing is looked up before
    run = b.fold(run, b.prepared())
    assert (run.phase, sorted(run.tasks)) == (RunPhase.PLAN_REVIEW, ["t1", "t2", "t3"])
    assert (run.reviews[0].state, run.reviews[0].tasks) == ("working", ("t1", "t2", "t3"))
    assert not [x for x in scheduled(run) if x.kind in (EffectKind.PLAN, EffectKind.ANSWER_REVIEW)]


@pytest.mark.parametrize(
    ("kind", "said", "seconds", "before"),
    [("improve", 0, 0, True), ("improve", 0, -9, True), ("improve", 0, 1, False), ("improve", None, -9, False),
     ("build", 0, -9, False)],
)  # fmt: skip
def test_what_was_so_before_the_word_that_asked_for_a_run(
    kind: Kind, said: int | None, seconds: int, before: bool
) -> None:
    """By GitHub's clock, of whole seconds: the host's may go wrong by more than lies between the two."""
    word = None if said is None else GITHUB + timedelta(seconds=said)
    run = b.fold(None, b.run_started(kind=kind, review=review(), asked_at=word))
    assert before_the_word(run, GITHUB + timedelta(seconds=seconds)) is before
    assert last_asked(run, b.T0) == (GITHUB if kind == "improve" and word is not None else b.T0)


@pytest.mark.parametrize(
    ("asked", "seconds", "by_github"),
    [(True, 0, False), (True, -60, False), (True, -61, True), (False, -61, False), (True, 3600, False)],
)
def test_a_run_that_began_by_a_clock_that_was_ahead_hears_from_when_it_was_asked_for(
    asked: bool, seconds: int, by_github: bool
) -> None:
    run = b.fold(None, b.run_started(asked_at=GITHUB if asked else None))
    now = b.T0 + timedelta(seconds=seconds)
    assert meant_since(run, now) == last_asked(run, now) == (GITHUB if by_github else b.T0)


def test_a_run_that_only_improves_has_no_other_plan_and_does_not_care_for_the_issue() -> None:
    run = b.fold(None, b.run_started(kind="improve", review=review()), b.prepared())
    again = b.fold(run, b.said("/otto replan -- bigger"))
    assert ([r.key for r in again.replies], again.plan, again.phase) == (["replan_review"], run.plan, run.phase)
    edited = e.IssueEdited(at=b.T0, by="anna", title_changed=True, digest="other")
    assert b.fold(run, edited) == run
