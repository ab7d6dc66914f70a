"""The stand-in's REST subset: issues, labels, pages, checks, contents, and GitHub's errors."""

import base64
from typing import Any


def test_comments_are_made_found_edited_and_deleted(github: Any) -> None:
    call = github.as_bot()
    made = call("POST", "~/issues/1/comments", json={"body": "one"})
    assert made.status_code == 201
    comment = made.json()
    assert comment["user"]["login"] == "otto[bot]"
    assert comment["performed_via_github_app"]["id"] == 4242
    assert call("PATCH", f"~/issues/comments/{comment['id']}", json={"body": "two"}).json()["body"] == "two"
    assert [row["body"] for row in call("GET", "~/issues/1/comments").json()] == ["two"]
    assert github.state()["comments"][0] | {"edits": 1, "where": "issue/1"} == github.state()["comments"][0]
    assert call("DELETE", f"~/issues/comments/{comment['id']}").status_code == 204
    assert call("GET", f"~/issues/comments/{comment['id']}").status_code == 404


def test_too_long_and_malformed_bodies_are_refused(github: Any) -> None:
    call = github.as_bot()
    long = call("POST", "~/issues/1/comments", json={"body": "x" * 65_537})
    assert (long.status_code, long.json()["errors"][0]["field"]) == (422, "body")
    made = call("POST", "~/issues/1/comments", json={"body": "x" * 65_536}).json()
    assert call("PATCH", f"~/issues/comments/{made['id']}", json={"body": "x" * 65_537}).status_code == 422
    assert call("POST", "~/issues/1/comments", content=b"{").status_code == 400
    assert call("POST", "~/issues/1/comments", json=[1]).status_code == 422
    assert call("POST", "~/issues/1/comments", json={"body": 7}).status_code == 422
    assert call("POST", "~/issues/99/comments", json={"body": "x"}).status_code == 404


def test_lists_have_pages_with_links(github: Any) -> None:
    call = github.as_bot()
    for number in range(5):
        call("POST", "~/issues/1/comments", json={"body": f"c{number}"})
    seen, page = [], call("GET", "~/issues/1/comments?per_page=2")
    assert set(page.links) == {"next", "last"}
    while True:
        seen += [row["body"] for row in page.json()]
        if "next" not in page.links:
            break
        page = call("GET", page.links["next"]["url"].removeprefix(github.url))
    assert seen == [f"c{number}" for number in range(5)]
    assert set(page.links) == {"prev", "first"}
    assert call("GET", "~/issues/1/comments?page=9").json() == []
    assert len(call("GET", "~/issues/1/comments?per_page=zzz&page=-4").json()) == 5
    assert call("GET", "~/issues/1/comments?since=2000-01-01T00:00:00Z").status_code == 200
    assert call("GET", "~/issues/1/comments?since=2100-01-01T00:00:00Z").json() == []
    assert call("GET", "~/issues/1/comments?since=soon").status_code == 422


def test_labels_with_awkward_names(github: Any) -> None:
    call = github.as_bot()
    name = "otto/run?#1"
    assert call("POST", "~/labels", json={"name": name, "color": "123abc"}).status_code == 201
    assert call("POST", "~/labels", json={"name": name.upper()}).json()["errors"][0]["code"] == "already_exists"
    quoted = "otto%2Frun%3F%231"
    assert call("GET", f"~/labels/{quoted}").json()["name"] == name
    call("POST", "~/issues/1/labels", json={"labels": [name, "otto"]})
    assert call("DELETE", f"~/issues/1/labels/{quoted}").json()[0]["name"] == "otto"
    assert call("DELETE", f"~/issues/1/labels/{quoted}").status_code == 404
    assert [row["number"] for row in call("GET", "~/issues?labels=otto").json()] == [1]
    assert call("GET", "~/issues?labels=otto,bug").json() == []
    events = call("GET", "~/issues/1/events").json()
    assert [(row["event"], row["label"]["name"]) for row in events][:2] == [("labeled", name), ("labeled", "otto")]


def test_reactions_come_once(github: Any) -> None:
    github.do(comment="hello", **{"as": "reader"})
    call = github.as_bot()
    number = call("GET", "~/issues/1/comments").json()[0]["id"]
    path = f"~/issues/comments/{number}/reactions"
    assert call("POST", path, json={"content": "eyes"}).status_code == 201
    assert call("POST", path, json={"content": "eyes"}).status_code == 200
    assert call("POST", path, json={"content": "nose"}).status_code == 422
    assert [row["content"] for row in call("GET", path).json()] == ["eyes"]


def test_contents_and_git_data(github: Any) -> None:
    call = github.as_bot()
    file = call("GET", "~/contents/pkg/a.py").json()
    assert base64.b64decode(file["content"]) == b"A = 1\n"
    assert {row["name"] for row in call("GET", "~/contents/pkg").json()} == {"a.py"}
    raw = call("GET", "~/contents/pkg/a.py", headers={"Accept": "application/vnd.github.raw+json"})
    assert raw.content == b"A = 1\n"
    assert call("GET", "~/contents/none.py").status_code == 404
    assert call("GET", "~/contents/a?ref=no-such-branch").status_code == 404
    head = call("GET", "~/git/ref/heads/main").json()["object"]["sha"]
    base = call("GET", f"~/git/commits/{head}").json()["tree"]["sha"]
    entry = {"path": "new.txt", "mode": "100644", "type": "blob", "content": "hi\n"}
    tree = call("POST", "~/git/trees", json={"base_tree": base, "tree": [entry]}).json()["sha"]
    commit = call("POST", "~/git/commits", json={"message": "m", "tree": tree, "parents": [head]}).json()
    assert commit["author"]["name"] == "otto[bot]"
    ref = {"ref": "refs/heads/otto/1-1/run", "sha": commit["sha"]}
    assert call("POST", "~/git/refs", json=ref).status_code == 201
    assert call("POST", "~/git/refs", json=ref).json()["message"] == "Reference already exists"
    assert call("GET", "~/branches/otto/1-1/run").json()["commit"]["sha"] == commit["sha"]
    back = call("PATCH", "~/git/refs/heads/otto/1-1/run", json={"sha": head})
    assert back.json()["message"] == "Update is not a fast forward"
    paths = {row["path"] for row in call("GET", f"~/git/trees/{tree}?recursive=1").json()["tree"]}
    assert {"new.txt", "pkg/a.py", "pkg"} <= paths
    compared = call("GET", "~/compare/main...otto/1-1/run").json()
    assert (compared["status"], [row["filename"] for row in compared["files"]]) == ("ahead", ["new.txt"])
    bad = call("POST", "~/git/trees", json={"tree": [{**entry, "path": "../x"}]})
    assert bad.status_code == 422


def test_git_data_cannot_bring_workflows(github: Any) -> None:
    call = github.as_bot()
    head = call("GET", "~/git/ref/heads/main").json()["object"]["sha"]
    entry = {"path": ".github/workflows/evil.yml", "mode": "100644", "type": "blob", "content": "on: push\n"}
    base = call("GET", f"~/git/commits/{head}").json()["tree"]["sha"]
    tree = call("POST", "~/git/trees", json={"base_tree": base, "tree": [entry]}).json()["sha"]
    commit = call("POST", "~/git/commits", json={"message": "m", "tree": tree, "parents": [head]}).json()["sha"]
    assert call("POST", "~/git/refs", json={"ref": "refs/heads/x", "sha": commit}).status_code == 403


def test_checks_with_annotations_and_limits(github: Any) -> None:
    call = github.as_bot()
    sha = call("GET", "~/git/ref/heads/main").json()["object"]["sha"]
    note = {"path": "pkg/a.py", "start_line": 1, "end_line": 1, "annotation_level": "failure", "message": "m"}
    output = {"title": "T", "summary": "S", "annotations": [note]}
    button = {"label": "Retry", "description": "again", "identifier": "retry"}
    body = {"name": "Otto", "head_sha": sha, "external_id": "k", "output": output, "actions": [button]}
    made = call("POST", "~/check-runs", json=body).json()
    assert (made["status"], made["external_id"]) == ("queued", "k")
    more = {"output": {"title": "T2", "summary": "S2", "annotations": [note]}, "conclusion": "neutral"}
    assert call("PATCH", f"~/check-runs/{made['id']}", json=more).json()["status"] == "completed"
    assert len(call("GET", f"~/check-runs/{made['id']}/annotations").json()) == 2
    listed = call("GET", f"~/commits/{sha}/check-runs?app_id=4242").json()
    assert (listed["total_count"], listed["check_runs"][0]["conclusion"]) == (1, "neutral")
    assert call("GET", f"~/commits/{sha}/check-suites").json()["check_suites"][0]["status"] == "completed"
    for wrong in (
        {"output": {"title": "T", "summary": "x" * 65_536}},
        {"output": {"title": "T", "summary": "S", "annotations": [note] * 51}},
        {"actions": [button] * 4},
        {"actions": [{**button, "label": "x" * 21}]},
        {"status": "completed"},
        {"conclusion": "great"},
    ):
        fresh = {"name": "x", "head_sha": sha, **wrong}
        assert call("POST", "~/check-runs", json=fresh).status_code == 422, wrong


def test_headers_of_every_answer(github: Any) -> None:
    answer = github.as_bot()("GET", "~")
    assert answer.headers["x-github-request-id"]
    assert int(answer.headers["x-ratelimit-remaining"]) > 0
