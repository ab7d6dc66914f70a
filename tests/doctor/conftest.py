"""A host to be looked over: a stand-in for GitHub over real HTTP, a webhook's address, a model's, a database."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from otto_bot.core.finding import Finding
from otto_bot.core.redact import Redactor
from otto_bot.core.rights import EVENTS, NEEDED
from otto_bot.doctor.host import Host, opened
from otto_bot.doctor.host_checks import HOST_CHECKS
from otto_bot.doctor.place import Place
from otto_bot.doctor.reading import given
from otto_bot.doctor.repository_checks import REPOSITORY_CHECKS
from otto_bot.doctor.running import examined
from otto_bot.playground.github.config import StandInConfig
from otto_bot.playground.github.server import StandIn, build
from otto_bot.playground.listening import listener
from otto_bot.store.database import migrate, open_database

KEY = "sk-ant-api03-canary-of-the-doctor"
JOBS = "jobs: {test: {runs-on: ubuntu-latest, steps: [{run: pytest}]}}\n"
CI = "on: {pull_request: {}}\npermissions: {contents: read}\n" + JOBS
FILES = {".github/workflows/ci.yml": CI, "src/app.py": "x = 1\n"}


@asynccontextmanager
async def listening(app: Any) -> AsyncIterator[str]:
    """A real server on loopback."""
    with listener() as socket:
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical", timeout_graceful_shutdown=1))
        serving = asyncio.create_task(server.serve(sockets=[socket]))
        try:
            yield f"http://127.0.0.1:{socket.getsockname()[1]}"
        finally:
            server.should_exit = True
            await serving


async def _hook(request: Request) -> Response:
    """As Otto's receiver answers whoever only looks; what is delivered is taken."""
    if request.method == "POST":
        return PlainTextResponse("", 202)
    return PlainTextResponse("send POST", 405, headers={"allow": "POST"})


async def _count(request: Request) -> Response:
    """Knows the key and the models whose name begins as theirs do."""
    if KEY not in (request.headers.get("x-api-key"), request.headers.get("authorization", "").removeprefix("Bearer ")):
        return _refused(401, "authentication_error", "invalid x-api-key")
    model = json.loads(await request.body())["model"]
    if not model.startswith("claude-"):
        return _refused(404, "not_found_error", f"model: {model}")
    return JSONResponse({"input_tokens": 1})


def _refused(status: int, kind: str, words: str) -> Response:
    return JSONResponse({"type": "error", "error": {"type": kind, "message": words}}, status)


async def _ok(_request: Request) -> Response:
    return PlainTextResponse("ok\n")


def beside() -> Starlette:
    """What stands beside GitHub: the webhook's address, the model's, and the pages'."""
    return Starlette(
        routes=[
            Route("/webhooks/github", _hook, methods=["GET", "POST"]),
            Route("/v1/messages/count_tokens", _count, methods=["POST"]),
            Route("/healthz", _ok),
        ]
    )


@dataclass
class Scene:
    """Everything that a check may look at, and how to change it."""

    stand_in: StandIn
    environment: dict[str, str]
    folder: Path
    url: str
    beside: str
    ahead: timedelta = timedelta()
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def world(self) -> Any:
        return self.stand_in.hub.world

    @property
    def app(self) -> Any:
        return self.world.config.app

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    @asynccontextmanager
    async def host(self) -> AsyncIterator[Host]:
        read = given(self.environment, self.folder)
        async with opened(read, Redactor(read.hidden), self.now) as host:
            yield host

    async def found(self, *checks: str) -> list[Finding]:
        """What these checks of the host say."""
        async with self.host() as host:
            return await examined({name: HOST_CHECKS[name] for name in checks}, host, host.redactor)

    async def found_of(self, *checks: str, repo: str = "octo/demo", login: str = "") -> list[Finding]:
        """What these checks of a repository say."""
        owner, _, name = repo.partition("/")
        async with self.host() as host:
            place = Place(host, owner, name, login)
            return await examined({one: REPOSITORY_CHECKS[one] for one in checks}, place, host.redactor)


@pytest.fixture(scope="session")
def app_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


Open = Callable[..., AbstractAsyncContextManager[Scene]]


@pytest.fixture
def open_scene(tmp_path: Path, app_key: str) -> Open:
    """Start everything; `more` goes into the stand-in's config."""

    @asynccontextmanager
    async def start(
        files: Mapping[str, str] = FILES, *, with_actions: bool = False, **more: Any
    ) -> AsyncIterator[Scene]:
        source, folder = tmp_path / "source", tmp_path / "host"
        folder.mkdir()
        for name, text in {"README.md": "# Demo\n", **files}.items():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_text(text)
        config = {
            "state_dir": tmp_path / "github",
            "app": {
                "private_key_pem": app_key,
                "webhook_secret": "s",
                "permissions": dict(NEEDED),
                "events": [*EVENTS],
            },
            "repo_source_dir": source,
            "users": [{"login": "reader", "permission": "read"}, {"login": "dev", "permission": "write"}],
            "actions": {"runner": "shell"} if with_actions else {},
            **more,
        }
        stand_in = build(StandInConfig.model_validate(config), with_actions=with_actions)
        async with listening(stand_in.asgi) as url, listening(beside()) as other:
            stand_in.set_url(url)
            stand_in.hub.courier.url = f"{other}/webhooks/github"
            database = f"sqlite:///{folder / 'otto.sqlite'}"
            engine = open_database(database)
            migrate(engine)
            engine.dispose()
            environment = {
                "OTTO_APP_ID": "4242", "OTTO_PRIVATE_KEY": app_key, "OTTO_WEBHOOK_SECRET": "s3cret-of-the-hook",
                "OTTO_GITHUB_API_URL": url, "OTTO_STATE_DIR": str(folder), "OTTO_DATABASE_URL": database,
                "ANTHROPIC_API_KEY": KEY, "ANTHROPIC_BASE_URL": other,
            }  # fmt: skip
            yield Scene(stand_in, environment, folder, url, other)

    return start
