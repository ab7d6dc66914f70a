"""A model behind a proxy, or at another address: the SDK's own variables of the environment say where."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from otto_bot.model.calls import ModelCall
from otto_bot.model.client import ModelClient
from otto_bot.model.errors import ProviderError

CALL = ModelCall(
    role="judge", run="7", model="claude-sonnet-5-5", system="s", max_tokens=100,
    messages=[{"role": "user", "content": "hello"}],
)  # fmt: skip
ANSWER = {
    "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-5-5", "stop_sequence": None,
    "content": [{"type": "text", "text": "through the proxy"}], "stop_reason": "end_turn",
    "usage": {"input_tokens": 5, "output_tokens": 2},
}  # fmt: skip
NOWHERE = "http://model.invalid:8099"
"""No resolver knows it: whoever reaches it came through the proxy."""


@asynccontextmanager
async def proxy() -> AsyncIterator[tuple[str, list[str]]]:
    """An HTTP proxy that answers itself; its address, and the first line and headers of each request."""
    seen: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = next(
            int(line.split(":")[1]) for line in head.splitlines() if line.lower().startswith("content-length")
        )
        await reader.readexactly(length)
        seen.append(head)
        body = json.dumps(ANSWER).encode()
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n")
        writer.write(b"content-length: %d\r\n\r\n%s" % (len(body), body))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", seen


@pytest.fixture(autouse=True)
def _no_proxy_of_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


async def test_the_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async with proxy() as (address, seen):
        monkeypatch.setenv("HTTP_PROXY", address.replace("http://", "http://bot:geheim@"))
        async with ModelClient("key-for-tests", NOWHERE, timeout_seconds=20) as client:
            reply = await client.ask(CALL)

    assert reply.text == "through the proxy"
    assert seen[0].startswith(f"POST {NOWHERE}/v1/messages HTTP/1.1\r\n")
    assert "proxy-authorization: basic ym90omdlagvpbq==" in seen[0].lower()


async def test_no_proxy_leaves_an_address_out(monkeypatch: pytest.MonkeyPatch) -> None:
    async with proxy() as (address, seen):
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")  # nobody listens there
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        async with ModelClient("key-for-tests", address, timeout_seconds=20) as client:
            reply = await client.ask(CALL)

    assert (reply.text, len(seen)) == ("through the proxy", 1)


async def test_a_proxy_that_nobody_answers_at_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    async with ModelClient("key-for-tests", NOWHERE, timeout_seconds=20) as client:
        with pytest.raises(ProviderError) as caught:
            await client.ask(CALL)

    assert (caught.value.kind, caught.value.retryable) == ("connection", True)
    assert not caught.value.may_be_paid


async def test_the_address_and_key_of_the_environment_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async with proxy() as (address, seen):
        monkeypatch.setenv("ANTHROPIC_BASE_URL", f"{address}/gateway")
        monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "token-of-a-gateway")
        monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
        async with ModelClient(None, None, timeout_seconds=20) as client:
            await client.ask(CALL)

    assert seen[0].startswith("POST /gateway/v1/messages HTTP/1.1\r\n")
    assert "authorization: bearer token-of-a-gateway" in seen[0].lower()
