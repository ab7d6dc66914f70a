"""Programs with a token, at the stand-in for GitHub: who they are, what they see, and when they are nobody."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from github_server import GitHub, github_server
from login_browser import log_in, reach_of
from test_visibility import AT, HIDDEN

from otto_bot.core.config import HostCaps
from otto_bot.core.values import Person, Repo
from otto_bot.playground.github.world import INSTALLATION_ID, REPO_ID
from otto_bot.store.ledger import Trigger
from otto_bot.web.reach import Reach


@pytest.fixture(scope="module")
def github(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GitHub]:
    with github_server(tmp_path_factory.mktemp("github")) as github:
        yield github


@pytest.fixture
async def host(make_host: Any, github: GitHub) -> AsyncIterator[Any]:
    """A host whose people log in: run 1 is in a repository that Rob reads, run 2 in one that nobody there may read."""
    made = make_host(reach_of(github))
    for number, repo_id in enumerate((REPO_ID, HIDDEN), 1):
        repo = Repo(id=repo_id, installation_id=INSTALLATION_ID, owner="octo", name="app", default_branch="main")
        trigger = Trigger(key=f"k{number}", repo=repo, issue=number, title="T", body="B", actor=Person(id=5, login="a"))
        assert made.ledger.start(trigger, HostCaps(), AT).id == number
    yield made
    await made.close()


async def token_of(host: Any, github: GitHub, login: str) -> str:
    """A token of the App's user authorisation, as somebody has it who went through the login."""
    before = set(github.tokens())
    await log_in(host.browser("https://otto.example.org"), github, login)
    (token,) = set(github.tokens()) - before
    return token


def bearing(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def test_a_program_sees_what_the_owner_of_its_token_may_read(host: Any, github: GitHub) -> None:
    rob = bearing(await token_of(host, github, "rob"))

    listed = await host.http.get("/api/v1/runs", headers=rob)
    seen, hidden = [await host.http.get(f"/api/v1/runs/{number}", headers=rob) for number in (1, 2)]
    described = await host.http.get("/api/openapi.json", headers=rob)

    assert [run["id"] for run in listed.json()["runs"]] == [1]
    assert (seen.status_code, hidden.status_code, described.status_code) == (200, 404, 200)
    assert hidden.json()["error"]["code"] == "no_run"
    assert "set-cookie" not in listed.headers


async def test_a_token_opens_no_page(host: Any, github: GitHub) -> None:
    """A browser has its session: a header there would be another way in that nobody needs."""
    rob = bearing(await token_of(host, github, "rob"))

    assert (await host.http.get("/runs/1", headers=rob)).status_code == 401
    assert (await host.http.get("/api/v1/runs/1")).json()["error"]["code"] == "nobody"


async def test_a_session_opens_the_api_too(host: Any, github: GitHub) -> None:
    await log_in(host.http, github, "rob")

    assert (await host.http.get("/api/v1/runs")).json()["total"] == 1


@pytest.mark.parametrize("token", ["ghu_" + "0" * 36, "ghp_" + "0" * 36, "x"])
async def test_another_token_is_nobodys(host: Any, token: str) -> None:
    answer = await host.http.get("/api/v1/runs", headers=bearing(token))

    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "nobody")


async def test_a_revoked_token_is_nobodys(host: Any, github: GitHub) -> None:
    token = await token_of(host, github, "olga")
    await (await host.entrance.door.opened()).revoke(token)

    assert (await host.http.get("/api/v1/runs", headers=bearing(token))).status_code == 401


async def test_while_github_does_not_say_nobody_is_let_in(make_host: Any, github: GitHub) -> None:
    host = make_host(reach_of(github, api_url="http://127.0.0.1:9"))

    answer = await host.http.get("/api/v1/runs", headers=bearing("ghu_" + "0" * 36))

    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "unavailable")
    await host.close()


async def test_on_the_very_machine_no_token_is_needed_and_none_is_looked_at(make_host: Any) -> None:
    host = make_host(Reach())

    answer = await host.http.get("/api/v1/runs", headers=bearing("ghu_" + "0" * 36))

    assert answer.status_code == 200
    await host.close()
