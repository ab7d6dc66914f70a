"""Acting by the API: as whoever's token is sent, through the same gate as on pages, held to what was looked at."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from acting import PUBLIC, log_in, reach_of, repo_of
from github_server import GitHub, github_server

from otto_bot.core import events as e

ONCE, OTHER = "0" * 31 + "1", "0" * 31 + "2"
RUN = "/api/v1/runs/1"
SAY = f"{RUN}/commands"


@pytest.fixture(scope="module")
def _one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GitHub]:
    with github_server(tmp_path_factory.mktemp("github")) as github:
        yield github


@pytest.fixture
def github(_one: GitHub) -> Iterator[GitHub]:
    _one.world.user_tokens.clear()
    yield _one
    _one.stand_in.hub.faults.clear()


@pytest.fixture
async def host(make_host: Any, github: GitHub) -> Any:
    """A host with a public address; run 1 waits at a gate."""
    app = github.world.config.app
    made = make_host(reach_of(github), app_id=app.id, key=app.private_key_pem)
    made.at_gate(repo=repo_of(github))
    async with made.http:
        yield made
    await made.close()


async def program(host: Any, github: GitHub, login: str) -> httpx.AsyncClient:
    """A program with a token of theirs, and no cookie."""
    before = set(github.tokens())
    browser = host.browser(PUBLIC)
    async with browser:
        await log_in(browser, github, login)
    (token,) = set(github.tokens()) - before
    made: httpx.AsyncClient = host.browser(PUBLIC)
    made.headers["authorization"] = f"Bearer {token}"
    return made


async def say(http: httpx.AsyncClient, command: str, once: str = ONCE, shown: str | None = None) -> httpx.Response:
    """A word for run 1, decided on what it shows now."""
    if shown is None:
        shown = (await http.get(RUN)).json()["shown"]
    return await http.post(SAY, json={"command": command, "shown": shown, "once": once})


def refused(answer: httpx.Response, status: int) -> str:
    assert answer.status_code == status, answer.text
    problem = answer.json()["error"]
    assert problem["message"]
    assert problem["advice"]
    return str(problem["code"])


def given(host: Any) -> list[tuple[str, str]]:
    told = [item.event for item in host.ledger.events(1) if isinstance(item.event, e.CommandGiven)]
    return [(event.given.by.login, event.given.command.verb) for event in told]


async def test_a_token_sees_what_its_owner_may_read_and_nothing_else(host: Any, github: GitHub) -> None:
    async with await program(host, github, "rob") as rob, host.browser(PUBLIC) as nobody:
        assert [run["id"] for run in (await rob.get("/api/v1/runs")).json()["runs"]] == [1]
        assert refused(await nobody.get("/api/v1/runs"), 401) == "nobody"
        for bad in ("Bearer ghu_" + "x" * 36, "Bearer ghp_" + "x" * 36, "Basic eA==", "Bearer "):
            assert refused(await nobody.get("/api/v1/runs", headers={"authorization": bad}), 401) == "nobody"
        # The header is for programs: pages know people by their cookie alone.
        assert (await rob.get("/runs/1")).status_code == 401
    async with await program(host, github, "olga") as olga:
        assert (await olga.get("/api/v1/runs")).json()["total"] == 0
        assert refused(await olga.get(RUN), 404) == "no_run"
        assert refused(await say(olga, "pause", shown="rest.00000000"), 404) == "no_run"


async def test_a_word_is_heard_once_and_says_what_follows(host: Any, github: GitHub) -> None:
    async with await program(host, github, "wilma") as wilma:
        shown = (await wilma.get(RUN)).json()["shown"]
        answers = await asyncio.gather(*(say(wilma, "/otto approve r2", shown=shown) for _ in range(3)))
    assert [answer.status_code for answer in answers] == [200, 200, 200], answers[0].text
    assert sorted(answer.json()["again"] for answer in answers) == [False, True, True]
    assert "Next: " in answers[0].json()["words"]
    assert given(host) == [("wilma", "approve")]


async def test_of_two_programs_one_wins_and_the_other_is_told(host: Any, github: GitHub) -> None:
    async with await program(host, github, "wilma") as wilma, await program(host, github, "maria") as maria:
        shown = (await wilma.get(RUN)).json()["shown"]
        answers = await asyncio.gather(
            say(wilma, "approve r2", ONCE, shown), say(maria, "retry t1 -- declare flask", OTHER, shown)
        )
    (lost,) = [answer for answer in answers if answer.status_code != 200]
    assert refused(lost, 409) == "moved"
    assert len(given(host)) == 1


async def test_what_makes_no_sense_or_may_not_be_said_changes_nothing(host: Any, github: GitHub) -> None:
    async with await program(host, github, "wilma") as wilma:
        assert refused(await say(wilma, "resume"), 409) == "not_now"
        assert refused(await say(wilma, "approve r2", shown=""), 409) == "moved"
        for bad in ("fly", "keep L1", "budget lots", "skip", "retry t1 -- " + "x" * 2_100):
            assert refused(await say(wilma, bad), 422) == "wrong_parameter", bad
        assert refused(await wilma.post(SAY, json={"command": "pause", "shown": "", "once": "1"}), 422)
        assert refused(await wilma.post(SAY, content=b"{" * 300_000), 413) == "too_long"
        assert refused(await wilma.post(SAY, content=_chunks()), 413) == "too_long"
    async with await program(host, github, "rob") as rob:
        assert refused(await say(rob, "pause"), 403) == "may_not"
    assert given(host) == []


async def _chunks() -> Any:
    yield b"{}"


async def test_a_cookie_is_not_enough_to_act(host: Any, github: GitHub) -> None:
    """It comes by itself, also with a request that another site made."""
    await log_in(host.http, github, "wilma")
    assert (await host.http.get(RUN)).status_code == 200
    assert refused(await say(host.http, "pause"), 403) == "send_token"
    body = {"repository": github.world.full_name, "kind": "build", "title": "x", "once": ONCE}
    assert refused(await host.http.post("/api/v1/runs", json=body), 403) == "send_token"
    assert given(host) == []


async def test_a_run_is_asked_for_by_the_person_themselves_once(host: Any, github: GitHub) -> None:
    body = {
        "repository": github.world.full_name,
        "kind": "build",
        "title": "Count clicks",
        "text": "Each.",
        "once": ONCE,
    }
    async with await program(host, github, "wilma") as wilma:
        answers = [await wilma.post("/api/v1/runs", json=body) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [200, 200], answers[0].text
        assert [answer.json()["again"] for answer in answers] == [False, True]
        (issue,) = [row for row in github.world.issues if row.title == "Count clicks"]
        assert (issue.author, issue.number) == ("wilma", answers[0].json()["number"])
        assert "otto" in issue.labels
        assert refused(await wilma.post("/api/v1/runs", json={**body, "title": " "}), 422) == "wrong_parameter"
        assert refused(await wilma.post("/api/v1/runs", json={**body, "kind": "improve"}), 422) == "wrong_parameter"
        lost = {**body, "kind": "improve", "number": 999}
        assert refused(await wilma.post("/api/v1/runs", json=lost), 404) == "no_issue"
        assert refused(await wilma.post("/api/v1/runs", json={**body, "repository": "a/b"}), 404) == "no_repository"
    async with await program(host, github, "rob") as rob:
        assert refused(await rob.post("/api/v1/runs", json={**body, "once": OTHER}), 403) == "may_not"
