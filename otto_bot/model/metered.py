"""Calls of models as numbers: how many, how long, which tokens, and what they cost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from otto_bot.model.budgeted import Asks
from otto_bot.model.calls import ModelCall, ModelReply
from otto_bot.model.errors import ModelError, ProviderError
from otto_bot.model.prices import Prices
from otto_bot.observe.spans import span


class Meter(Protocol):
    """Counts calls."""

    def called(self, role: str, model: str, result: str, seconds: float) -> None:
        """A model was called."""

    def counted(self, role: str, model: str, tokens: tuple[int, int, int, int], usd: float) -> None:
        """What a call used (input, read from and written to the cache, output), and what it cost."""


class MeteredModel:
    """Stands before the client. Costs are those of a reply's own usage: a lost reply only the ledger counts."""

    def __init__(self, inner: Asks, meter: Meter, prices: Prices, steady: Callable[[], float]) -> None:
        self._inner, self._meter, self._prices, self._steady = inner, meter, prices, steady

    async def ask(self, call: ModelCall) -> ModelReply:
        """One call, one reply. Raises ProviderError."""
        began, result = self._steady(), "cancelled"
        try:
            with span("model", role=call.role, model=call.model, task=call.task, attempt=call.attempt):
                reply = await self._inner.ask(call)
            result = "done"
        except ProviderError as error:
            result = error.kind
            raise
        finally:
            self._meter.called(call.role, call.model, result, self._steady() - began)
        self._count(call, reply)
        return reply

    def _count(self, call: ModelCall, reply: ModelReply) -> None:
        used = reply.usage
        try:
            usd = self._prices.reply_cost(call, reply).usd if reply.usage_known else 0.0
        except ModelError:
            usd = 0.0  # without a price nothing is sent, by whoever stands above
        tokens = (used.input_tokens, used.cache_read_tokens, used.cache_write_tokens, used.output_tokens)
        self._meter.counted(call.role, call.model, tokens, usd)
