"""The webhook receiver: verify the signature over the raw body, store what may concern us, answer 202.

Nothing is read from a body before its signature holds, and 202 is said only once the row is committed: what GitHub
was told to be accepted is never lost, and what could not be stored (503) can be redelivered.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from fastapi import APIRouter, Request, Response
from starlette.requests import ClientDisconnect

from otto_bot.intake.payloads import MODELS
from otto_bot.store.database import StoreUnavailable

MAX_BYTES = 25 * 1024 * 1024
"""GitHub's own cap of a payload."""

_SIGNATURE = re.compile(r"sha256=[0-9a-f]{64}")
_GUID = re.compile(r"[A-Za-z0-9-]{1,64}")
_EVENT = re.compile(r"[a-z0-9_]{1,64}")


class Inbox(Protocol):
    """Where deliveries are kept until they are processed."""

    def add(self, guid: str, event: str, action: str | None, body: bytes, received_at: datetime) -> bool:
        """Commit one delivery; False when this GUID is already there. Raises StoreUnavailable."""


class Counter(Protocol):
    """Counts deliveries by what became of them."""

    def count(self, event: str, result: str) -> None:
        """One more delivery of `event` (`other` for unknown ones) that ended as `result`."""


class NoCounter:
    """Counts nothing."""

    def count(self, event: str, result: str) -> None:
        """Nothing is counted."""


class _Refused(Exception):
    def __init__(self, status: int, problem: str) -> None:
        self.status, self.problem = status, problem
        super().__init__(problem)


def _now() -> datetime:
    return datetime.now(UTC)


def router(
    inbox: Inbox,
    secrets: Sequence[bytes],
    max_bytes: int = MAX_BYTES,
    metrics: Counter | None = None,
    clock: Callable[[], datetime] = _now,
) -> APIRouter:
    """`POST /webhooks/github`. Several secrets may hold at once, so that one can be rotated.

    Raises ValueError where there is no secret or an empty one: the receiver would accept anyone.
    """
    if not secrets or not all(secrets):
        raise ValueError(
            "no webhook secret: set OTTO_WEBHOOK_SECRET (or OTTO_WEBHOOK_SECRET_FILE) to a non-empty value"
        )
    receiver = _Receiver(inbox, tuple(secrets), max_bytes, metrics or NoCounter(), clock)
    api = APIRouter()
    api.add_api_route("/webhooks/github", receiver.receive, methods=["POST"], include_in_schema=False)
    return api


class _Receiver:
    def __init__(
        self,
        inbox: Inbox,
        secrets: tuple[bytes, ...],
        max_bytes: int,
        metrics: Counter,
        clock: Callable[[], datetime],
    ) -> None:
        self._inbox, self._secrets, self._max_bytes = inbox, secrets, max_bytes
        self._metrics, self._clock = metrics, clock

    async def receive(self, request: Request) -> Response:
        """Answer one delivery."""
        event = "other"
        try:
            guid, name, signature = _headers(request)
            body = await _body(request, self._max_bytes)
            self._check(body, signature)
            payload = _json(body)
            wanted, event = concerns_us(name, payload)
            result = await self._store(guid, name, payload, body) if wanted else "ignored"
        except _Refused as refused:
            self._metrics.count(event, f"refused_{refused.status}")
            return _answer(refused.status, refused.problem)
        self._metrics.count(event, result)
        return _answer(202, result)

    def _check(self, body: bytes, signature: str) -> None:
        if not signed(body, signature, self._secrets):
            raise _Refused(401, "the signature does not fit the body and the secret")

    async def _store(self, guid: str, event: str, payload: dict[str, Any], body: bytes) -> str:
        action = payload.get("action")
        said = action if isinstance(action, str) else None
        try:
            new = await asyncio.to_thread(self._inbox.add, guid, event, said, body, self._clock())
        except StoreUnavailable:
            raise _Refused(503, "the store is not available; redeliver later") from None
        return "stored" if new else "duplicate"


def signed(body: bytes, signature: str, secrets: Sequence[bytes]) -> bool:
    """Whether `signature` (`sha256=` and 64 hex digits) is that of the body under any of the secrets."""
    if _SIGNATURE.fullmatch(signature) is None:
        return False
    given = signature.removeprefix("sha256=").encode("ascii")
    good = False
    for secret in secrets:  # all of them, whichever holds: the time taken tells nothing
        good |= hmac.compare_digest(hmac.new(secret, body, hashlib.sha256).hexdigest().encode("ascii"), given)
    return good


def _headers(request: Request) -> tuple[str, str, str]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise _Refused(415, "send application/json: set the webhook's content type to it")
    for name in ("X-GitHub-Event", "X-GitHub-Delivery", "X-Hub-Signature-256"):
        if not request.headers.get(name):
            raise _Refused(400, f"the header {name} is missing")
    guid, event = request.headers["X-GitHub-Delivery"], request.headers["X-GitHub-Event"]
    if _GUID.fullmatch(guid) is None:
        raise _Refused(400, "the header X-GitHub-Delivery is no delivery id")
    if _EVENT.fullmatch(event) is None:
        raise _Refused(400, "the header X-GitHub-Event is no event name")
    return guid, event, request.headers["X-Hub-Signature-256"]


async def _body(request: Request, limit: int) -> bytes:
    """The raw body, read no further than the limit."""
    too_large = _Refused(413, f"the body is larger than {limit} bytes")
    length = request.headers.get("content-length", "")
    if length.isascii() and length.isdigit() and int(length[:20]) > limit:
        raise too_large
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > limit:
                raise too_large
    except ClientDisconnect:
        raise _Refused(400, "the body ended early") from None
    return bytes(body)


def _json(body: bytes) -> dict[str, Any]:
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError):
        raise _Refused(400, "the body is no JSON") from None
    if not isinstance(payload, dict):
        raise _Refused(400, "the body is no JSON object")
    return payload


def _answer(status: int, result: str) -> Response:
    key = "result" if status == 202 else "error"
    return Response(json.dumps({key: result}), status_code=status, media_type="application/json")


def concerns_us(event: str, payload: Mapping[str, Any]) -> tuple[bool, str]:
    """Whether a body is worth keeping, and the event's name for counters (`other` for one that is not known).

    Reads as little as it can and trusts no type.
    """
    if event not in _WANTED:
        return False, event if event in MODELS else "other"
    actions, test = _WANTED[event]
    action = payload.get("action")
    if actions and not (isinstance(action, str) and action in actions):
        return False, event
    return test(payload), event


def may_concern(event: str, action: str | None) -> bool:
    """Whether a delivery could be worth keeping, judged by its name alone: its body is not known."""
    actions = _WANTED[event][0] if event in _WANTED else None
    return actions is not None and (not actions or action in actions)


def _part(payload: Mapping[str, Any], *path: str) -> Any:
    value: Any = payload
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _always(_: Mapping[str, Any]) -> bool:
    return True


def _issue(payload: Mapping[str, Any]) -> bool:
    """An edit matters where title or body are others than before."""
    changes = payload.get("changes")
    edited = isinstance(changes, Mapping) and not {"title", "body"}.isdisjoint(changes)
    return payload.get("action") != "edited" or edited


def _comment(payload: Mapping[str, Any]) -> bool:
    """A new comment matters with a command in it; an edit only where the comment is a bot's (a ticked box of ours)."""
    if payload.get("action") == "edited":
        return _part(payload, "comment", "user", "type") in ("Bot", None)
    return "/otto" in str(_part(payload, "comment", "body"))


def _review(payload: Mapping[str, Any]) -> bool:
    state = str(_part(payload, "review", "state")).lower()
    return state == "changes_requested" or "/otto" in str(_part(payload, "review", "body"))


def _branch_push(payload: Mapping[str, Any]) -> bool:
    return str(payload.get("ref")).startswith("refs/heads/")


def _settled(payload: Mapping[str, Any]) -> bool:
    return payload.get("state") != "pending"


_WANTED: Mapping[str, tuple[frozenset[str], Callable[[Mapping[str, Any]], bool]]] = {
    "issues": (frozenset({"labeled", "unlabeled", "closed", "reopened", "deleted", "transferred", "edited"}), _issue),
    "issue_comment": (frozenset({"created", "edited"}), _comment),
    "pull_request": (
        frozenset({"closed", "reopened", "edited", "synchronize", "labeled", "converted_to_draft", "ready_for_review"}),
        _always,
    ),
    "pull_request_review": (frozenset({"submitted"}), _review),
    "pull_request_review_comment": (frozenset({"created"}), _comment),
    "push": (frozenset(), _branch_push),
    "workflow_run": (frozenset({"completed"}), _always),
    "check_run": (frozenset({"completed", "rerequested", "requested_action"}), _always),
    "status": (frozenset(), _settled),
    "installation": (
        frozenset({"created", "deleted", "suspend", "unsuspend", "new_permissions_accepted"}),
        _always,
    ),
    "installation_repositories": (frozenset({"added", "removed"}), _always),
}
"""Event → actions that matter (empty: it has none) and a look at the body."""
