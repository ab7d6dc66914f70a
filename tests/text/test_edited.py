"""What people read when the issue was edited, and what a plan is said to cost."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

import pytest
from markdown_it import MarkdownIt
from syrupy.assertion import SnapshotAssertion

from otto_bot.core.estimate_values import Estimate, Source
from otto_bot.core.issue import IssueSeen
from otto_bot.core.machine import reduce
from otto_bot.core.run import Outcome, Run, RunPhase
from otto_bot.core.run_events import IssueEdited, PlanPosted
from otto_bot.core.waits import waits_for
from otto_bot.text.call import call_comment
from otto_bot.text.edited import edited_in_plan, edited_in_status
from otto_bot.text.estimate import estimate_words
from otto_bot.text.frozen import changed_since_label, changed_since_shown, changed_since_word
from otto_bot.text.links import Links
from otto_bot.text.plan import plan_comment
from otto_bot.text.status import status_comment

Moment = Callable[[str], Run]
ELSEWHERE = "tasks of other repositories of this host"
TOOK = "(they say 3 to 12 min of work, 1.5 attempts a task)"


def edit(run: Run, by: str = "eve") -> Run:
    changed = {"title_changed": True, "body_changed": True, "digest": "other"}
    after = reduce(run, IssueEdited.model_validate({"at": run.started_at, "by": by, **changed}))
    assert after is not None
    return after


def posted(run: Run) -> Run:
    after = reduce(run, PlanPosted(at=run.started_at, revision=run.plan_revision, comment_id=900))
    assert after is not None
    return after


def test_the_plan_of_an_edited_issue(moment: Moment, links: Links, shown: SnapshotAssertion) -> None:
    assert plan_comment(posted(edit(moment("planned"))), links) == shown


def test_the_status_while_it_waits(moment: Moment, links: Links, now: datetime, shown: SnapshotAssertion) -> None:
    assert status_comment(posted(edit(moment("planned"))), links, now) == shown


def test_the_call_for_a_person(moment: Moment, links: Links, shown: SnapshotAssertion) -> None:
    run = posted(edit(moment("planned")))
    wait = waits_for(run)
    assert wait is not None
    assert call_comment(run, wait, links, reminder=False) == shown


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"phase": RunPhase.PLANNING}, "The plan that comes is of the text as it was, and will wait for a person."),
        (
            {"plan_approved_by": "maria"},
            "Work goes on with the text as it was. `/otto replan` reads the new text, while",
        ),
        (
            {"phase": RunPhase.EXECUTING},
            "Work goes on with the text as it was. To work from the new text: `/otto stop`,",
        ),
        ({"phase": RunPhase.DONE, "outcome": Outcome.DONE_PARTIAL}, "What was done is of the text as it was. To work"),
        (
            {"phase": RunPhase.DONE, "outcome": Outcome.DONE},
            "What was done is of the text as it was. To work from the new text: take the label off",
        ),
    ],
)
def test_each_phase_says_what_goes_on_and_what_to_do(moment: Moment, changes: dict[str, object], words: str) -> None:
    line = edited_in_status(edit(moment("planned")).model_copy(update=changes))
    assert line.startswith(f"**The issue was edited** by `eve` (title and body). {words}")


def test_nothing_is_said_where_nothing_was_edited(moment: Moment) -> None:
    run = moment("planned")
    over = edit(run).model_copy(update={"phase": RunPhase.DONE, "outcome": Outcome.CANCELLED})
    approved = edit(run).model_copy(update={"plan_approved_by": "maria"})
    assert [edited_in_plan(run), edited_in_status(run), edited_in_status(over), edited_in_plan(approved)] == [""] * 4


@pytest.mark.parametrize(
    ("by", "named"),
    [
        ((), ""),
        (("",), " by someone"),
        (("a", "", "c[bot]"), " by `a`, someone and `c[bot]`"),
        (("@x`y",), " by ``@x`y``"),
    ],
)
def test_who_it_was_acts_on_nobody(moment: Moment, by: tuple[str, ...], named: str) -> None:
    run = moment("planned").model_copy(update={"issue_seen": IssueSeen(digest="other", by=by)})
    said = edited_in_plan(run)
    assert said.startswith(f"**The issue was edited after it was read for this plan**{named}. The plan is")
    text = re.sub(r"<code>.*?</code>", "", MarkdownIt("commonmark").render(said))
    assert "@" not in text


@pytest.mark.parametrize(
    ("source", "samples", "here", "minutes", "words"),
    [
        ("sizes", 0, 0, None, "a guess from the sizes; no history yet"),
        ("history", 23, 23, None, "from 23 tasks of this repository"),
        ("history", 1, 1, (0.2, 0.4), "from 1 task of this repository (they say 1 min of work, 1.5 attempts a task)"),
        ("history", 15, 5, (3.2, 11.6), f"from 5 tasks of this repository and 10 {ELSEWHERE} {TOOK}"),
        ("both", 2, 0, None, f"partly a guess from the sizes: only 2 {ELSEWHERE} could be asked"),
    ],
)  # fmt: skip
def test_an_estimate_says_what_it_is_from(
    source: Source, samples: int, here: int, minutes: tuple[float, float] | None, words: str
) -> None:
    found = Estimate(low=0.4, high=1.9, samples=samples, here=here, attempts=1.5, source=source, minutes=minutes)
    assert estimate_words(found) == f"$0.40 to $1.90, {words}"


def test_the_plan_and_the_status_say_it(moment: Moment, links: Links, now: datetime) -> None:
    found = Estimate(low=0.4, high=1.9, samples=23, here=23, source="history")
    run = moment("planned").model_copy(update={"estimate": found})
    words = "**Estimate:** $0.40 to $1.90, from 23 tasks of this repository"
    assert f"{words}; never more than $10 for this issue." in plan_comment(run, links)
    assert f"{words}. This run has spent $0.00 so far." in status_comment(run, links, now)


def test_what_people_read_when_a_text_changed_under_their_word(snapshot: SnapshotAssertion) -> None:
    names = ["eve", "`x` @org/team", "ghost", "mallory"]
    assert [
        changed_since_label(["eve"]), changed_since_label(names), changed_since_word("replan", names[:2]),
        changed_since_shown(),
    ] == snapshot  # fmt: skip
