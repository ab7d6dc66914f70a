"""Logging in with GitHub, from the link to the list of runs and out again, against the stand-in as a server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from github_server import CLIENT_SECRET, GitHub, github_server
from pydantic import SecretStr

from otto_bot.web.reach import Reach

PUBLIC = "https://otto.example.org"


@pytest.fixture(scope="module")
def _one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GitHub]:
    with github_server(tmp_path_factory.mktemp("github")) as github:
        yield github


@pytest.fixture
def github(_one: GitHub) -> GitHub:
    _one.world.user_tokens.clear()
    _one.world.requests.clear()
    return _one


@pytest.fixture
def reach(github: GitHub) -> Callable[..., Reach]:
    def made(**changes: Any) -> Reach:
        base = Reach("login", "0.0.0.0", PUBLIC, github.client_id, SecretStr(CLIENT_SECRET), github.url, github.url)
        return base._replace(**changes)

    return made


@pytest.fixture
async def host(make_host: Any, reach: Callable[..., Reach]) -> Any:
    """A host with a public address, and one browser."""
    made = make_host(reach())
    async with made.http:
        yield made
    await made.close()


async def log_in(host: Any, github: GitHub, login: str, following: str = "/") -> httpx.Response:
    """One person, from the link to the page they wanted."""
    leaving = await host.http.get("/login", params={"next": following})
    assert leaving.status_code == 303, leaving.text
    back = github.agree(leaving.headers["location"], login)
    return await host.http.get(str(back))


async def test_a_person_logs_in_sees_runs_and_logs_out(host: Any, github: GitHub) -> None:
    refused = await host.http.get("/health")
    assert refused.status_code == 401
    assert 'href="/login?next=%2Fhealth"' in refused.text

    back = await log_in(host, github, "wilma", "/health")
    assert (back.status_code, back.headers["location"]) == (303, "/health")
    page = await host.page("/health")
    assert "wilma" in page
    assert len(github.tokens()) == 1
    csrf = page.partition('name="csrf" value="')[2].partition('"')[0]

    out = await host.http.post("/logout", data={"csrf": csrf})
    assert (out.status_code, out.headers["location"]) == (303, "/")
    assert github.tokens() == []
    assert (await host.http.get("/health")).status_code == 401


async def test_the_cookie_of_a_session_is_for_this_host_and_no_script(host: Any, github: GitHub) -> None:
    back = await log_in(host, github, "rob")

    cookies = back.headers.get_list("set-cookie")
    session = next(line for line in cookies if line.startswith("__Host-otto="))
    parts = set(session.split("; ")[1:])
    assert parts == {"Path=/", "HttpOnly", "SameSite=Lax", "Secure", "Max-Age=28800"}
    assert any(line.startswith("__Host-otto-login=;") and "Max-Age=0" in line for line in cookies)
    assert len(session) < 4096
    assert github.tokens()[0] not in session
