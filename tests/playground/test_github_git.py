"""git over HTTP, and what follows a push: webhooks, pull requests in step, refusals."""

import json
from pathlib import Path
from typing import Any

import pytest

from otto_bot.playground.github.gitrepo import of_objects

SHA = "0123456789abcdef" * 2 + "01234567"


@pytest.mark.parametrize(
    ("words", "settled"),
    [
        (("log", "-1", "--format=%H", "--end-of-options", SHA), True),
        (("rev-list", "--max-count=5", SHA, f"^{SHA}", "--", "a/path"), True),
        (("ls-tree", "-z", f"{SHA}:docs"), True),
        (("merge-base", "--is-ancestor", SHA, SHA), True),
        (("ls-tree", "-z", "main", "--", "README.md"), False),
        (("merge-base", SHA, "HEAD"), False),
        (("log", "-1", SHA[:39]), False),
        (("rev-list", SHA, "--not", "--all"), False),
        (("rev-list", "--all"), False),
        (("rev-parse", SHA), False),
        (("update-ref", "refs/heads/x", SHA, SHA), False),
    ],
)
def test_only_what_no_ref_can_change_is_kept(words: tuple[str, ...], settled: bool) -> None:
    assert of_objects(words) is settled


def test_clone_push_and_the_log(github: Any, tmp_path: Path) -> None:
    token = github.token()
    sha = github.push_branch(tmp_path, token, "otto/1-1/run", {"new.py": "X = 1\n"})
    state = github.state()
    assert state["branches"]["otto/1-1/run"] == sha
    pushes = [row for row in state["requests"] if "refs" in row]
    assert [row["refs"] for row in pushes] == [[{"ref": "refs/heads/otto/1-1/run", "old": "0" * 40, "new": sha}]]
    assert (pushes[0]["method"], pushes[0]["path"]) == ("POST", "/octo/demo.git/git-receive-pack")
    assert pushes[0]["actor"] == "otto[bot]"


def test_bad_and_missing_tokens(github: Any, tmp_path: Path) -> None:
    url = f"{github.url}/octo/demo.git/info/refs?service=git-upload-pack"
    assert github.client.get(url).headers["www-authenticate"].startswith("Basic")
    for token in ("ghs_nonsense", None):
        done = github.git(tmp_path, "clone", f"{github.url}/octo/demo.git", "x", token=token, ok=False)
        assert done.returncode != 0
    assert github.client.get(f"{github.url}/octo/demo.git/HEAD").status_code == 403


def test_people_push_by_their_password_where_there_is_one(github: Any, tmp_path: Path) -> None:
    """Also a workflow, which the App may not; a reader only reads; and it takes the very password."""
    stand_in = github.stand_in.hub.world
    url = f"http://maintainer:word@{github.url.partition('://')[2]}/octo/demo.git"
    assert github.git(tmp_path, "ls-remote", url, token=None, ok=False).returncode != 0
    stand_in.config = stand_in.config.model_copy(update={"password": "word"})
    stand_in.taken_out = True  # as before the App is installed
    github.git(tmp_path, "clone", "-q", url, "work", token=None)
    work = tmp_path / "work"
    (work / ".github" / "workflows").mkdir(parents=True, exist_ok=True)
    (work / ".github" / "workflows" / "new.yml").write_text("on: workflow_dispatch\n")
    github.git(work, "add", ".", token=None)
    github.git(work, "commit", "-q", "-m", "Add one", token=None)
    github.git(work, "push", "-q", "origin", "HEAD:main", token=None)
    assert [row["actor"] for row in github.state()["requests"] if row.get("refs")] == ["maintainer"]
    for other in (url.replace("word@", "wrong@"), url.replace("maintainer", "nobody")):
        assert github.git(tmp_path, "ls-remote", other, token=None, ok=False).returncode != 0


def test_push_needs_contents_write(github: Any, tmp_path: Path) -> None:
    work = github.clone(tmp_path, github.token(contents="read"))
    github.git(work, "commit", "-q", "--allow-empty", "-m", "x", token=None)
    done = github.git(work, "push", "origin", "HEAD:refs/heads/x", token=github.token(contents="read"), ok=False)
    assert "403" in done.stderr
    done = github.git(work, "ls-remote", "origin", token=github.token(issues="write"), ok=False)
    assert "403" in done.stderr


def test_workflow_push_is_refused_in_githubs_words(github: Any, tmp_path: Path) -> None:
    token = github.token()
    work = github.clone(tmp_path, token)
    (work / ".github/workflows/ci.yml").write_text("on: push\njobs: {x: {}}\n")
    github.git(work, "commit", "-q", "-am", "Change CI", token=None)
    done = github.git(work, "push", "origin", "HEAD:refs/heads/y", token=token, ok=False)
    assert "[remote rejected]" in done.stderr
    wanted = (
        "(refusing to allow a GitHub App to create or update workflow `.github/workflows/ci.yml` without `workflows`"
    )
    assert wanted in done.stderr
    state = github.state()
    assert "y" not in state["branches"]
    assert not any("refs" in row for row in state["requests"])


def test_taking_in_a_base_whose_workflows_moved_is_allowed(github: Any, tmp_path: Path) -> None:
    token = github.token()
    github.push_branch(tmp_path, token, "feature", {"f.py": "F = 1\n"})
    github.do(push={"branch": "main", "files": {".github/workflows/ci.yml": "on: push\njobs: {y: {}}\n"}})
    work = tmp_path / "work"
    github.git(work, "fetch", "-q", "origin", token=token)
    github.git(work, "merge", "-q", "-m", "Take main in", "origin/main", token=None)
    github.git(work, "push", "-q", "origin", "feature", token=token)
    head = github.git(work, "rev-parse", "HEAD", token=None).stdout.strip()
    assert github.state()["branches"]["feature"] == head


def test_pull_request_follows_its_branch(github: Any, hooks: Any, tmp_path: Path) -> None:
    token = github.token()
    call = github.as_bot(token)
    first = github.push_branch(tmp_path, token, "work", {"a.txt": "1\n"})
    body = {"title": "Work", "head": "work", "base": "main", "draft": True}
    pull = call("POST", "~/pulls", json=body).json()
    assert (pull["number"], pull["draft"], pull["head"]["sha"], pull["mergeable"]) == (2, True, first, None)
    again = call("POST", "~/pulls", json=body)
    assert "already exists" in again.json()["errors"][0]["message"]
    assert [row["number"] for row in call("GET", "~/pulls?head=octo:work&state=all").json()] == [2]
    second = github.push_branch(tmp_path, token, "work", {"b.txt": "2\n"})
    shown = call("GET", "~/pulls/2").json()
    assert (shown["head"]["sha"], shown["changed_files"], shown["mergeable"]) == (second, 2, True)
    assert [row["filename"] for row in call("GET", "~/pulls/2/files").json()] == ["a.txt", "b.txt"]
    github.client.post("/_playground/settle")
    order = [event for event in hooks.events() if event[0] in ("push", "pull_request")]
    assert order == [("push", None), ("pull_request", "opened"), ("push", None), ("pull_request", "synchronize")]
    synchronize = json.loads(hooks.got[-1][1])
    assert (synchronize["before"], synchronize["after"]) == (first, second)
    github.do(push={"branch": "main", "files": {"a.txt": "other\n"}})
    assert call("GET", "~/pulls/2").json()["mergeable"] is False


def test_merge_closes_the_pull_request(github: Any, tmp_path: Path) -> None:
    token = github.token()
    call = github.as_bot(token)
    github.push_branch(tmp_path, token, "work", {"a.txt": "1\n"})
    call("POST", "~/pulls", json={"title": "Work", "head": "work", "base": "main", "draft": True})
    refused = call("PUT", "~/pulls/2/merge", json={})
    assert refused.status_code == 405
    github.do(merge="pull")
    shown = call("GET", "~/pulls/2").json()
    assert (shown["state"], shown["merged"], shown["merged_by"]["login"]) == ("closed", True, "maintainer")
    assert call("GET", "~/contents/a.txt").status_code == 200


def test_branches_without_commits_and_unknown_ones(github: Any, tmp_path: Path) -> None:
    token = github.token()
    call = github.as_bot(token)
    head = call("GET", "~/git/ref/heads/main").json()["object"]["sha"]
    call("POST", "~/git/refs", json={"ref": "refs/heads/same", "sha": head})
    same = call("POST", "~/pulls", json={"title": "x", "head": "same", "base": "main"})
    assert same.json()["errors"][0]["message"] == "No commits between main and same"
    assert call("POST", "~/pulls", json={"title": "x", "head": "gone", "base": "main"}).status_code == 422


def test_graphql_toggles_draft(github: Any, tmp_path: Path) -> None:
    token = github.token()
    call = github.as_bot(token)
    github.push_branch(tmp_path, token, "work", {"a.txt": "1\n"})
    node = call("POST", "~/pulls", json={"title": "W", "head": "work", "base": "main"}).json()["node_id"]
    query = "mutation($id: ID!) { %s(input: {pullRequestId: $id}) { pullRequest { isDraft } } }"
    for name, draft in (("convertPullRequestToDraft", True), ("markPullRequestReadyForReview", False)):
        answer = call("POST", "/graphql", json={"query": query % name, "variables": {"id": node}}).json()
        assert answer["data"][name]["pullRequest"]["isDraft"] is draft
        assert call("GET", "~/pulls/2").json()["draft"] is draft
    unknown = call("POST", "/api/graphql", json={"query": query % name, "variables": {"id": "PR_x"}}).json()
    assert unknown["errors"][0]["type"] == "NOT_FOUND"
    weak = github.as_bot(github.token(pull_requests="read"))
    refused = weak("POST", "/graphql", json={"query": query % name, "variables": {"id": node}}).json()
    assert refused["errors"][0]["type"] == "FORBIDDEN"
