"""Edits of the issue: what was given to the run stays, its plan waits for a person, and only a new plan reads again."""

from datetime import timedelta

import pytest
from core_builders import ANNA, T0, config, executing, fold, plan, planned, prepared, run_started, said, started

from otto_bot.core import events as e
from otto_bot.core.edits import edited, news, stale
from otto_bot.core.effects import EffectKind, scheduled
from otto_bot.core.estimate_values import Estimate
from otto_bot.core.issue import MOST_EDITS, MOST_TURNS, IssueText, digest_of
from otto_bot.core.policy import plan_wait
from otto_bot.core.run import Run, RunPhase
from otto_bot.core.surfaces import PLAN as PLAN_COMMENT
from otto_bot.core.surfaces import STATUS, surfaces
from otto_bot.core.waits import waits_for

PLAN = plan("t1")
WAYS = ("auto", "always", "never")


def edit(run: Run, title: str = "T", body: str = "B", by: str = "bob", seconds: float = 0) -> Run:
    """Someone makes the issue read like this; what the run knows already is no event."""
    event = news(run, IssueText(title=title, body=body, as_of=T0 + timedelta(seconds=seconds)), by, T0)
    return run if event is None else fold(run, event)


def post(run: Run) -> Run:
    return fold(run, e.PlanPosted(at=T0, revision=run.plan_revision, comment_id=5))


def replan(text: IssueText | None, line: str = "/otto replan") -> e.CommandGiven:
    event = said(line)
    return event.model_copy(update={"given": event.given.model_copy(update={"issue": text})})


def shown(approval: str = "auto") -> Run:
    return post(planned(PLAN, config(plan={"approval": approval})))


@pytest.mark.parametrize("approval", WAYS)
def test_an_edit_after_planning_is_a_new_revision_that_waits(approval: str) -> None:
    run = edit(shown(approval), body="B and more")
    assert (run.phase, run.revision, run.plan_revision, run.plan_approved_by) == (RunPhase.PLAN_REVIEW, 2, 2, "")
    assert (run.plan, run.title, run.body) == (PLAN, "T", "B")
    assert [effect.key for effect in scheduled(run) if effect.kind is EffectKind.POST_PLAN] == ["run/1/post-plan/r2"]

    run = post(run)
    wait = waits_for(run)
    assert wait is not None
    assert (wait.reply, run.plan_approved_by) == ("/otto approve r2", "")
    assert "edited" in wait.question
    assert "`/otto replan`" in wait.question

    refused = fold(run, said("/otto approve r1"))
    assert [(reply.key, reply.detail) for reply in refused.replies] == [("stale_revision", "r2")]
    assert refused.plan_approved_by == ""
    run = fold(run, said("/otto approve r2"))
    assert (run.plan_approved_by, stale(run), edited(run) is not None) == ("anna", None, True)
    assert [effect.kind for effect in scheduled(run) if effect.kind is EffectKind.OPEN_PULL_REQUEST]


def test_an_edit_of_a_plan_that_is_being_posted_is_a_new_revision_too() -> None:
    run = edit(planned(PLAN), title="Other")
    late = fold(run, e.PlanPosted(at=T0, revision=1, comment_id=5))
    assert (late.plan_posted, late.plan_approved_by) == (0, "")
    assert post(late).plan_approved_by == ""


@pytest.mark.parametrize("approval", WAYS)
def test_an_edit_during_planning_makes_the_plan_stale_from_the_start(approval: str) -> None:
    run = edit(fold(None, run_started(), prepared(config(plan={"approval": approval}))), body="other")
    assert stale(run) is not None
    run = post(fold(run, e.PlanMade(at=T0, number=0, plan=PLAN)))
    assert (run.plan_revision, run.plan_approved_by) == (1, "")
    assert waits_for(run) is not None


@pytest.mark.parametrize("approval", ["auto", "never"])
def test_an_edit_back_takes_it_away_under_a_new_number(approval: str) -> None:
    run = edit(post(edit(shown(approval), body="other")), body="B\r\n")
    assert (edited(run), run.plan_revision) == (None, 3)
    assert post(run).plan_approved_by == "rule"


def test_the_same_text_is_no_edit_and_a_further_edit_no_further_question() -> None:
    run = shown("always")
    assert edit(run) is run
    run = edit(run, body="other")
    assert news(run, IssueText(title="T", body="other"), "bob", T0) is None
    again = edit(run, title="Else", body="third", by="eve")
    seen = edited(again)
    assert again.plan_revision == 2
    assert seen is not None
    assert (seen.by, seen.title_changed, seen.body_changed) == (("bob", "eve"), True, True)
    assert surfaces(again)[STATUS] != surfaces(run)[STATUS]


def test_news_that_come_late_change_nothing() -> None:
    run = edit(shown(), body="newest", seconds=9)
    old = e.IssueEdited(at=T0, by="bob", body_changed=True, digest=digest_of("T", "older"), as_of=T0)
    assert fold(run, old) is run
    assert edit(run, body="older", seconds=5) is run


def test_the_editors_that_are_remembered_have_an_end() -> None:
    run = shown("always")
    for number in range(9):
        run = edit(run, body=f"other {number}", by=f"p{number}", seconds=number)
    seen = edited(run)
    assert seen is not None
    assert seen.by == ("p4", "p5", "p6", "p7", "p8")


def test_edits_to_and_fro_come_to_an_end() -> None:
    """Whoever can edit the issue could make Otto write for ever: from the third turn on the plan waits for a person."""
    run = shown("never")
    for number in range(40):
        run = post(edit(run, body="B" if number % 2 else "other", seconds=number))
    assert (run.plan_revision, run.issue_seen.turns if run.issue_seen else 0) == (4, MOST_TURNS)
    assert stale(run) is not None
    run = fold(run, replan(IssueText(title="T", body="B", as_of=T0 + timedelta(seconds=99))))
    assert (run.phase, edited(run)) == (RunPhase.PLANNING, None), "a person's word begins anew"


def test_edits_that_a_run_is_told_come_to_an_end() -> None:
    run = shown("always")
    for number in range(MOST_EDITS + 5):
        run = edit(run, body=f"other {number}", seconds=number)
    seen = edited(run)
    assert seen is not None
    assert (seen.edits, seen.digest) == (MOST_EDITS, digest_of("T", f"other {MOST_EDITS - 1}"))


def test_a_plan_that_a_person_approved_goes_on() -> None:
    run = edit(fold(shown("always"), said("/otto approve r1")), body="other")
    assert (run.plan_revision, run.plan_approved_by, stale(run)) == (1, "anna", None)
    assert edited(run) is not None


def test_after_the_work_began_it_goes_on_and_the_status_says_so() -> None:
    before = fold(executing(PLAN), started("t1"))
    run = edit(before, title="Other")
    assert (run.revision, run.phase, run.tasks, run.title) == (before.revision, before.phase, before.tasks, "T")
    assert {k for k, v in surfaces(run).items() if surfaces(before).get(k) != v} == {STATUS}
    assert waits_for(run) is None


def test_a_run_that_is_over_hears_of_no_edit() -> None:
    run = fold(shown(), said("/otto stop"))
    assert edit(run, body="other") is run
    assert fold(run, e.IssueEdited(at=T0, digest="d")) is run


@pytest.mark.parametrize("when", ["planning", "waiting", "stale"])
def test_a_new_plan_is_of_the_issue_as_it_stood_when_it_was_asked_for(when: str) -> None:
    run = fold(None, run_started(), prepared()) if when == "planning" else shown("always")
    run = edit(run, body="new words") if when == "stale" else run
    run = fold(run, replan(IssueText(title="T2", body="new words", as_of=T0), "/otto replan -- and short"))
    assert (run.title, run.body, run.plan_guidance, run.phase) == ("T2", "new words", "and short", RunPhase.PLANNING)
    assert (edited(run), run.plan_number) == (None, 1)
    run = post(fold(run, e.PlanMade(at=T0, number=1, plan=PLAN)))
    assert stale(run) is None


def test_an_edit_after_the_word_stands_against_the_new_text() -> None:
    run = edit(shown(), body="second", seconds=8)
    run = fold(run, replan(IssueText(title="T", body="first", as_of=T0)))
    assert run.body == "first"
    assert stale(run) is not None
    back = edit(run, body="first", seconds=9)
    assert edited(back) is None


def test_a_command_without_the_issue_plans_the_old_text_and_keeps_the_edit() -> None:
    run = fold(edit(shown(), body="other"), said("/otto replan"))
    assert (run.body, run.phase) == ("B", RunPhase.PLANNING)
    assert stale(run) is not None


def test_after_the_work_began_nothing_is_read_again() -> None:
    run = fold(executing(PLAN), replan(IssueText(title="T2", body="new", as_of=T0)))
    assert (run.title, run.body, [reply.key for reply in run.replies]) == ("T", "B", ["replan_too_late"])


def test_a_plan_made_anew_in_mid_run_is_of_the_old_text_too_and_can_be_read_again() -> None:
    """The pull request is open; the journeys asked for more tasks while the issue had been edited."""
    run = edit(executing(PLAN), body="other")
    run = run.model_copy(update={"phase": RunPhase.PLANNING, "plan_number": 1, "plan_approved_by": ""})
    more = plan("t1", "t2")
    found = Estimate(low=1, high=2)
    run = post(fold(run, e.PlanMade(at=T0, number=1, plan=more, estimate=found)))
    assert (run.phase, run.plan_approved_by, run.estimate, run.estimated) == (RunPhase.PLAN_REVIEW, "", found, None)
    assert waits_for(run) is not None
    assert fold(run, said("/otto approve r2")).phase is RunPhase.EXECUTING
    again = fold(run, replan(IssueText(title="T", body="other", as_of=T0 + timedelta(seconds=9))))
    assert (again.phase, again.body, edited(again)) == (RunPhase.PLANNING, "other", None)
    back = post(edit(run, body="B", seconds=9))
    assert (back.phase, back.plan_approved_by) == (RunPhase.EXECUTING, "rule")


def test_only_a_plan_is_approved_and_stays_so() -> None:
    """`/otto plan`, an edit, and the yes that turns it into work on the text as it was."""
    run = post(planned(PLAN, plan_only=True))
    run = post(edit(run, body="other"))
    wait = plan_wait(run)
    assert wait is not None
    assert len(wait.reasons) == 2
    run = fold(run, said("/otto approve r2"))
    assert (run.plan_only, run.plan_approved_by, run.body) == (False, ANNA.login, "B")


@pytest.mark.parametrize(
    ("cost", "tasks", "said_so"),
    [(4.99, 2, []), (5.0, 2, []), (5.01, 2, ["up to $5.01"]), (1, 3, ["3 tasks"]), (9, 3, ["up to $9.00", "3 tasks"])],
)
def test_auto_is_small_and_cheap(cost: float, tasks: int, said_so: list[str]) -> None:
    made = plan(*(f"t{n}" for n in range(1, tasks + 1)))
    settings = config(plan={"auto_if_under_usd": 5, "max_tasks": 2})
    begun = fold(None, run_started(), prepared(settings))
    run = fold(begun, e.PlanMade(at=T0, number=0, plan=made, estimate=Estimate(low=0.5, high=cost)))
    wait = plan_wait(run)
    reasons = wait.reasons if wait is not None else ()
    assert len(reasons) == len(said_so)
    assert all(word in reason for word, reason in zip(said_so, reasons, strict=True))


def test_the_comment_of_a_plan_that_a_person_approved_is_written_once_more() -> None:
    """Until then each revision is a posting of its own, and where a rule said yes it never asked."""
    waiting = shown("always")
    assert PLAN_COMMENT not in surfaces(waiting)
    assert PLAN_COMMENT not in surfaces(shown())
    approved = fold(waiting, said("/otto approve r1"))
    keys = [effect.target for effect in scheduled(approved) if effect.kind is EffectKind.SHOW]
    assert PLAN_COMMENT in keys
    shows = e.Published(at=T0, surface=PLAN_COMMENT, digest=surfaces(approved)[PLAN_COMMENT], github_id=5)
    after = fold(approved, shows)
    assert PLAN_COMMENT not in [effect.target for effect in scheduled(after)]
    assert PLAN_COMMENT not in surfaces(fold(approved, said("/otto stop")))
