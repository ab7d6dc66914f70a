"""Who has logged in sees the runs of repositories that GitHub lets them read, and nothing of others."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from fastapi import Request
from github_server import GitHub, github_server
from login_browser import log_in, reach_of

from otto_bot.core.config import HostCaps
from otto_bot.core.values import Person, Repo
from otto_bot.playground.github.world import INSTALLATION_ID, REPO_ID
from otto_bot.store.ledger import Trigger
from otto_bot.web.viewer import Viewer

HIDDEN = 700_099
AT = datetime(2026, 11, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def _one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GitHub]:
    with github_server(tmp_path_factory.mktemp("github")) as github:
        yield github


@pytest.fixture
def github(_one: GitHub) -> Iterator[GitHub]:
    _one.world.requests.clear()
    yield _one
    _one.world.suspended_at, _one.world.taken_out = None, False
    _one.world.user("rob").permission = "read"


@pytest.fixture
async def host(make_host: Any, github: GitHub) -> AsyncIterator[Any]:
    """A host with run 1 in the stand-in's repository and run 2 in one that nobody there may read."""
    made = make_host(reach_of(github))
    for number, (repo_id, name) in enumerate(((REPO_ID, "seen"), (HIDDEN, "hidden")), 1):
        repo = Repo(id=repo_id, installation_id=INSTALLATION_ID, owner="octo", name=name, default_branch="main")
        actor = Person(id=5, login="anna")
        trigger = Trigger(key=f"k{number}", repo=repo, issue=number, title=f"The {name} issue", body="B", actor=actor)
        assert made.ledger.start(trigger, HostCaps(), AT).id == number
    yield made
    await made.close()


def asked(github: GitHub) -> list[str]:
    """What GitHub was asked about people."""
    return [row.path for row in github.world.requests if row.path.startswith("/user")]


async def statuses(http: httpx.AsyncClient, number: int) -> list[int]:
    """Of the pages of a run."""
    places = (f"/runs/{number}", f"/runs/{number}/tasks/t1", f"/runs/{number}/gates/1")
    return [(await http.get(place)).status_code for place in places]


async def test_a_reader_sees_the_runs_of_their_repository_alone(host: Any, github: GitHub) -> None:
    await log_in(host.http, github, "rob")

    page = await host.page("/")
    assert "The seen issue" in page
    assert "The hidden issue" not in page
    assert "octo/hidden" not in page
    assert await statuses(host.http, 1) == [200, 404, 404]
    assert "has no task t1" in (await host.http.get("/runs/1/tasks/t1")).text
    for place in ("/runs/2", "/runs/2/tasks/t1", "/runs/2/gates/1"):
        told, unknown = (await host.http.get(place)), await host.http.get(place.replace("2", "99", 1))
        assert told.status_code == unknown.status_code == 404
        assert told.text.replace("run 2 ", "run 99 ").partition("<main")[2] == unknown.text.partition("<main")[2]


@pytest.mark.parametrize("login", ["olga", "wilma"])
async def test_an_outsider_sees_an_empty_list_and_a_writer_what_they_may_write_to(
    host: Any, github: GitHub, login: str
) -> None:
    await log_in(host.http, github, login)

    seen = login == "wilma"
    assert ("The seen issue" in await host.page("/")) is seen
    assert (await statuses(host.http, 1))[0] == (200 if seen else 404)
    assert (await statuses(host.http, 2)) == [404, 404, 404]


async def test_github_is_asked_once_a_minute_and_believed_when_it_says_no(
    host: Any, github: GitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    await log_in(host.http, github, "rob")
    for _ in range(3):
        await host.page("/runs/1")
    here = f"/user/installations/{INSTALLATION_ID}/repositories"
    assert asked(github) == ["/user", "/user/installations", here]
    github.world.user("rob").permission = "none"
    assert (await statuses(host.http, 1))[0] == 200, "for a minute"

    monkeypatch.setattr("otto_bot.web.github_door.FRESH", AT - AT)

    assert (await statuses(host.http, 1))[0] == 404


@pytest.mark.parametrize("how", ["suspended", "taken out"])
async def test_where_the_app_may_not_look_nobody_sees_anything(host: Any, github: GitHub, how: str) -> None:
    if how == "suspended":
        github.world.suspended_at = AT
    else:
        github.world.taken_out = True
    await log_in(host.http, github, "maria")

    assert "The seen issue" not in await host.page("/")
    assert (await statuses(host.http, 1))[0] == 404


async def known(host: Any, github: GitHub, login: str) -> tuple[Viewer, list[Any], str | None]:
    """What the entrance says of somebody."""
    await log_in(host.http, github, login)
    cookie = "; ".join(f"{name}={value}" for name, value in host.http.cookies.items())
    headers = [(b"host", b"otto.example.org"), (b"cookie", cookie.encode())]
    request = Request({"type": "http", "method": "GET", "path": "/", "headers": headers, "query_string": b""})
    entrance = host.entrance
    viewer = await entrance.viewer(request)
    assert isinstance(viewer, Viewer)
    return viewer, await entrance.repositories(request), await entrance.user_token(request)


@pytest.mark.parametrize(("login", "writes"), [("rob", False), ("wilma", True), ("maria", True)])
async def test_a_viewer_knows_what_they_may_write_to(host: Any, github: GitHub, login: str, writes: bool) -> None:
    viewer, repositories, token = await known(host, github, login)

    assert viewer.login == "in"
    assert viewer.person is not None
    assert viewer.person.login == login
    assert viewer.repositories == frozenset({REPO_ID})
    assert viewer.writable == (frozenset({REPO_ID}) if writes else frozenset())
    assert (viewer.writes(REPO_ID), viewer.writes(HIDDEN)) == (writes, False)
    (one,) = repositories
    assert (one.id, one.full_name, one.installation_id, one.default_branch, one.can_write, one.private) == (
        REPO_ID, github.world.full_name, INSTALLATION_ID, "main", writes, True,
    )  # fmt: skip
    assert token in github.tokens()


def form(http: httpx.AsyncClient, host: str, **headers: str) -> Request:
    """A form that a browser sends, with the cookies that it has."""
    cookie = "; ".join(f"{name}={value}" for name, value in http.cookies.items())
    lines = {"host": host, "cookie": cookie, **headers}
    scope = {"type": "http", "method": "POST", "path": "/runs/1/say", "query_string": b"", "client": ("127.0.0.1", 1)}
    return Request({**scope, "headers": [(name.encode(), told.encode()) for name, told in lines.items()]})


@pytest.mark.parametrize(
    ("headers", "good", "status"),
    [
        ({"origin": "https://otto.example.org", "sec-fetch-site": "same-origin"}, True, 0),
        ({}, True, 0),
        ({}, False, 403),
        ({"origin": "https://evil.example"}, True, 403),
        ({"sec-fetch-site": "cross-site"}, True, 403),
        ({"host": "evil.example"}, True, 403),
        ({"cookie": ""}, True, 401),
    ],
)
async def test_acting_needs_a_session_its_code_and_our_own_page(
    host: Any, github: GitHub, headers: dict[str, str], good: bool, status: int
) -> None:
    viewer, _, _ = await known(host, github, "wilma")

    got = await host.entrance.acting(
        form(host.http, **{"host": "otto.example.org", **headers}), viewer.csrf if good else "x"
    )

    assert got == viewer if status == 0 else got.status == status


@pytest.mark.parametrize(("client", "words"), [(True, "Log in to do this"), (False, "Nobody can act here yet")])
async def test_on_this_machine_reading_needs_no_login_and_acting_does(
    make_host: Any, github: GitHub, client: bool, words: str
) -> None:
    reach = reach_of(github, asked="local", bound="127.0.0.1", public_url="")
    made = make_host(reach if client else "127.0.0.1")
    request = form(made.http, "127.0.0.1:8080")

    viewer = await made.entrance.viewer(request)
    assert (viewer.login, viewer.person, viewer.repositories) == ("possible" if client else "none", None, None)
    assert not viewer.writes(REPO_ID)
    got = await made.entrance.acting(request, "")
    assert (got.status, words in got.html) == (403, True)
    assert await made.entrance.user_token(request) is None
    assert await made.entrance.repositories(request) == []
    await made.close()


async def test_on_this_machine_a_github_that_is_not_there_keeps_nobody_from_reading(
    make_host: Any, github: GitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether they may act is then left to the gate, which asks again."""
    made = make_host(reach_of(github, asked="local", bound="127.0.0.1", public_url=""))
    await log_in(made.http, github, "wilma")
    monkeypatch.setattr("otto_bot.web.github_door.PATIENCE_SECONDS", 0)

    viewer = await made.entrance.viewer(form(made.http, "127.0.0.1:8080"))

    assert (viewer.login, viewer.repositories, viewer.writable) == ("in", None, None)
    assert viewer.writes(REPO_ID)
    await made.close()
