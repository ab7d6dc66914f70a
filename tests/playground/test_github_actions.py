"""Workflows that really run behind the stand-in: webhooks, checks, jobs, logs, reruns, dispatch."""

import json
from pathlib import Path
from typing import Any

import pytest

from otto_bot.playground.actions import cage

pytestmark = pytest.mark.skipif(cage.find_act() is None, reason="act is not installed (extra `playground`)")

WORKFLOW = """
name: CI
on:
  pull_request:
    branches: [main]
  workflow_dispatch:
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: |
          echo "::error file=pkg/a.py,line=1::A is wrong"
          test -f fixed.txt
"""


@pytest.fixture
def github_actions() -> bool:
    return True


@pytest.fixture
def github_settings(github_settings: dict[str, Any]) -> dict[str, Any]:
    folder = github_settings["repo_source_dir"] / ".github" / "workflows"
    (folder / "ci.yml").write_text(WORKFLOW)
    return {**github_settings, "actions": {"cage": "off"}, "log_url_seconds": 1000}


def test_a_pull_request_is_verified(github: Any, hooks: Any, tmp_path: Path) -> None:
    import time

    def until(test: Any, what: str) -> Any:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if found := test():
                return found
        raise AssertionError(what)

    token = github.token()
    call = github.as_bot(token)
    sha = github.push_branch(tmp_path, token, "work", {"a.txt": "1\n"})
    call("POST", "~/pulls", json={"title": "W", "head": "work", "base": "main", "draft": True})
    until(lambda: ("workflow_run", "completed") in hooks.events(), "the run's end is announced")
    runs = call("GET", f"~/actions/runs?head_sha={sha}").json()["workflow_runs"]
    assert [(row["event"], row["conclusion"], row["head_sha"]) for row in runs] == [("pull_request", "failure", sha)]
    assert [row["number"] for row in runs[0]["pull_requests"]] == [2]
    job = call("GET", f"~/actions/runs/{runs[0]['id']}/jobs").json()["jobs"][0]
    assert (job["name"], job["conclusion"]) == ("test", "failure")
    moved = call("GET", f"~/actions/jobs/{job['id']}/logs")
    assert moved.status_code == 302
    log = github.client.get(moved.headers["location"])
    assert "Process completed with exit code 1." in log.text
    check = call("GET", f"~/commits/{sha}/check-runs").json()["check_runs"][0]
    assert (check["app"]["slug"], check["conclusion"]) == ("github-actions", "failure")
    notes = call("GET", f"~/check-runs/{check['id']}/annotations").json()
    assert any(row["message"] == "A is wrong" and row["path"] == "pkg/a.py" for row in notes)
    page = github.client.get(f"/octo/demo/runs/{check['id']}", headers={"Accept": "text/html"}).text
    assert "Process completed with exit code 1." in page
    github.stand_in.hub.world.config.log_url_seconds = -1
    stale = call("GET", f"~/actions/jobs/{job['id']}/logs").headers["location"]
    assert github.client.get(stale).status_code == 410
    payload = next(json.loads(b) for h, b in hooks.got if h["x-github-event"] == "workflow_run" and b"completed" in b)
    assert payload["workflow_run"]["id"] == runs[0]["id"]

    assert call("POST", f"~/actions/runs/{runs[0]['id']}/rerun-failed-jobs").status_code == 201
    until(lambda: call("GET", f"~/actions/runs/{runs[0]['id']}").json()["run_attempt"] == 2, "the second attempt")
    until(lambda: call("GET", f"~/actions/runs/{runs[0]['id']}").json()["status"] == "completed", "its end")
    assert call("POST", f"~/actions/runs/{runs[0]['id']}/cancel").status_code == 409

    github.push_branch(tmp_path, token, "other", {"fixed.txt": "1\n"})
    body = {"ref": "other", "return_run_details": True}
    answer = call("POST", "~/actions/workflows/ci.yml/dispatches", json=body).json()
    number = answer["workflow_run_id"]
    until(lambda: call("GET", f"~/actions/runs/{number}").json()["status"] == "completed", "the dispatched run ends")
    assert call("GET", f"~/actions/runs/{number}").json()["conclusion"] == "success"
    assert call("GET", "~/actions/workflows").json()["workflows"][0]["path"] == ".github/workflows/ci.yml"
