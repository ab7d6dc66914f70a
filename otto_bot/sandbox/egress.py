"""The way out of a cage for installing: an HTTP CONNECT proxy on a Unix socket that reaches named hosts alone.

It decides by name, resolves the name itself, refuses addresses that are not public, and connects to the address that it
checked. The name in the TLS greeting must be the same: behind one address of a network of caches are many hosts.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import socket
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from otto_bot.sandbox.greeting import GREETING_BYTES, Greeting

_log = logging.getLogger(__name__)

_HEAD_BYTES = 8192
_CHUNK = 64 * 1024
_TLS_PORT = 443


_OF_CLOUDS = tuple(map(ipaddress.ip_network, ("168.63.129.16/32", "192.0.0.0/24", "fd00:ec2::/32")))
"""Services for virtual machines that have addresses like others: Azure, Oracle, AWS."""


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
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection from the cage, to its end. Nothing that a client sends raises."""
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._open += 1
        try:
            await self._one(reader, writer)
        except (OSError, TimeoutError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # the client or the host went away; it is the command that sees it
        finally:
            self._open -= 1
            self._tasks.discard(task)
            writer.close()

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
        if self._open > self.limits.connections:
            return f"more than {self.limits.connections} connections at once", ""
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
            sides = [asyncio.create_task(self._copy(reader, out, "_up", self.limits.up, host)),
                     asyncio.create_task(self._copy(theirs, writer, "_down", self.limits.down, host))]  # fmt: skip
            try:
                await asyncio.gather(*sides)
            finally:
                for side in sides:
                    side.cancel()
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

    async def _copy(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter, counter: str, most: int, host: str
    ) -> None:
        while True:
            async with asyncio.timeout(self.limits.idle_seconds):
                chunk = await source.read(_CHUNK)
            if not chunk:
                break
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


def is_public(address: str) -> bool:
    """Whether an address is one of the internet: not this machine's, nor of its network, nor of its cloud's services.

    What IPv6 addresses carry inside of them (mapped, 6to4, Teredo, NAT64) is looked at as well.
    """
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if any(not is_public(str(one)) for one in _carried(ip)):
            return False
        if ip.ipv4_mapped is not None:
            return True
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in _OF_CLOUDS)


def is_near(address: str) -> bool:
    """Whether an address is public or of a private network; never of this machine, its link, or a cloud's services."""
    if is_public(address):
        return True
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    inside = ip.is_loopback or ip.is_link_local or ip.is_multicast or ip.is_unspecified
    carries = isinstance(ip, ipaddress.IPv6Address) and not ip.is_private
    return not (inside or carries or any(ip in network for network in _OF_CLOUDS)) and not _carried(ip)


def _carried(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> list[ipaddress.IPv4Address]:
    """IPv4 addresses that an IPv6 address stands for."""
    if isinstance(ip, ipaddress.IPv4Address):
        return []
    last = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF) if ip in ipaddress.ip_network("64:ff9b::/96") else None
    return [one for one in (ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ()), last) if one is not None]


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
