"""Every comment as people see it, at telling moments of a run."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from syrupy.assertion import SnapshotAssertion

from otto_bot.core.run import Run
from otto_bot.core.waits import waits_for
from otto_bot.text.call import call_comment
from otto_bot.text.decision import decision_comment
from otto_bot.text.links import Links
from otto_bot.text.plan import plan_comment
from otto_bot.text.pull import pull_body, pull_title, template_of, verification_body, verification_title
from otto_bot.text.status import status_comment
from otto_bot.text.tasks_table import task_graph

Moment = Callable[[str], Run]
MOMENTS = [
    "started", "planned", "working", "gate", "decided", "grace", "reopened", "asking", "paused", "refused", "stopped",
    "finished", "single", "by_hand", "revised", "rerun", "no_pilot", "no_ci",
]  # fmt: skip


@pytest.mark.parametrize("name", MOMENTS)
def test_status(name: str, moment: Moment, links: Links, now: datetime, shown: SnapshotAssertion) -> None:
    assert status_comment(moment(name), links, now) == shown


def test_a_long_title_in_the_graph_shows_that_it_goes_on(moment: Moment) -> None:
    run = moment("working")
    assert run.plan is not None
    long = [task.model_copy(update={"title": "Clerks find parcels on the command line"}) for task in run.plan.tasks]
    graph = task_graph(run.model_copy(update={"plan": run.plan.model_copy(update={"tasks": tuple(long)})}))
    assert "t1 Clerks find parcels on the command line<br/>" in graph
    longer = [task.model_copy(update={"title": f"{task.title}, by code"}) for task in long]
    graph = task_graph(run.model_copy(update={"plan": run.plan.model_copy(update={"tasks": tuple(longer)})}))
    assert "t1 Clerks find parcels on the command line…<br/>" in graph


def test_a_label_put_on_again_is_one_line(moment: Moment, links: Links, now: datetime) -> None:
    run = moment("working")
    before = status_comment(run, links, now)
    after = status_comment(run.model_copy(update={"relabelled_by": "anna"}), links, now)
    (line,) = set(after.splitlines()) - set(before.splitlines())
    assert line == "`anna` put the label on again: this run goes on, and no second one starts."


@pytest.mark.parametrize("name", ["planned", "working", "single"])
def test_plan(name: str, moment: Moment, links: Links, shown: SnapshotAssertion) -> None:
    assert plan_comment(moment(name), links) == shown


@pytest.mark.parametrize(
    "name",
    [
        "decided",
        "asking",
        "reopened",
        "finished",
        "by_hand",
        "revised",
        "rerun",
        "no_pilot",
        "rerun_twice",
        "mended",
        "replanned",
        "skipped_by_hand",
        "paused_in_grace",
        "paused_asking",
        "resumed",
        "approved",
        "stopped_in_grace",
        "failed_again",
    ],
)
def test_decision(name: str, moment: Moment, links: Links, now: datetime, shown: SnapshotAssertion) -> None:
    run = moment(name)
    assert decision_comment(run, run.gates[-1], links, now) == shown


@pytest.mark.parametrize("name", ["working", "asking", "finished", "stopped"])
def test_pull_request(name: str, moment: Moment, links: Links, shown: SnapshotAssertion) -> None:
    assert pull_body(moment(name), links, "## What changed\n\n- [ ] I added tests\n") == shown


@pytest.mark.parametrize("name", ["planned", "asking", "refused", "no_ci"])
def test_call(name: str, moment: Moment, links: Links, shown: SnapshotAssertion) -> None:
    run = moment(name)
    wait = waits_for(run)
    assert wait is not None
    assert call_comment(run, wait, links, reminder=False) == shown
    assert "a reminder: " in call_comment(run, wait, links, reminder=True)
    assert f"`{wait.reply}`" in call_comment(run, wait, links, reminder=False)


@pytest.mark.parametrize("name", MOMENTS)
def test_every_comment_ends_with_money_attempts_and_run(name: str, moment: Moment, links: Links, now: datetime) -> None:
    run = moment(name)
    bodies = [status_comment(run, links, now), pull_body(run, links, None)]
    bodies += [plan_comment(run, links)] if run.plan else []
    bodies += [decision_comment(run, gate, links, now) for gate in run.gates if gate.decision]
    for body in bodies:
        last = body.splitlines()[-1]
        assert f"/ ${run.money.cap:.0f}" in last
        assert "attempts" in last
        assert last.endswith(f"run {run.id}</sub>")


def test_the_decision_is_said_before_anything_is_reopened(moment: Moment, links: Links, now: datetime) -> None:
    run = moment("decided")
    body = decision_comment(run, run.gates[-1], links, now)
    assert body.startswith("### Otto · batch 1 failed: 2 of 3 tasks · retry plan r2\n")
    assert "| t3 rest-api | `flask` is not installed in CI | environment | retry differently |" in body
    assert (
        "> E3 · verify / test · lines 212-218: `\"ModuleNotFoundError: No module named 'flask'\"` ([permalink](" in body
    )
    assert "Hypothesis, no quote from the evidence supports it:" in body
    assert (
        "Reopening in 2 min unless you say `/otto pause`; now: `/otto approve r2`; change it: `/otto skip t2`" in body
    )
    assert "decided by: pilot (claude-sonnet-4-5) · 1 call · $0.03 · 2 evidence items" in body


def test_a_decision_that_asks_names_the_reply(moment: Moment, links: Links, now: datetime) -> None:
    run = moment("asking")
    body = decision_comment(run, run.gates[-1], links, now)
    assert 't2 waits for you: "Tuples or dicts?" reply `/otto retry t2 -- your answer`' in body
    assert "Nothing is reopened until a person says so" in body
    assert "Reopening in" not in body


def test_outcomes_are_added_to_the_decision(moment: Moment, links: Links, now: datetime) -> None:
    run = moment("finished")
    body = decision_comment(run, run.gates[0], links, now)
    assert "- t2: attempt 2 passed" in body
    assert "- t3: attempt 2 passed" in body


def test_the_issue_is_closed_only_by_the_whole(moment: Moment, links: Links) -> None:
    assert pull_body(moment("asking"), links, None).startswith("Part of #5.")
    assert pull_body(moment("finished"), links, None).startswith("Closes #5.")


def test_the_template_survives_an_edit_with_its_ticks(moment: Moment, links: Links) -> None:
    body = pull_body(moment("working"), links, "## What\n\n- [ ] tests")
    ticked = body.replace("- [ ] tests", "- [x] tests").replace("\n", "\r\n")
    again = pull_body(moment("finished"), links, template_of(ticked))
    assert "- [x] tests" in again
    assert again.count("own template") == 1
    assert template_of(pull_body(moment("working"), links, None)) is None


def test_titles_follow_the_habits_of_the_repository(moment: Moment) -> None:
    run = moment("working")
    assert pull_title(run, ["Add a thing", "Fix another"]) == "Cache the list of active orders"
    assert (
        pull_title(run, ["feat: a thing", "fix(api): another", "Merge branch x"])
        == "feat: cache the list of active orders"
    )
    assert pull_title(run, []) == "Cache the list of active orders"


def test_a_verification_draft_says_that_nobody_needs_it(moment: Moment, links: Links) -> None:
    run = moment("working")
    assert verification_title(run, "t1/a2", []) == "[otto: verification only] t1, attempt 2 of issue 5"
    assert verification_title(run, "b2/s1", []) == "[otto: verification only] batch 2, candidate 1 of issue 5"
    assert "Please do not review or merge it" in verification_body(run, "t1/a2", links, [])
    assert "(store)" in verification_body(run, "t1/a2", links, [])
    assert "title" not in verification_body(run, "t1/a2", links, [])
    assert "Its title begins as titles do here. [More" in verification_body(run, "t1/a2", links, ["feat: a"])
    assert "#5" not in verification_body(run, "b2/s1", links, [])


def test_commands_that_are_offered_would_work(moment: Moment, links: Links, now: datetime) -> None:
    asking = status_comment(moment("asking"), links, now)
    assert "`/otto retry t2 -- what to do differently`" in asking
    assert "t1 -- what" not in asking
    assert "`/otto approve r2`" not in status_comment(moment("decided"), links, now)
    assert "/otto skip" not in status_comment(moment("started"), links, now)


def test_what_is_not_there_is_refused(moment: Moment, links: Links, now: datetime) -> None:
    with pytest.raises(ValueError, match="no plan"):
        plan_comment(moment("started"), links)
    run = moment("gate")
    with pytest.raises(ValueError, match="no decision"):
        decision_comment(run, run.gates[0], links, now)
