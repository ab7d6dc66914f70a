"""The webhook receiver: verify the signature over the raw body, store what may concern us, answer 202.

Nothing is read from a body before its signature holds, and 202 is said only once the row is committed: what GitHub
was told to be accepted is never lost, and what could not be stored (503) can be redelivered.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import re
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from otto_bot.intake.concern import NotAnObject, begins, concerns_us, parts, repository_of
from otto_bot.observe.events import Event, tell
from otto_bot.observe.spans import span_of_delivery
from otto_bot.store.arrivals import Arrival, Stored
from otto_bot.store.database import StoreUnavailable

log = logging.getLogger(__name__)

PATH = "/webhooks/github"
MAX_BYTES = 25 * 1024 * 1024
"""GitHub's own cap of a payload."""
MOST_BYTES_IN_HAND = 48 * 1024 * 1024
"""Bodies that are held at the same time, read or half read: more would let anybody fill the memory. What has come
counts, not what a header promises: two promises would let anybody shut GitHub out."""
REFUSALS_SECONDS = 1.0
BODY_SECONDS = 10.0
"""GitHub waits no longer for its answer."""

_SIGNATURE = re.compile(r"sha256=[0-9a-f]{64}")
_GUID = re.compile(r"[A-Za-z0-9-]{1,64}")
_EVENT = re.compile(r"[a-z0-9_]{1,64}")
_DIGITS = re.compile(rb"[0-9]{1,20}")

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Inbox(Protocol):
    """Where deliveries are kept until they are processed."""

    async def add(self, arrival: Arrival) -> Stored:
        """Commit one delivery. Raises StoreUnavailable."""


class Work(Protocol):
    """The repositories with a run that is not over, by id, without a query."""

    def __contains__(self, repository: object, /) -> bool:
        """Whether one is among them."""

    def expect(self, repository: int) -> None:
        """A run may begin there soon."""


class Counter(Protocol):
    """Counts deliveries by what became of them."""

    def count(self, event: str, result: str) -> None:
        """One more delivery of `event` (`other` for unknown ones) that ended as `result`."""


class _Refused(Exception):
    def __init__(self, status: int, problem: str) -> None:
        self.status, self.problem = status, problem
        super().__init__(problem)


class _Refusals:
    """Says in the log what was refused: of each status at most one in a second, with how many there were since."""

    def __init__(self, steady: Callable[[], float]) -> None:
        self._steady = steady
        self._said: dict[int, tuple[float, int]] = {}

    def tell(self, refused: _Refused, guid: str) -> None:
        """One more. What the sender named is checked for its form, and nothing else of it is repeated."""
        now = self._steady()
        at, untold = self._said.get(refused.status, (now - REFUSALS_SECONDS, 0))
        if now - at < REFUSALS_SECONDS:
            self._said[refused.status] = at, untold + 1
            return
        self._said[refused.status] = now, 0
        tell(
            log, Event.DELIVERY_REFUSED, status=refused.status, why=refused.problem, delivery=guid,
            untold=untold or None,
        )  # fmt: skip


class _Gone(Exception):
    """Nobody waits for the answer."""


def _now() -> datetime:
    return datetime.now(UTC)


class Receiver:
    """`POST /webhooks/github` as an ASGI application. Several secrets may hold at once, so that one can be rotated."""

    def __init__(
        self,
        inbox: Inbox,
        secrets: Sequence[bytes],
        work: Work,
        metrics: Counter,
        max_bytes: int = MAX_BYTES,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        """Raises ValueError where there is no secret or an empty one: the receiver would accept anyone."""
        if not secrets or not all(secrets):
            raise ValueError(
                "no webhook secret: set OTTO_WEBHOOK_SECRET (or OTTO_WEBHOOK_SECRET_FILE) to a non-empty value"
            )
        self._inbox, self._secrets, self._work, self._metrics = inbox, tuple(secrets), work, metrics
        self._max_bytes, self._clock = max_bytes, clock
        self._in_hand = 0
        self._refusals = _Refusals(time.monotonic)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one delivery."""
        if scope["method"] != "POST":
            await _answer(send, 405, "send POST", [(b"allow", b"POST")])
            return
        event, guid, held = "other", "", _Held(self)
        try:
            headers = dict(scope["headers"])
            guid, name, signature = _named(headers)
            body = await self._body(headers, receive, held)
            self._check(body, signature)
            with span_of_delivery("webhook", guid, event=name) as seen:
                payload = _parts(body)
                wanted, event = concerns_us(name, payload, self._work)
                result = await self._store(guid, name, payload, body) if wanted else "ignored"
                seen.put(result=result)
        except _Refused as refused:
            self._metrics.count(event, f"refused_{refused.status}")
            self._refusals.tell(refused, guid)
            await _answer(send, refused.status, refused.problem)
        except _Gone:
            self._metrics.count(event, "refused_400")
        else:
            self._metrics.count(event, result)
            await _answer(send, 202, result)
        finally:
            held.give_back()

    def _check(self, body: bytes, signature: str) -> None:
        if not signed(body, signature, self._secrets):
            raise _Refused(401, "the signature does not fit the body and the secret")

    async def _store(self, guid: str, event: str, payload: Mapping[str, Any], body: bytes) -> str:
        action = payload.get("action")
        said = action if isinstance(action, str) and _EVENT.fullmatch(action) else ""
        repository = repository_of(payload)
        if repository is not None and begins(event, payload):
            self._work.expect(repository)
        try:
            result = await self._inbox.add(Arrival(guid, event, said, body, self._clock()))
        except StoreUnavailable:
            raise _Refused(503, "the store is not available; redeliver later") from None
        if result == "refused":
            raise _Refused(503, "the store does not take this delivery; the log says why, redeliver later")
        return result

    async def _body(self, headers: Mapping[bytes, bytes], receive: Receive, held: _Held) -> bytes:
        """The raw body, read no further than the limit."""
        length = headers.get(b"content-length", b"")
        if _DIGITS.fullmatch(length):
            self._check_size(int(length))
        try:
            async with asyncio.timeout(BODY_SECONDS):
                return await self._pieces(receive, held)
        except TimeoutError:
            raise _Refused(408, f"the body did not come within {BODY_SECONDS:.0f} seconds") from None

    async def _pieces(self, receive: Receive, held: _Held) -> bytes:
        body = b""
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise _Gone
            piece: bytes = message.get("body", b"")
            self._check_size(len(body) + len(piece))
            held.take(len(body) + len(piece))
            body = body + piece if body else piece  # nearly all come in one piece
            if not message.get("more_body", False):
                return body

    def _check_size(self, size: int) -> None:
        if size > self._max_bytes:
            raise _Refused(413, f"the body is larger than {self._max_bytes} bytes")

    def hold(self, size: int) -> None:
        """So many more bytes are held, or fewer. Raises where that is too much."""
        if size > 0 and self._in_hand and self._in_hand + size > MOST_BYTES_IN_HAND:
            raise _Refused(503, "too many deliveries at once; redeliver later")
        self._in_hand += size


class _Held:
    """The bytes that one request holds of what all may hold."""

    __slots__ = ("_receiver", "_size")

    def __init__(self, receiver: Receiver) -> None:
        self._receiver, self._size = receiver, 0

    def take(self, size: int) -> None:
        """At least so many, in all."""
        if size > self._size:
            self._receiver.hold(size - self._size)
            self._size = size

    def give_back(self) -> None:
        """The request is over."""
        self._receiver.hold(-self._size)


def signed(body: bytes, signature: str, secrets: Sequence[bytes]) -> bool:
    """Whether `signature` (`sha256=` and 64 hex digits) is that of the body under any of the secrets."""
    if _SIGNATURE.fullmatch(signature) is None:
        return False
    given = bytes.fromhex(signature.removeprefix("sha256="))
    good = False
    for secret in secrets:  # all of them, whichever holds: the time taken tells nothing
        good |= hmac.compare_digest(hmac.digest(secret, body, "sha256"), given)
    return good


_NEEDED = ((b"x-github-event", "X-GitHub-Event"), (b"x-github-delivery", "X-GitHub-Delivery"),
           (b"x-hub-signature-256", "X-Hub-Signature-256"))  # fmt: skip


def _named(headers: Mapping[bytes, bytes]) -> tuple[str, str, str]:
    """Delivery, event and signature. Names of headers come in small letters."""
    kind = headers.get(b"content-type", b"")
    if kind != b"application/json" and kind.partition(b";")[0].strip().lower() != b"application/json":
        raise _Refused(415, "send application/json: set the webhook's content type to it")
    for key, name in _NEEDED:
        if not headers.get(key):
            raise _Refused(400, f"the header {name} is missing")
    event, guid, signature = (headers[key].decode("latin-1") for key, _ in _NEEDED)
    if _GUID.fullmatch(guid) is None:
        raise _Refused(400, "the header X-GitHub-Delivery is no delivery id")
    if _EVENT.fullmatch(event) is None:
        raise _Refused(400, "the header X-GitHub-Event is no event name")
    return guid, event, signature


def _parts(body: bytes) -> Mapping[str, Any]:
    try:
        return parts(body)
    except NotAnObject as error:
        raise _Refused(400, str(error)) from None


_RESULTS = {result: json.dumps({"result": result}).encode() for result in ("stored", "duplicate", "ignored")}


async def _answer(send: Send, status: int, said: str, more: Sequence[tuple[bytes, bytes]] = ()) -> None:
    body = _RESULTS[said] if status == 202 else json.dumps({"error": said}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body)), *more]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
