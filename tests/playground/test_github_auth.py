"""The stand-in's tokens: JWTs, scopes, expiry, and the permission each endpoint needs."""

import time
from datetime import timedelta
from typing import Any

import pytest


def test_app_jwt_is_checked(github: Any) -> None:
    assert github.app("GET", "/app").json()["slug"] == "otto"
    now = int(time.time())
    for claims in ({"iss": "1"}, {"exp": now - 5}, {"exp": now + 4000}, {"iat": now + 900}):
        answer = github.client.get("/app", headers={"Authorization": f"Bearer {github.jwt(**claims)}"})
        assert answer.status_code == 401, claims
    forged = github.jwt()[:-6] + "AAAAAA"
    assert github.client.get("/app", headers={"Authorization": f"Bearer {forged}"}).status_code == 401
    assert github.client.get(github.repo).status_code == 401


def test_token_is_long_scoped_and_revocable(github: Any) -> None:
    token = github.token(issues="read")
    assert token.startswith("ghs_4242_")
    assert len(token) > 400
    call = github.as_bot(token)
    assert call("GET", "~/issues").status_code == 200
    refused = call("POST", "~/issues/1/comments", json={"body": "x"})
    assert (refused.status_code, refused.json()["message"]) == (403, "Resource not accessible by integration")
    assert refused.headers["x-accepted-github-permissions"]
    assert call("DELETE", "/installation/token").status_code == 204
    assert call("GET", "~/issues").status_code == 401


def test_token_cannot_ask_for_more_than_granted(github: Any) -> None:
    path = "/app/installations/800001/access_tokens"
    for body in (
        {"permissions": {"workflows": "write"}},
        {"permissions": {"statuses": "write"}},
        {"repository_ids": [5]},
    ):
        assert github.app("POST", path, json=body).status_code == 422, body
    assert github.app("POST", "/app/installations/1/access_tokens").status_code == 404


def test_token_ends_after_an_hour(github: Any) -> None:
    token = github.token()
    world = github.stand_in.hub.world
    real = world.clock
    world.clock = lambda: real() + timedelta(minutes=61)
    assert github.as_bot(token)("GET", "~").status_code == 401


CASES = [
    ("GET", "~/issues/1", "issues", "read"),
    ("POST", "~/issues/1/comments", "issues", "write"),
    ("POST", "~/issues/1/labels", "issues", "write"),
    ("GET", "~/pulls", "pull_requests", "read"),
    ("POST", "~/pulls", "pull_requests", "write"),
    ("GET", "~/contents/README.md", "contents", "read"),
    ("POST", "~/git/refs", "contents", "write"),
    ("GET", "~/commits/main/check-runs", "checks", "read"),
    ("POST", "~/check-runs", "checks", "write"),
    ("GET", "~/commits/main/status", "statuses", "read"),
    ("GET", "~/actions/runs", "actions", "read"),
    ("POST", "~/actions/runs/1/rerun-failed-jobs", "actions", "write"),
    ("POST", "~/actions/workflows/ci.yml/dispatches", "actions", "write"),
]


def test_each_permission_is_enforced(github: Any) -> None:
    everything = {"contents", "issues", "pull_requests", "checks", "actions", "statuses"}
    either = {"issues": {"pull_requests"}, "pull_requests": set()}
    tokens: dict[str, Any] = {}
    for method, path, resource, level in CASES:
        others = dict.fromkeys(everything - {resource} - either.get(resource, set()), "read")
        if level == "write":
            others[resource] = "read"
        key = str(sorted(others.items()))
        call = tokens.setdefault(key, github.as_bot(github.token(**others)))
        assert call(method, path, json={}).status_code == 403, (method, path)
        granted = github.as_bot(github.token(**{resource: level}))
        assert granted(method, path, json={} if method == "POST" else None).status_code != 403, (method, path)


def test_statuses_are_read_only_for_the_app(github: Any) -> None:
    call = github.as_bot()
    assert call("POST", "~/statuses/main", json={"state": "success"}).status_code == 403


@pytest.mark.parametrize(
    ("login", "permission", "role"),
    [
        ("maintainer", "admin", "admin"),
        ("dev", "write", "maintain"),
        ("reader", "read", "read"),
        ("otto[bot]", "none", "none"),
    ],
)
def test_collaborator_permission(github: Any, login: str, permission: str, role: str) -> None:
    body = github.as_bot()("GET", f"~/collaborators/{login}/permission").json()
    assert (body["permission"], body["role_name"], body["user"]["login"]) == (permission, role, login)


def test_other_repositories_are_not_found(github: Any) -> None:
    call = github.as_bot()
    assert call("GET", "/repos/octo/other").status_code == 404
    assert call("GET", "/repositories/1").status_code == 404
    assert call("GET", "/repositories/700001").json()["full_name"] == "octo/demo"
    assert call("GET", "/api/v3/repos/octo/demo").json()["id"] == 700001
    assert call("GET", "~/no-such-thing").json()["message"] == "Not Found"
