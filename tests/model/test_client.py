"""The client against a real local Messages server: what is sent, what comes back, what goes wrong."""

import asyncio
import socket
from typing import Any

import pytest
from pydantic import BaseModel

from otto_bot.core.values import Usage
from otto_bot.model.calls import ModelCall
from otto_bot.model.client import ModelClient
from otto_bot.model.errors import ProviderError


class Point(BaseModel):
    x: int


def call(**changes: Any) -> ModelCall:
    defaults: dict[str, Any] = {
        "role": "coder",
        "run": "7",
        "task": "t1",
        "attempt": 2,
        "model": "claude-sonnet-5-5",
        "system": "Be brief.",
        "messages": [{"role": "user", "content": "hello"}],
        "max_tokens": 500,
    }
    return ModelCall(**{**defaults, **changes})


async def test_a_plain_call_names_itself_and_brings_text_usage_and_the_raw_body(server, client, kit):
    usage = {"input_tokens": 10, "output_tokens": 3, "cache_read_input_tokens": 5, "cache_creation_input_tokens": 7}
    server.script(kit.says("hi", usage=usage))
    reply = await client.ask(call())
    assert reply.text == "hi"
    assert reply.stop_reason == "end_turn"
    assert reply.usage == Usage(input_tokens=10, output_tokens=3, cache_read_tokens=5, cache_write_tokens=7)
    assert reply.usage_known
    assert reply.request_id == "req_1"
    assert '"msg_1"' in reply.raw
    assert reply.latency_seconds > 0
    assert server.headers[0]["x-otto-call"] == "run=7;role=coder;task=t1;attempt=2;gate=0;try=1"
    assert server.requests[0]["system"] == "Be brief."
    assert "output_config" not in server.requests[0]
    assert "tools" not in server.requests[0]


async def test_a_header_cannot_be_split_by_what_a_run_is_called(server, client, kit):
    server.script(kit.says("hi"))
    await client.ask(call(run="7;role=pilot\r\nx: y"))
    assert server.headers[0]["x-otto-call"].startswith("run=7_role_pilot__x__y;role=coder;")
    assert "x" not in server.headers[0]


async def test_a_schema_goes_out_as_output_format_and_the_text_comes_back_unparsed(server, client, kit):
    server.script(kit.says('{"x": "no number"}'))
    reply = await client.ask(call(schema=Point))
    assert reply.text == '{"x": "no number"}'
    sent = server.requests[0]["output_config"]["format"]
    assert sent["type"] == "json_schema"
    assert sent["schema"]["properties"]["x"]["type"] == "integer"
    assert sent["schema"]["additionalProperties"] is False


async def test_tool_calls_come_back_as_plain_blocks(server, client, kit):
    tool = {"name": "read", "description": "d", "input_schema": {"type": "object"}}
    server.script(kit.uses(("read", {"file_path": "a.py"})))
    reply = await client.ask(call(tools=[tool], cache=True))
    assert reply.tool_calls == [{"type": "tool_use", "id": "call0", "name": "read", "input": {"file_path": "a.py"}}]
    assert server.requests[0]["tools"] == [tool]
    assert server.requests[0]["cache_control"] == {"type": "ephemeral"}


@pytest.mark.parametrize(
    ("status", "said", "kind", "words"),
    [
        (400, "messages: bad", "bad_request", "messages: bad"),
        (400, "prompt is too long: 300000 tokens", "too_long", "too large"),
        (400, "Your credit balance is too low", "auth", "add credit"),
        (401, "invalid x-api-key", "auth", "ANTHROPIC_API_KEY"),
        (403, "no", "auth", "may not use this model"),
        (404, "model: nope", "bad_request", "check `models:`"),
        (413, "big", "too_long", "too large"),
    ],
)
async def test_a_refused_request_is_never_repeated_and_says_what_to_do(server, client, kit, status, said, kind, words):
    server.script(kit.refuses(status, "error", said))
    with pytest.raises(ProviderError, match=words) as caught:
        await client.ask(call())
    assert caught.value.kind == kind
    assert not caught.value.retryable
    assert not caught.value.may_be_paid
    assert len(server.requests) == 1


@pytest.mark.parametrize(("status", "kind"), [(429, "rate_limit"), (529, "overloaded"), (500, "overloaded")])
async def test_a_busy_provider_is_asked_a_few_times_and_then_left(server, client, kit, status, kind):
    server.script(*[kit.refuses(status, "busy", "busy", retry_after_ms="1")] * 3)
    with pytest.raises(ProviderError) as caught:
        await client.ask(call())
    assert caught.value.kind == kind
    assert caught.value.retryable
    assert not caught.value.may_be_paid
    assert len(server.requests) == 3


async def test_a_busy_provider_that_recovers_is_no_error(server, client, kit):
    server.script(kit.refuses(529, "overloaded_error", "busy", retry_after_ms="1"), kit.says("hi"))
    assert (await client.ask(call())).text == "hi"


async def test_a_long_wait_is_handed_back_instead_of_slept(server, client, kit):
    server.script(kit.refuses(429, "rate_limit_error", "come back tomorrow", retry_after="86400"))
    with pytest.raises(ProviderError, match="come back tomorrow") as caught:
        await client.ask(call())
    assert (caught.value.kind, caught.value.retry_after) == ("rate_limit", 86400.0)
    assert caught.value.retryable
    assert len(server.requests) == 1


async def test_a_reply_that_is_cut_may_be_paid_and_is_not_asked_for_again(server, client, kit):
    reply = kit.says("hi")
    reply.cut = 20
    server.script(reply, kit.says("paid twice"))
    with pytest.raises(ProviderError) as caught:
        await client.ask(call())
    assert caught.value.kind == "connection"
    assert caught.value.retryable
    assert caught.value.may_be_paid
    assert len(server.requests) == 1


async def test_no_answer_in_time_is_a_timeout_that_may_be_paid(server, client, kit):
    server.script(kit.Reply(hang=True))
    with pytest.raises(ProviderError) as caught:
        await client.ask(call(timeout=0.3))
    assert caught.value.kind == "timeout"
    assert caught.value.retryable
    assert caught.value.may_be_paid
    assert len(server.requests) == 1


async def test_a_reply_that_trickles_does_not_outlive_the_timeout():
    async def trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
            while not writer.is_closing():
                writer.write(b" ")
                await writer.drain()
                await asyncio.wait([asyncio.ensure_future(reader.read(1 << 16))], timeout=0.05)
        except ConnectionError:
            return
        finally:
            writer.close()

    slow = await asyncio.start_server(trickle, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{slow.sockets[0].getsockname()[1]}"
    async with slow, ModelClient("k", url, timeout_seconds=0.5) as client:
        with pytest.raises(ProviderError) as caught:
            await client.ask(call())
    assert caught.value.kind in ("timeout", "connection")
    assert caught.value.may_be_paid


async def test_an_address_nobody_listens_on_is_named_and_costs_nothing():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
    async with ModelClient("k", url, timeout_seconds=20) as client:
        with pytest.raises(ProviderError, match="ANTHROPIC_BASE_URL") as caught:
            await client.ask(call())
    assert caught.value.kind == "connection"
    assert caught.value.retryable
    assert not caught.value.may_be_paid


@pytest.mark.parametrize("usage", [None, {}, {"input_tokens": -1, "output_tokens": 2}, {"input_tokens": "many"}])
async def test_a_reply_without_a_usable_usage_says_so(server, client, kit, usage):
    server.script(kit.says("hi", usage=usage))
    reply = await client.ask(call())
    assert reply.text == "hi"
    assert not reply.usage_known


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"content": "text"}', b'{"content": [1]}', b"[" * 100_000])
async def test_a_body_that_is_no_message_is_a_bad_reply(server, client, kit, body):
    server.script(kit.Reply(body=body))
    with pytest.raises(ProviderError) as caught:
        await client.ask(call())
    assert caught.value.kind == "bad_reply"
    assert caught.value.may_be_paid


async def test_half_a_surrogate_pair_goes_neither_out_nor_in(server, client, kit):
    server.script(kit.says("a\ud800b \U0001f600"), kit.says("hi"))
    reply = await client.ask(call(messages=[{"role": "user", "content": "caf\udce9.txt"}], system="\udfff"))
    assert (reply.text, reply.content[0]["text"]) == ("a\ufffdb \U0001f600",) * 2
    assert (server.requests[0]["messages"][0]["content"], server.requests[0]["system"]) == ("caf\ufffd.txt", "\ufffd")
    await client.ask(call(messages=[{"role": "assistant", "content": reply.content}]))


async def test_names_that_a_server_gives_fit_every_table(server, client, kit):
    said = kit.says("hi", stop_reason="s\ud800" * 200)
    server.script(kit.Reply(body={**said.body, "model": "m\x00" * 200}))
    reply = await client.ask(call())
    assert (len(reply.model), len(reply.stop_reason)) == (80, 80)
    assert not {"\x00", "\ud800"} & {*reply.model, *reply.stop_reason}


@pytest.mark.parametrize("reason", ["max_tokens", "refusal", "model_context_window_exceeded"])
async def test_an_unfinished_answer_is_a_reply_that_says_so(server, client, kit, reason):
    server.script(kit.says("half", stop_reason=reason))
    reply = await client.ask(call())
    assert reply.unfinished
    assert reply.text == "half"


async def test_without_any_key_the_message_names_the_setting(server, monkeypatch, tmp_path):
    for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    async with ModelClient(None, server.url, timeout_seconds=20) as client:
        with pytest.raises(ProviderError, match="ANTHROPIC_API_KEY") as caught:
            await client.ask(call())
    assert caught.value.kind == "auth"
    assert server.requests == []


def test_the_key_of_a_call_is_stable_and_tells_turns_and_tries_apart():
    assert call().key == call(messages=[]).key
    keys = {call().key, call(turn=1).key, call(tries=2).key, call(gate=1).key, call(attempt=3).key, call(task="t2").key}
    assert len(keys) == 6
