"""A small real Messages server on loopback, scripted reply by reply, and what tests need around it."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Self

from otto_bot.core.budget import Money
from otto_bot.core.values import Usage
from otto_bot.model.journal import Turn

USAGE = {"input_tokens": 100, "output_tokens": 20}


@dataclass
class Reply:
    """One HTTP answer. `cut` closes the connection after that many bytes; `hang` never answers."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    hang: bool = False


def message(content: list[dict[str, Any]], stop_reason: str, usage: dict[str, int] | None = USAGE) -> Reply:
    body = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-5-5",
        "content": content,
        "stop_reason": stop_reason,
        "stop_sequence": None,
    }
    if usage is not None:
        body["usage"] = usage
    return Reply(body=body)


def says(text: str | dict[str, Any], stop_reason: str = "end_turn", usage: dict[str, int] | None = USAGE) -> Reply:
    """A plain or structured answer."""
    words = text if isinstance(text, str) else json.dumps(text)
    return message([{"type": "text", "text": words}], stop_reason, usage)


def uses(
    *calls: tuple[str, dict[str, Any]], stop_reason: str = "tool_use", usage: dict[str, int] | None = USAGE
) -> Reply:
    """An answer that calls tools; ids are call0, call1, …"""
    blocks = [
        {"type": "tool_use", "id": f"call{place}", "name": name, "input": data}
        for place, (name, data) in enumerate(calls)
    ]
    return message(blocks, stop_reason, usage)


def refuses(status: int, kind: str, text: str, **headers: str) -> Reply:
    """An error of the API."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(
        status=status,
        body={"type": "error", "error": {"type": kind, "message": text}, "request_id": "r"},
        headers=names,
    )


class MessagesServer:
    """Answers `POST /v1/messages` with the scripted replies, in order; more calls than replies is a 500."""

    def __init__(self) -> None:
        self.replies: deque[Reply] = deque()
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self._server: asyncio.Server | None = None
        self._over = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._over.set()
        self._server.close()
        await self._server.wait_closed()

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def script(self, *replies: Reply) -> None:
        self.replies.extend(replies)

    def told(self, place: int = -1) -> str:
        """The system prompt of a call, as one text."""
        system = self.requests[place]["system"]
        return system if isinstance(system, str) else "".join(block["text"] for block in system)

    def prompt(self, place: int = -1) -> str:
        """Everything the model was told in a call, as one text."""
        request = self.requests[place]
        return self.told(place) + "\n" + "\n".join(_words(item["content"]) for item in request["messages"])

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = {k.lower(): v for k, _, v in (line.partition(": ") for line in head[1:] if line)}
            body = await reader.readexactly(int(headers["content-length"]))
            assert head[0].startswith("POST /v1/messages"), head[0]
            self.requests.append(json.loads(body))
            self.headers.append(headers)
            no_more = refuses(500, "api_error", "the script is at its end", x_should_retry="false")
            reply = self.replies.popleft() if self.replies else no_more
            if reply.hang:
                await self._over.wait()
                return
            writer.write(_bytes(reply))
            await writer.drain()
        finally:
            writer.close()


def _bytes(reply: Reply) -> bytes:
    body = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
    headers = {
        "content-type": "application/json",
        "content-length": str(len(body)),
        "request-id": "req_1",
        "connection": "close",
        **reply.headers,
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {reply.status} X\r\n{lines}\r\n".encode() + body[: reply.cut]


def _words(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(str(block.get("text") or block.get("content") or block.get("input") or "") for block in content)


class MoneyPurse:
    """The purse over the real money rules, in memory."""

    def __init__(self, cap: float) -> None:
        self.money = Money(cap=cap)
        self.refused: list[str] = []

    async def reserve(self, call_id: str, usd: float) -> bool:
        held = self.money.reserve(call_id, usd)
        if held is None:
            self.refused.append(call_id)
            return False
        self.money = held
        return True

    async def settle(self, call_id: str, usage: Usage | None) -> None:
        self.money = self.money.settle(call_id, usage)


class MemoryJournal:
    """A journal in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[int, Turn]] = {}

    async def turns(self, key: str) -> list[Turn]:
        return [turn for _, turn in sorted(self.kept.get(key, {}).items())]

    async def save(self, key: str, turn: Turn) -> None:
        self.kept.setdefault(key, {}).setdefault(turn.number, turn)
