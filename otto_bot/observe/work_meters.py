"""Numbers that only a worker has: effects, models, what is in hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from otto_bot.observe.meters import QUICK, SLOW, Few

TOKENS = ("input", "cache_read", "cache_write", "output")
Result = Literal["done", "failed", "later", "shut_out", "superseded", "cancelled", "unstored"]


class WorkMeters:
    """Of one worker."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def counter(name: str, what: str, *labels: str) -> Counter:
            return Counter(name, what, labels, registry=registry)

        self.executions = counter("otto_effect_executions_total", "Executions of effects by how they ended", "kind",
                                  "result")  # fmt: skip
        self.durations = Histogram("otto_effect_seconds", "Executions of effects", ["kind"], buckets=SLOW,
                                   registry=registry)  # fmt: skip
        self.handed = Histogram("otto_effect_handover_seconds", "From taking an effect to its beginning", buckets=QUICK,
                                registry=registry)  # fmt: skip
        self.in_hand = Gauge("otto_worker_in_hand", "Effects that this worker has in hand", registry=registry)
        self.calls = counter("otto_model_calls_total", "Calls of models", "role", "model", "result")
        self.tokens = counter("otto_model_tokens_total", "Tokens that models counted", "role", "model", "kind")
        self.cost = counter("otto_model_cost_usd_total", "US dollars that calls of models cost", "role", "model")
        self.call_seconds = Histogram("otto_model_call_seconds", "Calls of models", ["role"], buckets=SLOW,
                                      registry=registry)  # fmt: skip
        self._models = Few()

    def watch(self, in_hand: Callable[[], int]) -> None:
        """What is in hand is asked when somebody looks."""
        self.in_hand.set_function(in_hand)

    def begun(self, waited: float) -> None:
        """An effect began so many seconds after it was taken."""
        self.handed.observe(waited)

    def executed(self, kind: str, result: str, seconds: float) -> None:
        """An effect was executed."""
        self.executions.labels(kind, result).inc()
        self.durations.labels(kind).observe(seconds)

    def called(self, role: str, model: str, result: str, seconds: float) -> None:
        """A model was called."""
        self.calls.labels(role, self._models(model), result).inc()
        self.call_seconds.labels(role).observe(seconds)

    def counted(self, role: str, model: str, tokens: tuple[int, int, int, int], usd: float) -> None:
        """What a call used, in the order of TOKENS, and what it cost."""
        name = self._models(model)
        for kind, number in zip(TOKENS, tokens, strict=True):
            self.tokens.labels(role, name, kind).inc(number)
        self.cost.labels(role, name).inc(usd)
