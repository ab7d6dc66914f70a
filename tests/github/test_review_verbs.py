"""Reviews and their threads: read narrowly and bounded, answered once and only by our own App's hand."""

from __future__ import annotations

import json

import pytest

from otto_bot.github.errors import NotFound, Unreachable
from otto_bot.github.models import ThreadAnswer

MARKER = "<!-- otto run=1 surface=review/7/11 -->"
OURS = {"login": "otto[bot]", "id": 99, "type": "Bot"}


def line(id_: int, body: str, **changes: object) -> dict[str, object]:
    """A line comment as GitHub lists it: no App is named there."""
    at = "2026-11-22T11:00:00Z"
    given = {"id": id_, "body": body, "path": "a.py", "created_at": at, "updated_at": at, "user": OURS}
    return {**given, "pull_request_review_id": 7, "diff_hunk": "@@ -1 +1 @@", "extra": {"x": 1}, **changes}


@pytest.fixture
def own(wire):
    wire.router.get("/app").respond(json={"id": 4711, "slug": "otto", "name": "Otto", "owner": {"login": "acme"}})
    wire.router.get("/users/otto%5Bbot%5D").respond(json=OURS)
    return wire


def answer(thread: int = 11, marker: str = MARKER, body: str = "Done.") -> ThreadAnswer:
    return ThreadAnswer(thread=thread, marker=marker, body=body)


async def test_a_review_and_its_comments_are_read_narrowly(wire, repo):
    wire.repo("GET", "/pulls/3/reviews/7").respond(
        json={"id": 7, "state": "CHANGES_REQUESTED", "body": None, "user": {"login": "ann", "id": 5, "type": "User"},
              "html_url": "https://github.test/r", "commit_id": "c", "submitted_at": "2026-11-22T11:00:00Z"}
    )  # fmt: skip
    outdated = line(11, "x", line=None, position=None, diff_hunk=None, user=None, subject_type="new kind")
    wire.repo("GET", "/pulls/3/reviews/7/comments").respond(json=[outdated, line(12, "y", in_reply_to_id=9)])
    found = await repo.review(3, 7)
    assert (found.author_id, found.author_type, found.body, found.html_url) == (5, "User", "", "https://github.test/r")
    first, second = await repo.comments_of_review(3, 7, 100)
    assert (first.line, first.diff_hunk, first.author_id, second.in_reply_to_id) == (None, "", None, 9)


async def test_no_more_comments_are_read_than_asked_for(wire, repo):
    tail = "/pulls/3/reviews/7/comments"
    url = f"https://api.github.test/repos/acme/shop{tail}?page=2"
    page = wire.repo("GET", tail).respond(
        json=[line(n, "x") for n in range(1, 101)], headers={"Link": f'<{url}>; rel="next"'}
    )
    assert len(await repo.comments_of_review(3, 7, 60)) == 60
    assert page.call_count == 1


async def test_a_review_of_another_pull_request_is_not_found(wire, repo):
    wire.repo("GET", "/pulls/3/reviews/7").respond(404, json={"message": "Not Found"})
    with pytest.raises(NotFound):
        await repo.review(3, 7)


async def test_a_thread_without_our_answer_gets_one_below_its_first_comment(own, repo):
    own.repo("GET", "/pulls/3/comments").respond(json=[line(11, "please", user={"login": "ann", "id": 5})])
    post = own.repo("POST", "/pulls/3/comments/11/replies").respond(201, json=line(20, "x", in_reply_to_id=11))
    assert await repo.answer_threads(3, [answer()]) == ()
    assert json.loads(post.calls.last.request.content) == {"body": f"{MARKER}\nDone."}


async def test_an_answer_that_stands_is_left_or_edited_never_doubled(own, repo):
    stands = line(20, f"{MARKER}\r\nDone.", in_reply_to_id=11)
    own.repo("GET", "/pulls/3/comments").respond(json=[stands])
    patch = own.repo("PATCH", "/pulls/comments/20").respond(json=stands)
    await repo.answer_threads(3, [answer()])
    assert patch.call_count == 0
    await repo.answer_threads(3, [answer(body="Done after all.")])
    assert json.loads(patch.calls.last.request.content) == {"body": f"{MARKER}\nDone after all."}


@pytest.mark.parametrize(
    "theirs",
    [
        line(20, f"{MARKER}\nDone.", in_reply_to_id=11, user={"login": "ann", "id": 5, "type": "User"}),
        line(20, f"{MARKER}\nDone.", in_reply_to_id=11, user={"login": "other[bot]", "id": 6, "type": "Bot"}),
        line(20, f"{MARKER}\nDone.", in_reply_to_id=12),
        line(20, f"{MARKER}\nDone."),
        line(20, f"> {MARKER}\nDone.", in_reply_to_id=11),
    ],
)
async def test_what_is_not_our_answer_in_that_thread_does_not_count(own, repo, theirs):
    own.repo("GET", "/pulls/3/comments").respond(json=[theirs])
    post = own.repo("POST", "/pulls/3/comments/11/replies").respond(201, json=line(21, "x"))
    await repo.answer_threads(3, [answer()])
    assert post.call_count == 1


async def test_a_thread_that_is_gone_is_named_and_the_others_are_answered(own, repo):
    own.repo("GET", "/pulls/3/comments").respond(json=[])
    own.repo("POST", "/pulls/3/comments/11/replies").respond(404, json={"message": "Not Found"})
    second = own.repo("POST", "/pulls/3/comments/12/replies").respond(201, json=line(21, "x"))
    assert await repo.answer_threads(3, [answer(), answer(12)]) == (11,)
    assert second.call_count == 1


async def test_a_lost_answer_is_an_error_that_is_tried_again(own, repo):
    own.repo("GET", "/pulls/3/comments").respond(json=[])
    post = own.repo("POST", "/pulls/3/comments/11/replies").respond(502)
    with pytest.raises(Unreachable) as caught:
        await repo.answer_threads(3, [answer()])
    assert (caught.value.retryable, post.call_count) == (True, 1)
