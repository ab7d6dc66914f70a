"""The headline of a run, as a table: why it stands where it does, the one thing to do, and where more of it stands."""

from __future__ import annotations

from datetime import timedelta

import pytest
from core_builders import (
    T0,
    applied,
    at,
    coded,
    executing,
    fold,
    plan,
    planned,
    said,
    started,
    to_verifying,
)
from web_runs import ASKED, FREE, LINKS, NOW, at_the_gate, finished, told_to_wait, two

from otto_bot.core import events as e
from otto_bot.core.run import Outcome, Run, RunPhase
from otto_bot.store.run_pages import Timeline
from otto_bot.text.pages import headline
from otto_bot.text.parked import SURE
from otto_bot.text.status import status_comment
from otto_bot.web.views.run import run_page
from otto_bot.web.views.timeline import Which


def one_at_a_time() -> Run:
    """t2 is verified, and t1 is written and waits until that is over."""
    polled = e.VerificationPolled(at=T0, target="t2/a1", next_at=at(60), waiting="2 jobs of CI")
    run = fold(two(), started("t1"), coded("t1"), *to_verifying("t2"), polled)
    return run.model_copy(update={"serial": "ci"})


HEADLINES: dict[str, tuple[Run, str, str, str, str]] = {
    # name: run, why begins, what to do begins, reply, colour
    "a plan waits": (
        fold(planned(plan("t1"), ASKED), e.PlanPosted(at=T0, revision=1, comment_id=5)),
        "Is the plan right?", "Answer.", "/otto approve r1", "wait",
    ),
    "planning": (planned(plan("t1"), FREE), "The plan is written.", "Nothing needs you", "", "work"),
    "coding": (fold(two(), started("t1"), started("t2")), "t1 is being written; t2 is being", "Nothing", "", "work"),
    "Actions": (told_to_wait(two()), "Waits for Actions: t1/a1: 2 jobs of CI", "Nothing", "", "work"),
    "trouble": (
        fold(two(), e.EffectFailed(at=T0, key="run/1/publish", kind="x", message="GitHub is down", retry_at=at(90))),
        "Trouble, tried 1 time; next try 2026-11-01 09:01 UTC: GitHub is down", "Nothing", "", "work",
    ),
    "held back": (
        fold(two(), e.Parked(at=T0, why="runs", reason="50 runs are at work")),
        "50 runs are at work.", "Nothing needs you", "", "wait",
    ),
    "archived": (
        fold(two(), e.Barred(at=T0, by="archived")), "It rests: the repository is archived", "Take the repository", "",
        "wait",
    ),
    "archived while a person is asked": (
        fold(two(), e.Refused(at=T0, reason="Who may?", reply="/otto resume"), e.Barred(at=T0, by="archived")),
        "It rests: the repository is archived", "Take the repository", "", "wait",
    ),
    "taken out": (
        fold(two(), e.Barred(at=T0, by="removed")), "Cancelled. The App may not use the repository any more.",
        "An owner gives the App this repository again. Then: put the label on again", "", "off",
    ),
    "archived when it was over": (
        fold(finished(), e.PullRequestClosed(at=T0, merged=True), e.Barred(at=T0, by="archived")), "Done",
        "Nothing: people merged", "", "done",
    ),
    "transferred": (
        fold(two(), e.IssueChanged(at=T0, what="transferred", to="octo/other#3")),
        "Cancelled. Issue #4, which Otto worked on, was transferred to `octo/other#3`.",
        "Put the label `otto` on the issue in its new repository.", "", "off",
    ),
    "deleted": (
        fold(two(), e.IssueChanged(at=T0, what="deleted")), "Cancelled. Issue #4, which Otto worked on, was deleted.",
        "Open an issue that says what is still to be done", "", "off",
    ),
    "certified": (
        two().model_copy(update={"kind": "certify", "phase": RunPhase.DONE, "outcome": Outcome.FAILED}),
        "Not certified", "Say `/otto certify` again", "", "off",
    ),
    "closed pull request": (
        fold(two(), e.PullRequestClosed(at=T0, merged=False, by="bob")), "Paused: ",
        "`/otto resume` goes on with the same branch, `/otto stop` ends it.", "/otto resume", "wait",
    ),
    "its turn": (
        one_at_a_time(), "Waits for Actions: t2/a1: 2 jobs of CI; t1: its turn, as commits are verified one at a time",
        "Nothing needs you", "", "work",
    ),
    "paused": (fold(two(), said("/otto pause")), "Paused:", "Let it go on.", "/otto resume", "wait"),
    "refused": (
        fold(two(), e.Refused(at=T0, reason="Who may?", reply="/otto resume")), "Who may?", "Answer.", "/otto resume",
        "wait",
    ),
    "a gate": (
        at_the_gate(), "Batch 1 failed (t1: tests fail). Retry plan r2", "Nothing, or", "/otto approve r2", "work",
    ),
    "done": (finished(), "Done: every task is verified", "Review and merge pull request #2.", "", "done"),
    "cancelled": (
        fold(two(), e.IssueChanged(at=T0, what="closed")), "Cancelled.", "Put the label on again", "", "off",
    ),
    "merged by people": (
        fold(finished(), e.PullRequestClosed(at=T0, merged=True)), "Done", "Nothing: people merged", "", "done",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", HEADLINES)
def test_the_headline_says_why_and_the_one_thing_to_do(name: str) -> None:
    run, why, can, reply, tone = HEADLINES[name]

    head = headline(run, NOW)

    assert head.why.startswith(why), head
    assert head.can.startswith(can), head
    assert (head.reply, head.tone) == (reply, tone)
    assert head.next


def test_nothing_goes_on_by_itself_where_more_than_the_repository_is_waited_for() -> None:
    asked, _why, _can, _reply, _tone = HEADLINES["archived while a person is asked"]
    paused = fold(two(), said("/otto pause"), e.Barred(at=T0, by="suspended"))

    assert headline(fold(two(), e.Barred(at=T0, by="archived")), NOW).next == SURE
    assert [headline(run, NOW).next for run in (asked, paused)] == ["Nothing until someone says so."] * 2


@pytest.mark.parametrize(
    ("name", "entry"),
    [
        ("archived", "archived-midrun"),
        ("archived while a person is asked", "archived-midrun"),
        ("taken out", ""),
        ("archived when it was over", ""),
        ("transferred", "transferred-issue"),
        ("its turn", "static-concurrency"),
    ],
)
def test_a_page_leads_to_the_entry_about_what_it_says(name: str, entry: str) -> None:
    page = run_page(HEADLINES[name][0], LINKS, (), Timeline(rows=(), total=0, hidden=0, more=False), Which(), NOW)

    assert [link.words for link in page.more] == ([entry] if entry else [])


def test_an_issue_that_went_after_the_end_is_said_besides() -> None:
    run = fold(finished(), e.PullRequestClosed(at=T0, merged=True), e.IssueChanged(at=T0, what="deleted"))

    page = run_page(run, LINKS, (), Timeline(rows=(), total=0, hidden=0, more=False), Which(), NOW)

    assert page.head.why.startswith("Done: every task")
    assert "Issue #4, which Otto worked on, was deleted." in " ".join(page.notes)


@pytest.mark.parametrize(("number", "end"), [(6, "t6/a1: CI"), (8, "t6/a1: CI; and 2 more")])
def test_of_many_waits_for_actions_the_rest_is_counted(number: int, end: str) -> None:
    keys = [f"t{n}" for n in range(1, number + 1)]
    run = executing(plan(*keys), FREE)
    for key in keys:
        polled = e.VerificationPolled(at=T0, target=f"{key}/a1", next_at=at(60), waiting="CI")
        run = fold(run, *to_verifying(key), polled)

    assert headline(run, NOW).why.endswith(end)
    assert f"{end}\n" in status_comment(run, LINKS, NOW)


def test_a_gate_whose_time_is_over_asks_nobody() -> None:
    head = headline(at_the_gate(), T0 + timedelta(days=1))

    assert (head.reply, head.gate) == ("", 1)
    assert headline(applied(at_the_gate()), NOW).gate is None
