"""The Anthropic client behind one verb: `ask`. The only place that speaks to a model."""

from __future__ import annotations

import asyncio
import json
import time
from importlib import import_module
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from otto_bot.core.values import Usage, encodable, writable
from otto_bot.model.calls import CALL_HEADER, Block, ModelCall, ModelReply, text_in
from otto_bot.model.errors import ProviderError
from otto_bot.model.faults import LostReply, guard, provider_error
from otto_bot.observe import spans

if TYPE_CHECKING:
    import httpx2

RETRIES = 2
"""Repeats by the SDK, only of requests that cannot have been paid; longer waits are the caller's state."""

MOST_TOKENS = 1_000_000_000
"""No call has more; a reply that says so does not know what it cost."""

LOOK_BACK = 20
"""Blocks before a mark among which the provider looks for what it has kept."""

LONGEST_LABEL = 80
"""Characters of a model's name, a stop reason or a request id that are kept."""


def warm() -> None:
    """Import the SDK now, in a thread beside other work, so that the first call does not hold up the event loop."""
    import_module("anthropic.lib.tools.agent_toolset")


class ModelClient:
    """A Messages API client. Without a key or an address the SDK's own environment variables count.

    `timeout_seconds` holds over a whole call, retries included, unless the call names its own.
    """

    def __init__(
        self,
        api_key: str | None,
        base_url: str | None,
        timeout_seconds: float,
        http_client: httpx2.AsyncClient | None = None,
    ) -> None:
        from anthropic import AsyncAnthropic  # slow and large: only a process that calls models pays for it

        self._timeout = timeout_seconds
        self._client = AsyncAnthropic(
            api_key=api_key,
            base_url=base_url,
            max_retries=RETRIES,
            timeout=timeout_seconds,
            http_client=http_client,
            middleware=[guard],
            # Without a collector it calls nothing of OpenTelemetry. With one, its spans never hold prompts or answers,
            # whatever the environment says, and the provider is not told which trace a call belongs to.
            open_telemetry={"traces": {"enabled": spans.on(), "content_mode": "metadata_only"}, "propagation": False},
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def count(self, model: str, text: str) -> int:
        """Tokens of a short text. It costs nothing, and shows that the key and the model's name are taken.

        Raises ProviderError.
        """
        import anthropic

        try:
            async with asyncio.timeout(self._timeout):
                told = await self._client.messages.count_tokens(
                    model=model, messages=[{"role": "user", "content": text}], timeout=self._timeout
                )
        except TimeoutError:
            raise ProviderError("timeout", f"no answer within {self._timeout:g} s", retryable=True) from None
        except (anthropic.AnthropicError, LostReply, TypeError) as error:
            raise provider_error(error) from error
        return told.input_tokens

    async def ask(self, call: ModelCall) -> ModelReply:
        """One call, one reply, whatever its stop reason. Raises ProviderError."""
        import anthropic

        seconds = self._timeout if call.timeout is None else call.timeout
        started = time.monotonic()
        try:
            async with asyncio.timeout(seconds):
                response = await self._client.messages.with_raw_response.create(
                    **_request(call), extra_headers={CALL_HEADER: call.header}, timeout=seconds
                )
                raw = response.http_response.text
        except TimeoutError:
            raise ProviderError(
                "timeout",
                f"the model gave no answer within {seconds:g} s; it is asked again later",
                retryable=True,
                may_be_paid=True,
            ) from None
        except (anthropic.AnthropicError, LostReply, TypeError) as error:
            raise provider_error(error) from error
        request_id = str(response.http_response.headers.get("request-id", ""))
        return read_reply(raw, request_id=request_id, seconds=time.monotonic() - started)


def _request(call: ModelCall) -> dict[str, Any]:
    """The call as keyword arguments of `messages.create`."""
    request: dict[str, Any] = {
        "model": call.model,
        # The SDK raises on half a surrogate pair, wherever a file name or an old reply brought it in.
        "system": _system(call),
        "messages": encodable(call.messages if not call.cache else _marked(call.messages)),
        "max_tokens": call.max_tokens,
    }
    if call.tools:
        request["tools"] = call.tools
    if call.cache:
        request["cache_control"] = {"type": "ephemeral"}
    if call.schema is not None:
        from anthropic import transform_schema

        request["output_config"] = {"format": {"type": "json_schema", "schema": transform_schema(call.schema)}}
    return request


def _system(call: ModelCall) -> str | list[Block]:
    """The instructions; where they are to be cached, what all conversations of the role share is a block of its own."""
    if not (call.cache and call.fences):
        return str(encodable(call.instructions))
    shared = {"type": "text", "text": encodable(f"{call.system}\n\n"), "cache_control": {"type": "ephemeral"}}
    return [shared, {"type": "text", "text": encodable(call.fences)}]


def _marked(messages: list[Block]) -> list[Block]:
    """The conversation with a mark where its last call ended, if the provider would not find that place by itself.

    It looks at most so many blocks back from the end for what it kept: a turn with many tool calls is longer.
    """
    new = sum(len(message["content"]) for message in messages[-2:] if isinstance(message["content"], list))
    if len(messages) < 3 or new < LOOK_BACK:
        return messages
    before = messages[-3]
    content = before["content"]
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else [*content]
    blocks[-1] = {**blocks[-1], "cache_control": {"type": "ephemeral"}}
    return [*messages[:-3], {**before, "content": blocks}, *messages[-2:]]


def read_reply(raw: str, *, request_id: str, seconds: float) -> ModelReply:
    """The body of a successful response as a reply. Raises ProviderError(bad_reply) where it is none.

    The body is read as it came: the SDK's models would fill gaps and hide that the usage is missing.
    """
    try:
        body = encodable(json.loads(raw))
    except (ValueError, RecursionError):
        body = None
    content = body.get("content") if isinstance(body, dict) else None
    if not isinstance(body, dict) or not isinstance(content, list) or not all(isinstance(b, dict) for b in content):
        raise ProviderError(
            "bad_reply",
            "the model's address answered with something that is no message; check ANTHROPIC_BASE_URL",
            retryable=True,
            may_be_paid=True,
        )
    usage = _usage(body.get("usage"))
    return ModelReply(
        text=text_in(content),
        content=content,
        stop_reason=_label(body.get("stop_reason")),
        usage=usage or Usage(),
        usage_known=usage is not None,
        model=_label(body.get("model")),
        request_id=_label(request_id),
        latency_seconds=seconds,
        raw=raw,
    )


def _label(value: object) -> str:
    """A name that the server gives, as every table can hold it."""
    return writable(str(value or "")[:LONGEST_LABEL])


def _usage(data: object) -> Usage | None:
    """Token counts; None where the reply does not say, says only a part, or says nonsense."""
    if not isinstance(data, dict):
        return None
    first, second = _count(data.get("input_tokens")), _count(data.get("output_tokens"))
    third, fourth = (
        0 if data.get(name) is None else _count(data[name])
        for name in ("cache_read_input_tokens", "cache_creation_input_tokens")
    )
    if first is None or second is None or third is None or fourth is None:
        return None
    if first + third + fourth == 0:
        # There is no call without a prompt: whoever counted this did not count.
        return None
    return Usage(input_tokens=first, output_tokens=second, cache_read_tokens=third, cache_write_tokens=fourth)


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_TOKENS else None
