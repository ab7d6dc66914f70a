"""The permission gate: only a clear yes of GitHub is a yes."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import respx
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from otto_bot.core.values import Person
from otto_bot.github.client import GitHubApp
from otto_bot.github.verbs import Repository
from otto_bot.intake.permission import Actor, PermissionGate

API = "https://api.github.test"
ANN = Actor(person=Person(id=7, login="ann"))
ASKED = "/repos/acme/shop/collaborators/ann/permission"


class Clock:
    """Time stands still; a sleep moves it."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def private_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@pytest.fixture(scope="module")
def trust() -> ssl.SSLContext:
    return ssl.create_default_context()


@pytest.fixture
def wire(clock: Clock) -> Iterator[respx.MockRouter]:
    with respx.mock(base_url=API, assert_all_called=False) as router:
        end = (clock.now() + timedelta(hours=5)).isoformat()
        router.post("/app/installations/11/access_tokens").respond(201, json={"token": "t", "expires_at": end})
        router.get("/repositories/22").respond(json={"id": 22, "name": "shop", "owner": {"login": "acme"}})
        yield router


@pytest.fixture
async def repo(
    wire: respx.MockRouter, clock: Clock, private_key: str, trust: ssl.SSLContext
) -> AsyncIterator[Repository]:
    assert wire is not None
    transport = httpx.AsyncHTTPTransport(verify=trust)
    async with GitHubApp(API, 4, private_key, now=clock.now, sleep=clock.sleep, transport=transport) as app:
        yield app.repository(11, 22)


@pytest.fixture
def gate(clock: Clock) -> PermissionGate:
    return PermissionGate(clock.now)


def permission(level: str, user_id: int | None = 7, **more: Any) -> dict[str, Any]:
    return {"permission": level, "user": {"id": user_id, "login": "ann"}, **more}


@pytest.mark.parametrize(
    ("answer", "allowed"),
    [
        (permission("admin"), True),
        (permission("write"), True),
        (permission("write", role_name="maintain"), True),
        (permission("write", role_name="release-crew"), True),
        (permission("read", role_name="triage"), False),
        (permission("read", role_name="admin"), False),
        (permission("read"), False),
        (permission("none"), False),
        ({"permission": "admin", "user": None}, False),
        ({"permission": "admin"}, False),
    ],
)
async def test_only_write_and_admin_may(
    gate: PermissionGate, repo: Repository, wire: respx.MockRouter, answer: dict[str, Any], allowed: bool
) -> None:
    wire.get(ASKED).respond(json=answer)

    said = await gate.ask(repo, ANN)

    assert said.allowed is allowed
    assert said.why == ("" if allowed else "write permission in this repository is needed")


async def test_the_id_decides_and_not_the_name(gate: PermissionGate, repo: Repository, wire: respx.MockRouter) -> None:
    """The account was renamed and somebody else took the name."""
    wire.get(ASKED).respond(json=permission("admin", user_id=8))

    said = await gate.ask(repo, ANN)

    assert (said.allowed, said.why) == (False, "GitHub knows this name as someone else")


@pytest.mark.parametrize(
    ("login", "kind"),
    [("dependabot[bot]", "Bot"), ("otto[bot]", "Bot"), ("otto[bot]", "User"), ("acme", "Organization"), ("ann", "Bot")],
)
async def test_bots_and_otto_itself_may_not_and_are_not_looked_up(
    gate: PermissionGate, repo: Repository, wire: respx.MockRouter, login: str, kind: str
) -> None:
    said = await gate.ask(repo, Actor(person=Person(id=7, login=login), kind=kind))

    assert (said.allowed, said.why) == (False, "bots cannot give commands here")
    assert not wire.calls


ERRORS = {
    "403": {"status_code": 403, "json": {"message": "Resource not accessible by integration"}},
    "500": {"status_code": 500},
    "limit": {"status_code": 429, "headers": {"retry-after": "5"}},
    "not json": {"status_code": 200, "text": "<html>"},
    "a list": {"status_code": 200, "json": []},
    "an unknown level": {"status_code": 200, "json": permission("god")},
}


@pytest.mark.parametrize("name", ERRORS)
async def test_an_error_is_a_no_that_is_not_kept(
    gate: PermissionGate, repo: Repository, wire: respx.MockRouter, clock: Clock, name: str
) -> None:
    asked = wire.get(ASKED).respond(**ERRORS[name])

    said = await gate.ask(repo, ANN)
    assert not said.allowed
    assert "GitHub did not say" in said.why
    await clock.sleep(6)
    asked.respond(json=permission("write"))
    assert (await gate.ask(repo, ANN)).allowed


@pytest.mark.parametrize("failure", [httpx.ReadTimeout("slow"), httpx.ConnectError("down")])
async def test_no_answer_is_a_no(
    gate: PermissionGate, repo: Repository, wire: respx.MockRouter, failure: Exception
) -> None:
    wire.get(ASKED).mock(side_effect=failure)

    assert "GitHub did not say" in (await gate.ask(repo, ANN)).why


async def test_someone_github_does_not_know_here_may_not(
    gate: PermissionGate, repo: Repository, wire: respx.MockRouter
) -> None:
    wire.get(ASKED).respond(404, json={"message": "Not Found"})

    said = await gate.ask(repo, ANN)

    assert (said.allowed, said.why) == (False, "write permission in this repository is needed")


async def test_an_answer_is_kept_for_less_than_a_minute(
    gate: PermissionGate, repo: Repository, wire: respx.MockRouter, clock: Clock
) -> None:
    """Someone who was removed can act no longer than that."""
    asked = wire.get(ASKED).respond(json=permission("write"))
    assert (await gate.ask(repo, ANN)).allowed
    asked.respond(json=permission("none"))

    await clock.sleep(59)
    assert (await gate.ask(repo, ANN)).allowed
    assert asked.call_count == 1
    await clock.sleep(1)
    assert not (await gate.ask(repo, ANN)).allowed
    assert asked.call_count == 2


async def test_a_no_is_kept_too_and_for_this_account_only(
    gate: PermissionGate, repo: Repository, wire: respx.MockRouter
) -> None:
    asked = wire.get(ASKED).respond(json=permission("read"))
    for _ in range(5):
        assert not (await gate.ask(repo, ANN)).allowed
    assert asked.call_count == 1

    asked.respond(json=permission("admin", user_id=9))
    assert (await gate.ask(repo, Actor(person=Person(id=9, login="ann")))).allowed
    assert not (await gate.ask(repo, ANN)).allowed
