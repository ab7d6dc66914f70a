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

    def redact(self, text: str) -> str:
        """Text as it may be shown to the model and stored."""
        return self._redactor.text(text)

    async def ask(self, call: ModelCall) -> ModelReply:
        """One call; the reply's usage carries its US dollars."""
        call = replace(call, system=self._redactor.text(call.system), messages=self._redactor.json(call.messages))
        worst = self._prices.worst_case(call)
        if not await self._purse.reserve(call.key, worst):
            raise BudgetSpent(call.key, worst)
        try:
            reply = await self._client.ask(call)
        except ProviderError as error:
            await self._purse.settle(call.key, None if error.may_be_paid else Usage())
            raise
        if not reply.usage_known:
            await self._purse.settle(call.key, None)
            return replace(reply, usage=Usage(usd=worst))
        usage = self._prices.reply_cost(call, reply)
        await self._purse.settle(call.key, usage)
        return replace(reply, usage=usage)
