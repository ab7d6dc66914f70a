"""Many open pages at once: streams of Server-Sent Events over raw connections, and pages that ask again each second."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from bench.webhooks.servers import Server

PATIENCE = 60.0


class Listener:
    """One open page: reads its stream, and knows when each event came."""

    def __init__(self, path: str) -> None:
        self._path = path
        self.came: dict[int, float] = {}
        self.alive = asyncio.Event()
        self.bytes = 0

    async def open(self, port: int) -> None:
        """Connect, and read from then on."""
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", port)
        self._writer.write(f"GET {self._path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        self._task = asyncio.create_task(self._read())

    async def _read(self) -> None:
        while line := await self._reader.readline():
            self.bytes += len(line)
            if line.startswith(b"id: "):
                self.came[int(line[4:])] = time.perf_counter()
            elif line.startswith(b"event: parts"):
                self.alive.set()

    async def close(self) -> None:
        """Go away."""
        self._task.cancel()
        self._writer.close()


class Poller:
    """One open page that asks for all of itself each second, as a page without streams would."""

    def __init__(self, path: str) -> None:
        self._path = path
        self.came: dict[int, float] = {}
        self.bytes = 0

    async def open(self, port: int, phase: float) -> None:
        """Begin, a little later than the one before."""
        self._task = asyncio.create_task(self._ask(port, phase))

    async def _ask(self, port: int, phase: float) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        due = time.perf_counter() + phase
        while True:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            writer.write(f"GET {self._path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            size = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
            body = await reader.readexactly(size)
            self.bytes += len(head) + size
            newest = int(body.partition(b'<tr id="event-')[2].partition(b'"')[0])
            for seq in range(max(self.came, default=newest - 1) + 1, newest + 1):
                self.came[seq] = time.perf_counter()
            due = max(due + 1.0, time.perf_counter())

    async def close(self) -> None:
        """Go away."""
        self._task.cancel()


class Cost(NamedTuple):
    """What one way took, for each page and second: processor milliseconds of the server, bytes; and its delays."""

    cpu: float
    bytes: float
    delays: list[float]


async def happening(
    server: Server, append: Callable[[], int], pages: list[Listener] | list[Poller], events: int, every: float
) -> Cost:
    """Append events, one each `every` seconds, and see when each page has each of them."""
    cpu, sent = server.cpu, sum(page.bytes for page in pages)
    began = time.perf_counter()
    committed: dict[int, float] = {}
    for _ in range(events):
        seq = await asyncio.to_thread(append)
        committed[seq] = time.perf_counter()
        await asyncio.sleep(every)
    await until(lambda: all(seq in page.came for page in pages for seq in committed))
    share = len(pages) * (time.perf_counter() - began)
    delays = [page.came[seq] - at for seq, at in committed.items() for page in pages]
    used = (server.cpu - cpu) * 1000
    return Cost(used / share, (sum(page.bytes for page in pages) - sent) / share, delays)


async def until(test: Callable[[], bool]) -> None:
    """Wait for something."""
    async with asyncio.timeout(PATIENCE):
        while not test():  # noqa: ASYNC110 - what is waited for tells nobody
            await asyncio.sleep(0.005)


async def opened(port: int, paths: list[str]) -> list[Listener]:
    """Pages that are open and have had their first message."""
    pages = [Listener(path) for path in paths]
    for page in pages:
        await page.open(port)
    await asyncio.gather(*(asyncio.wait_for(page.alive.wait(), PATIENCE) for page in pages))
    return pages


async def closed(pages: list[Listener] | list[Poller]) -> None:
    """None of them is open any more."""
    each: list[Awaitable[None]] = [page.close() for page in pages]
    await asyncio.gather(*each)
