"""Reviews and threads of the stand-in, as GitHub has them: hunks, answers, reactions, who is asked again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

LINES = [{"path": "a.txt", "line": 2, "body": "why?"}, {"path": "README.md", "line": 1, "body": "not in the diff"}]


@pytest.fixture
def call(github: Any, tmp_path: Path) -> Any:
    """The App's requests; pull request 2 is open, and a person asked for changes."""
    token = github.token(contents="write", pull_requests="write")
    github.push_branch(tmp_path, token, "work", {"a.txt": "1\n2\n3\n"})
    call = github.as_bot(token)
    call("POST", "~/pulls", json={"title": "W", "head": "work", "base": "main"})
    call("POST", "~/pulls/2/requested_reviewers", json={"reviewers": ["dev"]})
    review = {"state": "request_changes", "body": "no", "comments": LINES}
    github.do(review=review, **{"as": "dev"})
    return call


def test_comments_keep_their_piece_of_diff_and_who_has_reviewed_is_asked_no_more(call: Any) -> None:
    hunks = {row["path"]: row["diff_hunk"] for row in call("GET", "~/pulls/2/comments").json()}
    assert hunks == {"a.txt": "@@ -0,0 +1,3 @@\n+1\n+2", "README.md": "@@ -1 +1 @@"}

    (review,) = call("GET", "~/pulls/2/reviews").json()
    rows = call("GET", f"~/pulls/2/reviews/{review['id']}/comments").json()
    assert [row["body"] for row in rows] == ["why?", "not in the diff"]
    assert not any("line" in key for row in rows for key in row)  # GitHub says no line in this list

    assert call("GET", "~/pulls/2/requested_reviewers").json()["users"] == []
    call("POST", "~/pulls/2/requested_reviewers", json={"reviewers": ["dev"]})
    assert [u["login"] for u in call("GET", "~/pulls/2/requested_reviewers").json()["users"]] == ["dev"]


def test_answers_and_emojis_stand_in_the_thread(github: Any, call: Any) -> None:
    first = call("GET", "~/pulls/2/comments").json()[0]
    answer = call("POST", f"~/pulls/2/comments/{first['id']}/replies", json={"body": "so"}).json()
    assert (answer["in_reply_to_id"], answer["path"]) == (first["id"], "a.txt")
    assert answer["pull_request_review_id"] != first["pull_request_review_id"]
    assert call("POST", f"~/pulls/2/comments/{answer['id']}/replies", json={"body": "x"}).status_code == 404
    edited = call("PATCH", f"~/pulls/comments/{answer['id']}", json={"body": "so!"}).json()
    assert edited["body"] == "so!"
    (row,) = [row for row in github.state()["threads"] if row["in_reply_to"]]
    assert (row["author"], row["body"]) == ("otto[bot]", "so!")

    path = f"~/pulls/comments/{first['id']}/reactions"
    assert [call("POST", path, json={"content": "eyes"}).status_code for _ in range(2)] == [201, 200]
    assert call("POST", path, json={"content": "nonsense"}).status_code == 422
    assert len(call("GET", path).json()) == 1
    assert call("GET", f"~/pulls/comments/{first['id']}").json()["reactions"]["eyes"] == 1
