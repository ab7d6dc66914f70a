"""One walk through the stand-in's endpoints: with OTTO_OPENAPI each answer is held against GitHub's own OpenAPI.

The run itself does that when it ends (tests/conformance.py), as with the answers of every other test.
"""

from pathlib import Path
from typing import Any


def test_answers_fit_githubs_schemas(github: Any, tmp_path: Path) -> None:
    token = github.token(issues="write", contents="write", pull_requests="write", checks="write", statuses="read")
    call = github.as_bot(token)
    github.do(label="otto")
    github.do(comment="hello", **{"as": "dev"})
    sha = github.push_branch(tmp_path, token, "work", {"a.txt": "1\n", "pkg/a.py": "A = 2\n"})
    pull = call("POST", "~/pulls", json={"title": "W", "head": "work", "base": "main", "draft": True}).json()
    github.do(
        review={"state": "request_changes", "body": "no", "comments": [{"path": "a.txt", "line": 1, "body": "?"}]}
    )
    (line,) = call("GET", "~/pulls/2/comments").json()
    review = line["pull_request_review_id"]
    call("POST", f"~/pulls/2/comments/{line['id']}/replies", json={"body": "Done."})
    call("PATCH", f"~/pulls/comments/{line['id']}", json={"body": "?!"})
    call("POST", f"~/pulls/comments/{line['id']}/reactions", json={"content": "eyes"})
    call("POST", "~/pulls/2/reviews", json={"event": "COMMENT", "body": "x"})
    github.do(status={"branch": "work", "context": "other", "state": "success"})
    note = {"path": "a.txt", "start_line": 1, "end_line": 1, "annotation_level": "failure", "message": "m"}
    output = {"title": "T", "summary": "S", "annotations": [note]}
    check = call("POST", "~/check-runs", json={"name": "Otto", "head_sha": sha, "output": output}).json()["id"]
    call("PATCH", f"~/check-runs/{check}", json={"conclusion": "neutral"})
    comment = call("POST", "~/issues/1/comments", json={"body": "x"}).json()["id"]
    call("POST", f"~/issues/comments/{comment}/reactions", json={"content": "eyes"})
    call("POST", "~/issues/1/reactions", json={"content": "eyes"})
    call("POST", "~/labels", json={"name": "new", "color": "ededed"})
    call("POST", "~/issues/1/labels", json={"labels": ["new"]})
    call("PATCH", "~/pulls/2", json={"title": "W2"})
    call("PATCH", "~/issues/1", json={"body": "B"})
    call("POST", "~/pulls/2/requested_reviewers", json={"reviewers": ["dev"]})
    tree = call("GET", f"~/git/commits/{sha}").json()["tree"]["sha"]
    call("POST", "~/git/trees", json={"base_tree": tree, "tree": [
        {"path": "n", "mode": "100644", "type": "blob", "content": "n"}]})  # fmt: skip
    call("POST", "~/git/commits", json={"message": "m", "tree": tree, "parents": [sha]})
    call("POST", "~/git/refs", json={"ref": "refs/heads/other", "sha": sha})
    call("PATCH", "~/git/refs/heads/other", json={"sha": sha})
    call("POST", "~/git/blobs", json={"content": "x"})
    for path in (
        "~", "/repositories/700001", "~/collaborators/dev/permission", "/users/dev", "/rate_limit",
        "~/contents/README.md",
        "~/contents/pkg", "~/git/ref/heads/main", f"~/git/trees/{tree}?recursive=1", "~/branches", "~/branches/main",
        "~/commits", f"~/commits/{sha}", "~/compare/main...work", "~/issues?state=all", "~/issues/1", "~/issues/2",
        "~/issues/1/events", "~/issues/1/comments", f"~/issues/comments/{comment}", "~/issues/1/labels", "~/labels",
        f"~/issues/comments/{comment}/reactions", "~/pulls", "~/pulls/2", "~/pulls/2/files", "~/pulls/2/reviews",
        "~/pulls/2/comments", f"~/pulls/2/reviews/{review}", f"~/pulls/2/reviews/{review}/comments",
        f"~/pulls/comments/{line['id']}", f"~/pulls/comments/{line['id']}/reactions", "~/pulls/2/commits",
        "~/pulls/2/requested_reviewers", f"~/commits/{sha}/check-runs",
        f"~/commits/{sha}/check-suites", f"~/check-runs/{check}", f"~/check-runs/{check}/annotations",
        f"~/commits/{sha}/statuses", f"~/commits/{sha}/status", "~/rules/branches/main", "/installation/repositories",
        "~/issues/99", "~/git/matching-refs/heads/",
    ):  # fmt: skip
        call("GET", path)
    more = github.as_bot(github.token(actions="read"))
    more("GET", "~/environments")
    assert more("GET", "~/actions/permissions").status_code == 403
    github.client.post("/_playground/webhook_url", json={"url": "http://127.0.0.1:9/hook"})
    for path in (
        "/app", "/app/installations", "/app/installations/800001", "/repos/octo/demo/installation", "/app/hook/config",
    ):  # fmt: skip
        github.app("GET", path)
    assert pull["draft"] is True
    rows = {f"{row.method} {row.status}" for row in github.stand_in.hub.world.requests}
    assert {"GET 200", "POST 201", "PATCH 200", "GET 404"} <= rows


def test_deliveries_fit_githubs_schemas(github: Any, hooks: Any) -> None:
    github.do(comment="hello")
    github.client.post("/_playground/settle")
    rows = github.app("GET", "/app/hook/deliveries").json()
    assert github.app("GET", f"/app/hook/deliveries/{rows[0]['id']}").status_code == 200
    assert github.app("POST", f"/app/hook/deliveries/{rows[0]['id']}/attempts").status_code == 202
