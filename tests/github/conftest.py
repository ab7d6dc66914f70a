"""A GitHub App with a generated key, a clock that only moves when told, and GitHub's answers by respx."""

from __future__ import annotations

import json
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import respx
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from otto_bot.github.client import GitHubApp
from otto_bot.github.pace import LocalSlots
from otto_bot.github.verbs import Repository

API = "https://api.github.test"
APP_ID = 4711
INSTALLATION = 11
REPO_ID = 22


class Clock:
    """Time stands still; a sleep moves it and is remembered."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.time

    def pass_(self, **amount: float) -> None:
        self.time += timedelta(**amount)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.pass_(seconds=seconds)


class Wire:
    """The mocked GitHub: a router, and the tokens it has handed out."""

    def __init__(self, router: respx.MockRouter, clock: Clock) -> None:
        self.router = router
        self.clock = clock
        self.minted: list[dict[str, Any]] = []
        self.mint = router.post(f"/app/installations/{INSTALLATION}/access_tokens").mock(side_effect=self._mint)
        self.resolve = router.get(f"/repositories/{REPO_ID}").respond(json=repository())

    def _mint(self, request: httpx.Request) -> httpx.Response:
        assert request.headers["authorization"].startswith("Bearer ")
        self.minted.append(json.loads(request.content))
        end = self.clock.now() + timedelta(hours=1)
        body = {"token": f"ghs_secret{len(self.minted)}", "expires_at": end.strftime("%Y-%m-%dT%H:%M:%SZ")}
        return httpx.Response(201, json=body)

    def repo(self, method: str, tail: str, **pattern: Any) -> respx.Route:
        return self.router.route(method=method, path=f"/repos/acme/shop{tail}", **pattern)


def repository(**changes: Any) -> dict[str, Any]:
    base = {"id": REPO_ID, "name": "shop", "owner": {"login": "acme"}, "default_branch": "main", "private": True}
    return {**base, **changes}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def private_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@pytest.fixture
def wire(clock: Clock) -> Iterator[Wire]:
    with respx.mock(base_url=API, assert_all_called=False, assert_all_mocked=True) as router:
        yield Wire(router, clock)


@pytest.fixture(scope="session")
def trust() -> ssl.SSLContext:
    return ssl.create_default_context()


@pytest.fixture
async def app(wire: Wire, clock: Clock, private_key: str, trust: ssl.SSLContext) -> AsyncIterator[GitHubApp]:
    assert wire is not None
    transport = httpx.AsyncHTTPTransport(verify=trust)
    given = {"now": clock.now, "sleep": clock.sleep, "transport": transport, "slots": LocalSlots(pause=0)}
    async with GitHubApp(API, APP_ID, private_key, **given) as app:
        yield app


@pytest.fixture
def repo(app: GitHubApp) -> Repository:
    return app.repository(INSTALLATION, REPO_ID)


@pytest.fixture
def comment() -> Callable[..., dict[str, Any]]:
    """A comment as GitHub writes it, by our App unless told otherwise."""

    def make(id_: int, body: str, **changes: Any) -> dict[str, Any]:
        base = {
            "id": id_,
            "body": body,
            "html_url": f"https://github.test/acme/shop/issues/1#issuecomment-{id_}",
            "user": {"login": "otto[bot]", "id": 99, "type": "Bot"},
            "performed_via_github_app": {"id": APP_ID, "slug": "otto"},
            "created_at": "2026-11-22T11:00:00Z",
            "updated_at": "2026-11-22T11:00:00Z",
        }
        return {**base, **changes}

    return make
