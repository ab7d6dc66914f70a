"""Child processes of the demo: each in its own group, with a ready line on stdout and its words in a file."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

READY_SECONDS = 60.0
STOP_SECONDS = 11.0
"""The bot takes at most ten."""
TAIL_LINES = 25


def ends() -> tuple[signal.Signals, ...]:
    """What asks a demo to end, besides Ctrl-C. A closed terminal does, too, unless `nohup` says that it does not."""
    hung_up = () if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN else (signal.SIGHUP,)
    return (signal.SIGTERM, *hung_up)


class StartError(RuntimeError):
    """A part of the playground did not start; the text holds the last lines that it wrote."""


class Running(Protocol):
    """A process as asyncio shows it."""

    @property
    def pid(self) -> int: ...

    @property
    def returncode(self) -> int | None: ...

    @property
    def stdout(self) -> asyncio.StreamReader | None: ...

    async def wait(self) -> int: ...


class Child:
    """One process. Everything it writes after its ready line, and all of stderr, goes to `log`."""

    def __init__(self, name: str, process: Running, log: Path, ready: dict[str, Any]) -> None:
        self.name = name
        self.log = log
        self.ready = ready
        self._process = process
        self._drain = asyncio.create_task(_drain(process, log))

    @classmethod
    async def start(cls, name: str, argv: Sequence[str], env: Mapping[str, str], log: Path) -> Child:
        """Starts it and waits for its ready line. Raises StartError."""
        with log.open("ab") as errors:
            process = await asyncio.create_subprocess_exec(
                *argv, env=dict(env), stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=errors,
                start_new_session=True, limit=16 * 1024 * 1024,
            )  # fmt: skip
        return await cls.when_ready(name, process, log)

    @classmethod
    async def when_ready(cls, name: str, process: Running, log: Path) -> Child:
        """Waits for the ready line of a process that leads a group of its own. Raises StartError."""
        try:
            ready = await asyncio.wait_for(_ready_line(process, log), READY_SECONDS)
        except BaseException as error:
            _signal(process, signal.SIGKILL)
            await process.wait()
            if isinstance(error, TimeoutError):
                raise StartError(f"{name} was not ready within {READY_SECONDS:g} s\n{tail(log)}") from None
            raise
        if ready is None:
            await process.wait()
            raise StartError(f"{name} ended before it was ready (exit code {process.returncode})\n{tail(log)}")
        return cls(name, process, log, ready)

    @property
    def url(self) -> str:
        """Where it listens, without a slash at the end."""
        return str(self.ready["url"]).rstrip("/")

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self._process.returncode is None

    def signal(self, number: signal.Signals) -> None:
        """To the whole group."""
        _signal(self._process, number)

    async def ended(self) -> int:
        """Wait for its end; returns the exit code."""
        return await self._process.wait()

    async def stop(self) -> None:
        """Ends the whole group: kindly first, then by force."""
        _signal(self._process, signal.SIGTERM)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), STOP_SECONDS)
        await self.kill()

    async def kill(self) -> None:
        """Ends the whole group at once, as a power cut would."""
        _signal(self._process, signal.SIGKILL)
        await self._process.wait()
        await self._drain


def _signal(process: Running, number: signal.Signals) -> None:
    # The group outlives its leader while a grandchild lives; it is gone when nobody is left in it.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)


async def _ready_line(process: Running, log: Path) -> dict[str, Any] | None:
    """The first line that is a JSON object with `ready`; None when stdout ends without one."""
    assert process.stdout is not None
    while line := await process.stdout.readline():
        with contextlib.suppress(ValueError):
            data = json.loads(line)
            if isinstance(data, dict) and data.get("ready"):
                return data
        _append(log, line)
    return None


async def _drain(process: Running, log: Path) -> None:
    assert process.stdout is not None
    while line := await process.stdout.readline():
        _append(log, line)


def _append(log: Path, line: bytes) -> None:
    with log.open("ab") as file:
        file.write(line)


def tail(log: Path, lines: int = TAIL_LINES) -> str:
    """The last lines of a log, for an error."""
    if not log.is_file():
        return ""
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


async def output(argv: Sequence[str], env: Mapping[str, str], seconds: float) -> str:
    """What a command prints. Raises StartError when it fails or takes longer."""
    process = await asyncio.create_subprocess_exec(
        *argv, env=dict(env), stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    try:
        out, errors = await asyncio.wait_for(process.communicate(), seconds)
    except BaseException:
        _signal(process, signal.SIGKILL)
        await process.wait()
        raise
    if process.returncode != 0:
        raise StartError(
            f"{' '.join(argv[:4])} failed ({process.returncode})\n{errors.decode(errors='replace')[-2000:]}"
        )
    return out.decode()
