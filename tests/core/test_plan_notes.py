"""A plan whose planner broke rules waits for a person, whatever it costs; people decide whether plans wait at all."""

from __future__ import annotations

import pytest
from core_builders import T0, config, fold, plan, planned, prepared, run_started, said

from otto_bot.core import events as e
from otto_bot.core.policy import plan_wait
from otto_bot.core.run import Run

NOTES = ("The planner's answer broke rules: its tasks run one after another.", "scope: t1: Mails does what …")


def made(approval: str, *, unsound: bool = True) -> Run:
    settings = config(plan={"approval": approval}, verify={"exposure": "accept"})
    event = e.PlanMade(at=T0, number=0, plan=plan("t1"), notes=NOTES, unsound=unsound)
    return fold(None, run_started(), prepared(settings), event)


@pytest.mark.parametrize(("approval", "waits"), [("auto", True), ("always", True), ("never", False)])
def test_such_a_plan_waits_unless_no_plan_waits(approval: str, waits: bool) -> None:
    run = made(approval)
    assert run.plan_notes == NOTES
    reasons = wait.reasons if (wait := plan_wait(run)) else ()
    assert any("broke rules" in reason for reason in reasons) is waits
    posted = fold(run, e.PlanPosted(at=T0, revision=1, comment_id=5))
    assert posted.plan_approved_by == ("" if waits else "rule")


def test_a_person_approves_it_like_any_other() -> None:
    posted = fold(made("auto"), e.PlanPosted(at=T0, revision=1, comment_id=5))
    assert fold(posted, said("/otto approve r1")).plan_approved_by == "anna"


def test_a_better_plan_afterwards_takes_the_notes_away() -> None:
    posted = fold(made("auto"), e.PlanPosted(at=T0, revision=1, comment_id=5), said("/otto replan -- smaller"))
    again = fold(posted, e.PlanMade(at=T0, number=posted.plan_number, plan=plan("t1")))
    assert (again.plan_revision, again.plan_notes, plan_wait(again)) == (2, (), None)


def test_notes_of_an_older_otto_hold_nothing_up() -> None:
    """Before, an answer that could not be used was only noted; what went on then goes on in a replay, too."""
    run = made("auto", unsound=False)
    assert (run.plan_notes, plan_wait(run)) == ((), None)


def test_a_plan_without_notes_waits_for_its_other_reasons_only() -> None:
    assert plan_wait(planned(plan("t1"), config(verify={"exposure": "accept"}))) is None
