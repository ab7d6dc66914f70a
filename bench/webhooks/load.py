"""The load: one process that sends deliveries over many connections and measures each answer.

`python -m bench.webhooks.load` reads one JSON order from standard input and writes one JSON result to standard output.
It stands alone, so that it loads nothing of what it measures.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, cast

import uvloop

TICK = 0.001
GRACE = 5.0


@dataclass
class Tally:
    """What came of the deliveries."""

    statuses: dict[int, int] = field(default_factory=dict)
    latencies: list[float] = field(default_factory=list)
    accepted: list[int] = field(default_factory=list)
    broken: int = 0


class Connection(asyncio.Protocol):
    """One connection: one delivery at a time."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._buffer = b""
        self._number, self._since = -1, 0.0
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It can be used."""
        self.transport = cast("asyncio.Transport", transport)  # uvloop's are no subclass
        self._load.free(self)

    def send(self, number: int, since: float) -> None:
        """Send a delivery; its latency counts from `since`."""
        assert self.transport is not None
        self._number, self._since = number, since
        head, tail = self._load.parts[number % len(self._load.parts)]
        self.transport.write(b"%b%b%d%b" % (head, self._load.prefix, number, tail))

    def data_received(self, data: bytes) -> None:
        """An answer, or a part of one."""
        self._buffer = self._buffer + data if self._buffer else data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0 or not _whole(self._buffer, end):
            return
        status = int(self._buffer[9:12])
        self._buffer = b""
        self._load.answered(self, self._number, status, self._since)

    def connection_lost(self, _error: Exception | None) -> None:
        """The server is gone."""
        self._load.lost()


def _whole(answer: bytes, end: int) -> bool:
    head = answer[:end].lower()
    at = head.find(b"content-length:")
    if at < 0:
        return answer.endswith(b"0\r\n\r\n") or b"transfer-encoding" not in head
    length = int(head[at + 15 :].split(b"\r\n", 1)[0])
    return len(answer) >= end + 4 + length


class Load:
    """Sends as fast as answers come, or at a rate that does not care for answers."""

    def __init__(self, order: dict[str, Any]) -> None:
        self.prefix: bytes = order["prefix"].encode()
        self.parts = [_parts(order, body) for body in order["bodies"]]
        self.tally = Tally()
        self._rate: float = order.get("rate", 0)
        self._most: int = order.get("count", 0)
        self._next = 0
        self._idle: list[Connection] = []
        self._ended = asyncio.Event()
        self._until = 0.0
        self._alive = 0

    async def run(self, order: dict[str, Any]) -> float:
        """The load itself; how many seconds it took."""
        loop = asyncio.get_running_loop()
        began = time.perf_counter()
        self._until = began + order["seconds"]
        for _ in range(order["connections"]):
            await loop.create_connection(lambda: Connection(self), order["host"], order["port"])
            self._alive += 1
        if self._rate:
            await self._paced(began)
        else:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ended.wait(), order["seconds"] + GRACE)
        return min(time.perf_counter(), self._until) - began

    async def _paced(self, began: float) -> None:
        while not self._ended.is_set() and (now := time.perf_counter()) < self._until:
            while self._idle and (due := began + self._next / self._rate) <= now:
                self._idle.pop().send(self._next, due)
                self._next += 1
            await asyncio.sleep(TICK)

    def free(self, connection: Connection) -> None:
        """A connection waits for work."""
        if self._rate:
            self._idle.append(connection)
            return
        if time.perf_counter() >= self._until or (self._most and self._next >= self._most):
            self._ended.set()
            return
        connection.send(self._next, time.perf_counter())
        self._next += 1

    def answered(self, connection: Connection, number: int, status: int, since: float) -> None:
        """An answer came."""
        tally = self.tally
        tally.statuses[status] = tally.statuses.get(status, 0) + 1
        tally.latencies.append(time.perf_counter() - since)
        if status in (200, 202):
            tally.accepted.append(number)
        self.free(connection)

    def lost(self) -> None:
        """A connection broke."""
        self.tally.broken += 1
        self._alive -= 1
        if not self._alive:
            self._ended.set()


def _parts(order: dict[str, Any], body: dict[str, str]) -> tuple[bytes, bytes]:
    content = body["content"].encode()
    head = (
        f"POST {order['path']} HTTP/1.1\r\nHost: {order['host']}:{order['port']}\r\n"
        "User-Agent: GitHub-Hookshot/6f3a1c2\r\nAccept: */*\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(content)}\r\nX-GitHub-Event: {body['event']}\r\nX-GitHub-Hook-ID: 4711\r\n"
        "X-GitHub-Hook-Installation-Target-ID: 42\r\nX-GitHub-Hook-Installation-Target-Type: integration\r\n"
        f"X-Hub-Signature-256: {body['signature']}\r\nX-GitHub-Delivery: "
    )
    return head.encode(), b"\r\n\r\n" + content


def _at(latencies: list[float], share: float) -> float:
    ordered = sorted(latencies)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000 if ordered else 0.0


def main() -> None:
    """One order, one result. Milliseconds and deliveries a second."""
    order = json.load(sys.stdin)
    load: list[Load] = []

    async def all_of_it() -> float:
        load.append(Load(order))
        return await load[0].run(order)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        seconds = runner.run(all_of_it())
    tally = load[0].tally
    result: dict[str, Any] = {
        "seconds": seconds,
        "statuses": tally.statuses,
        "rate": len(tally.accepted) / seconds,
        "p50": _at(tally.latencies, 0.5),
        "p99": _at(tally.latencies, 0.99),
        "worst": max(tally.latencies, default=0) * 1000,
        "broken": tally.broken,
        "cpu": sum(os.times()[:2]) / seconds,
    }
    if order.get("numbers"):
        result["accepted"] = tally.accepted
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    main()
