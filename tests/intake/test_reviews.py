"""Reviews become fix tasks: by webhook, found late, and by `/otto improve`; strangers change nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from otto_bot.core import events as e
from otto_bot.core.allowance import RUNS_OF_ISSUE
from otto_bot.core.config import HostCaps
from otto_bot.core.quota import CONTENT_OF_PLACE
from otto_bot.core.reviews import MOST_POINTS
from otto_bot.core.run import Outcome, Run
from otto_bot.core.verdict import Verdict
from otto_bot.github import models as github
from otto_bot.intake.review_reading import HUNK_CHARS, line_of, review_of
from otto_bot.playground.github.state import User
from otto_bot.store.ledger import Trigger
from otto_bot.text.markers import marker

LINES = [
    {"path": "a.py", "line": 3, "body": "Name it better."},
    {"path": "b.py", "line": 1, "body": "Test this."},
]


async def ask(bench: Any, as_: str = "dev", body: str = "Two things.", lines: Any = LINES, **more: Any) -> None:
    given = {"where": "pull/2", "state": "request_changes", "body": body, "comments": lines, **more}
    await bench.do(as_, review=given)


async def finished(bench: Any) -> Run:
    """The run is done: both tasks are on its branch."""
    run, at = bench.run, bench.now()
    events: list[e.RunEvent] = [e.VerificationEnded(at=at, target="baseline", sha=run.head, ending="green")]
    for key in ("t1", "t2"):
        where = {"at": at, "task": key, "attempt": 1}
        events += [
            e.AttemptStarted(**where, base_sha=run.head, branch=f"b-{key}"),
            e.AttemptCoded(**where, sha=f"sha-{key}", tree=f"tree-{key}"),
            e.AttemptPushed(**where, sha=f"sha-{key}"),
            e.VerificationEnded(at=at, target=f"{key}/a1", sha=f"sha-{key}", ending="green"),
            e.JudgeEnded(**where, verdict=Verdict(items=())),
        ]
    batch = {"at": at, "batch": 1, "step": 1, "tasks": ("t1", "t2"), "sha": run.head, "tree": "tree-m"}
    events += [
        e.CandidateBuilt(**batch),
        e.VerificationEnded(at=at, target="b1/s1", sha=run.head, ending="green"),
        e.TasksMerged(**batch),
    ]
    run = bench.ledger.append(run.id, events, at)
    assert run.outcome is Outcome.DONE
    return run


def told_reviews(bench: Any, run: int | None = None) -> list[Any]:
    return [event.review for event in bench.told(run) if isinstance(event, e.ReviewGiven)]


async def test_a_review_reaches_the_run_whole(started: Any) -> None:
    await started.opened()
    await ask(started)

    (review,) = told_reviews(started)
    assert (review.by.login, review.body, review.left_out, review.pull_request) == ("dev", "Two things.", 0, 2)
    assert [(p.path, p.line, p.text) for p in review.points] == [
        ("a.py", None, "Name it better."), ("b.py", None, "Test this."),
    ]  # fmt: skip
    assert [r.state for r in started.run.reviews] == ["given"]
    assert len(started.answers()) == 1  # the plan: what follows from a review is the run's to say, not the desk's


@pytest.mark.slow
async def test_the_line_is_read_from_the_piece_of_diff(started: Any) -> None:
    await started.opened()
    files = {"a.py": "one\ntwo\nthree\nfour\n"}
    await started.do(push={"branch": started.run.run_branch, "files": files})
    await ask(started, lines=LINES[:1])

    (point,) = told_reviews(started)[0].points
    assert (point.place, point.hunk) == ("a.py:3", "@@ -0,0 +1,4 @@\n+one\n+two\n+three")


@pytest.mark.slow
async def test_it_is_frozen_when_it_was_given(started: Any) -> None:
    await started.opened()
    await ask(started)
    for row in started.stand_in.hub.world.review_comments:
        row.body = "Something else."
    await started.catch_up()

    assert [p.text for p in told_reviews(started)[0].points] == ["Name it better.", "Test this."]


async def test_a_redelivery_changes_nothing(started: Any) -> None:
    await started.opened()
    await ask(started)
    before = started.told()
    for row in list(started.stand_in.hub.world.deliveries):
        if row.event == "pull_request_review":
            await started.put(row.event, "submitted", row.body)

    assert started.told() == before


@pytest.mark.parametrize("who", ["reader", "octo-stranger"])
async def test_a_stranger_s_review_changes_nothing_and_gets_no_answer(started: Any, who: str) -> None:
    started.stand_in.hub.world.users["octo-stranger"] = User("octo-stranger", 7777)
    await started.opened()
    answers = started.answers()
    await ask(started, who)
    await started.catch_up()

    assert (told_reviews(started), started.answers()) == ([], answers)
    assert started.run.reviews == ()


@pytest.mark.slow
async def test_a_review_is_not_lost_where_github_does_not_say_who_gave_it(started: Any) -> None:
    """An unanswered question is a no for now, not for ever: nobody gives a review twice."""
    await started.opened()
    started.drop("pull_request_review")
    await ask(started)
    started.now.ahead += timedelta(minutes=10)
    started.fault(kind="status", status=500, match={"path": "/permission", "count": 30})
    await started.catch_up()
    assert told_reviews(started) == []
    started.stand_in.hub.faults.clear()
    await started.catch_up()
    assert [review.by.login for review in told_reviews(started)] == ["dev"]


@pytest.mark.slow
async def test_a_stranger_who_gives_a_command_is_told_why_not(started: Any) -> None:
    await started.opened()
    await ask(started, "reader", body="/otto stop")

    assert started.run.outcome is None
    assert "write permission" in started.answers()[-1]
    assert told_reviews(started) == []


@pytest.mark.slow
async def test_a_bot_s_review_changes_nothing(started: Any) -> None:
    await started.opened()
    await ask(started, "bot")
    await started.catch_up()

    assert told_reviews(started) == []


@pytest.mark.slow
@pytest.mark.parametrize("state", ["comment", "approve"])
async def test_only_a_request_for_changes_counts_by_itself(started: Any, state: str) -> None:
    await started.opened()
    await ask(started, state=state)

    assert told_reviews(started) == []


@pytest.mark.slow
async def test_a_command_in_its_words_acts_and_the_line_comments_count_too(started: Any) -> None:
    await started.opened()
    command = {"path": "a.py", "line": 1, "body": "/otto status"}
    await ask(started, body="/otto pause", lines=[*LINES, command])

    assert started.given() == ["pause", "status"] or started.given() == ["status", "pause"]
    (review,) = told_reviews(started)
    assert (review.body, [p.text for p in review.points]) == ("", ["Name it better.", "Test this."])


@pytest.mark.slow
async def test_comments_beyond_the_limit_are_counted(started: Any) -> None:
    await started.opened()
    lines = [{"path": "a.py", "line": n, "body": f"No. {n}"} for n in range(1, MOST_POINTS + 6)]
    started.drop("pull_request_review_comment")
    await ask(started, lines=lines)

    (review,) = told_reviews(started)
    assert (len(review.points), review.left_out) == (MOST_POINTS, 5)


@pytest.mark.slow
async def test_a_run_that_is_done_goes_on_and_no_second_one_starts_beside_it(started: Any) -> None:
    await started.opened()
    await finished(started)
    assert started.ledger.active_runs() == []
    await ask(started)

    assert started.ledger.active_runs() == [1]
    again = Trigger(key="another", repo=started.run.repo, issue=1, title="T", body="", actor=started.run.actor)
    assert started.ledger.start(again, HostCaps(), started.now()) is None
    assert started.ledger.run_ids() == [1]


async def test_while_another_run_is_active_there_is_one_plain_answer(started: Any) -> None:
    await started.opened()
    await finished(started)
    await started.do(unlabel={"name": "otto"})
    await started.do(label={"name": "otto"})
    assert started.ledger.run_ids() == [1, 2]
    await ask(started)
    await started.catch_up()
    await started.work()  # what GitHub tells of the answer

    assert told_reviews(started, 1) == []
    (answer,) = [text for text in started.answers() if "Not taken up" in text]
    assert "run 2 works on" in answer
    assert {row.state for row in started.rows()} == {"done"}


@pytest.mark.slow
@pytest.mark.parametrize("how", ["merged", "closed", "stopped"])
async def test_where_the_run_is_over_the_answer_says_what_to_do(started: Any, how: str) -> None:
    run = await started.opened()
    if how == "stopped":
        await started.do(comment={"where": "issue", "body": "/otto stop"})
    else:
        await finished(started)
        await started.do(push={"branch": run.run_branch, "files": {"a.py": "1\n"}})
        await started.do(**({"merge": "pull/2"} if how == "merged" else {"close": "pull/2"}))
    await ask(started)

    assert told_reviews(started, 1) == []
    (answer,) = [text for text in started.answers() if "not taken up" in text]
    assert "`/otto improve` here starts a new run" in answer


@pytest.mark.slow
async def test_a_lost_review_is_found_by_looking(started: Any) -> None:
    await started.opened()
    started.drop("pull_request_review")
    await ask(started, body="Two things.")
    assert told_reviews(started) == []
    for _ in range(2):
        await started.catch_up()

    assert [r.body for r in told_reviews(started)] == ["Two things."]


async def test_a_lost_review_of_a_run_that_is_done_is_found_too(started: Any) -> None:
    await started.opened()
    await finished(started)
    started.drop("pull_request_review")
    await ask(started)
    for _ in range(2):
        await started.catch_up()

    assert len(told_reviews(started)) == 1
    assert started.ledger.active_runs() == [1]


@pytest.mark.slow
async def test_improve_takes_up_comments_that_asked_for_nothing_by_themselves(started: Any) -> None:
    await started.opened()
    await finished(started)
    await ask(started, state="comment")
    await started.do(comment={"where": "pull/2", "body": "/otto improve"})
    await started.catch_up()

    (review,) = told_reviews(started)
    assert [p.text for p in review.points] == ["Name it better.", "Test this."]
    assert started.given() == ["improve"]
    assert started.reactions(2)[-1] == "eyes"


@pytest.mark.slow
async def test_improve_waits_where_github_does_not_say_who_reviewed(started: Any) -> None:
    """To say that there is nothing to improve would not be true."""
    started.stand_in.hub.world.users["bob"] = User("bob", 7778, permission="write")
    await started.opened()
    await finished(started)
    await ask(started, "bob", state="comment")
    started.fault(kind="status", status=502, match={"path": "/bob/permission", "count": 3})
    await started.do(comment={"where": "pull/2", "body": "/otto improve"})
    assert [text for text in started.answers() if "nothing to improve" in text] == []
    started.now.ahead += timedelta(seconds=30)
    await started.work()
    assert [review.by.login for review in told_reviews(started)] == ["bob"]


@pytest.mark.slow
async def test_improve_takes_single_comments_of_one_person_together(started: Any) -> None:
    await started.opened()
    await finished(started)
    await ask(started, state="comment", body="An older review.")
    for line in LINES:
        await started.do(review_comment=line)
    await started.do("reader", review_comment={"path": "c.py", "line": 1, "body": "Me too."})
    await started.do(comment={"where": "issue", "body": "/otto improve"})

    (review,) = told_reviews(started)
    assert ([p.text for p in review.points], review.body) == (["Name it better.", "Test this."], "")


@pytest.mark.slow
async def test_improve_without_a_review_says_so_once(started: Any) -> None:
    await started.opened()
    await finished(started)
    await ask(started, "reader")
    await started.do(comment={"where": "pull/2", "body": "/otto improve"})
    for _ in range(2):
        await started.catch_up()

    assert len([text for text in started.answers() if "nothing to improve" in text]) == 1
    assert told_reviews(started) == []


@pytest.mark.slow
async def test_improve_before_there_is_a_pull_request_says_so(started: Any) -> None:
    await started.planned()
    await started.do(comment={"where": "issue", "body": "/otto improve"})

    assert "no pull request" in started.answers()[-1]


@pytest.mark.slow
async def test_improve_for_what_is_taken_up_already_names_the_task(started: Any) -> None:
    await started.opened()
    await finished(started)
    await ask(started)
    (review,) = told_reviews(started)
    at = started.now()
    started.ledger.append(1, [e.ReviewPosted(at=at, review=review.id, comment_id=5)], at)
    await started.do(comment={"where": "pull/2", "body": "/otto improve"})

    assert "became t3 already" in started.answers()[-1]
    assert len(told_reviews(started)) == 1


async def test_improve_after_the_merge_is_a_run_of_its_own_from_the_default_branch(started: Any) -> None:
    run = await started.opened()
    await finished(started)
    await started.do(push={"branch": run.run_branch, "files": {"a.py": "1\n"}})
    await started.do(merge="pull/2")
    await ask(started)
    await started.do(comment={"where": "pull/2", "body": "/otto improve"})
    await started.catch_up()

    assert started.ledger.run_ids() == [1, 2]
    fresh = started.run
    assert (fresh.kind, fresh.issue, fresh.ordinal, fresh.actor.login) == ("improve", 1, 2, "dev")
    (review,) = fresh.reviews
    assert (review.state, review.tasks, review.pull_request, review.head) == ("working", ("t1",), 2, "")
    assert any("Run 2 takes up the review of `dev`" in text for text in started.answers())


@pytest.mark.slow
async def test_improve_after_a_stop_goes_on_from_the_reviewed_work(started: Any) -> None:
    run = await started.opened()
    await ask(started)
    await started.do(comment={"where": "issue", "body": "/otto stop"})
    await started.do(comment={"where": "pull/2", "body": "/otto improve"})

    fresh = started.run
    assert (fresh.id, fresh.kind, fresh.reviews[0].head) == (2, "improve", run.head)


async def end(bench: Any, taken: str) -> None:
    """What ends a run from outside of it."""
    await bench.do(**({"close": "issue/1"} if taken == "closed" else {"unlabel": {"name": "otto"}}))


async def told_late(bench: Any, way: str) -> None:
    """Otto looks at GitHub, or what was told of the issue last is told again."""
    if way == "looking":
        await bench.catch_up()
    else:
        row = next(row for row in reversed(bench.stand_in.hub.world.deliveries) if row.event == "issues")
        await bench.put(row.event, row.action, row.body)


@pytest.mark.slow
@pytest.mark.parametrize("way", ["looking", "a late webhook"])
@pytest.mark.parametrize("taken", ["closed", "unlabelled"])
async def test_a_run_that_improves_outlives_what_ended_the_one_before(started: Any, taken: str, way: str) -> None:
    """In the same instant, as GitHub's whole seconds have it; what comes a moment later counts."""
    await started.opened()
    await ask(started)
    started.now.stop()
    started.stand_in.hub.world.clock = started.now
    await end(started, taken)
    assert started.run.outcome is Outcome.CANCELLED
    await started.do(comment={"where": "pull/2", "body": "/otto improve"})
    await started.planned()
    await told_late(started, way)
    assert (started.run.id, started.run.outcome) == (2, None)

    started.now.ahead += timedelta(seconds=1)
    await started.do(**({"reopen": "issue/1"} if taken == "closed" else {"label": {"name": "otto"}}))
    started.drop("issues")
    await end(started, taken)
    assert started.run.outcome is None
    await told_late(started, way)
    assert (started.run.id, started.run.outcome) == (2, Outcome.CANCELLED)


@pytest.mark.slow
async def test_improve_beside_another_run_is_refused_with_its_number(started: Any) -> None:
    await started.opened()
    await started.do(comment={"where": "issue", "body": "/otto stop"})
    await ask(started, state="comment")
    await started.do(unlabel={"name": "otto"})
    await started.do(label={"name": "otto"})
    await started.do(comment={"where": "pull/2", "body": "/otto improve"})

    assert started.ledger.run_ids() == [1, 2]
    assert "run 2 works on" in started.answers()[-1]


@pytest.mark.slow
async def test_improve_is_not_refused_with_a_run_whose_merge_was_not_heard_of(started: Any) -> None:
    run = await started.opened()
    await ask(started, state="comment")
    await started.do(push={"branch": run.run_branch, "files": {"a.py": "1\n"}})
    started.drop("pull_request")
    await started.do(merge="pull/2")
    assert started.run.outcome is None
    await started.do(comment={"where": "pull/2", "body": "/otto improve"})

    assert (started.run.id, started.run.kind, started.run.reviews[0].head) == (2, "improve", "")
    assert started.ledger.load(1).landed
    assert "Run 2 takes up the review" in started.answers()[-1]


@pytest.mark.slow
async def test_that_a_run_improves_is_said_although_github_was_away_when_it_began(started: Any) -> None:
    await started.opened()
    await ask(started)
    await started.do(comment={"where": "issue", "body": "/otto stop"})
    started.fault(kind="status", status=502, match={"method": "POST", "path": "/issues/2/comments", "count": 1})
    await started.do(comment={"where": "pull/2", "body": "/otto improve"})
    assert (started.run.id, started.run.kind) == (2, "improve")
    assert not any("Run 2 takes up" in text for text in started.answers())
    for _ in range(2):
        started.now.ahead += timedelta(seconds=30)
        await started.work()

    assert started.ledger.run_ids() == [1, 2]
    assert len([text for text in started.answers() if "Run 2 takes up" in text]) == 1


@pytest.mark.slow
async def test_improve_begins_on_an_issue_whose_comments_are_used_up(started: Any) -> None:
    """Where nothing may be said for an hour, what was asked for is done without it, and not tried again and again."""
    await started.opened()
    await ask(started)
    await started.do(comment={"where": "issue", "body": "/otto stop"})
    for number in range(CONTENT_OF_PLACE):
        await started.repository.upsert_comment(2, marker(0, f"answer/{number}"), "So much.")
    await started.do(comment={"where": "pull/2", "body": "/otto improve"})

    assert (started.run.id, started.run.kind) == (2, "improve")
    assert [row.state for row in started.rows() if row.event == "issue_comment"][-1] == "done"


@pytest.mark.slow
async def test_improve_begins_no_more_runs_of_an_issue_than_the_label_does(started: Any) -> None:
    await started.opened()
    await ask(started)
    for _ in range(RUNS_OF_ISSUE):
        await started.do(comment={"where": "issue", "body": "/otto stop"})
        await started.do(comment={"where": "pull/2", "body": "/otto improve"})

    assert len(started.ledger.run_ids()) == RUNS_OF_ISSUE
    (told,) = [text for text in started.answers() if "Not begun" in text]
    assert "Say it again after" in told


def comment(**changes: Any) -> github.ReviewComment:
    given = {"id": 1, "body": "b", "created_at": "2026-11-22T11:00:00Z", "updated_at": "2026-11-22T11:00:00Z"}
    return github.ReviewComment.model_validate({**given, **changes})


HUNK = "@@ -10,4 +20,5 @@ def f():\n one\n-two\n+deux\n+trois\n four"


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({"line": 5, "diff_hunk": HUNK}, 5),
        ({"original_line": 6, "diff_hunk": HUNK}, 6),
        ({"diff_hunk": HUNK}, 23),
        ({"diff_hunk": HUNK.rsplit("\n", 1)[0]}, 22),
        ({"diff_hunk": HUNK.rsplit("\n", 3)[0]}, 11),
        ({"diff_hunk": HUNK + "\n\\ No newline at end of file"}, 23),
        ({"diff_hunk": "@@ -1 +1 @@"}, None),
        ({"diff_hunk": "nonsense"}, None),
        ({"diff_hunk": None}, None),
        ({"subject_type": "file", "line": 1, "diff_hunk": HUNK}, None),
    ],
)
def test_the_line_of_a_comment(given: dict[str, Any], line: int | None) -> None:
    assert line_of(comment(**given)) == line


def test_a_comment_is_read_as_the_page_shows_it_also_where_it_begins_with_blanks() -> None:
    said = "\u00a0```\n<!-- SECRET -->\n```"  # no fence to GitHub: what begins the line is no space of Markdown
    found = github.Review.model_validate(
        {"id": 1, "state": "CHANGES_REQUESTED", "body": said, "user": {"id": 3, "login": "x"}}
    )
    read = review_of(found, [comment(body=said)], 2)
    assert "SECRET" not in read.body + read.points[0].text


def test_what_is_too_long_is_cut_and_an_answer_names_its_thread() -> None:
    found = github.Review.model_validate(
        {"id": 1, "state": "CHANGES_REQUESTED", "body": "b" * 9000, "user": {"id": 3, "login": "x"}}
    )
    hunk = "@@ -1,2 +1,400 @@\n" + "\n".join(f"+line {n}" for n in range(400))
    read = review_of(found, [comment(body="\ud800é" * 5000, path="p" * 900, diff_hunk=hunk, in_reply_to_id=9)], 2)
    (point,) = read.points
    assert (len(read.body), len(point.text), len(point.path), point.root) == (8000, 4000, 500, 9)
    assert point.hunk.startswith("+line ")
    assert point.hunk.endswith("+line 399")
    assert (len(point.hunk) <= HUNK_CHARS, point.line) == (True, 400)
