"""The stand-in registers Apps from a manifest as GitHub does: pages, a code that is good once, an installation."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest

HTML = {"accept": "text/html"}
BACK = "http://127.0.0.1:9/back"
MANIFEST = {
    "name": "Otto Two", "url": "https://example.org", "redirect_url": BACK, "public": False, "description": "Two",
    "default_permissions": {"metadata": "read", "issues": "write"}, "default_events": ["issues"],
}  # fmt: skip


@pytest.fixture
def github_settings(github_settings: dict[str, Any]) -> dict[str, Any]:
    """A GitHub that knows no App."""
    return {**github_settings, "registered": False}


def post(github: Any, path: str, **fields: str) -> Any:
    return github.client.post(path, data=fields, headers=HTML)


def register(github: Any, manifest: dict[str, Any] = MANIFEST, **fields: str) -> Any:
    data = {"manifest": json.dumps(manifest), "state": "s", "name": manifest["name"], **fields}
    return post(github, "/organizations/octo/settings/apps/manifest", **data)


def code_of(answer: Any) -> str:
    return parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]


def convert(github: Any, code: str) -> Any:
    return github.client.post(f"/app-manifests/{code}/conversions")


def as_app(github: Any, app: dict[str, Any], path: str) -> Any:
    now = int(time.time())
    token = jwt.encode({"iss": str(app["id"]), "iat": now - 30, "exp": now + 300}, app["pem"], algorithm="RS256")
    return github.client.get(path, headers={"Authorization": f"Bearer {token}"})


def test_from_manifest_to_installation(github: Any) -> None:
    """The page asks once; the code buys key and secrets once; installed, the App may what it asked for."""
    assert github.app("GET", "/app").status_code == 404
    asked = post(github, "/organizations/octo/settings/apps/new?state=s", manifest=json.dumps(MANIFEST))
    assert "Create GitHub App for octo" in asked.text
    created = register(github)
    assert created.status_code == 302
    assert created.headers["location"].startswith(f"{BACK}?code=")
    assert created.headers["location"].endswith("&state=s")

    code = code_of(created)
    app = convert(github, code).json()

    assert (app["slug"], app["name"], app["webhook_secret"]) == ("otto-two", "Otto Two", None)
    assert (app["permissions"], app["events"]) == (MANIFEST["default_permissions"], ["issues"])
    assert convert(github, code).status_code == 404
    assert as_app(github, app, "/app").json()["slug"] == "otto-two"
    assert as_app(github, app, "/app/installations").json() == []
    assert as_app(github, app, "/repos/octo/demo/installation").status_code == 404
    assert "Install" in github.client.get("/apps/otto-two/installations/new", headers=HTML).text
    assert post(github, "/apps/otto-two/installations/new").status_code == 303
    (row,) = as_app(github, app, "/app/installations").json()
    assert (row["app_slug"], row["permissions"]) == ("otto-two", MANIFEST["default_permissions"])


def test_several_apps_and_one_that_is_installed(github: Any) -> None:
    first, second = (
        convert(github, code_of(register(github, {**MANIFEST, "name": name}))).json() for name in ("One", "Two")
    )
    assert post(github, "/apps/one/installations/new").status_code == 303
    assert post(github, "/apps/two/installations/new").status_code == 409
    assert len(as_app(github, first, "/app/installations").json()) == 1
    assert as_app(github, second, "/app/installations").json() == []
    assert as_app(github, {**second, "id": first["id"]}, "/app").status_code == 401


def test_a_code_is_good_for_an_hour(github: Any) -> None:
    code = code_of(register(github))
    row = github.stand_in.hub.apps["otto-two"]
    row.until -= timedelta(hours=1)
    assert convert(github, code).status_code == 404
    assert convert(github, "x").status_code == 404


def test_with_a_hook_there_is_a_secret(github: Any) -> None:
    hook = {"hook_attributes": {"url": "https://otto.example/hook"}}
    app = convert(github, code_of(register(github, {**MANIFEST, **hook}))).json()
    assert len(app["webhook_secret"]) == 40


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"hook_attributes": {"active": False}}, "wasn&#x27;t supplied"),
        ({"hook_attributes": {"url": "http://127.0.0.1:8080/x"}}, "reachable over the public Internet"),
        ({"url": ""}, "wasn&#x27;t supplied"),
        ({"redirect_url": "javascript:alert(1)"}, "wasn&#x27;t supplied"),
        ({"default_permissions": {"issues": "admin"}}, "not included in the list: issues"),
        ({"default_events": ["installation"]}, "Default events unsupported: installation"),
        ({"default_events": ["push"]}, "not supported by permissions: push"),
        ({"name": "x" * 35}, "too long"),
    ],
)
def test_what_github_refuses(github: Any, change: dict[str, Any], said: str) -> None:
    answer = register(github, {**MANIFEST, **change})
    assert answer.status_code == 422
    assert said in answer.text
    assert github.stand_in.hub.apps == {}


def test_a_name_is_there_once_and_an_organisation_must_exist(github: Any) -> None:
    register(github)
    assert "already been taken" in register(github).text
    assert post(github, "/organizations/nobody/settings/apps/new", manifest=json.dumps(MANIFEST)).status_code == 404
    assert post(github, "/settings/apps/new", manifest="{torn").status_code == 422
