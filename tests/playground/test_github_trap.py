"""The stand-in's trap: the n-th write is held, before or after it is carried out, until released or nobody waits."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

COMMENTS = "~/issues/1/comments"


def until_dropped(github: Any, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while look(github, 0)["end"] != "dropped":
        assert time.monotonic() < deadline, f"the connection's end was not noticed within {seconds} s"


def set_trap(github: Any, nth: int, when: str) -> None:
    answer = github.client.post("/_playground/trap", json={"nth": nth, "when": when})
    assert answer.status_code == 200, answer.text


def look(github: Any, wait: float = 10) -> dict[str, Any]:
    return dict(github.client.get("/_playground/trap", params={"wait": wait}).json())


def release(github: Any) -> None:
    assert github.client.post("/_playground/trap/release").status_code == 200


def bodies(github: Any) -> list[str]:
    return [row["body"] for row in github.state()["comments"]]


@pytest.fixture
def aside() -> Any:
    with ThreadPoolExecutor(1) as pool:
        yield pool


@pytest.mark.parametrize(("when", "meanwhile"), [("before", ["one"]), ("after", ["one", "two"])])
def test_held_until_released(github: Any, aside: ThreadPoolExecutor, when: str, meanwhile: list[str]) -> None:
    call = github.as_bot()
    set_trap(github, 2, when)
    assert call("POST", COMMENTS, json={"body": "one"}).status_code == 201
    assert look(github, 0)["reached"] is False
    second: Future[httpx.Response] = aside.submit(lambda: call("POST", COMMENTS, json={"body": "two"}))
    seen = look(github)
    assert (seen["reached"], seen["held"], seen["write"]["path"]) == (True, True, "/repos/octo/demo/issues/1/comments")
    assert bodies(github) == meanwhile
    assert not second.done()
    assert call("GET", "~/issues/1").status_code == 200
    release(github)
    assert second.result(10).status_code == 201
    assert bodies(github) == ["one", "two"]
    assert look(github, 0)["end"] == "released"
    assert call("POST", COMMENTS, json={"body": "three"}).status_code == 201


@pytest.mark.parametrize(("when", "left"), [("before", []), ("after", ["lost"])])
def test_a_dropped_connection_ends_it(github: Any, when: str, left: list[str]) -> None:
    token = github.token()
    set_trap(github, 1, when)
    headers = {"Authorization": f"token {token}"}
    path = f"{github.url}{github.repo}/issues/1/comments"
    with httpx.Client(timeout=httpx.Timeout(10, read=0.3), trust_env=False) as client, pytest.raises(httpx.ReadTimeout):
        client.post(path, headers=headers, json={"body": "lost"})
    until_dropped(github)
    assert bodies(github) == left
    assert github.as_bot()("POST", COMMENTS, json={"body": "next"}).status_code == 201


def test_only_the_writes_that_fit_are_counted(github: Any, aside: ThreadPoolExecutor) -> None:
    call = github.as_bot()
    call("POST", COMMENTS, json={"body": "one"})
    trap = {"nth": 2, "when": "before", "method": "POST", "path": "/comments$"}
    assert github.client.post("/_playground/trap", json=trap).status_code == 200
    assert call("POST", "~/issues/1/reactions", json={"content": "eyes"}).status_code == 201
    second: Future[httpx.Response] = aside.submit(lambda: call("POST", COMMENTS, json={"body": "two"}))
    assert look(github)["write"]["path"] == "/repos/octo/demo/issues/1/comments"
    release(github)
    assert second.result(10).status_code == 201
    assert github.client.post("/_playground/trap", json=trap).status_code == 422


def test_a_push_is_held_with_its_refs(github: Any, tmp_path: Path, aside: ThreadPoolExecutor) -> None:
    token = github.token()
    github.clone(tmp_path, token)
    set_trap(github, 1, "before")
    push: Future[str] = aside.submit(lambda: github.push_branch(tmp_path, token, "work", {"a": "1"}))
    assert look(github)["write"]["path"] == "/octo/demo.git/git-receive-pack"
    assert "work" not in github.state()["branches"]
    release(github)
    sha = push.result(20)
    state = github.state()
    assert state["branches"]["work"] == sha
    assert [row["write"] for row in state["requests"] if "refs" in row] == [1]


def test_a_killed_push_that_was_held_before_moves_nothing(github: Any, tmp_path: Path) -> None:
    token = github.token()
    work = github.clone(tmp_path, token)
    github.git(work, "commit", "-q", "--allow-empty", "-m", "more", token=token)
    set_trap(github, 1, "before")
    url = github.url.replace("http://", f"http://x-access-token:{token}@")
    process = subprocess.Popen(
        ["git", "push", "-q", f"{url}/octo/demo.git", "HEAD:refs/heads/late"], cwd=work, start_new_session=True
    )
    assert look(github)["held"] is True
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    until_dropped(github)
    assert "late" not in github.state()["branches"]


def test_what_counts_as_a_write(github: Any) -> None:
    call = github.as_bot()
    call("GET", "~/issues/1")
    assert look(github, 0)["writes"] == 0
    call("POST", "~/issues/1/reactions", json={"content": "eyes"})
    call("POST", COMMENTS, json={"body": "one"})
    call("POST", "/graphql", json={"query": "mutation { nonsense }"})
    call("POST", "~/git/refs", json={"ref": "nonsense"})
    assert look(github, 0)["writes"] == 4
    assert [row["write"] for row in github.state()["requests"] if "write" in row] == [1, 2, 3, 4]


def test_bad_traps_are_refused(github: Any) -> None:
    github.as_bot()("POST", COMMENTS, json={"body": "one"})
    for body in ({"nth": 0, "when": "before"}, {"nth": 2, "when": "during"}, {"nth": 1, "when": "after"}):
        assert github.client.post("/_playground/trap", json=body).status_code == 422
    assert github.client.get("/_playground/trap", params={"wait": "soon"}).status_code == 422
    set_trap(github, 2, "before")
    release(github)
    assert look(github, 0)["set"] is None
