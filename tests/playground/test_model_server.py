"""The scripted model over real HTTP, asked by the real Anthropic client."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import anthropic
import httpx
import httpx2
import pytest

SCRIPT = """
issue: {title: t}
script:
  - when: {role: planner}
    reply: {json: {summary: "ünïcode", tasks: []}}
  - when: {role: coder, task: t1, prompt_contains: [registry]}
    reply:
      turns:
        - [{text: With the registry., }, {tool: write, input: {file_path: a.py, content: "print('ä')"}}]
  - when: {role: coder, task: t1}
    reply:
      turns:
        - [{text: I look first.}, {tool: read, input: {file_path: a.py}}, {tool: glob, input: {pattern: '*'}}]
        - [{tool: finish, input: {handoff: done}}]
  - when: {role: judge, task: t7}
    reply:
      turns:
        - [{tool: run, input: {command: make test}}]
        - [{json: {items: [], cited: {evidence: auto, quote: "assert 1 == 2"}}}]
  - when: {role: judge, task: t1}
    times: 2
    reply: {error: {status: 529, message: busy, retry_after: 0}}
  - when: {role: judge}
    reply: {text: fine, usage: {input_tokens: 7, output_tokens: 3}}
  - when: {role: journeys}
    reply: {cut: true, text: a long answer that is never heard to its end}
  - when: {role: replan, gate: 1, try: 1}
    reply: {error: {status: 429, message: slow down, retry_after: 1}}
  - when: {role: replan, gate: 1, try: 2}
    reply: {text: cut short, stop_reason: max_tokens}
  - when: {role: pilot}
    reply: {json: {citations: [{evidence: auto, quote: "assert 1 == 2"}]}}
"""
HELLO: list[Any] = [{"role": "user", "content": "hello"}]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("scenario")
    (folder / "repo").mkdir()
    (folder / "repo" / "a.py").write_text("")
    (folder / "scenario.yml").write_text(SCRIPT)
    command = [sys.executable, "-m", "otto_bot.playground", "model", "--scenario", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        assert ready["ready"] is True
        yield ready["url"]
        process.terminate()
    assert process.returncode is not None


@pytest.fixture
async def client(url: str) -> AsyncIterator[anthropic.AsyncAnthropic]:
    async with anthropic.AsyncAnthropic(base_url=url, api_key="playground", max_retries=0) as made:
        yield made


async def ask(client: anthropic.AsyncAnthropic, call: str, messages: list[Any] | None = None, **more: Any) -> Any:
    return await client.messages.create(
        model="claude-x", max_tokens=100, messages=messages or HELLO, extra_headers={"x-otto-call": call}, **more
    )


async def test_a_structured_reply_with_usage(client: anthropic.AsyncAnthropic) -> None:
    schema = {"type": "object", "properties": {}, "additionalProperties": False}
    config = {"format": {"type": "json_schema", "schema": schema}}
    reply = await ask(client, "7;role=planner;try=1", output_config=config)
    assert json.loads(reply.content[0].text) == {"summary": "ünïcode", "tasks": []}
    assert reply.stop_reason == "end_turn"
    assert reply.usage.input_tokens > 0
    assert reply.usage.output_tokens > 5


async def test_the_turn_is_read_from_the_conversation(client: anthropic.AsyncAnthropic, url: str) -> None:
    call = "7;role=coder;task=t1;attempt=1;try=1"
    first = await ask(client, call)
    assert [block.type for block in first.content] == ["text", "tool_use", "tool_use"]
    assert first.stop_reason == "tool_use"
    assert (await ask(client, call)).content == first.content
    results = [
        {"type": "tool_result", "tool_use_id": block.id, "content": "registry"}
        for block in first.content
        if block.type == "tool_use"
    ]
    talk = [*HELLO, {"role": "assistant", "content": first.content}, {"role": "user", "content": results}]
    second = await ask(client, call, talk)
    assert second.content[0].name == "finish"
    assert second.content[0].id != first.content[1].id
    third = [*talk, {"role": "assistant", "content": second.content}, *_result(second.content[0].id)]
    with pytest.raises(anthropic.BadRequestError, match="has 2 turns and the conversation is at turn 3"):
        await ask(client, call, third)
    with pytest.raises(anthropic.BadRequestError, match="without `tool_result` blocks"):
        await ask(client, call, [*talk[:2], *HELLO])


def _result(tool_id: str) -> list[Any]:
    return [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": tool_id, "content": "ok"}]}]


async def test_streams_are_the_same_message(client: anthropic.AsyncAnthropic) -> None:
    headers = {"x-otto-call": "7;role=coder;task=t1;attempt=2;try=1"}
    asked: list[Any] = [{"role": "user", "content": [{"type": "text", "text": "mind the registry"}]}]
    async with client.messages.stream(model="m", max_tokens=9, messages=asked, extra_headers=headers) as stream:
        message = await stream.get_final_message()
    assert message.content[0].type == "text"
    assert message.content[1].type == "tool_use"
    assert message.content[1].input == {"file_path": "a.py", "content": "print('ä')"}
    assert message.stop_reason == "tool_use"
    plain = await ask(client, headers["x-otto-call"], asked)
    assert plain.usage.output_tokens == message.usage.output_tokens


async def test_errors_have_the_api_shape_and_end_after_their_times(client: anthropic.AsyncAnthropic) -> None:
    call = "7;role=judge;task=t1;attempt=1;try=1"
    for _ in range(2):
        with pytest.raises(anthropic.APIStatusError) as caught:
            await ask(client, call)
        assert caught.value.status_code == 529
        assert caught.value.body == {
            "type": "error", "error": {"type": "overloaded_error", "message": "busy"}, "request_id": "req_playground"
        }  # fmt: skip
        assert caught.value.response.headers["retry-after"] == "0"
    reply = await ask(client, call)
    assert (reply.content[0].text, reply.usage.input_tokens, reply.usage.output_tokens) == ("fine", 7, 3)
    with pytest.raises(anthropic.APIStatusError):
        await ask(client, call.replace("attempt=1", "attempt=2"))


async def test_a_conversation_may_end_in_a_structured_answer(client: anthropic.AsyncAnthropic) -> None:
    call, asked = "7;role=judge;task=t7;attempt=1;try=1", [{"role": "user", "content": "E3 log: assert 1 == 2"}]
    first = await ask(client, call, asked)
    assert (first.stop_reason, first.content[0].name) == ("tool_use", "run")
    answered = {"type": "tool_result", "tool_use_id": first.content[0].id, "content": "R2"}
    used = [block.model_dump(exclude_none=True) for block in first.content]
    more = [*asked, {"role": "assistant", "content": used}, {"role": "user", "content": [answered]}]
    last = await ask(client, call, more)
    assert last.stop_reason == "end_turn"
    assert json.loads(last.content[0].text)["items"] == []


async def test_the_clients_own_retries_get_through(url: str) -> None:
    async with anthropic.AsyncAnthropic(base_url=url, api_key="playground", max_retries=2) as client:
        assert (await ask(client, "8;role=judge;task=t1;attempt=5;try=1")).content[0].text == "fine"


async def test_tries_and_stop_reasons(client: anthropic.AsyncAnthropic) -> None:
    with pytest.raises(anthropic.RateLimitError):
        await ask(client, "7;role=replan;gate=1;try=1")
    assert (await ask(client, "7;role=replan;gate=1;try=2")).stop_reason == "max_tokens"


async def test_a_cut_reply_breaks_off(client: anthropic.AsyncAnthropic) -> None:
    with pytest.raises(anthropic.APIConnectionError):
        await ask(client, "7;role=journeys")
    heard: list[object] = []
    with pytest.raises((anthropic.APIError, httpx2.TransportError)):
        await listen(client, "7;role=journeys", heard)
    assert heard


async def listen(client: anthropic.AsyncAnthropic, call: str, heard: list[object]) -> None:
    headers = {"x-otto-call": call}
    async with client.messages.stream(model="m", max_tokens=9, messages=HELLO, extra_headers=headers) as stream:
        async for event in stream:
            heard.append(event)


async def test_evidence_numbers_are_found_by_their_quote(client: anthropic.AsyncAnthropic) -> None:
    prompt = "E1 · verify\n> fine\nE2 · verify / test\n> E   assert  1 ==\n2\nE3 · diff\n"
    reply = await ask(client, "7;role=pilot;gate=1", [{"role": "user", "content": prompt}])
    assert json.loads(reply.content[0].text)["citations"][0]["evidence"] == "E2"
    with pytest.raises(anthropic.BadRequestError, match="stands nowhere in the prompt"):
        await ask(client, "7;role=pilot;gate=1")


async def test_a_call_without_a_rule_is_refused_and_logged(client: anthropic.AsyncAnthropic, url: str) -> None:
    with pytest.raises(anthropic.BadRequestError, match=r"no rule of .*scenario.yml .*role=coder task=t9 attempt=3"):
        await ask(client, "7;role=coder;task=t9;attempt=3;try=1")
    async with httpx.AsyncClient(base_url=url) as plain:
        calls = (await plain.get("/_playground/calls")).json()
        last = calls[-1]
        assert (last["rule"], last["status"], last["task"], last["attempt"]) == (None, 400, "t9", 3)
        assert (await plain.get(f"/_playground/calls/{last['seq']}")).json()["messages"] == HELLO
        assert (await plain.get("/_playground/calls/99999")).status_code == 404


async def test_tokens_are_counted(client: anthropic.AsyncAnthropic) -> None:
    count = await client.messages.count_tokens(model="m", messages=[{"role": "user", "content": "x" * 400}])
    assert count.input_tokens == 100


@pytest.mark.parametrize(
    ("headers", "content", "status", "part"),
    [
        ({}, b"{}", 401, "x-api-key"),
        ({"x-api-key": "k"}, b"{}", 400, "anthropic-version"),
        ({"x-api-key": "k", "anthropic-version": "2023-06-01"}, b"{", 400, "not valid JSON"),
        ({"x-api-key": "k", "anthropic-version": "2023-06-01"}, b"[]", 400, "dictionary"),
        ({"x-api-key": "k", "anthropic-version": "2023-06-01"}, b"{}", 400, "model: Field required"),
    ],
)
async def test_bad_requests(url: str, headers: dict[str, str], content: bytes, status: int, part: str) -> None:
    async with httpx.AsyncClient(base_url=url) as plain:
        reply = await plain.post("/v1/messages", headers=headers, content=content)
    assert reply.status_code == status
    assert part in reply.json()["error"]["message"]


async def test_schemas_are_held_to_what_the_api_takes(client: anthropic.AsyncAnthropic) -> None:
    for schema, part in (
        ({"type": "object", "properties": {}}, "additionalProperties"),
        ({"type": "array", "items": {"type": "string", "maxLength": 3}}, "maxLength"),
    ):
        with pytest.raises(anthropic.BadRequestError, match=part):
            await ask(client, "7;role=planner", output_config={"format": {"type": "json_schema", "schema": schema}})


def test_a_bad_scenario_ends_the_process_with_its_reasons(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "otto_bot.playground", "model", "--scenario", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert done.returncode == 2
    assert "repo: missing or empty" in done.stderr
    assert "scenario.yml: cannot be read" in done.stderr
