"""What is kept of a gate: its whole request by content, and every call with its raw reply the moment it has ended."""

from __future__ import annotations

import asyncio
from enum import Enum
from typing import Any, TypeVar

from pydantic import BaseModel

from otto_bot.agents.pilot_prompt import GateRequest
from otto_bot.agents.structured import Record
from otto_bot.core.gate_account import GateReply
from otto_bot.core.redact import Redactor
from otto_bot.core.values import stored_json
from otto_bot.jobs.context import Context
from otto_bot.store.effect_rows import Ticket

REPLY_LIMIT = 8 * 1024 * 1024
"""Bytes of one reply that are kept; no answer that may stand comes near."""
SHORT = 5_000
"""No field of a request with a limit of its own is longer: a redacted one is never longer than it was."""

Value = TypeVar("Value", bound=BaseModel)


class GateLedger:
    """The ledger of one gate. Calls are named by the try that made them, so that a try that died keeps its own."""

    def __init__(self, context: Context, run_id: int, ticket: Ticket) -> None:
        self._context = context
        self._run_id = run_id
        self._ticket = ticket
        self.replies: list[GateReply] = []

    async def keep_request(self, request: GateRequest) -> str:
        """Store what is decided on; its sha256. The nonce is no part of the input, and stays out."""
        body = stored_json(request.model_copy(update={"nonce": ""})).encode()
        return await asyncio.to_thread(self._context.archive.keep, "gate_request", body, self._context.now())

    async def keep(self, record: Record) -> None:
        """Store one call, whatever came of it."""
        call = f"{self._ticket.id}/{len(self.replies) + 1}"
        self.replies.append(await asyncio.to_thread(self._keep, call, record))

    def _keep(self, call: str, record: Record) -> GateReply:
        raw = self._context.redactor.text(record.raw or record.text).encode("utf-8", "replace")
        now, digest = self._context.now(), ""
        if raw:
            digest = self._context.archive.keep("reply", raw[:REPLY_LIMIT], now)
        self._context.archive.spent(
            call=call,
            run=self._run_id,
            role=record.role,
            model=record.model,
            usage=record.usage,
            seconds=record.latency_seconds,
            reply=digest,
            at=now,
        )
        redact = self._context.redactor.text
        return GateReply(
            call=call,
            role=record.role,
            tries=record.tries,
            model=record.model,
            prompt_hash=record.prompt_hash,
            reply=digest,
            stop_reason=record.stop_reason[:100],
            request_id=record.request_id[:200],
            seconds=round(record.latency_seconds, 3),
            usage=record.usage,
            usage_known=record.usage_known,
            error=redact(record.error),
            problems=tuple(redact(problem)[:1000] for problem in record.problems),
            cut=len(raw) > REPLY_LIMIT,
        )


def kept_form(request: GateRequest, redactor: Redactor) -> GateRequest:
    """The request as it is decided on and stored: held to its budget, without secrets.

    Redacted before, not after: quotes are checked in the very text that the model was shown and that is stored.
    The failures' own excerpts go: what of them fits stands under the evidence, once.
    """
    bare = tuple(failure.model_copy(update={"excerpts": ()}) for failure in request.failures)
    return _redacted(request.bounded().model_copy(update={"failures": bare}), redactor)


def _redacted(value: Value, redactor: Redactor) -> Value:
    """A value with every text redacted; its names, keys and enumerations stay."""
    fields = {name: _clean(getattr(value, name), redactor) for name in type(value).model_fields}
    return value.model_copy(update=fields)


def _clean(value: Any, redactor: Redactor) -> Any:
    if isinstance(value, Enum):
        return value
    if isinstance(value, str):
        text = redactor.text(value)
        return text[: len(value)] if len(text) > len(value) and len(value) <= SHORT else text
    if isinstance(value, BaseModel):
        return _redacted(value, redactor)
    if isinstance(value, tuple):
        return tuple(_clean(item, redactor) for item in value)
    if isinstance(value, dict):
        return {key: _clean(item, redactor) for key, item in value.items()}
    return value
