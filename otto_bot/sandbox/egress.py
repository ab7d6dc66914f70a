"""The way out of a cage for installing: an HTTP CONNECT proxy on a Unix socket that reaches named hosts alone.

It decides by name, resolves the name itself, refuses addresses that are not public, and connects to the address that it
checked. The name in the TLS greeting must be the same: behind one address of a network of caches are many hosts.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from otto_bot.sandbox.addresses import is_near, is_public
from otto_bot.sandbox.greeting import GREETING_BYTES, Greeting

_log = logging.getLogger(__name__)

_HEAD_BYTES = 8192
_CHUNK = 64 * 1024
_TLS_PORT = 443
_LAST_SECONDS = 0.5


class Names(Protocol):
    """The list of names."""

    def allows(self, host: str, port: int) -> bool:
        """Whether a host may be reached at a port."""

    def may_be_near(self, host: str) -> bool:
        """Whether a host may have an address of a private network, as a mirror of a company's own has."""


Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses of a name. Raises OSError where it has none."""
Connect = Callable[[str, int], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]
"""A connection to exactly this address."""
_Side = tuple[asyncio.StreamReader, asyncio.StreamWriter]
"""Where bytes come from and where they go."""


@dataclass(frozen=True)
class WayLimits:
    """Caps on all connections of one set-up together; sizes in bytes. `up` is small: installing only asks."""

    down: int = 4 * 1024**3
    up: int = 16 * 1024**2
    connections: int = 64
    head_seconds: float = 10.0
    connect_seconds: float = 20.0
    idle_seconds: float = 120.0


@dataclass
class Egress:
    """An open way. `reached` counts connections by host; `refused` has host:port and the reason, in words."""

    socket: Path
    names: Names
    limits: WayLimits
    resolve: Resolve
    connect: Connect
    reached: Counter[str] = field(default_factory=Counter)
    refused: dict[str, str] = field(default_factory=dict)
    _open: int = 0
    _up: int = 0
    _down: int = 0
    _ended: bool = False
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection from the cage, to its end. Nothing that a client sends raises."""
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._open += 1
        try:
            await (
                self._one(reader, writer) if self._open <= self.limits.connections else self._refused(reader, writer)
            )
        except (OSError, TimeoutError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # the client or the host went away; it is the command that sees it
        except asyncio.CancelledError:
            if not self._ended:  # else it ends quietly: some Pythons print a traceback for each that was cancelled
                raise
        finally:
            self._open -= 1
            self._tasks.discard(task)
            writer.close()

    async def _refused(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Connections that ask for nothing count as well: each takes a descriptor of the worker."""
        problem = f"more than {self.limits.connections} connections at once"
        self._refuse("a connection", problem)
        writer.write(_answer(403, problem))
        await writer.drain()
        if self._open <= 2 * self.limits.connections:
            async with asyncio.timeout(_LAST_SECONDS):  # closed upon an unread question, it would lose the answer
                await reader.read(_HEAD_BYTES)

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(self.limits.head_seconds):
            head = await reader.readuntil(b"\r\n\r\n")
        host, port, problem = _target(head)
        address = ""
        if not problem:
            problem, address = await self._checked(host, port)
        if problem:
            self._refuse(f"{host}:{port}" if host else "a request", problem)
            writer.write(_answer(403, problem))
            await writer.drain()
            return
        await self._tunnel(reader, writer, host, port, address)

    async def _checked(self, host: str, port: int) -> tuple[str, str]:
        """Why this may not be reached, else the address to connect to."""
        if not self.names.allows(host, port):
            return "it is not on the list of hosts", ""
        try:
            async with asyncio.timeout(self.limits.connect_seconds):
                addresses = await self.resolve(host, port)
        except (OSError, TimeoutError):
            return "its name cannot be resolved", ""
        fits = is_near if self.names.may_be_near(host) else is_public
        wrong = [address for address in addresses if not fits(address)]
        if wrong or not addresses:  # one wrong address among good ones is a trick, or a mistake that looks like one
            return f"its name leads to {', '.join(wrong[:3]) or 'nowhere'}, which is not on the internet", ""
        return "", addresses[0]

    async def _tunnel(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str, port: int, address: str
    ) -> None:
        """Bytes both ways until one side has no more; the greeting is looked at before anything goes out."""
        try:
            async with asyncio.timeout(self.limits.connect_seconds):
                theirs, out = await self.connect(address, port)
        except (OSError, TimeoutError):
            writer.write(_answer(502, f"{host} does not answer"))
            await writer.drain()
            return
        try:
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await writer.drain()
            if port == _TLS_PORT and not await self._greeted(reader, out, host):
                return
            self.reached[host] += 1
            _log.info("a set-up reaches %s:%d", host, port)
            await self._both_ways((reader, out), (theirs, writer), host)
        finally:
            out.close()

    async def _greeted(self, reader: asyncio.StreamReader, out: asyncio.StreamWriter, host: str) -> bool:
        """Whether the TLS greeting names `host`; it is then sent on."""
        greeting, sent = Greeting(), b""
        async with asyncio.timeout(self.limits.head_seconds):
            while not greeting.read and len(sent) < GREETING_BYTES:
                chunk = await reader.read(_CHUNK)
                if not chunk:
                    return False
                sent += chunk
                greeting.feed(chunk)
        if greeting.name != host:
            self._refuse(f"{host}:{_TLS_PORT}", f"the TLS greeting names {(greeting.name or 'no host')[:100]}")
            return False
        self._up += len(sent)
        out.write(sent)
        await out.drain()
        return True

    async def _both_ways(self, up: _Side, down: _Side, host: str) -> None:
        """Until both sides have ended, or nothing moves in either direction: a long answer to a short question may."""
        async with asyncio.timeout(self.limits.idle_seconds) as clock:
            sides = [asyncio.create_task(self._copy(up, "_up", self.limits.up, host, clock)),
                     asyncio.create_task(self._copy(down, "_down", self.limits.down, host, clock))]  # fmt: skip
            try:
                await asyncio.gather(*sides)
            finally:
                for side in sides:
                    side.cancel()

    async def _copy(self, side: _Side, counter: str, most: int, host: str, clock: asyncio.Timeout) -> None:
        source, target = side
        while chunk := await source.read(_CHUNK):
            if not clock.expired():
                clock.reschedule(asyncio.get_running_loop().time() + self.limits.idle_seconds)
            count: int = getattr(self, counter) + len(chunk)
            setattr(self, counter, count)
            if count > most:
                self._refuse(host, f"more than {most} bytes {'sent' if counter == '_up' else 'received'} in one set-up")
                raise OSError("limit")
            target.write(chunk)
            await target.drain()
        with contextlib.suppress(OSError, RuntimeError):
            target.write_eof()

    def _refuse(self, what: str, why: str) -> None:
        if len(self.refused) < 100:
            self.refused.setdefault(what[:300], why)
        _log.warning("a set-up may not reach %s: %s", what[:300], why)

    async def end(self) -> None:
        """Close every connection."""
        self._ended = True
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def open_way(
    names: Names, *, limits: WayLimits | None = None, resolve: Resolve | None = None, connect: Connect | None = None
) -> AsyncIterator[Egress]:
    """A proxy for as long as the context lasts, on a socket in a folder that only this user may enter."""
    with tempfile.TemporaryDirectory(prefix="otto-way-") as folder:
        way = Egress(
            Path(folder) / "way", names, limits or WayLimits(), resolve or _resolved, connect or asyncio.open_connection
        )
        server = await asyncio.start_unix_server(way.serve, way.socket, limit=_HEAD_BYTES)
        try:
            yield way
        finally:
            server.close()
            await way.end()


async def _resolved(host: str, port: int) -> list[str]:
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return [str(entry[4][0]) for entry in found]


def _target(head: bytes) -> tuple[str, int, str]:
    """Host and port that a request asks for, and what is wrong with the request."""
    words = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ")
    if len(words) != 3:
        return "", 0, "it is no HTTP request"
    method, target, _ = words
    if method != "CONNECT":
        return target[:200], 80, "only https is let through, by CONNECT"
    host, _, port = target.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or len(port) > 5:
        return target[:200], 0, "it names no host and port"
    return host.lower().rstrip("."), int(port), ""


def _answer(status: int, why: str) -> bytes:
    reason = {403: "Forbidden", 502: "Bad Gateway"}[status]
    body = f"Otto's set-up proxy: {why}\n".encode()
    head = f"HTTP/1.1 {status} {reason}\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\nConnection: close"
    return f"{head}\r\n\r\n".encode() + body
