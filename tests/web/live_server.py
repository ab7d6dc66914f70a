"""The real application behind a real server on a port of its own, and a reader of its streams."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import uvicorn
from pydantic import SecretStr

from otto_bot.app import App, build_app
from otto_bot.settings import Settings
from otto_bot.web.live_hub import Pace

QUICK = Pace(look=0.01, parts=0.01, host=0.01)
PATIENCE = 20.0


class Message(NamedTuple):
    """One message of a stream; the data is read."""

    event: str
    data: Any
    id: str = ""


Enough = Callable[[list[Message]], bool]


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield  # they belong to the tests


class LiveServer:
    """Started with `begin`; `end` ends it as a host's server ends."""

    def __init__(self, database: str, place: Path, pace: Pace = QUICK) -> None:
        self._settings = Settings(
            app_id=42, private_key=SecretStr("k"), webhook_secret=(SecretStr("s"),), database_url=database,
            state_dir=place,
        )  # fmt: skip
        self._pace = pace
        self.app: App
        self.url = ""

    async def begin(self) -> None:
        self.app = build_app(self._settings, lambda: True, self._pace)
        config = uvicorn.Config(self.app, port=0, log_level="warning", access_log=False, timeout_graceful_shutdown=5)
        self._server = _Server(config)
        listening = socket.create_server(("127.0.0.1", 0))
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4_096)  # so that who reads slowly is noticed soon
        self._task = asyncio.create_task(self._server.serve([listening]))
        await until(lambda: self._server.started)
        self.port: int = listening.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    async def end(self) -> None:
        self._server.should_exit = True
        self.app.streams.end()
        await asyncio.wait_for(self._task, PATIENCE)

    @asynccontextmanager
    async def open(self, path: str, last: int | None = None) -> AsyncIterator[AsyncIterator[Message]]:
        """Messages of a stream, without signs of life."""
        headers = {} if last is None else {"Last-Event-ID": str(last)}
        async with (
            httpx.AsyncClient(base_url=self.url, timeout=PATIENCE, trust_env=False) as http,
            http.stream("GET", path, headers=headers) as answer,
        ):
            assert answer.status_code == 200, answer.status_code
            assert answer.headers["content-type"].startswith("text/event-stream")
            assert answer.headers["cache-control"] == "no-store"
            yield messages(answer)

    async def until_cut(self, path: str, last: int, size: int, enough: Enough) -> list[Message]:
        """What somebody got whose connection broke after so many bytes, or who had enough."""
        got = b""
        async with (
            asyncio.timeout(PATIENCE),
            httpx.AsyncClient(base_url=self.url, timeout=PATIENCE, trust_env=False) as http,
            http.stream("GET", path, headers={"Last-Event-ID": str(last)} if last else {}) as answer,
        ):
            async for chunk in answer.aiter_raw():
                got += chunk
                if len(got) >= size or enough(whole(got)):
                    break
        return whole(got[:size])

    async def get(self, path: str, **headers: str) -> httpx.Response:
        async with httpx.AsyncClient(base_url=self.url, timeout=PATIENCE, trust_env=False) as http:
            return await http.get(path, headers=headers)


class Parser:
    """What a browser's EventSource would make of lines: a message is one when it is whole."""

    def __init__(self) -> None:
        self._fields: dict[str, str] = {}

    def line(self, line: str) -> Message | None:
        if line:
            name, _, value = line.partition(": ")
            if name != "":
                self._fields[name] = value
            return None
        fields, self._fields = self._fields, {}
        if "data" not in fields:
            return None
        return Message(fields.get("event", ""), json.loads(fields["data"]), fields.get("id", ""))


async def messages(answer: httpx.Response) -> AsyncIterator[Message]:
    """Messages as they come."""
    parser = Parser()
    async for line in answer.aiter_lines():
        if (message := parser.line(line)) is not None:
            yield message


def whole(text: bytes) -> list[Message]:
    """The messages in what came until a connection broke."""
    parser = Parser()
    lines = text.decode(errors="replace").split("\n")[:-1]
    return [message for line in lines if (message := parser.line(line)) is not None]


async def until(test: Callable[[], Any]) -> Any:
    """Wait for something to be so."""
    async with asyncio.timeout(PATIENCE):
        while not (found := test()):  # noqa: ASYNC110 - what is waited for tells nobody
            await asyncio.sleep(0.005)
    return found


async def take(stream: AsyncIterator[Message], event: str, number: int = 1) -> list[Message]:
    """The next messages of a kind; others are passed over."""
    found: list[Message] = []
    async with asyncio.timeout(PATIENCE):
        async for message in stream:
            if message.event == event:
                found.append(message)
            if len(found) == number:
                return found
    raise AssertionError(f"the stream ended after {found}")


async def rest(stream: AsyncIterator[Message]) -> list[Message]:
    """Everything until the stream ends, but signs of life."""
    async with asyncio.timeout(PATIENCE):
        return [message async for message in stream if message.event != "beat"]
