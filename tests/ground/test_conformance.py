"""A request or an answer that is not as GitHub describes it fails the test run, and says where."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from conformance import hold, put_back, summary
from described import Description
from deviations import DEVIATIONS, Deviation
from operations import operations

from otto_bot.playground.github.traffic import Recorded, Traffic, shape

TESTS = Path(__file__).resolve().parents[1]
ROOT = TESTS.parent
GENERATED = Path(os.environ.get("OTTO_OPENAPI", "")) / "generated"
needs_description = pytest.mark.skipif(
    not GENERATED.is_dir(), reason="set OTTO_OPENAPI to the folder of npm package @octokit/openapi"
)
HEADERS = {
    "accept": "application/vnd.github+json", "x-github-api-version": "2026-03-10", "user-agent": "otto-bot",
    "content-type": "application/json",
}  # fmt: skip
COMMENTS = "/repos/octo/demo/issues/1/comments"
ISSUE: dict[str, Any] = {"number": 1, "assignees": [], "title": "A title"}


def small() -> dict[str, Any]:
    """A description of two operations, in GitHub's manner."""
    label = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string", "nullable": True}}}
    body = {"type": "object", "required": ["body"], "properties": {"body": {"type": "string"}}}
    since = {"name": "since", "in": "query", "schema": {"type": "string"}}
    direction = {"name": "direction", "in": "query", "schema": {"type": "string", "enum": ["asc", "desc"]}}
    number = {"name": "issue_number", "in": "path", "required": True, "schema": {"type": "integer"}}
    answer = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/label"}}}}
    listed = {"parameters": [since, direction, number], "responses": {"200": answer}}
    made = {"parameters": [number], "responses": {"201": answer}}
    made["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    hook = {"post": {"requestBody": {"content": {"application/json": {"schema": {"required": ["issue"]}}}}}}
    return {
        "paths": {"/repos/{owner}/{repo}/issues/{issue_number}/comments": {"get": listed, "post": made}},
        "components": {"schemas": {"label": label, "basic-error": {"required": ["message"]}}},
        "x-webhooks": {"issues-labeled": hook},
    }


@pytest.fixture
def held(tmp_path: Path) -> Callable[..., list[str]]:
    """Holds one request and its answer against the small description; gives what does not fit."""
    (tmp_path / "api.github.com.json").write_text(json.dumps(small()))

    def asked(method: str = "POST", path: str = COMMENTS, **more: Any) -> list[str]:
        headers = {key: value for key, value in {**HEADERS, **more.get("headers", {})}.items() if value}
        traffic = Traffic(tmp_path / "traffic", "tests/test_one.py::test_it", "")
        scope = {"type": "http", "method": method, "path": path, "query_string": more.get("query", "").encode()}
        scope["headers"] = [(key.encode(), value.encode()) for key, value in headers.items()]
        body = more.get("body", {"body": "x"} if method == "POST" else None)
        said = b"" if body is None else json.dumps(body).encode()
        traffic.asked(scope, said)
        status = more.get("status", 201 if method == "POST" else 200)
        traffic.answered(scope, status, "application/json", json.dumps(more.get("answer", {"name": None})).encode())
        found = hold(tmp_path / "traffic", tmp_path)
        assert (found.counted["request"], found.counted["answer"]) == (1, 1)
        return found.problems

    return asked


def test_what_fits_is_counted_and_told_in_one_line(held: Any, tmp_path: Path) -> None:
    assert held() == []
    line = summary(hold(tmp_path / "traffic", tmp_path))
    assert line.startswith("held to GitHub's description: 1 requests (1 shapes), 1 answers (1 shapes), 0 webhooks")
    assert line.endswith(f"1 of Otto's {len(operations())} operations; 0 do not fit")


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ({"path": "/repos/octo/demo/nothing"}, "request POST /repos/octo/demo/nothing /: GitHub describes no such"),
        ({"body": {}}, "comments : 'body' is a required property"),
        ({"body": {"body": "x", "mood": "good"}}, "/mood: GitHub knows no such property"),
        ({"body": {"body": 7}}, "/body: 7 is not of type 'string'"),
        ({"body": None}, "/body: it is required"),
        ({"headers": {"x-github-api-version": ""}}, "/headers/x-github-api-version: it is missing"),
        ({"headers": {"accept": "*/*"}}, "/headers/accept: '*/*'"),
        ({"headers": {"content-type": "text/plain"}}, "/headers/content-type: 'text/plain'"),
        ({"path": COMMENTS.replace("1", "one")}, "/path/issue_number: 'one' is not of type 'integer'"),
        ({"method": "GET", "query": "direction=up"}, "/query/direction: 'up' is not one of ['asc', 'desc']"),
        ({"method": "GET", "query": "page_size=3"}, "/query/page_size: GitHub knows no such parameter"),
        ({"status": 200}, "answer POST /repos/{owner}/{repo}/issues/{issue_number}/comments 200 /: GitHub does not"),
        ({"answer": {}}, "201 : 'name' is a required property"),
        ({"answer": {"name": 1}}, "/name: 1 is not of type 'string'"),
        ({"status": 404, "answer": {}}, "404 : 'message' is a required property"),
    ],
)
def test_what_does_not_fit_is_told_with_its_place_and_its_test(held: Any, case: dict[str, Any], said: str) -> None:
    if case.get("path", "").endswith("nothing"):
        with pytest.raises(AssertionError):  # there is no answer to hold: GitHub has no such operation
            held(**case)
        return
    (problem,) = held(**case)
    assert said in problem
    assert problem.endswith("(first in tests/test_one.py::test_it)")


def test_only_ottos_own_requests_are_held(held: Any) -> None:
    """Tests ask wrongly on purpose."""
    with pytest.raises(AssertionError):
        held(headers={"user-agent": "python-httpx"}, body={})


@pytest.mark.parametrize(("action", "body", "fits"), [("labeled", {"issue": {}}, True), ("labeled", {}, False)])
def test_a_webhook_is_held(tmp_path: Path, action: str, body: dict[str, Any], fits: bool) -> None:
    (tmp_path / "api.github.com.json").write_text(json.dumps(small()))
    Traffic(tmp_path / "traffic", "t", "").delivered("issues", action, json.dumps(body).encode())
    assert (hold(tmp_path / "traffic", tmp_path).problems == []) is fits


def test_a_shape_is_names_types_and_words() -> None:
    one, two = {**ISSUE, "labels": [{"name": "a b"}]}, {**ISSUE, "labels": [{"name": "c d"}, {"name": "e f"}]}
    assert shape(one) == shape({**two, "number": 99})
    changes = (
        {"number": None},
        {"number": -1},
        {"title": None},
        {"assignees": [1]},
        {"state": "open"},
        {"number": 1.5},
    )
    shapes = {shape({**one, **change}) for change in changes}
    assert len(shapes | {shape(one)}) == len(changes) + 1
    assert shape({"state": "open"}) != shape({"state": "closed"})
    assert shape({"name": "demo"}) == shape({"name": "other"}) != shape({"name": None})
    assert shape({"name": {"a": 1}}) != shape({"name": {"a": "1"}})


def test_bodies_that_differ_in_digits_alone_are_one_shape_and_all_are_counted(tmp_path: Path) -> None:
    traffic = Traffic(tmp_path, "t", "")
    for body in (b'{"id": 1}', b'{"id": 27}', b'{"id": -1}', b'{"id": "1"}', b'{"id": 1}'):
        traffic.delivered("issues", "labeled", body)
    rows, counted = written(tmp_path)
    assert (sorted(str(row["body"]["id"]) for row in rows), counted) == (["-1", "1", "1"], 5)


async def test_an_answer_that_is_lost_was_asked_for_all_the_same(tmp_path: Path) -> None:
    """Also where the application ends in an error; what passes is not changed."""
    traffic, passed = Traffic(tmp_path, "t", ""), []

    async def application(scope: Any, receive: Callable[[], Awaitable[Any]], send: Any) -> None:
        assert (await receive())["body"] == b"{}"
        raise RuntimeError("gone")

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"{}", "more_body": False}

    async def send(message: Any) -> None:
        passed.append(message)

    scope = {"type": "http", "method": "POST", "path": "/repos/o/r/issues", "query_string": b"", "headers": []}
    with pytest.raises(RuntimeError, match="gone"):
        await Recorded(application, traffic)(scope, receive, send)
    await Recorded(application, traffic).refused(scope, receive)
    rows, counted = written(tmp_path)
    assert [(row["kind"], row["body"]) for row in rows] == [("request", {})]
    assert (passed, counted) == ([], 2)


async def test_a_body_that_nobody_looked_at_is_written_down(tmp_path: Path) -> None:
    """GitHub refuses some requests for what they are about, whatever they say."""
    parts = [{"type": "http.request", "body": body, "more_body": body == b"{"} for body in (b"{", b"}")]

    async def application(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 403, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def receive() -> dict[str, Any]:
        return parts.pop(0)

    async def send(message: Any) -> None:
        assert not parts

    scope = {"type": "http", "method": "POST", "path": "/repos/o/r/issues", "query_string": b"", "headers": []}
    await Recorded(application, Traffic(tmp_path, "t", ""))(scope, receive, send)
    assert {row["kind"]: row["body"] for row in written(tmp_path)[0]} == {"request": {}, "answer": None}


def written(folder: Path) -> tuple[list[dict[str, Any]], int]:
    """The shapes, and how many lines count them."""
    rows = [json.loads(one.read_text()) for one in (folder / "shapes").iterdir()]
    return rows, len(next(folder.glob("*.count")).read_text().split())


def test_what_the_newer_version_left_out_is_put_back_where_it_was() -> None:
    pull = {"assignees": [], "head": {"sha": "a"}, "number": 1}
    assert put_back([pull]) == [{**pull, "assignee": None, "merge_commit_sha": None}]
    assert put_back({"resources": {"core": {"limit": 1}}})["rate"] == {"limit": 1}
    assert put_back({"number": 1}) == {"number": 1}


SAMPLES: dict[str, dict[str, Any]] = {
    "GET /app/installations 200": {
        "method": "GET", "path": "/app/installations", "status": 200,
        "answer": [{"account": {"login": "octo", "id": 1, "type": "User"}}],
    },
    "GET /repositories/{id}": {"method": "GET", "path": "/repositories/7", "status": 404, "answer": {"message": "m"}},
}  # fmt: skip
"""By each deviation's operation: what would not fit without it."""


@needs_description
def test_each_deviation_is_still_one(tmp_path: Path) -> None:
    """Where GitHub's description has come to say the same, the entry goes."""
    assert set(SAMPLES) == {one.operation for one in DEVIATIONS}
    for one in DEVIATIONS:
        sample = SAMPLES[one.operation]
        traffic = Traffic(tmp_path / one.what, "t", "")
        scope = {"method": sample["method"], "path": sample["path"], "query_string": b""}
        scope["headers"] = [(key.encode(), value.encode()) for key, value in HEADERS.items()]
        if one.what == "path":
            traffic.asked(scope, b"")
        traffic.answered(scope, sample["status"], "application/json", json.dumps(sample["answer"]).encode())
        without = hold(tmp_path / one.what, GENERATED, known=()).problems
        with_it = hold(tmp_path / one.what, GENERATED)
        assert len(without) > len(with_it.problems), one
        assert one in with_it.used


@needs_description
def test_the_descriptions_are_of_the_version_that_put_back_knows() -> None:
    """They describe 2022-11-28: one that describes a newer version needs no `put_back`."""
    required = Description(GENERATED / "api.github.com.json").document["components"]["schemas"]["pull-request"][
        "required"
    ]
    assert {"assignee", "merge_commit_sha"} <= set(required)


def test_the_document_has_the_table_of_deviations() -> None:
    text = (ROOT / "docs" / "conformance.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\w+) \| `([^`]+)` \| (?:`([^`]*)`|) ?\| (.+) \|$", text, re.MULTILINE)
    assert [Deviation(what, operation, place, why) for what, operation, place, why in rows] == [
        Deviation(one.what, one.operation, one.place, one.why) for one in DEVIATIONS
    ]


SUITE = """
from otto_bot.playground.github.traffic import FOLDER, Traffic
import os, pathlib

def test_asks():
    traffic = Traffic(pathlib.Path(os.environ[FOLDER]), os.environ["PYTEST_CURRENT_TEST"], "")
    scope = {"method": "GET", "path": "/repos/o/r/nothing", "query_string": b""}
    scope["headers"] = [(b"user-agent", b"otto-bot")]
    traffic.asked(scope, b"")
"""


def test_a_run_with_a_request_that_github_does_not_know_fails(tmp_path: Path) -> None:
    """And the test that asked it is named, though all tests passed."""
    for file in TESTS.glob("*.py"):
        if not file.name.startswith("test_"):
            (tmp_path / file.name).write_text(file.read_text())
    (tmp_path / "test_suite.py").write_text(SUITE)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "openapi" / "generated").mkdir(parents=True)
    (tmp_path / "openapi" / "generated" / "api.github.com.json").write_text(json.dumps(small()))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:asyncio"]
    env = os.environ | {"OTTO_OPENAPI": str(tmp_path / "openapi")}
    done = subprocess.run([*command, "test_suite.py"], cwd=tmp_path, env=env, capture_output=True, text=True)
    assert done.returncode == 1, done.stdout
    assert "1 passed" in done.stdout
    assert "request GET /repos/o/r/nothing /: GitHub describes no such operation" in done.stdout
    assert "(first in test_suite.py::test_asks (call))" in done.stdout
