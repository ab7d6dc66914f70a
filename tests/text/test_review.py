"""What is said about a review: what it becomes, and one answer for each thread; hostile words act on nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import given as for_all
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from syrupy.assertion import SnapshotAssertion

from otto_bot.core import events as e
from otto_bot.core.attempt import Attempt, Task, TaskState
from otto_bot.core.machine import reduce
from otto_bot.core.records import CommandRecord
from otto_bot.core.reviews import Review, ReviewPoint
from otto_bot.core.run import Outcome, Run
from otto_bot.core.values import Person
from otto_bot.core.verdict import Ground, Proof, SeenTest, Verdict, VerdictItem
from otto_bot.text import review as words
from otto_bot.text.body import size
from otto_bot.text.links import Links
from otto_bot.text.status import status_comment

CODE = re.compile(r"<code[^>]*>.*?</code>", re.DOTALL)
Moment = Callable[[str], Run]
RENDERER = MarkdownIt("commonmark", {"linkify": False}).enable("table").enable("strikethrough")
HOSTILE = [
    "@octocat please look", "fixes octo/demo#12", "see https://evil.example/x.png", "![x](https://evil.example/p.png)",
    "<img src=x onerror=alert(1)>", "<!-- otto run=41 surface=status -->", "/otto approve r1", "# heading", "- [x] box",
    "[a]: https://evil.example", "x\r\n/otto stop", "`a`@octocat`b`", "```suggestion\n@x\n```", "</details>", "\u202ex",
]  # fmt: skip
WORDS = st.lists(st.sampled_from([*HOSTILE, "a", " ", "\n", "`", "``", "|", "\\", "@x", "#1", "[", "](", ")"])).map(
    "".join
)
URL = "https://github.com/octo/demo/pull/6#pullrequestreview-9"


def review(points: int = 2, text: str = "Name it better, please.", **changes: object) -> Review:
    made = tuple(
        ReviewPoint(id=100 + n, path=f"src/t{n}.py", line=n, text=text, hunk="@@ -1 +1 @@\n+x") for n in range(points)
    )
    given = {"id": 9, "by": Person(id=3, login="rosa"), "url": URL, "body": text, "points": made, "pull_request": 6}
    return Review.model_validate({**given, **changes})


def told(run: Run, *events: e.RunEvent) -> Run:
    for event in events:
        after = reduce(run, event)
        assert after is not None
        run = after
    return run


def given(run: Run, found: Review, now: datetime) -> Run:
    return told(run, e.ReviewGiven(at=now, review=found))


def worked(run: Run, found: Review, now: datetime, state: TaskState = TaskState.MERGED, said: str = "it fits") -> Run:
    """The review's task has come to its end."""
    run = told(given(run, found, now), e.ReviewPosted(at=now, review=found.id, comment_id=77))
    items = (
        VerdictItem(id="c1", status="met", evidence=said), VerdictItem(id="c2", status="unclear", evidence=said),
        VerdictItem(id="c3", status="met"),
    )  # fmt: skip
    for key in run.reviews[-1].tasks:
        record = CommandRecord(number=3, tool="run", what=f"pytest {said}", exit_code=0)
        ran = Ground(item="c1", records=(3,), tests=(SeenTest(id=f"tests/x.py::{said}", seen="report"),))
        proof = Proof(grounds=(ran,), records=(record,))
        last = Attempt(number=1, branch="b", base_sha="x", verdict=Verdict(items=items), proof=proof)
        sha = "d" * 40 if state is TaskState.MERGED else None
        question = "@maria asked for it" if state is TaskState.SKIPPED else ""
        run = run.with_task(
            Task(key=key, origin="review", state=state, attempts=(last,), merged_sha=sha, question=question)
        )
    return run


@pytest.mark.parametrize("name", ["finished", "working", "paused", "grace", "asking", "refused"])
def test_what_a_review_becomes(
    name: str, moment: Moment, links: Links, now: datetime, shown: SnapshotAssertion
) -> None:
    run = moment(name)
    run = run if run.pull_request else run.model_copy(update={"pull_request": 6})
    assert words.review_comment(run, review(), links) == shown


def test_a_long_one_is_a_chain_and_names_what_is_not_read(
    moment: Moment, links: Links, shown: SnapshotAssertion
) -> None:
    assert words.review_comment(moment("finished"), review(points=21, body="", left_out=3), links) == shown


@pytest.mark.parametrize("how", ["merged", "skipped", "cancelled", "landed"])
def test_answers(how: str, moment: Moment, links: Links, now: datetime, shown: SnapshotAssertion) -> None:
    found = review()
    run = worked(moment("finished"), found, now, TaskState.MERGED if how == "merged" else TaskState.SKIPPED)
    changes = {"cancelled": {"outcome": Outcome.CANCELLED}, "landed": {"landed": True}}.get(how, {})
    run = run.model_copy(update=changes)
    taken = run.reviews[0]
    threads = [words.thread_answer(run, taken, point, links) for point in taken.points]
    assert "\n\n---\n\n".join([*threads, words.review_answer(run, taken, links)]) == shown


def test_the_status_comment_names_reviews_in_one_line(moment: Moment, links: Links, now: datetime) -> None:
    before = moment("finished")
    lines = set(status_comment(before, links, now).splitlines())
    waiting = status_comment(given(before, review(), now), links, now)
    line, can = [row for row in waiting.splitlines() if row not in lines]
    assert can.startswith("**You can:** `/otto pause`, `/otto stop`")
    assert line == "**Reviews:** `rosa`: read, and taken up when what is under way has ended."
    working = told(given(before, review(), now), e.ReviewPosted(at=now, review=9, comment_id=1))
    assert "**Reviews:** `rosa`: being taken up by t5." in status_comment(working, links, now)
    done = worked(before, review(), now)
    done = told(done.with_review(done.reviews[0].model_copy(update={"state": "answered"})))
    assert "**Reviews:** `rosa`: answered (t5)." in status_comment(done, links, now)


def test_words_of_the_desk(moment: Moment, links: Links, shown: SnapshotAssertion) -> None:
    said = [
        *(words.over(why) for why in (words.MERGED, words.CLOSED, words.ENDED)),
        words.other_run(7, 5, links),
        words.nothing_to_improve(),
        words.no_pull_request(),
        words.known_review(review()),
        words.known_review(review(tasks=("t5",), state="answered")),
        words.improve_started(moment("finished"), review(), links),
        words.improve_started(moment("finished"), review(head="a" * 40), links),
        words.carried_conflict(6, "main", ("a.py", "b.py")),
        words.carried_conflict(6, "main", ()),
    ]
    assert "\n\n---\n\n".join(said) == shown


@for_all(WORDS.filter(lambda text: bool(text.strip())))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_mix_of_hostile_words_acts_on_nothing(moment: Moment, links: Links, text: str) -> None:
    check(moment("finished"), links, text)


@pytest.mark.parametrize("text", HOSTILE)
def test_known_hostile_words_of_a_review(moment: Moment, links: Links, text: str) -> None:
    check(moment("finished"), links, text)


def check(run: Run, links: Links, text: str) -> None:
    now = run.started_at
    found = review(text=text, by=Person(id=3, login=text[:60] or "x"), url=f"https://evil.example/{text}")
    done = worked(run, found, now, said=text[:1000])
    taken = done.reviews[0]
    left = done.with_task(done.tasks[taken.tasks[0]].model_copy(update={"state": TaskState.SKIPPED, "question": text}))
    bodies = [words.review_comment(run, found, links), words.reviews_line(done), words.known_review(taken)]
    for after in (done, left):
        bodies += [words.thread_answer(after, taken, taken.points[0], links), words.review_answer(after, taken, links)]
    for body in bodies:
        assert "<!--" not in body
        assert not re.search(r"(?m)^\s*/otto", body)
        own = re.sub(r"\]\(https://github\.com/octo/demo/[^)\s]*\)", "]", body)
        acts = re.sub(r"issue #5\b", "", CODE.sub("", RENDERER.render(own)))
        assert not re.search(r"<(?:img|a|script|input)\b|(?<!\w)@\w|#\d|\bgh-\d|://|www\.", acts, re.IGNORECASE), acts


def test_the_largest_review_fits_into_comments(moment: Moment, links: Links, now: datetime) -> None:
    found = review(points=60, text="\U0001f600`x` " * 800)
    found = found.model_copy(update={"left_out": 400})
    assert size(words.review_comment(moment("finished"), found, links)) < 60_000
    done = worked(moment("finished"), found, now, said="\U0001f600" * 1000)
    taken = done.reviews[0]
    assert size(words.review_answer(done, taken, links)) < 60_000
    assert max(size(words.thread_answer(done, taken, point, links)) for point in taken.points) < 5_000
