"""The stand-in's merge queue, other Apps and submodules behave as GitHub's do."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from otto_bot.playground.actions import cage

pytestmark = pytest.mark.skipif(cage.find_act() is None, reason="act is not installed (extra `playground`)")
WORKFLOW = """
on: [pull_request, merge_group]
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: test ! -f bad.txt
"""
QUEUE = {"type": "merge_queue", "parameters": {"merge_method": "MERGE"}}


@pytest.fixture
def github_actions() -> bool:
    return True


@pytest.fixture
def github_settings(github_settings: dict[str, Any]) -> dict[str, Any]:
    (github_settings["repo_source_dir"] / ".github" / "workflows" / "ci.yml").write_text(WORKFLOW)
    more = {"other_apps": [{"slug": "renovate"}, {"slug": "codecov", "reports": {"codecov/patch": "failure"}}]}
    events = [*github_settings["app"].get("events", []), "merge_group", "push", "pull_request"]
    app = {**github_settings["app"], "events": sorted(set(events))}
    actions = {"cage": "off", "runner": "shell"}
    return {
        **github_settings, **more, "app": app, "rules": [QUEUE], "actions": actions, "submodules": {"vendor": "8" * 40}
    }  # fmt: skip


def until(test: Any, what: str) -> Any:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if found := test():
            return found
    raise AssertionError(what)


def pull(github: Any, number: int) -> dict[str, Any]:
    return next(row for row in github.state()["pull_requests"] if row["number"] == number)


def test_what_is_green_is_merged_by_the_queue_and_what_is_red_leaves_it(
    github: Any, hooks: Any, tmp_path: Path
) -> None:
    token = github.token()
    for number, (branch, file) in enumerate({"good": "a.txt", "wrong": "bad.txt"}.items(), 2):
        (tmp_path / branch).mkdir()
        github.push_branch(tmp_path / branch, token, branch, {file: "1\n"})
        github.do(open_pull={"branch": branch, "title": branch})
        github.do(enqueue=f"pull/{number}")
        until(lambda: hooks.events().count(("merge_group", "destroyed")) == number - 1, "the group has ended")  # noqa: B023
    assert [pull(github, number)["state"] for number in (2, 3)] == ["merged", "open"]
    state = github.state()
    assert not [name for name in state["branches"] if name.startswith("gh-readonly-queue/")]
    groups = [run for run in state["workflow_runs"] if run["event"] == "merge_group"]
    assert [run["conclusion"] for run in groups] == ["success", "failure"]
    assert all(run["branch"].startswith("gh-readonly-queue/main/pr-") for run in groups)
    assert hooks.events().count(("pull_request", "dequeued")) == 2


def test_others_open_a_suite_on_each_push_and_a_submodule_is_a_commit(github: Any, tmp_path: Path) -> None:
    call = github.as_bot()
    sha = github.push_branch(tmp_path, github.token(), "work", {"a.txt": "1\n"})
    suites = call("GET", f"~/commits/{sha}/check-suites").json()["check_suites"]
    shown = {row["app"]["slug"]: (row["status"], row["conclusion"]) for row in suites}
    assert shown["renovate"] == ("queued", None)
    assert shown["codecov"] == ("completed", "failure")
    checks = call("GET", f"~/commits/{sha}/check-runs").json()["check_runs"]
    assert [(row["name"], row["app"]["slug"]) for row in checks] == [("codecov/patch", "codecov")]
    assert call("GET", "~/contents/vendor").json()["type"] == "submodule"
