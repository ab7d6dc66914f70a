"""The way out: bytes go both ways to what the list names, nothing else does, and what was refused is told."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from otto_bot.core.egress_hosts import Allowed
from otto_bot.sandbox.addresses import is_near, is_public
from otto_bot.sandbox.cage import Cage
from otto_bot.sandbox.egress import Egress, WayLimits, open_way
from otto_bot.sandbox.greeting import Greeting

PROBE = Cage.probe()
LISTED = Allowed(("files.example:80", "mirror.corp.example"), near=("mirror.corp.example",))


@pytest.mark.parametrize(
    ("address", "public", "near"),
    [
        ("8.8.8.8", True, True), ("2606:4700::1111", True, True),
        ("10.0.0.7", False, True), ("192.168.1.1", False, True), ("fd12::1", False, True),
        ("127.0.0.1", False, False), ("::1", False, False), ("0.0.0.0", False, False), ("::", False, False),
        ("169.254.169.254", False, False), ("fe80::1%eth0", False, False), ("fd00:ec2::254", False, False),
        ("168.63.129.16", False, False), ("192.0.0.192", False, False), ("224.0.0.1", False, False),
        ("::ffff:127.0.0.1", False, False), ("::ffff:169.254.169.254", False, False), ("::ffff:8.8.8.8", True, True),
        ("100.100.100.200", False, False), ("fd20:ce::254", False, False), ("fd00:42::42", False, False),
        ("240.0.0.1", False, False), ("255.255.255.255", False, False), ("192.0.2.1", False, False),
        ("198.18.0.1", False, False), ("0.1.2.3", False, False), ("2001:db8::1", False, False),
        ("fec0::1", False, False), ("100.64.0.1", False, True), ("172.16.0.1", False, True),
        ("::ffff:10.0.0.7", False, False), ("::127.0.0.1", False, False), ("::10.0.0.7", False, False),
        ("64:ff9b:1::a00:7", False, False), ("64:ff9b::808:808", True, True),
        ("64:ff9b::a9fe:a9fe", False, False), ("2002:7f00:1::", False, False), ("no address", False, False),
    ],
)  # fmt: skip
def test_which_addresses_are_on_the_internet(address: str, public: bool, near: bool) -> None:
    assert (is_public(address), is_near(address)) == (public, near)


async def shout(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while line := await reader.readline():
        writer.write(line.upper())
        await writer.drain()
    writer.close()


async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers one line slowly, then is silent."""
    for _ in await reader.readline():
        await asyncio.sleep(0.15)
        writer.write(b"x")
    await reader.read()
    writer.close()


@asynccontextmanager
async def way(addresses: Sequence[str], limits: WayLimits | None = None, host: Any = shout) -> AsyncIterator[Egress]:
    """A way to a host that answers each line with itself in capitals."""

    async def resolve(_name: str, _port: int) -> Sequence[str]:
        return addresses

    async with await asyncio.start_server(host, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]

        async def connect(_address: str, _port: int) -> Any:
            return await asyncio.open_connection("127.0.0.1", port)

        async with open_way(LISTED, limits=limits, resolve=resolve, connect=connect) as opened:
            yield opened


async def said(opened: Egress, request: bytes, then: bytes = b"") -> bytes:
    reader, writer = await asyncio.open_unix_connection(opened.socket)
    writer.write(request)
    if then and (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200"):
        writer.write(then)
    writer.write_eof()
    answer = await reader.read()
    writer.close()
    return answer


async def test_bytes_go_both_ways_to_a_listed_host() -> None:
    async with way(["93.184.215.14"]) as opened:
        assert await said(opened, b"CONNECT Files.Example.:80 HTTP/1.1\r\n\r\n", b"hello\n") == b"HELLO\n"
        assert dict(opened.reached) == {"files.example": 1}
        assert opened.refused == {}
        assert opened.socket.parent.stat().st_mode & 0o777 == 0o700
    assert not opened.socket.exists()


@pytest.mark.parametrize(
    ("request_line", "what", "why"),
    [
        ("CONNECT evil.example:443", "evil.example:443", "not on the list"),
        ("CONNECT files.example:443", "files.example:443", "not on the list"),
        ("CONNECT files.example:99999999", "files.example:99999999", "no host and port"),
        ("CONNECT files.example", "files.example", "no host and port"),
        ("GET http://files.example/x", "http://files.example/x:80", "only https"),
        ("nonsense", "a request", "no HTTP request"),
    ],
)
async def test_what_is_refused_is_told_and_noted(request_line: str, what: str, why: str) -> None:
    async with way(["93.184.215.14"]) as opened:
        answer = await said(opened, f"{request_line} HTTP/1.1\r\n\r\n".replace("nonsense HTTP/1.1", "x").encode())
        assert answer.startswith(b"HTTP/1.1 403")
        assert why.encode() in answer
        assert [key for key in opened.refused if key.startswith(what.split(":99", maxsplit=1)[0])]
        assert not opened.reached


async def test_one_private_address_among_good_ones_is_refused_unless_the_host_says_so() -> None:
    async with way(["93.184.215.14", "10.0.0.7"]) as opened:
        assert b"10.0.0.7" in await said(opened, b"CONNECT files.example:80 HTTP/1.1\r\n\r\n")
        assert b"200" in await said(opened, b"CONNECT mirror.corp.example:443 HTTP/1.1\r\n\r\n")
    async with way([]) as opened:
        assert b"nowhere" in await said(opened, b"CONNECT files.example:80 HTTP/1.1\r\n\r\n")


async def test_limits_of_bytes_and_of_the_request() -> None:
    async with way(["93.184.215.14"], WayLimits(down=10)) as opened:
        with suppress(ConnectionError):  # cut off before anything was passed on
            assert await said(opened, b"CONNECT files.example:80 HTTP/1.1\r\n\r\n", b"0123456789abc\n") == b""
        assert "received" in opened.refused["files.example"]
    async with way(["93.184.215.14"]) as opened:
        reader, writer = await asyncio.open_unix_connection(opened.socket)
        writer.write(b"CONNECT files.example:80 HTTP/1.1\r\nx: " + b"y" * 20_000)
        assert await reader.read() == b""
        writer.close()


async def until(condition: Callable[[], bool]) -> None:
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("waited 10 s")


async def test_an_answer_may_take_longer_than_silence_may() -> None:
    """Who downloads says nothing meanwhile: the clock is that of both directions."""
    began = asyncio.get_running_loop().time()
    async with way(["93.184.215.14"], WayLimits(idle_seconds=0.7), drip) as opened:
        reader, writer = await asyncio.open_unix_connection(opened.socket)
        writer.write(b"CONNECT files.example:80 HTTP/1.1\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"12345\n")
        assert await reader.read() == b"x" * 6
        writer.close()
    assert 0.9 + 0.7 <= asyncio.get_running_loop().time() - began < 10


async def test_connections_that_say_nothing_count() -> None:
    async with way(["93.184.215.14"], WayLimits(connections=3)) as opened:
        silent = [await asyncio.open_unix_connection(opened.socket) for _ in range(3)]
        assert b"more than 3 connections" in await said(opened, b"CONNECT files.example:80 HTTP/1.1\r\n\r\n")
        assert opened.refused == {"a connection": "more than 3 connections at once"}
        silent[0][1].close()
        await until(lambda: opened._open < 3)
        assert await said(opened, b"CONNECT files.example:80 HTTP/1.1\r\n\r\n", b"hello\n") == b"HELLO\n"
        for _, writer in silent:
            writer.close()


async def test_the_end_of_a_way_is_quiet() -> None:
    """Whatever is open then is closed without a word in the log."""
    told: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: told.append(context))
    async with way(["93.184.215.14"]) as opened:
        reader, writer = await asyncio.open_unix_connection(opened.socket)
        writer.write(b"CONNECT files.example:80 HTTP/1.1\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
        _, waiting = await asyncio.open_unix_connection(opened.socket)
        await until(lambda: opened._open == 2)
    assert await reader.read() == b""
    await asyncio.sleep(0)
    assert told == []
    writer.close()
    waiting.close()


def test_a_greeting_that_is_none() -> None:
    for nonsense in (b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x00\x02\x01\x00" + b"x" * 100):
        greeting = Greeting()
        greeting.feed(nonsense)
        assert (greeting.read, greeting.name) == (True, None)


@pytest.mark.skipif(not PROBE.ok, reason=PROBE.reason)
async def test_a_command_in_the_cage_finds_the_way_by_its_environment(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    code = (
        "import os, socket\nhost, port = os.environ['https_proxy'].removeprefix('http://').split(':')\n"
        "s = socket.create_connection((host, int(port)))\n"
        "s.sendall(b'CONNECT files.example:80 HTTP/1.1\\r\\n\\r\\n')\nprint(s.recv(100).split()[1])\n"
        "s.sendall(b'hello\\n')\nprint(s.recv(100))\n"
    )
    command = f"{sys.executable} -I -S - <<'END'\n{code}END\nexit 7"
    async with way(["93.184.215.14"]) as opened:
        result = await PROBE.cage().run(command, workdir=tmp_path / "work", timeout=20.0, way=opened)
    assert (result.exit_code, result.output) == (7, "b'200'\nb'HELLO\\n'\n")
    assert dict(opened.reached) == {"files.example": 1}
