"""One answer of GitHub, and what a bad one means."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from otto_bot.github.errors import (
    Archived,
    Conflict,
    Forbidden,
    GitHubError,
    Moved,
    NotFound,
    Refused,
    RetryLater,
    Suspended,
    TooLarge,
    Unauthorized,
    Unreachable,
    plain,
)
from otto_bot.github.routes import Route

MAX_JSON_BYTES = 16 * 1024 * 1024
UNNAMED_LIMIT = timedelta(seconds=60)
SHORTEST_WAIT = timedelta(seconds=1)
LONGEST_WAIT = timedelta(hours=2)
_SECONDARY_WORDS = ("secondary rate limit", "abuse detection", "api rate limit exceeded")
VERSION_WORDS = re.compile(r"api[- ]version.*not (a )?supported|not a supported (api )?version", re.IGNORECASE)
"""How a server refuses a version of the API that it does not know, with 400 or 410."""
VERSION_ADVICE = "Set OTTO_GITHUB_API_VERSION to a version that this server names, or to `off`."
_REASONS = (
    ("draft_refused", ("draft pull requests are not supported",)),
    ("no_commits", ("no commits between",)),
    ("not_granted", ("not granted to this installation",)),
    ("already_exists", ("already exists", "already_exists")),
)


@dataclass(frozen=True)
class Answer:
    """Status, headers (lower-case names) and the whole body, whose size the transport has bounded."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def request_id(self) -> str:
        return self.headers.get("x-github-request-id", "")

    def json(self) -> Any:
        """The decoded body. Raises TooLarge, or Unreachable where it is no JSON (a proxy's page, a cut answer)."""
        if len(self.body) > MAX_JSON_BYTES:
            raise TooLarge(self.status, f"GitHub's answer has more than {MAX_JSON_BYTES} bytes", self.request_id)
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            raise Unreachable(self.status, "GitHub's answer is no JSON", self.request_id) from None


def problem(answer: Answer, method: str, where: Route, now: datetime) -> GitHubError | None:
    """The exception that this answer deserves, or None for 2xx. Limits are recognised first, on 403 and 429."""
    status = answer.status
    if 200 <= status < 300:
        return None
    message, errors = _words(answer)
    if status in (403, 429) and (later := _limit(answer, message, now)):
        return later
    text = f"{method} {where.template}: {status} {message}".rstrip()
    if status in (400, 410) and VERSION_WORDS.search(message):
        return Refused(status, f"{text} {VERSION_ADVICE}", answer.request_id, reason="api_version")
    if status in (404, 410):
        return NotFound(status, text, answer.request_id)
    if status in (301, 302, 307, 308):
        return Moved(status, text, answer.request_id)
    if status >= 500:
        return Unreachable(status, text, answer.request_id)
    if status == 401:
        return Unauthorized(status, text, answer.request_id)
    if status == 403:
        needed = answer.headers.get("x-accepted-github-permissions", "")
        return _forbidden(message)(status, f"{text} (needs {needed})" if needed else text, answer.request_id)
    if status == 409:
        return Conflict(status, text, answer.request_id)
    return Refused(status, text, answer.request_id, errors=errors, reason=_reason(message, errors))


def _forbidden(message: str) -> type[GitHubError]:
    """Whether it is about the whole repository or installation, by GitHub's own words."""
    said = message.lower()
    if "archived so is read-only" in said or "archived so it is read-only" in said:
        return Archived
    return Suspended if "installation" in said and "suspended" in said else Forbidden


def _reason(message: str, errors: list[str]) -> str:
    said = " ".join([message, *errors]).lower()
    return next((reason for reason, words in _REASONS if any(word in said for word in words)), "")


def _words(answer: Answer) -> tuple[str, list[str]]:
    """GitHub's message and its `errors`, which are objects or strings, as lines."""
    try:
        body = json.loads(answer.body[:MAX_JSON_BYTES])
    except (ValueError, RecursionError):
        return "", []
    if not isinstance(body, dict):
        return "", []
    raw = body.get("errors")
    lines = [_error_line(error) for error in raw] if isinstance(raw, list) else [raw] if isinstance(raw, str) else []
    return plain(str(body.get("message") or "")), lines


def _error_line(error: object) -> str:
    if not isinstance(error, dict):
        return plain(str(error))
    if error.get("message"):
        return plain(str(error["message"]))
    return plain(" ".join(str(error[key]) for key in ("resource", "field", "code") if error.get(key)))


def _limit(answer: Answer, message: str, now: datetime) -> RetryLater | None:
    """`retry-after`, else `x-ratelimit-reset` where nothing remains, else a minute where the words say limit."""
    headers = answer.headers
    secondary = any(word in message.lower() for word in _SECONDARY_WORDS)
    asked = headers.get("retry-after") or headers.get("x-otto-retry-after")
    spent = headers.get("x-ratelimit-remaining") == "0"
    wait = _wait(asked, now) if asked is not None else None
    if wait is None and spent and (reset := _number(headers.get("x-ratelimit-reset"))):
        wait = datetime.fromtimestamp(reset, UTC) - now
    if wait is None and not (secondary or spent or answer.status == 429 or asked is not None):
        return None
    reason = "GitHub's secondary rate limit" if "secondary" in message.lower() and secondary else "GitHub's rate limit"
    if wait is not None and wait > LONGEST_WAIT:
        reason += f" (GitHub named a longer time; Otto looks again after {LONGEST_WAIT // timedelta(hours=1)} hours)"
    until = now + min(max(UNNAMED_LIMIT if wait is None else wait, SHORTEST_WAIT), LONGEST_WAIT)
    return RetryLater(until, reason, status=answer.status, request_id=answer.request_id, named=wait is not None)


def _wait(text: str, now: datetime) -> timedelta | None:
    """`retry-after`: seconds, or a date as HTTP writes it. None where it is neither."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=int(text)) if len(text) < 12 else LONGEST_WAIT * 2
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, IndexError, TypeError, OverflowError):
        return None
    return (date if date.tzinfo is not None else date.replace(tzinfo=UTC)) - now


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 12 else None


def next_page(answer: Answer) -> dict[str, str]:
    """Query parameters of the `rel="next"` link, or empty. Its host and path are not used: a link is no place to go."""
    import httpx

    for part in answer.headers.get("link", "").split(","):
        target, _, attributes = part.partition(";")
        if 'rel="next"' in attributes.replace(" ", ""):
            return dict(httpx.URL(target.strip().strip("<>")).params)
    return {}
