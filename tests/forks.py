"""The fork server as tests use it: `launch` starts a part of the playground by a fork instead of a new interpreter."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from otto_bot.playground.demo.processes import Child

SERVER = Path(__file__).with_name("fork_server.py")
LIMIT = 16 * 1024 * 1024


class ForkServer:
    """One for a whole test session; its `launch` goes into `Playground`."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "fork"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns when it can fork. Raises RuntimeError where it cannot."""
        argv = [sys.executable, str(SERVER), str(self._path)]
        self._process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        if self._process.stdout.readline() != b"ready\n":
            raise RuntimeError(f"the fork server ended with {self._process.wait()}")

    def stop(self) -> None:
        """Ends it."""
        if self._process is not None:
            self._path.unlink(missing_ok=True)
            self._process.terminate()
            self._process.communicate()

    async def launch(self, name: str, argv: Sequence[str], env: Mapping[str, str], log: Path) -> Child:
        """Starts `[python, "-m", MODULE, …]` and waits for its ready line. Raises StartError."""
        assert argv[1] == "-m"
        errors = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            forked = await Forked.start(self._path, argv[2:], env, errors)
        finally:
            os.close(errors)
        return await Child.when_ready(name, forked, log)


class Forked:
    """A forked process, as asyncio shows its own."""

    def __init__(
        self, pid: int, stdout: asyncio.StreamReader, pipe: asyncio.ReadTransport, server: tuple[Any, Any]
    ) -> None:
        assert pid > 1, "its group is killed by this number: 0 would be our own"
        self.pid = pid
        self.stdout: asyncio.StreamReader | None = stdout
        self.returncode: int | None = None
        self._pipe = pipe
        self._reader, self._writer = server
        self._end = asyncio.create_task(self._until_the_end())

    @classmethod
    async def start(cls, path: Path, argv: Sequence[str], env: Mapping[str, str], errors: int) -> Forked:
        """Asks the server for it; returns when it has its process id."""
        connection, ours = _asked(path, argv, env, errors)
        reader, writer = await asyncio.open_unix_connection(sock=connection)
        stdout = asyncio.StreamReader(limit=LIMIT)
        loop = asyncio.get_running_loop()
        pipe, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stdout), os.fdopen(ours, "rb"))
        return cls(json.loads(await reader.readline())["pid"], stdout, pipe, (reader, writer))

    async def wait(self) -> int:
        """Its exit code; -9 when it was killed."""
        return await asyncio.shield(self._end)

    async def _until_the_end(self) -> int:
        line = await self._reader.readline()
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()
        self.returncode = json.loads(line)["exit"] if line else -9
        self._pipe.close()
        return self.returncode


def _asked(path: Path, argv: Sequence[str], env: Mapping[str, str], errors: int) -> tuple[socket.socket, int]:
    """The connection on which the answers come, and the reading end of the process's standard output."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.connect(str(path))
    ours, theirs = os.pipe()
    with Path(os.devnull).open("rb") as nothing:
        request = json.dumps({"argv": list(argv), "env": dict(env)}).encode() + b"\n"
        socket.send_fds(connection, [request], [nothing.fileno(), theirs, errors])
    os.close(theirs)
    connection.setblocking(False)
    return connection, ours
