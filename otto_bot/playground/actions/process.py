"""Run one act process: its lines as they come, a deadline, and an end that leaves no process behind."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_CHUNK = 65_536
_MAX_LINE = 4 * 1024 * 1024
_STDERR_SECONDS = 2.0
_STDERR_KEPT = 64 * 1024


@dataclass(frozen=True, slots=True)
class ProcessEnd:
    """How it ended. `stderr` is the last part of it."""

    exit_code: int | None
    timed_out: bool
    stderr: str


async def run(
    command: Sequence[str], *, env: Mapping[str, str], cwd: Path, seconds: float, on_line: Callable[[bytes], None]
) -> ProcessEnd:
    """Run to the end or the deadline. A cancelled task kills the process, and all its children, before it leaves."""
    process = await asyncio.create_subprocess_exec(
        *command,
        env=dict(env),
        cwd=cwd,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    errors = asyncio.create_task(_tail(process.stderr))
    timed_out = False
    try:
        async with asyncio.timeout(seconds):
            async for line in _lines(process.stdout):
                on_line(line)
            await process.wait()
    except TimeoutError:
        timed_out = True
    finally:
        kill_session(process.pid)
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await asyncio.shield(process.wait())
        text = await _finish(errors)
    return ProcessEnd(process.returncode, timed_out, text)


async def _lines(stream: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """Lines of any length; one over the limit is cut, so that a job cannot fill the memory."""
    rest = b""
    while chunk := await stream.read(_CHUNK):
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield line[:_MAX_LINE]
        rest = rest[:_MAX_LINE]
    if rest:
        yield rest


async def _finish(errors: asyncio.Task[str]) -> str:
    # A process that left the session can keep the pipe open; it must not keep the job open as well.
    done, _pending = await asyncio.wait((errors,), timeout=_STDERR_SECONDS)
    if done:
        return errors.result()
    errors.cancel()
    return ""


async def _tail(stream: asyncio.StreamReader) -> str:
    kept = b""
    while chunk := await stream.read(_CHUNK):
        kept = (kept + chunk)[-_STDERR_KEPT:]
    return kept.decode(errors="replace")


def kill_session(leader: int) -> None:
    """Kill every process of the session that `leader` began: act gives each step a process group of its own."""
    if not Path("/proc/self/stat").exists():
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(leader, signal.SIGKILL)
        return
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and _session_of(entry) == leader:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(int(entry.name), signal.SIGKILL)


def _session_of(entry: Path) -> int | None:
    try:
        fields = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return int(fields[3]) if len(fields) > 3 else None
