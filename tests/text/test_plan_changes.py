"""What is offered to change a plan would work: of a review, of what only certifies, of what grew in mid-run."""

from __future__ import annotations

import core_journeys as made
import pytest
from core_builders import ANNA, T0, fold, prepared, run_started, said, spec

from otto_bot.core import events as e
from otto_bot.core.config import Config, PlanConfig
from otto_bot.core.reviews import Review, ReviewPoint
from otto_bot.core.run import Run
from otto_bot.core.waits import waits_for
from otto_bot.text.edited import edited_in_status
from otto_bot.text.links import Links
from otto_bot.text.plan import plan_comment
from otto_bot.text.reply import reply_comment
from otto_bot.text.status import next_step, status_comment
from otto_bot.text.words import phase_words

REVIEW = Review(id=9, by=ANNA, body="All in all.", points=(ReviewPoint(id=1, path="a.py", line=1, text="Name it."),))
ALWAYS = Config(plan=PlanConfig(approval="always"))


def improving(config: Config | None = None) -> Run:
    """A run whose plan is a review."""
    return fold(None, run_started(kind="improve", review=REVIEW), prepared(config))


def certifying() -> Run:
    return fold(None, run_started(kind="certify", subject=made.product()), prepared())


def grown(config: Config | None = None) -> Run:
    """Journeys showed that something is missing; the plan that brings it is not posted yet."""
    run = made.failed_round(made.built(config), "j1", kind="planning")
    assert run.plan is not None
    plan = run.plan.model_copy(update={"tasks": (*run.plan.tasks, spec("t3"))})
    return fold(run, e.PlanMade(at=T0, number=run.plan_number, plan=plan))


@pytest.mark.parametrize("config", [None, ALWAYS])
def test_a_plan_that_is_a_review_offers_no_other_plan(config: Config | None, links: Links) -> None:
    run = improving(config)
    refused = fold(run, said("/otto replan -- other"))
    assert refused.replies[-1].key == "replan_review"
    assert "/otto replan" not in reply_comment(refused, refused.replies[-1], links)
    again = fold(run, said("/otto plan"))
    for body in (
        plan_comment(run, links),
        status_comment(run, links, T0),
        reply_comment(again, again.replies[-1], links),
    ):
        assert "/otto replan" not in body
    assert "`/otto skip t1`" in plan_comment(run, links)
    assert not fold(run, said("/otto skip t1")).replies


def test_what_only_certifies_has_no_plan_to_change(links: Links) -> None:
    run = fold(certifying(), said("/otto plan"))
    assert "/otto replan" not in reply_comment(run, run.replies[-1], links)
    edited = {"by": "eve", "title_changed": True, "body_changed": False, "digest": "other"}
    run = fold(run, e.IssueEdited.model_validate({"at": T0, **edited}))
    assert edited_in_status(run).endswith("The default branch is held against the plan of the text as it was.")
    fresh = fold(None, run_started(kind="certify"), prepared(), e.IssueEdited.model_validate({"at": T0, **edited}))
    assert "wait for a person" not in edited_in_status(fresh)


def test_what_was_not_tested_is_not_said_to_fail() -> None:
    run = fold(certifying(), e.JourneysSkipped(at=T0, round=1, reason="there is no sandbox"))
    assert phase_words(run) == "not certified: nothing was tested"


def test_a_plan_that_grew_says_what_is_new(links: Links) -> None:
    run = grown(ALWAYS)
    body = plan_comment(run, links)
    assert "**New:** t3. t1 and t2 stay as they are." in body
    assert "**Order:**" not in body
    posted = fold(run, e.PlanPosted(at=T0, revision=run.plan_revision, comment_id=5))
    assert waits_for(posted) is not None
    assert next_step(posted) == "once the plan is approved, its new tasks are written; what is merged stays."
    assert "while none of the new tasks has started" in plan_comment(grown(), links)


def test_replies_at_journeys_name_journeys(links: Links) -> None:
    run = made.posted(made.triaged(made.walked(made.built(), "j2"), made.finding("j2")))
    for line in ("/otto skip t1", "/otto retry t1"):
        after = fold(run, said(line))
        body = reply_comment(after, after.replies[-1], links)
        assert "Now it is about the journeys that fail: j2." in body
        assert "task" not in body.partition("Now it is")[2]
