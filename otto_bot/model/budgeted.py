"""The model as the agents see it: every call is redacted, reserved before and settled after."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from otto_bot.core.redact import Redactor
from otto_bot.core.values import Usage
from otto_bot.model.calls import ModelCall, ModelReply
from otto_bot.model.errors import BudgetSpent, ProviderError
from otto_bot.model.prices import Prices


class Asks(Protocol):
    """Something that answers calls: `ModelClient`, or what stands before it."""

    async def ask(self, call: ModelCall) -> ModelReply:
        """One call, one reply. Raises ProviderError."""


class Purse(Protocol):
    """The money of a lineage. Both must be durable when they return."""

    async def reserve(self, call_id: str, usd: float) -> bool:
        """Put US dollars aside for a call; False = the cap does not allow it."""

    async def settle(self, call_id: str, usage: Usage | None) -> None:
        """Replace a reservation by what was used; None = nobody knows, the whole reservation is spent."""


class BudgetedModel:
    """Calls the model within a purse. Raises what the client raises, BudgetSpent and UnknownPrice.

    A call that is cancelled keeps its reservation: it may have been paid.
    """

    def __init__(self, client: Asks, purse: Purse, prices: Prices, redactor: Redactor | None = None) -> None:
        self._client = client
        self._purse = purse
        self._prices = prices
        self._redactor = redactor or Redactor()
        self._heard: _Heard | None = None

    def redact(self, text: str) -> str:
        """Text as it may be shown to the model and stored."""
        return self._redactor.text(text)

    def own(self, text: str) -> str:
        """Text as it may be acted on: without the host's own secrets."""
        return self._redactor.own(text)

    async def ask(self, call: ModelCall) -> ModelReply:
        """One call; the reply's usage carries its US dollars."""
        clean = self._redactor
        system, fences, messages = clean.text(call.system), clean.text(call.fences), clean.json(call.messages)
        call = replace(call, system=system, fences=fences, messages=messages)
        worst = self._worst(call)
        if not await self._purse.reserve(call.key, worst):
            raise BudgetSpent(call.key, worst)
        try:
            reply = await self._client.ask(call)
        except ProviderError as error:
            await self._purse.settle(call.key, None if error.may_be_paid else Usage())
            error.usd = worst if error.may_be_paid else 0.0
            raise
        usage = self._prices.reply_cost(call, reply)
        absurd = usage.usd > worst + 1e-9 or usage.output_tokens > call.max_tokens
        if absurd or not reply.usage_known:
            # Nobody said what it cost, or something that cannot be: the whole reservation is spent.
            await self._purse.settle(call.key, None)
            return replace(reply, usage=Usage(usd=worst), usage_known=False)
        await self._purse.settle(call.key, usage)
        self._heard = _Heard(call, usage)
        return replace(reply, usage=usage)

    def _worst(self, call: ModelCall) -> float:
        """The most this call can cost; what the last reply of the same conversation counted is not guessed again."""
        heard = self._heard
        known = 0 if heard is None else heard.tokens_of(call)
        if heard is None or not known:
            return self._prices.worst_case(call)
        return self._prices.worst_case(call, known=known, messages=call.messages[heard.messages + 1 :])


class _Heard:
    """What the newest reply told of its conversation: so many tokens for prompt and answer together."""

    def __init__(self, call: ModelCall, usage: Usage) -> None:
        self._call = call
        # The list is the caller's and grows; what was sent is its beginning.
        self._sent = list(call.messages)
        self._tokens = usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens + usage.output_tokens
        self.messages = len(self._sent)

    def tokens_of(self, call: ModelCall) -> int:
        """Tokens of the call's beginning; 0 where it is not this conversation going on."""
        before = self._call
        same = (call.model, call.instructions, call.tools, call.schema) == (
            before.model, before.instructions, before.tools, before.schema
        )  # fmt: skip
        if not same or call.messages[: self.messages] != self._sent or len(call.messages) <= self.messages:
            return 0
        return self._tokens if call.messages[self.messages].get("role") == "assistant" else 0
