"""The real web process's application on a database of its own, asked in this process or over a socket."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import uvicorn
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pydantic import SecretStr

from otto_bot.app import App, build_app
from otto_bot.intake.webhook import PATH
from otto_bot.playground.listening import listener
from otto_bot.settings import Settings
from otto_bot.store.database import migrate, open_database

SECRET = "It's a Secret to Everybody"


class Answer(NamedTuple):
    """Status and body."""

    status: int
    body: bytes


@cache
def _key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def settings(place: Path, database: str = "") -> Settings:
    """A host's settings, its state in that folder."""
    return Settings(
        app_id=42, private_key=SecretStr(_key()), webhook_secret=(SecretStr(SECRET),), database_url=database,
        state_dir=place,
    )  # fmt: skip


def signature(body: bytes) -> bytes:
    """As GitHub signs."""
    return b"sha256=" + hmac.digest(SECRET.encode(), body, hashlib.sha256).hex().encode()


@asynccontextmanager
async def living(app: App) -> AsyncIterator[App]:
    """The application between its start and its end."""
    events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    said: asyncio.Queue[str] = asyncio.Queue()

    async def send(message: Any) -> None:
        await said.put(message["type"])

    life = asyncio.create_task(app({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, events.get, send))
    await events.put({"type": "lifespan.startup"})
    assert await said.get() == "lifespan.startup.complete"
    try:
        yield app
    finally:
        await events.put({"type": "lifespan.shutdown"})
        await life


async def post(app: App, body: bytes, *, event: str = "issues", guid: str = "g-1", **headers: bytes) -> Answer:
    """One signed delivery; `headers` replace those that GitHub sends, with `_` for `-`."""
    sent = {
        b"content-type": b"application/json",
        b"x-github-event": event.encode(),
        b"x-github-delivery": guid.encode(),
        b"x-hub-signature-256": signature(body),
        b"content-length": str(len(body)).encode(),
        **{name.replace("_", "-").encode(): value for name, value in headers.items()},
    }
    return await ask(app, "POST", PATH, body, sent)


async def ask(app: App, method: str, path: str, body: bytes = b"", headers: dict[bytes, bytes] | None = None) -> Answer:
    """One request."""
    path, _, query = path.partition("?")
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "path": path,
        "raw_path": path.encode(), "query_string": query.encode(), "root_path": "", "scheme": "http",
        "headers": list((headers or {}).items()), "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
    }  # fmt: skip
    pieces = [{"type": "http.request", "body": body, "more_body": False}]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return pieces.pop(0) if pieces else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return Answer(sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:]))


@cache
def _template() -> bytes:
    """A SQLite database with the newest schema, made once: that takes longer than most of what is done with it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "otto.sqlite"
        engine = open_database(f"sqlite:///{path}")
        migrate(engine)
        engine.dispose()
        return path.read_bytes()


def fresh_database(place: Path) -> str:
    """The URL of a new database in that folder; one that is there stays."""
    path = place / "otto.sqlite"
    if not path.exists():
        path.write_bytes(_template())
    return f"sqlite:///{path}"


def started(place: Path, database: str = "") -> App:
    """The application of a host whose worker lives."""
    return build_app(settings(place, database or fresh_database(place)), lambda: True)


@contextmanager
def listening(place: Path) -> Iterator[tuple[str, int]]:
    """The application behind the real server, on a free port."""
    with listener() as listening:
        config = uvicorn.Config(
            started(place), ws="none", proxy_headers=False, access_log=False, server_header=False,
            log_level="critical", timeout_graceful_shutdown=1,
        )  # fmt: skip
        server = uvicorn.Server(config)
        thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listening])), daemon=True)
        thread.start()
        host, port = listening.getsockname()[:2]
        try:
            yield host, port
        finally:
            server.should_exit = True
            thread.join(10)
