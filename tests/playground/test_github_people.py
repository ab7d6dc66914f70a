"""People who react, the control API, the pages, and the process itself."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest


def until(test: Any, what: str) -> None:
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        if test():
            return
    raise AssertionError(what)


def bodies(github: Any) -> list[str]:
    return [row["body"] for row in github.client.get("/_playground/state?only=comments").json()["comments"]]


@pytest.fixture
def people(github: Any) -> Any:
    def add(*rows: dict[str, Any]) -> None:
        answer = github.client.post("/_playground/people", json=list(rows))
        assert answer.status_code == 200, answer.text

    return add


def test_reaction_fires_once_with_words_of_the_trigger(github: Any, people: Any) -> None:
    matches = r"retry plan (?P<plan>r\d+)"
    people(
        {
            "on": {"comment": {"author": "bot", "matches": matches}},
            "do": {"comment": "/otto approve $plan"},
            "as": "dev",
        }
    )
    call = github.as_bot()
    for text in ("nothing here", "retry plan r2", "retry plan r3"):
        call("POST", "~/issues/1/comments", json={"body": text})
    until(lambda: len(bodies(github)) >= 4, "the reaction")
    said = [(row["author"], row["body"]) for row in github.state()["comments"] if row["author"] != "otto[bot]"]
    assert said == [("dev", "/otto approve r2")]


def test_reaction_with_several_steps_repeats_where_asked(github: Any, people: Any) -> None:
    people({"on": {"label": "go"}, "do": [{"comment": "one"}, {"unlabel": "go"}], "once": False})
    for _ in range(2):
        github.do(label="go")
        until(lambda: github.state()["issues"][0]["labels"] == [], "the label is off again")
    assert bodies(github) == ["one", "one"]


def test_impossible_reaction_is_a_problem_not_a_crash(github: Any, people: Any) -> None:
    people({"on": {"label": "go"}, "do": {"button": {"check": "Otto", "action": "retry"}}})
    github.do(label="go")
    until(lambda: github.state()["problems"], "the problem is reported")
    assert "no check" in github.state()["problems"][0]


def test_button_review_and_check_reactions(github: Any, hooks: Any, people: Any, tmp_path: Path) -> None:
    press = {"button": {"check": "t1", "action": "retry"}}
    people(
        {"on": {"check": {"name_contains": "t1", "conclusion": "failure"}}, "do": press},
        {"on": {"pull_request": "opened"}, "do": {"review": {"state": "request_changes", "body": "no",
            "comments": [{"path": "a.txt", "line": 1, "body": "why?"}]}}, "as": "dev"},
    )  # fmt: skip
    token = github.token()
    call = github.as_bot(token)
    sha = github.push_branch(tmp_path, token, "work", {"a.txt": "1\n"})
    call("POST", "~/pulls", json={"title": "W", "head": "work", "base": "main", "draft": True})
    button = {"label": "Retry", "description": "again", "identifier": "retry"}
    check = {"name": "otto t1", "head_sha": sha, "conclusion": "failure", "actions": [button]}
    call("POST", "~/check-runs", json=check)
    until(lambda: ("check_run", "requested_action") in hooks.events(), "the button's webhook")
    until(lambda: ("pull_request_review", "submitted") in hooks.events(), "the review's webhook")
    pressed = next(json.loads(body) for _, body in hooks.got if b'"requested_action":{' in body)
    assert pressed["requested_action"] == {"identifier": "retry"}
    assert pressed["check_run"]["app"]["id"] == 4242
    assert call("GET", "~/pulls/2/reviews").json()[0]["state"] == "CHANGES_REQUESTED"
    assert call("GET", "~/pulls/2/comments").json()[0]["body"] == "why?"
    github.do(button={"check": "t1"})
    until(lambda: ("check_run", "rerequested") in hooks.events(), "the re-request's webhook")


def test_ticking_a_box_edits_the_comment(github: Any) -> None:
    body = "plan\n\n- [ ] approve r2\n- [ ] skip t5\n"
    github.as_bot()("POST", "~/issues/1/comments", json={"body": body})
    github.do(edit_comment={"author": "bot", "tick": "approve r2"})
    assert bodies(github) == [body.replace("[ ] approve", "[x] approve")]
    answer = github.client.post("/_playground/do", json={"edit_comment": {"tick": "nothing like it"}})
    assert answer.status_code == 409


@pytest.mark.parametrize(
    "wrong", [{}, {"comment": "a", "label": "b"}, {"comment": {"where": "moon", "body": "x"}}, [1]]
)
def test_malformed_actions_are_refused(github: Any, wrong: Any) -> None:
    assert github.client.post("/_playground/do", json=wrong).status_code == 422


def test_events_are_streamed(github: Any) -> None:
    github.do(comment="hello")
    with httpx.stream("GET", f"{github.url}/_playground/events?since=0", trust_env=False) as stream:
        line = next(row for row in stream.iter_lines() if row.startswith("data: "))
    assert json.loads(line.removeprefix("data: "))["comment"]["body"] == "hello"
    assert github.client.get("/_playground/events?once=true&since=2").json() == []


def test_pages_escape_what_people_write(github: Any, tmp_path: Path) -> None:
    token = github.token()
    github.push_branch(tmp_path, token, "work", {"a.txt": "<b>1</b>\n"})
    call = github.as_bot(token)
    call("POST", "~/pulls", json={"title": "<script>alert(1)</script>", "head": "work", "base": "main"})
    hostile = "<script>x</script> <img src=x onerror=y> [a](javascript:alert(1)) <!-- otto:run=7 -->"
    hostile += "\n\n```mermaid\ngraph\n```\n"
    call("POST", "~/issues/2/comments", json={"body": hostile})
    seen = len(github.state()["requests"])
    for path in ("", "/issues", "/issues/1", "/pull/2", "/pulls", "/actions"):
        page = github.client.get(f"/octo/demo{path}", headers={"Accept": "text/html"})
        assert page.status_code == 200, path
        assert "<script" not in page.text
        assert "onerror=y>" not in page.text.replace("&gt;", "")
    page = github.client.get("/octo/demo/pull/2", headers={"Accept": "text/html"}).text
    assert 'href="javascript' not in page
    assert "otto:run" not in page
    assert '<code class="language-mermaid">' in page
    assert "+&lt;b&gt;1" in page
    assert github.client.get("/octo/demo/pull/1", headers={"Accept": "text/html"}).status_code == 404
    assert len(github.state()["requests"]) == seen


def test_control_token_is_asked_for(github: Any) -> None:
    github.stand_in.hub.world.config.control_token = "s3cret"
    assert github.client.get("/_playground/state").status_code == 401
    assert github.client.get("/_playground/state", headers={"X-Playground-Token": "s3cret"}).status_code == 200


def test_process_announces_itself_and_shuts_down(github_settings: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text(json.dumps({**github_settings, "actions": {"cage": "off"}}, default=str))
    command = [sys.executable, "-m", "otto_bot.playground", "github", "--config", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        assert ready["ready"] is True
        state = httpx.get(f"{ready['url']}/_playground/state", trust_env=False).json()
        assert [row["title"] for row in state["issues"]] == ["Add a thing"]
        assert httpx.post(f"{ready['url']}/_playground/shutdown", trust_env=False).status_code == 200
        assert process.wait(timeout=20) == 0


def test_process_says_what_is_wrong_with_its_config(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text('{"state_dir": 7}')
    command = [sys.executable, "-m", "otto_bot.playground", "github", "--config", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert "state_dir" in done.stderr
    assert "Traceback" not in done.stderr
