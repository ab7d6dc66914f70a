"""Logging in at the stand-in: its page, codes, tokens, and what a person may do by them."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

CLIENT, SECRET = "Iv23li00000000004242", "s" * 40
BACK = "http://127.0.0.1:5555/login/callback"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
HTML = {"accept": "text/html"}
HERE = "/user/installations/800001/repositories"


@pytest.fixture
def github_settings(github_settings: dict[str, Any]) -> dict[str, Any]:
    github_settings["app"]["client_secret"] = SECRET
    github_settings["users"] += [{"login": "triager", "permission": "triage"}, {"login": "none", "permission": "none"}]
    return github_settings


def authorize(github: Any, login: str = "", **changes: str) -> httpx.Response:
    """GitHub's page, or what follows when somebody chose who they are."""
    query = {
        "client_id": CLIENT, "redirect_uri": BACK, "state": "st&te", "code_challenge": CHALLENGE,
        "code_challenge_method": "S256", **({"login": login} if login else {}), **changes,
    }  # fmt: skip
    path = "/login/oauth/authorize" + ("/as" if login else "")
    return httpx.get(f"{github.url}{path}", params=query, headers=HTML, trust_env=False)


def code(github: Any, login: str = "dev", **changes: str) -> str:
    answer = authorize(github, login, **changes)
    assert answer.status_code == 302, answer.text
    where = urlsplit(answer.headers["location"])
    assert where._replace(query="").geturl() == BACK
    told = parse_qs(where.query)
    assert told["state"] == ["st&te"]
    return told["code"][0]


def redeem(github: Any, **asked: str) -> dict[str, Any]:
    body = {"client_id": CLIENT, "client_secret": SECRET, **asked}
    answer = github.client.post("/login/oauth/access_token", json=body, headers={"accept": "application/json"})
    assert answer.status_code == 200
    return dict(answer.json())


def log_in(github: Any, login: str) -> str:
    """A token of that person."""
    return str(redeem(github, code=code(github, login), code_verifier=VERIFIER, redirect_uri=BACK)["access_token"])


def test_the_page_offers_everybody_as_a_link_and_a_way_back(github: Any) -> None:
    page = authorize(github)

    assert page.status_code == 200
    for login in ("reader", "dev", "none", "triager"):
        assert f"Continue as <b>{login}</b>" in page.text
    assert "[bot]" not in page.text
    assert "error=access_denied" in page.text
    assert "<script" not in page.text


def test_a_login_gives_a_token_once_and_a_newer_one_for_the_refresh_token(github: Any) -> None:
    brought = code(github)
    first = redeem(github, code=brought, code_verifier=VERIFIER)

    assert first["access_token"].startswith("ghu_")
    assert (first["token_type"], first["scope"], first["expires_in"]) == ("bearer", "", 28800)
    assert redeem(github, code=brought, code_verifier=VERIFIER)["error"] == "bad_verification_code"
    second = redeem(github, grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert second["access_token"] != first["access_token"]
    assert (
        redeem(github, grant_type="refresh_token", refresh_token=first["refresh_token"])["error"] == "bad_refresh_token"
    )
    assert github.as_bot(first["access_token"])("GET", "/user").status_code == 401
    assert github.as_bot(second["access_token"])("GET", "/user").json()["login"] == "dev"


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"code_verifier": "w" * 43}, "bad_verification_code"),
        ({}, "bad_verification_code"),
        ({"code_verifier": VERIFIER, "code": "nonsense"}, "bad_verification_code"),
        ({"code_verifier": VERIFIER, "client_secret": "wrong"}, "incorrect_client_credentials"),
        ({"code_verifier": VERIFIER, "client_id": "wrong"}, "incorrect_client_credentials"),
        ({"code_verifier": VERIFIER, "redirect_uri": "http://127.0.0.1:1/login/callback"}, "redirect_uri_mismatch"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
    ],
)
def test_errors_come_with_status_200_and_githubs_words(github: Any, asked: dict[str, str], error: str) -> None:
    answer = redeem(github, **{"code": code(github), **asked})

    assert answer["error"] == error
    assert answer["error_description"]
    assert "access_token" not in answer


def test_a_code_lasts_ten_minutes(github: Any) -> None:
    brought = code(github)
    github.stand_in.hub.world.login_codes[brought].until -= timedelta(minutes=10)

    assert redeem(github, code=brought, code_verifier=VERIFIER)["error"] == "bad_verification_code"


def test_without_asking_for_json_the_answer_is_a_form(github: Any) -> None:
    body = {"client_id": CLIENT, "client_secret": SECRET, "code": code(github), "code_verifier": VERIFIER}
    answer = github.client.post("/login/oauth/access_token", data=body)

    assert answer.headers["content-type"].startswith("application/x-www-form-urlencoded")
    assert parse_qs(answer.text)["access_token"][0].startswith("ghu_")


def test_nobody_is_led_elsewhere_than_registered(github: Any) -> None:
    for uri in (
        "https://evil.example/login/callback",
        "http://127.0.0.1:5555/other",
        "http://me@127.0.0.1/login/callback",
    ):
        for login in ("", "dev"):
            answer = authorize(github, login, redirect_uri=uri)
            assert answer.status_code == 302
            assert answer.headers["location"].startswith("http://127.0.0.1/login/callback?error=redirect_uri_mismatch")
    assert authorize(github, client_id="other").status_code == 404
    assert authorize(github, "nobody-of-that-name").status_code == 404
    assert authorize(github, code_challenge_method="plain").status_code == 400
    github.stand_in.hub.world.config.app.suspended = True
    assert "error=application_suspended" in authorize(github).headers["location"]


def test_a_person_sees_what_both_they_and_the_app_may_read(github: Any) -> None:
    seen = {}
    for login in ("reader", "dev", "none"):
        call = github.as_bot(log_in(github, login))
        user, installations = call("GET", "/user").json(), call("GET", "/user/installations").json()
        assert user["login"] == login
        repositories = call("GET", HERE)
        rows = repositories.json()["repositories"] if repositories.status_code == 200 else None
        seen[login] = (installations["total_count"], rows and [row["permissions"]["push"] for row in rows])

    assert seen == {"reader": (1, [False]), "dev": (1, [True]), "none": (0, None)}


def test_a_person_acts_in_their_own_name_by_the_app(github: Any, hooks: Any) -> None:
    call = github.as_bot(log_in(github, "dev"))

    issue = call("POST", "~/issues", json={"title": "From a page", "body": "B"}).json()
    labelled = call("POST", f"~/issues/{issue['number']}/labels", json={"labels": ["otto"]})
    comment = call("POST", f"~/issues/{issue['number']}/comments", json={"body": "Hello"}).json()
    github.client.post("/_playground/settle")

    assert labelled.status_code == 200
    assert issue["user"]["login"] == comment["user"]["login"] == "dev"
    assert comment["performed_via_github_app"]["id"] == issue["performed_via_github_app"]["id"] == 4242
    events = call("GET", f"~/issues/{issue['number']}/events").json()
    assert [(row["event"], row["actor"]["login"], row["performed_via_github_app"]["id"]) for row in events] == [
        ("labeled", "dev", 4242)
    ]
    told = [(head["x-github-event"], json.loads(body)["sender"]["login"]) for head, body in hooks.got]
    assert {event for event, _ in told} == {"issues", "issue_comment"}
    assert {sender for _, sender in told} == {"dev"}


@pytest.mark.parametrize(
    ("login", "issue", "comment", "label", "push"),
    [("reader", 201, 201, 403, 403), ("triager", 201, 201, 200, 403), ("dev", 201, 201, 200, 201)],
)
def test_a_person_may_do_no_more_than_by_themselves(
    github: Any, login: str, issue: int, comment: int, label: int, push: int
) -> None:
    call = github.as_bot(log_in(github, login))

    made = call("POST", "~/issues", json={"title": "T", "labels": ["otto"]})
    assert made.status_code == issue
    assert bool(made.json()["labels"]) is (label == 200)
    assert call("POST", "~/issues/1/comments", json={"body": "x"}).status_code == comment
    assert call("POST", "~/issues/1/labels", json={"labels": ["bug"]}).status_code == label
    sha = call("GET", "~/git/ref/heads/main").json()["object"]["sha"]
    assert call("POST", "~/git/refs", json={"ref": "refs/heads/x", "sha": sha}).status_code == push
    assert call("POST", "~/check-runs", json={"name": "n", "head_sha": sha}).status_code == 403
    assert call("GET", "/installation/repositories").status_code == 403
    assert call("GET", "/app").status_code == 401


def test_only_people_ask_about_themselves(github: Any) -> None:
    assert github.as_bot()("GET", "/user").status_code == 403
    assert github.as_bot("ghu_nonsense")("GET", "/user").status_code == 401
    assert github.client.get("/user").status_code == 401


def test_a_private_repository_is_not_there_for_whoever_has_no_access(github: Any) -> None:
    call = github.as_bot(log_in(github, "none"))
    github.stand_in.hub.world.config.private = True
    assert call("GET", "~").status_code == 404
    github.stand_in.hub.world.config.private = False
    assert call("GET", "~").status_code == 200
    assert call("GET", "/user/installations").json()["total_count"] == 0


def test_the_app_asks_about_its_tokens_and_ends_them(github: Any) -> None:
    token, where = log_in(github, "dev"), f"/applications/{CLIENT}/token"

    def ask(method: str, secret: str = SECRET, value: str = token) -> httpx.Response:
        found: httpx.Response = github.client.request(
            method, where, json={"access_token": value}, auth=(CLIENT, secret)
        )
        return found

    assert ask("POST").json()["user"]["login"] == "dev"
    assert ask("POST", secret="wrong").status_code == 401
    assert ask("POST", value="ghu_other").status_code == 404
    assert ask("DELETE").status_code == 204
    assert ask("DELETE").status_code == 404
    assert github.as_bot(token)("GET", "/user").status_code == 401
