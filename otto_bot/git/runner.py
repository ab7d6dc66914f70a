"""Runs git: fixed argv, an environment built from nothing, limits on time and output, clean errors."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from otto_bot.git.credentials import Credential
from otto_bot.git.errors import GitTimedOut, OutputTooLarge, failure
from otto_bot.observe.spans import span
from otto_bot.started import end, kill_group, started

MEBIBYTE = 1024 * 1024
_STDERR_KEPT = 64 * 1024
_CHUNK = 64 * 1024
_WORD = re.compile(r"[a-z][a-z-]{1,30}")

# Proxies and certificates are the host's to decide; nothing else of its environment reaches git.
_HOST_VARIABLES = frozenset(
    {"https_proxy", "http_proxy", "no_proxy", "HTTPS_PROXY", "NO_PROXY", "GIT_SSL_CAINFO", "SSL_CERT_FILE", "PATH"}
)

_OLD_FLAWS = (
    *("badDate", "badDateOverflow", "badEmail", "badFilemode", "badName", "badTagName", "badTimezone"),
    *("extraHeaderEntry", "missingEmail", "missingNameBeforeEmail", "missingSpaceBeforeDate"),
    *("missingSpaceBeforeEmail", "missingTaggerEntry", "multipleAuthors", "nulInCommit", "zeroPaddedDate"),
    "zeroPaddedFilemode",
)
"""What old tools wrote into histories that are honest. Paths, links and `.gitmodules` are never excused."""

_CONFIG: tuple[tuple[str, str], ...] = (
    ("core.hooksPath", "/dev/null"),
    ("core.fsmonitor", "false"),
    ("core.attributesFile", "/dev/null"),
    ("core.excludesFile", "/dev/null"),
    ("core.autocrlf", "false"),
    ("core.protectNTFS", "true"),
    ("core.protectHFS", "true"),
    ("core.sshCommand", "/bin/false"),
    ("core.quotePath", "false"),
    ("credential.helper", ""),
    ("credential.interactive", "false"),
    ("core.askPass", "/bin/false"),
    ("safe.bareRepository", "explicit"),
    ("transfer.bundleURI", "false"),
    ("transfer.fsckObjects", "true"),
    *((f"fetch.fsck.{flaw}", "ignore") for flaw in _OLD_FLAWS),
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
    ("submodule.recurse", "false"),
    ("fetch.recurseSubmodules", "false"),
    ("push.recurseSubmodules", "no"),
    ("protocol.version", "2"),
    # git goes on with where a first answer leads, and takes the header with the token along to that host.
    ("http.followRedirects", "false"),
    ("http.lowSpeedLimit", "1"),
    ("http.lowSpeedTime", "60"),
)


@dataclass(frozen=True)
class Ran:
    """How one git process ended. `stderr` holds at most the last 64 KiB and no credential."""

    exit_code: int
    stdout: bytes
    stderr: str

    @property
    def text(self) -> str:
        return self.stdout.decode("utf-8", "replace").strip()


class _Given(NamedTuple):
    """What a call of `run` asks for."""

    argv: Sequence[str]
    input: bytes
    credential: Credential | None
    timeout: float
    max_output: int
    ok: Sequence[int]


def _subcommand(argv: Sequence[str]) -> str:
    """The word after git and its switches: the rest of a command line names files and branches."""
    return next((word for word in argv if _WORD.fullmatch(word)), "")


class GitRunner:
    """Spawns git. `home` is a directory of our own that stays empty; `protocols` are all that git may speak."""

    def __init__(
        self,
        home: Path,
        *,
        protocols: Sequence[str] = ("https", "http"),
        host: Mapping[str, str] | None = None,
        git: str | None = None,
    ) -> None:
        found = git or shutil.which("git")
        if found is None:
            raise FileNotFoundError("git is not installed: install git 2.38 or newer and put it on PATH")
        unknown = set(host or {}) - _HOST_VARIABLES
        if unknown:
            raise ValueError(f"these variables must not reach git: {', '.join(sorted(unknown))}")
        home.mkdir(parents=True, exist_ok=True)
        self._git = found
        self._environment = {
            "PATH": os.pathsep.join(dict.fromkeys((str(Path(found).parent), "/usr/bin", "/bin"))),
            **(host or {}),
            "HOME": str(home),
            "LC_ALL": "C",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_ATTR_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ASKPASS": "/bin/false",
            "GIT_OPTIONAL_LOCKS": "0",
            "GIT_NO_REPLACE_OBJECTS": "1",
            "GIT_LFS_SKIP_SMUDGE": "1",
            "GIT_NO_LAZY_FETCH": "1",
            "GIT_ALLOW_PROTOCOL": ":".join(protocols),
        }

    def environment(
        self, credential: Credential | None = None, config: Sequence[tuple[str, str]] = ()
    ) -> dict[str, str]:
        """The whole environment of a git process: nothing is inherited. `config`: more settings for this one."""
        pairs = (*_CONFIG, *config, *(credential.config if credential else ()))
        numbered = {f"GIT_CONFIG_KEY_{n}": key for n, (key, _) in enumerate(pairs)}
        numbered |= {f"GIT_CONFIG_VALUE_{n}": value for n, (_, value) in enumerate(pairs)}
        return {**self._environment, **numbered, "GIT_CONFIG_COUNT": str(len(pairs))}

    async def run(
        self,
        argv: Sequence[str],
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        input: bytes = b"",  # noqa: A002 - the word of subprocess.run
        credential: Credential | None = None,
        config: Sequence[tuple[str, str]] = (),
        timeout: float = 120.0,  # noqa: ASYNC109 - the process must die with it, not only the wait
        max_output: int = 64 * MEBIBYTE,
        ok: Sequence[int] = (0,),
        pass_fds: Sequence[int] = (),
    ) -> Ran:
        """Run `git argv`. `timeout` in seconds, `max_output` in bytes of stdout.

        Raises GitTimedOut, OutputTooLarge, or GitFailed when the exit code is not in `ok`. Whatever ends the
        wait, cancellation included, the whole process group is killed.
        """
        with span("git", git=_subcommand(argv)) as seen:
            given = _Given(argv, input, credential, timeout, max_output, ok)
            ran = await self._run(given, cwd, {**self.environment(credential, config), **(env or {})}, tuple(pass_fds))
            seen.put(exit_code=ran.exit_code)
            return ran

    async def _run(self, given: _Given, cwd: Path | None, env: dict[str, str], pass_fds: tuple[int, ...]) -> Ran:
        argv, timeout, credential = given.argv, given.timeout, given.credential
        process = await started(
            self._git,
            *argv,
            cwd=cwd or self._environment["HOME"],
            env=env,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            pass_fds=pass_fds,
        )
        shown = ("git", *argv)
        try:
            async with asyncio.timeout(timeout):
                stdout, stderr = await self._converse(process, given.input, given.max_output)
                exit_code = await process.wait()
        except TimeoutError:
            raise GitTimedOut(shown, -1, f"killed after {timeout:g} s") from None
        finally:
            # Shielded: a second cancellation must not leave a zombie behind.
            await asyncio.shield(end(process))
        told = stderr.decode("utf-8", "replace")
        if credential:
            told = credential.redact(told)
        if stdout is None:
            raise OutputTooLarge(shown, -1, f"killed after {given.max_output} bytes of output")
        if exit_code not in given.ok:
            raise failure(shown, exit_code, told, full=_is_full(cwd or Path(self._environment["HOME"])))
        return Ran(exit_code, stdout, told)

    async def _converse(
        self, process: asyncio.subprocess.Process, given: bytes, max_output: int
    ) -> tuple[bytes | None, bytes]:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        _, stdout, stderr = await asyncio.gather(
            _feed(process.stdin, given),
            _read_all(process, process.stdout, max_output),
            _read_tail(process.stderr),
        )
        return stdout, stderr


def _is_full(place: Path) -> bool:
    """Whether the disk of a directory has no room for files worth naming, or for no further file."""
    with contextlib.suppress(OSError):
        disk = os.statvfs(place)
        return disk.f_bavail * disk.f_frsize < MEBIBYTE or bool(disk.f_files and not disk.f_favail)
    return False


async def _feed(stdin: asyncio.StreamWriter, given: bytes) -> None:
    # git may end without reading all of it; its exit code then tells why.
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        stdin.write(given)
        await stdin.drain()
    stdin.close()
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        # Shielded: what is waited for is the stream's own future, which a cancellation would take from it.
        await asyncio.shield(stdin.wait_closed())


async def _read_all(process: asyncio.subprocess.Process, stream: asyncio.StreamReader, limit: int) -> bytes | None:
    """Everything, or None (and the process is killed) when it is more than `limit` bytes."""
    chunks: list[bytes] = []
    size = 0
    while chunk := await stream.read(_CHUNK):
        size += len(chunk)
        if size > limit:
            kill_group(process)
            # To its end, or the pipe stays open.
            while await stream.read(_CHUNK):
                continue
            return None
        chunks.append(chunk)
    return b"".join(chunks)


async def _read_tail(stream: asyncio.StreamReader) -> bytes:
    kept = b""
    while chunk := await stream.read(_CHUNK):
        kept = (kept + chunk)[-_STDERR_KEPT:]
    return kept
