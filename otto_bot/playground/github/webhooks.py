"""Webhooks out: signed, numbered, logged, delivered one after the other, never repeated on their own."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

import httpx

from otto_bot.playground.github.config import FaultConfig
from otto_bot.playground.github.faults import Counter
from otto_bot.playground.github.shapes import people, repo
from otto_bot.playground.github.state import Delivery, Json
from otto_bot.playground.github.world import INSTALLATION_ID, REPO_ID, Visible, World, node_id

DEADLINE_SECONDS = 10.0
MAX_RESPONSE_CHARS = 2000
UNASKED = {"installation", "installation_repositories"}


@cache
def _trusted() -> ssl.SSLContext:
    """The authorities that this machine trusts, read once."""
    return httpx.create_ssl_context()


def sign(secret: str, body: bytes) -> str:
    """Value of `X-Hub-Signature-256`."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def payload(world: World, visible: Visible) -> Json:
    """The whole body of a webhook. One about the installation belongs to no repository, and has all of it."""
    if visible.event in UNASKED:
        return {**visible.body, "sender": people.known_user(world, visible.actor)}
    return {
        **visible.body, "repository": repo.full(world), "sender": people.known_user(world, visible.actor),
        "installation": {"id": INSTALLATION_ID, "node_id": node_id("IN", INSTALLATION_ID)},
    }  # fmt: skip


@dataclass
class Courier:
    """Delivers what the app subscribes to. Faults decide about drops, doubles, delays and changed order."""

    world: World
    new_guid: Callable[[], str]
    faults: list[FaultConfig]
    url: str | None = None
    counter: Counter = field(default_factory=Counter)
    _queue: asyncio.Queue[tuple[Delivery, int]] = field(default_factory=asyncio.Queue)
    _held: list[tuple[Delivery, int]] = field(default_factory=list)
    delivering: Callable[[str, str | None, bytes], None] | None = None
    """Told of each webhook that is made: event, action, body."""

    def hear(self, visible: Visible) -> None:
        """Queues a delivery for a change the app subscribes to; without a webhook URL GitHub delivers nothing."""
        subscribed = visible.event in self.world.config.app.events or visible.event in UNASKED
        if self.world.suspended_at is not None and visible.event not in UNASKED:
            return
        asked_back = visible.event == "check_run" and visible.action in ("rerequested", "requested_action")
        if self.url is None or not (subscribed or asked_back):
            return
        body = json.dumps(payload(self.world, visible), separators=(",", ":")).encode()
        row = Delivery(
            self.world.next_id(), self.new_guid(), visible.event, visible.action, body, self.world.clock()
        )  # fmt: skip
        self.world.deliveries.append(row)
        if self.delivering is not None:
            self.delivering(row.event, row.action, body)
        self._schedule(row)

    def _schedule(self, row: Delivery) -> None:
        fault = self.counter.next_delivery(self.faults, row.event, row.action)
        released, self._held = self._held, []
        kind = fault.kind if fault else None
        if fault and kind == "reorder":
            self._held = [(row, 0)]
        elif kind == "drop":
            row.status, row.status_code, row.delivered_at = "dropped by a fault", 502, self.world.clock()
        else:
            self._queue.put_nowait((row, fault.delay_ms if fault and kind == "delay_ms" else 0))
            if kind == "duplicate":
                self._again(row)
        for held in released:
            self._queue.put_nowait(held)

    def redeliver(self, old: Delivery) -> Delivery:
        """Somebody asks for it again: the same body under the same GUID. What loses deliveries may lose this, too."""
        drops = [fault for fault in self.faults if fault.kind == "drop"]
        if self.counter.next_delivery(drops, old.event, old.action) is None:
            return self._again(old)
        row = self._row(old)
        row.status, row.status_code, row.delivered_at = "dropped by a fault", 502, self.world.clock()
        return row

    def _again(self, old: Delivery) -> Delivery:
        row = self._row(old)
        self._queue.put_nowait((row, 0))
        return row

    def _row(self, old: Delivery) -> Delivery:
        row = Delivery(
            self.world.next_id(), old.guid, old.event, old.action, old.body, self.world.clock(), redelivery=True
        )  # fmt: skip
        self.world.deliveries.append(row)
        return row

    async def run(self) -> None:
        """Delivers until cancelled, in order."""
        async with httpx.AsyncClient(verify=_trusted(), timeout=DEADLINE_SECONDS, trust_env=False) as client:
            while True:
                row, delay_ms = await self._queue.get()
                if delay_ms:
                    await asyncio.sleep(delay_ms / 1000)
                await self._deliver(client, row)
                self._queue.task_done()

    async def settled(self) -> None:
        """Returns when nothing is waiting to be delivered."""
        await self._queue.join()

    async def _deliver(self, client: httpx.AsyncClient, row: Delivery) -> None:
        row.request_headers = {
            "Accept": "*/*", "Content-Type": "application/json", "User-Agent": "GitHub-Hookshot/playground",
            "X-GitHub-Delivery": row.guid, "X-GitHub-Event": row.event, "X-GitHub-Hook-ID": "1",
            "X-GitHub-Hook-Installation-Target-ID": str(self.world.config.app.id),
            "X-GitHub-Hook-Installation-Target-Type": "integration",
            "X-Hub-Signature-256": sign(self.world.config.app.webhook_secret, row.body),
        }  # fmt: skip
        begun = time.monotonic()
        try:
            answer = await client.post(self.url or "", content=row.body, headers=row.request_headers)
            row.status_code = answer.status_code
            row.status = "OK" if answer.is_success else f"Invalid HTTP Response: {answer.status_code}"
            row.response_body = answer.text[:MAX_RESPONSE_CHARS]
        except httpx.TimeoutException:
            row.status_code, row.status = 504, "timed out"
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            row.status_code, row.status = 502, f"failed to connect to host: {type(error).__name__}"
        row.duration = round(time.monotonic() - begun, 2)
        row.delivered_at = self.world.clock()


def shown(row: Delivery, *, full: bool = False) -> Json:
    """A delivery as the app's API lists it, with request and response when asked for one."""
    at = (row.delivered_at or row.created_at).isoformat().replace("+00:00", "Z")
    item: Json = {
        "id": row.id, "guid": row.guid, "delivered_at": at, "redelivery": row.redelivery, "duration": row.duration,
        "status": row.status, "status_code": row.status_code or 0, "event": row.event, "action": row.action,
        "installation_id": INSTALLATION_ID, "repository_id": REPO_ID, "throttled_at": None,
    }  # fmt: skip
    if full:
        item["url"] = ""
        item["request"] = {"headers": row.request_headers, "payload": json.loads(row.body)}
        item["response"] = {"headers": {}, "payload": row.response_body or None}
    return item
