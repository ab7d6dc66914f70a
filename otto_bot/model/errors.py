"""What goes wrong with a model call, each kind with what to do about it."""

from __future__ import annotations

from typing import Literal

Kind = Literal[
    "auth", "bad_request", "rate_limit", "overloaded", "connection", "timeout", "refusal", "too_long", "bad_reply"
]


class ModelError(Exception):
    """Anything a model call can end in besides a reply."""


class ProviderError(ModelError):
    """The provider did not give a usable reply. `retry_after` is in seconds, where the provider named a time.

    `may_be_paid` is True where the request was sent and the provider may have done the work; `usd` is what the budget
    counts for it then.
    """

    def __init__(
        self,
        kind: Kind,
        message: str,
        *,
        retryable: bool = False,
        retry_after: float | None = None,
        may_be_paid: bool = False,
    ) -> None:
        super().__init__(message)
        self.kind: Kind = kind
        self.message = message
        self.retryable = retryable
        self.retry_after = retry_after
        self.may_be_paid = may_be_paid
        self.usd = 0.0


class BudgetSpent(ModelError):
    """The call's worst case does not fit into what is left; nothing was sent. Amount in US dollars."""

    def __init__(self, call: str, usd: float) -> None:
        super().__init__(
            f"{call} may cost up to ${usd:.2f}, more than the budget has left; `/otto budget +N` raises it"
        )
        self.call = call
        self.usd = usd


class NoWorstCase(ModelError):
    """The call holds something whose size nobody can tell before it is made, so no reservation could hold."""

    def __init__(self, what: str) -> None:
        super().__init__(f"the cost of {what} in a prompt cannot be bounded, so it is not sent")


class UnknownPrice(ModelError):
    """No price is known for the model, so no limit on money could hold. `near` are known names like it."""

    def __init__(self, model: str, near: tuple[str, ...] = ()) -> None:
        hint = f" (near it: {', '.join(near)})" if near else ""
        super().__init__(
            f"no price is known for the model {model!r}{hint}: name a model of the price table in `models:` of "
            'otto.yml, or set OTTO_PRICES, e.g. {"my-model": {"input": 3, "output": 15}} (US dollars per million '
            "tokens)"
        )
        self.model = model
        self.near = near
