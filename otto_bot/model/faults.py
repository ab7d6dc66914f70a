"""From the SDK's exceptions to ours, and the guard that stops a repeat which could be paid twice."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from otto_bot.model.errors import Kind, ProviderError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

LONGEST_WAIT = 20.0
"""Seconds: a longer `retry-after` is returned to the caller, who waits as state, not as a sleeping job."""


class LostReply(Exception):
    """The request was sent and its reply never came: it may have been paid."""

    def __init__(self, *, timed_out: bool) -> None:
        super().__init__("the reply was lost")
        self.timed_out = timed_out


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds the provider asks to wait, if it names a number."""
    for name, factor in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        value = headers.get(name, "")
        if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", value):
            return float(value) * factor
    return None


async def guard(request: Any, call_next: Callable[[Any], Awaitable[Any]]) -> Any:
    """SDK middleware, once an HTTP attempt: lost replies and long waits are not repeated in place."""
    import anthropic
    import httpx2

    try:
        response = await call_next(request)
    except anthropic.APIConnectionError as error:
        never_sent = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.UnsupportedProtocol)
        if isinstance(error.__cause__, never_sent):
            raise
        # Not chained: the SDK walks the causes and would send the request again.
        raise LostReply(timed_out=isinstance(error, anthropic.APITimeoutError)) from None
    status = response.http_response.status_code
    wait = retry_after(response.http_response.headers)
    if status >= 400 and wait is not None and wait > LONGEST_WAIT:
        await response.http_response.aread()
        raise status_error(status, _api_message(response.http_response), wait)
    if status in SOMEONE_ELSES or status > 529:
        await response.http_response.aread()
        if not _from_the_api(response.http_response):
            # A proxy gave up, perhaps after the provider had done the work: not repeated in place, counted as paid.
            raise gave_up(status)
    return response


SOMEONE_ELSES = frozenset({408, 500, 501, 502, 504, *range(520, 529)})
"""Statuses that something between Otto and the provider sends too, without knowing what became of the request.

429, 503 and 529 say that nothing was begun.
"""


def _from_the_api(response: Any) -> bool:
    """Whether the provider itself says that the request failed: failed requests are not charged."""
    try:
        body = response.json()
    except ValueError:
        return False
    return isinstance(body, dict) and body.get("type") == "error" and isinstance(body.get("error"), dict)


def gave_up(status: int) -> ProviderError:
    """The error for an answer of something in between."""
    words = f"something between Otto and the model gave up (HTTP {status}); the call counts as paid, and comes again"
    return ProviderError("connection", words, retryable=True, may_be_paid=True)


def _api_message(response: Any) -> str:
    try:
        return str(response.json()["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return str(response.reason_phrase)


_ADVICE: dict[int, tuple[Kind, str]] = {
    400: ("bad_request", "the provider refused the request"),
    401: ("auth", "the provider does not accept the key; set a valid ANTHROPIC_API_KEY and restart the worker"),
    402: ("auth", "the account has no credit left; add credit at the provider"),
    403: ("auth", "the key may not use this model; use another key, or another model in `models:` of otto.yml"),
    404: ("bad_request", "the provider does not know this model or address; check `models:` and ANTHROPIC_BASE_URL"),
    413: ("too_long", "the prompt is too large for the provider; lower the number of tasks or files"),
    429: ("rate_limit", "the provider's rate limit is reached; the call is repeated later"),
    529: ("overloaded", "the provider is overloaded; the call is repeated later"),
}
_TOO_LONG = re.compile(r"prompt is too long|too many tokens|context (?:window|limit)", re.IGNORECASE)


def status_error(status: int, said: str, wait: float | None) -> ProviderError:
    """The error for an HTTP status, with the provider's own words."""
    known = _ADVICE.get(status)
    if known is None:
        known = _ADVICE[529] if status >= 500 or status in (408, 409) else _ADVICE[400]
    kind, advice = known
    if status == 400 and _TOO_LONG.search(said):
        kind, advice = _ADVICE[413]
    if status == 400 and "credit balance" in said:
        kind, advice = _ADVICE[402]
    retryable = kind in ("rate_limit", "overloaded")
    return ProviderError(kind, f"{advice} (HTTP {status}: {said[:300]})", retryable=retryable, retry_after=wait)


def provider_error(error: Exception) -> ProviderError:
    """Any exception of the SDK as ours."""
    import anthropic

    if isinstance(error, ProviderError):
        return error
    if isinstance(error, LostReply):
        kind: Kind = "timeout" if error.timed_out else "connection"
        return ProviderError(
            kind, "the connection broke before the reply was complete", retryable=True, may_be_paid=True
        )
    if isinstance(error, anthropic.APIStatusError):
        said = error.api_message or error.message
        return status_error(error.status_code, said, retry_after(error.response.headers))
    if isinstance(error, anthropic.APIConnectionError):
        return ProviderError(
            "connection",
            "the model's address cannot be reached; check the network and ANTHROPIC_BASE_URL",
            retryable=True,
        )
    if isinstance(error, TypeError | anthropic.CredentialsError) and "auth" in str(error).lower():
        return ProviderError("auth", "no key for the model; set ANTHROPIC_API_KEY, or ANTHROPIC_BASE_URL with its key")
    if isinstance(error, TypeError):
        raise error
    return ProviderError("bad_reply", f"the SDK could not use the reply: {error}", retryable=True, may_be_paid=True)
