"""Commands, rests and kinds of runs that meet each other: what each leads to, in the moments in which they do."""

from __future__ import annotations

import pytest
from core_builders import ANNA, T0, at, executing, fold, planned, prepared, run_started, said, spec, started
from core_journeys import applied, built, finding, posted, product, state, triaged, walked

from otto_bot.core import events as e
from otto_bot.core.effects import scheduled
from otto_bot.core.invariants import InvariantBroken, broken, broken_step
from otto_bot.core.journeys import RoundState
from otto_bot.core.plan import Feature, Journey, JourneyStep
from otto_bot.core.plan_growth import MorePlan, grown
from otto_bot.core.reviews import Review
from otto_bot.core.run import Outcome, Run, RunPhase
from otto_bot.core.stale_base import newest
from otto_bot.core.surfaces import surfaces
from otto_bot.core.waits import waits_for


def reviewed() -> Run:
    """A run that was done and has been given a review that no comment has taken up yet."""
    run = applied(posted(walked(built())))
    assert run.ended
    return fold(run, e.ReviewGiven(at=T0, review=Review(id=7, by=ANNA, body="Please.")))


def growing() -> Run:
    """A run whose plan is made anew because a journey needs what was never planned."""
    return applied(posted(triaged(walked(built(), "j1"), finding("j1", "planning"))))


def test_what_a_plan_was_to_grow_by_is_gone_when_it_is_made_anew_once_more() -> None:
    run = growing()
    assert run.plan is not None
    way = Journey(id="j1", title="new way", steps=(JourneyStep(do="a", see="b"),))
    feature = Feature(id="f1", name="n", asked="asked")
    more = MorePlan(tasks=(spec("t1"),), journeys=(way,), features=(feature,), assumptions=("a",))
    grew = fold(run, e.PlanMade(at=T0, number=1, plan=grown(run.plan, more, ["t3"])))
    assert (grew.phase, list(grew.tasks)) == (RunPhase.PLAN_REVIEW, ["t1", "t2", "t3"])

    anew = fold(grew, said("/otto replan -- smaller"))
    assert (anew.phase, list(anew.tasks), anew.plan) == (RunPhase.PLANNING, ["t1", "t2"], run.plan)


def test_the_status_tells_of_money_that_was_allowed_before_the_repository_was_read() -> None:
    run = fold(None, run_started(), said("/otto budget +1"))

    assert surfaces(run)["status"] != surfaces(fold(run, prepared()))["status"]


def test_the_status_tells_at_once_which_plan_is_to_be_approved() -> None:
    run = planned(product())
    again = fold(run, said("/otto skip t1"))

    assert surfaces(run)["status"] != surfaces(again.with_task(run.task("t1")))["status"]


def test_the_pull_request_tells_how_its_journeys_stand_and_who_is_waited_for() -> None:
    stages = [built(), walked(built(), "j1"), triaged(walked(built(), "j1"), finding("j1", "scope"))]
    stages += [posted(stages[-1]), fold(posted(stages[-1]), said("/otto pause"))]

    assert len({surfaces(run)["pull"] for run in stages}) == len(stages)
    assert len({surfaces(run)["check/run"] for run in stages}) == len(stages)


POSTED = e.ReviewPosted(at=at(5), review=7, comment_id=57)


def test_a_run_that_was_done_is_paused_before_its_review_is_worked_on() -> None:
    run = fold(reviewed(), said("/otto pause"), POSTED)

    assert (run.phase, run.outcome, [one.key for one in run.replies]) == (RunPhase.DONE, Outcome.DONE, [])
    run = fold(run, said("/otto resume", seconds=60))
    assert (run.phase, run.outcome, list(run.tasks)) == (RunPhase.EXECUTING, None, ["t1", "t2", "t3"])


def test_a_run_that_was_done_is_stopped_before_its_review_is_worked_on() -> None:
    run = fold(reviewed(), said("/otto stop"), POSTED)

    assert (run.phase, run.outcome, run.ended, list(run.tasks)) == (
        RunPhase.DONE,
        Outcome.CANCELLED,
        True,
        ["t1", "t2"],
    )
    assert [effect.key for effect in scheduled(run) if "answer-review" in effect.key]


@pytest.mark.parametrize("outcome", [Outcome.DONE, Outcome.DONE_PARTIAL])
def test_a_review_that_cannot_be_taken_up_calls_a_person_whose_word_tries_again(outcome: Outcome) -> None:
    run = reviewed().model_copy(update={"outcome": outcome})
    run = fold(run, e.EffectFailed(at=T0, key="run/1/review/7", kind="forbidden", message="no right to write"))

    wait = waits_for(run)
    assert wait is not None
    assert (wait.question, wait.reply) == ("no right to write", "/otto resume")
    assert "run/1/review/7" not in [effect.key for effect in scheduled(run)]
    run = fold(run, said(wait.reply, seconds=60))
    assert "run/1/review/7" in [effect.key for effect in scheduled(run)]


@pytest.mark.parametrize("kind", ["scope", "implementation"])
def test_a_yes_to_a_round_that_is_paused_is_carried_out(kind: str) -> None:
    run = posted(triaged(walked(built(), "j1"), finding("j1", kind)))
    run = fold(run, said("/otto pause"), said(f"/otto approve r{run.journeys[-1].revision}", seconds=60))

    assert (run.hold, state(run)) == (None, "approved")
    assert [effect.key for effect in scheduled(run) if "apply-journeys" in effect.key]
    assert applied(run, 60).journeys[-1].state.value == "applied"


@pytest.mark.parametrize("words", ["/otto retry", "/otto retry j1 -- so", "/otto replan -- more", "/otto skip j1"])
def test_a_run_that_only_certifies_refuses_what_would_change_something(words: str) -> None:
    run = walked(fold(None, run_started(kind="certify", subject=product()), prepared()), "j1")
    asked = fold(run, said(words))

    assert ([one.key for one in asked.replies], asked.journeys) == (["only_certifies"], run.journeys)
    over = applied(posted(asked))
    assert (over.phase, over.outcome, over.plan_number) == (RunPhase.DONE, Outcome.FAILED, 0)


def fixing() -> Run:
    return applied(posted(triaged(walked(built(), "j1"), finding("j1"))))


WRONG = [
    ({"posted_revision": -1}, "t3 was added without a posted comment"),
    ({"comment_id": None}, "t3 was added without a posted comment"),
]


@pytest.mark.parametrize(("changes", "why"), WRONG)
def test_what_mends_a_journey_starts_only_where_its_round_stands_as_it_was_applied(
    changes: dict[str, object], why: str
) -> None:
    run = fixing()
    base = {"asked": newest(run), "base_sha": newest(run), "sha": run.head, "tree": run.head_tree}
    run = fold(run, e.BaseTaken.model_validate({"at": T0, **base}))
    wrong = run.with_round(run.journeys[-1].model_copy(update=changes))

    with pytest.raises(InvariantBroken, match=why):
        fold(wrong, started("t3"))


def test_nothing_of_a_round_changes_after_it_and_it_is_carried_out_only_as_posted() -> None:
    before, after = posted(triaged(walked(built(), "j1"), finding("j1"))), fixing()
    one = after.journeys[-1]

    assert broken_step(before, after) == ()
    unposted = after.with_round(one.model_copy(update={"posted_revision": 1}))
    assert broken_step(before, unposted) == (f"1: round 1 is carried out and not posted as r{one.revision}",)
    changed = after.with_round(one.model_copy(update={"waived": ("j1",)}))
    assert broken_step(after, changed) == ("1: round 1 changed after it was applied",)
    again = fold(growing(), said("/otto status"))
    silent = again.with_round(again.journeys[-1].model_copy(update={"comment_id": None}))
    assert "1: the plan is made anew for journeys without a posted decision" in broken_step(before, silent)


def test_no_task_starts_before_its_plan_has_a_yes() -> None:
    run = executing(product())
    begun = fold(run, started("t1"))

    assert broken_step(run, begun) == ()
    for changes in ({"plan_approved_by": ""}, {"plan_posted": 0}):
        why = ("1: t1 starts before its plan is posted and has its yes",)
        assert broken_step(run, begun.model_copy(update=changes)) == why


def test_rounds_are_bounded_and_certifying_has_no_work() -> None:
    run = built()
    more = tuple(run.journeys[0].model_copy(update={"number": n, "state": RoundState.APPLIED}) for n in range(1, 5))

    assert broken(run) == ()
    assert "10: 4 rounds of journeys" in broken(run.model_copy(update={"journeys": more}))
    assert "10: the plan was made anew 2 times for its journeys" in broken(
        run.model_copy(update={"journey_replans": 2})
    )
    assert "1: round 1 is open beside another" in broken(run.model_copy(update={"journeys": run.journeys * 2}))
    assert "1: a run that only certifies has work of its own" in broken(run.model_copy(update={"kind": "certify"}))
