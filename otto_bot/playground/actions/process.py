"""Run one act process: its lines as they come, a deadline, and an end that leaves no process behind."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_CHUNK = 65_536
_MAX_LINE = 4 * 1024 * 1024
_KILL_ROUNDS, _KILL_PAUSE = 200, 0.01
_STDERR_SECONDS = 2.0
_STDERR_KEPT = 64 * 1024


@dataclass(frozen=True, slots=True)
class ProcessEnd:
    """How it ended. `stderr` is the last part of it."""

    exit_code: int | None
    timed_out: bool
    stderr: str


async def run(
    command: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path,
    seconds: float,
    on_line: Callable[[bytes], None],
    pass_fds: Sequence[int] = (),
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
        pass_fds=tuple(pass_fds),
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
        await asyncio.shield(kill_session(process.pid))
        with contextlib.suppress(ProcessLookupError):  # where there is no /proc to look through
            os.killpg(process.pid, signal.SIGKILL)
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


async def kill_session(leader: int) -> None:
    """Kill every process of the session that `leader` began, and of those its children began: act gives a step one.

    They are stopped first, until no new one appears: a parent that dies would hide the child it has just started.
    """
    sessions, stopped = {leader}, set[int]()
    for _round in range(_KILL_ROUNDS):
        members = _members(leader, sessions)
        new = members - stopped
        if not new:
            break
        _signal(new, signal.SIGSTOP)
        stopped |= new
    for _round in range(_KILL_ROUNDS):
        members = _members(leader, sessions)
        _signal(members, signal.SIGKILL)
        if not members:
            return
        await asyncio.sleep(_KILL_PAUSE)


def _members(leader: int, sessions: set[int]) -> set[int]:
    """Processes of these sessions; sessions that descendants of the leader have begun are added to them."""
    running = _processes()
    sessions |= {running[pid].session for pid in _descendants(running, leader)}
    return {pid for pid, process in running.items() if process.session in sessions}


def _signal(pids: Iterable[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


@dataclass(frozen=True, slots=True)
class _Process:
    parent: int
    session: int


def _processes() -> dict[int, _Process]:
    """What runs on this machine by /proc, zombies left out; empty where there is no /proc."""
    found: dict[int, _Process] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        if len(fields) > 3 and fields[0] != "Z":
            found[int(entry.name)] = _Process(int(fields[1]), int(fields[3]))
    return found


def _descendants(running: Mapping[int, _Process], root: int) -> set[int]:
    found: set[int] = set()
    front = {root}
    while front:
        front = {pid for pid, process in running.items() if process.parent in front} - found
        found |= front
    return found
