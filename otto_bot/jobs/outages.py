"""What to do while the model's service is down: nothing failed, the step comes again, and a decision waits for it."""

from __future__ import annotations

from otto_bot.agents.structured import Asks
from otto_bot.jobs.outcomes import Retry
from otto_bot.model.calls import ModelCall, ModelReply
from otto_bot.model.errors import ProviderError

LONGEST_ASKED = 3600.0
"""Seconds: a provider that names a longer time is asked again before it."""
GATE_PATIENCE = 5
"""Tries, over some ten minutes, before a gate is decided without the model."""


def provider_retry(error: ProviderError) -> Retry:
    """The step again, later. What may have been paid is not repeated as patiently: each time costs."""
    after = min(error.retry_after or 0.0, LONGEST_ASKED)
    return Retry(f"the model's service: {error.message}", "provider", after, outage=not error.may_be_paid)


class PatientModel:
    """The model at a gate. It is down: the gate waits; only after `GATE_PATIENCE` tries do rules decide instead."""

    def __init__(self, model: Asks, tried: int) -> None:
        self._model = model
        self._tried = tried

    def redact(self, text: str) -> str:
        """Text as it may be shown to the model and stored."""
        return self._model.redact(text)

    def own(self, text: str) -> str:
        """Text as it may be acted on."""
        return self._model.own(text)

    async def ask(self, call: ModelCall) -> ModelReply:
        """One call. Raises Retry where waiting helps and costs nothing, else what the model raises."""
        try:
            return await self._model.ask(call)
        except ProviderError as error:
            if error.retryable and not error.may_be_paid and self._tried < GATE_PATIENCE:
                raise provider_retry(error) from error
            raise
