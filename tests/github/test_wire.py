"""Over real sockets: one connection for many requests, and what a lost answer looks like."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator

import pytest

from otto_bot.github.client import GitHubApp
from otto_bot.github.errors import Unreachable

TOKEN = {"token": "ghs_secret", "expires_at": "2026-11-22T13:00:00Z"}
REPOSITORY = {"id": 22, "name": "shop", "owner": {"login": "acme"}}


class Server:
    """A small HTTP/1.1 server with keep-alive; after a POST about a run it hangs up without a word."""

    def __init__(self) -> None:
        self.connections = 0
        self.serving: list[asyncio.Task[None]] = []
        self.requests: list[str] = []
        self.authorization: dict[str, str] = {}

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self.serving.append(task)
        with contextlib.suppress(asyncio.IncompleteReadError):  # the client closes when it is done
            while await self._one(reader, writer):
                pass
        writer.close()
        await writer.wait_closed()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        request, *lines = head.strip().split("\r\n")
        headers = {name.lower(): value.strip() for name, value in (line.split(":", 1) for line in lines)}
        await reader.readexactly(int(headers.get("content-length", "0")))
        method, path, _ = request.split(" ")
        self.requests.append(f"{method} {path}")
        self.authorization[path] = headers.get("authorization", "")
        if "/runs/" in path:
            return False
        status, more, body = self._answer(path, headers["host"])
        writer.write(f"HTTP/1.1 {status} x\r\n{more}content-length: {len(body)}\r\n\r\n".encode() + body)
        await writer.drain()
        return True

    def _answer(self, path: str, host: str) -> tuple[int, str, bytes]:
        if path.endswith("/access_tokens"):
            return 201, "", json.dumps(TOKEN).encode()
        if path.endswith("/logs"):
            return 302, f"location: http://{host.replace('127.0.0.1', 'localhost')}/blob\r\n", b""
        if path == "/blob":
            return 200, "", b"the log"
        return 200, "", json.dumps(REPOSITORY).encode()


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
async def real(server, clock, private_key) -> AsyncIterator[GitHubApp]:
    listening = await asyncio.start_server(server, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    async with listening:
        async with GitHubApp(f"http://127.0.0.1:{port}", 1, private_key, now=clock.now, sleep=clock.sleep) as app:
            yield app
        await asyncio.gather(*server.serving)


async def test_many_requests_share_one_connection(server, real):
    repo = real.repository(11, 22)
    for _ in range(20):
        await repo.info()
    assert len(server.requests) == 21
    assert server.connections == 1


async def test_a_write_whose_answer_never_came_is_sent_once(server, real):
    repo = real.repository(11, 22)
    with pytest.raises(Unreachable, match="RemoteProtocolError"):
        await repo.cancel_run(5)
    assert server.requests.count("POST /repos/acme/shop/actions/runs/5/cancel") == 1


async def test_the_log_is_fetched_without_the_token(server, real):
    assert await real.repository(11, 22).job_log(3) == b"the log"
    assert server.authorization["/repos/acme/shop/actions/jobs/3/logs"] == "token ghs_secret"
    assert server.authorization["/blob"] == ""
