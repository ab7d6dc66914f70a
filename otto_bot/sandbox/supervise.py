"""Runs one process to its end under limits, and leaves nothing of it behind."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from otto_bot.sandbox.groups import Groups
from otto_bot.sandbox.output import HeadAndTail
from otto_bot.sandbox.processes import held_in_memory, usage_below
from otto_bot.sandbox.result import Limits, Result, StoppedBy
from otto_bot.sandbox.room import Room
from otto_bot.started import started

_LOOK_EVERY_SECONDS = 0.1
_DRAIN_SECONDS = 2.0
_CHUNK = 64 * 1024
_NO_GROUPS = Groups()
_TOOLS = "/usr/bin:/bin:/usr/sbin:/sbin"
_LONGEST_COMMAND = 100_000


def shell_argv(command: str, limits: Limits) -> list[str]:
    """The argv that runs `command` in a shell with each process's own limits set. ValueError on bad commands."""
    if "\0" in command:
        raise ValueError("a command must not contain NUL")
    if len(command.encode("utf-8", "replace")) > _LONGEST_COMMAND:
        raise ValueError(f"a command must be at most {_LONGEST_COMMAND} bytes; write a script file and run that")
    return limited_argv([_tool("bash", "sh"), "-c", command.encode("utf-8", "replace").decode()], limits)


def limited_argv(argv: Sequence[str], limits: Limits) -> list[str]:
    """The argv that runs `argv` with each process's own limits set; FileNotFoundError without util-linux."""
    return [
        _tool("prlimit"),
        f"--as={limits.address_space}",
        f"--nproc={limits.processes}",
        f"--cpu={limits.cpu_seconds}",
        f"--fsize={limits.file_size}",
        f"--nofile={limits.open_files}",
        "--core=0",
        "--",
        *argv,
    ]


async def supervise(
    argv: Sequence[str],
    *,
    timeout: float,  # noqa: ASYNC109 - the process must die with it, not only the wait
    limits: Limits,
    env: Mapping[str, str],
    cwd: Path | None = None,
    pass_fds: Sequence[int] = (),
    room: Room | None = None,
    groups: Groups = _NO_GROUPS,
    places: Sequence[Path] = (),
) -> Result:
    """Run `argv` with exactly `env`. Stops it at `timeout` seconds or when its processes use too much together.

    `room` is that of the host's folders that it can fill, `groups` are those that `argv` joins, `places` its own memory
    file systems as it sees them. On any end, cancellation included, its process group and all it started are killed
    first.
    """
    watch = _Watch(limits, room or Room((), limits.disk, limits.files), groups, tuple(places))
    return await _supervise(argv, timeout, env, cwd, pass_fds, watch)


async def _supervise(
    argv: Sequence[str],
    timeout: float,  # noqa: ASYNC109
    env: Mapping[str, str],
    cwd: Path | None,
    pass_fds: Sequence[int],
    watch: _Watch,
) -> Result:
    started = time.monotonic()
    # A pipe of our own: the process has then ended when it has ended, not when the last heir of its output has.
    ours, theirs = os.pipe()
    try:
        process = await _start(argv, theirs, env, cwd, pass_fds)
    except BaseException:
        os.close(ours)
        raise
    finally:
        os.close(theirs)
    kept = watch.kept
    reading = asyncio.create_task(_read(ours, kept))
    try:
        stopped_by = await _watched(process, timeout, watch)
        if stopped_by is None and process.returncode and watch.groups.out_of_memory():
            stopped_by = "memory"
    finally:
        # Shielded: a second cancellation must not leave processes behind.
        await asyncio.shield(_end(process, reading, watch.groups))
    if stopped_by is None and watch.printed_too_much():
        stopped_by = "output"  # it was quicker than we look
    return Result(
        exit_code=-signal.SIGKILL if stopped_by else _as_in_a_shell(process.returncode),
        output=kept.text(),
        truncated=kept.truncated,
        timed_out=stopped_by == "timeout",
        seconds=time.monotonic() - started,
        stopped_by=stopped_by,
    )


async def _start(
    argv: Sequence[str], output: int, env: Mapping[str, str], cwd: Path | None, pass_fds: Sequence[int]
) -> asyncio.subprocess.Process:
    return await started(
        *argv,
        cwd=cwd,
        env=dict(env),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        pass_fds=tuple(pass_fds),
    )


class _Watch:
    """What is looked at while a command runs.

    The kernel's own limits are not enough: they count memory by process, processes not at all for root, and a
    folder's room never.
    """

    def __init__(self, limits: Limits, room: Room, groups: Groups, places: tuple[Path, ...]) -> None:
        self.kept = HeadAndTail(limits.output)
        self.groups = groups
        self._limits = limits
        self._room = room
        self._places = places

    def printed_too_much(self) -> bool:
        """Whether more was printed than a command may print."""
        return self.kept.total > self._limits.printed

    def passed(self, root: int) -> StoppedBy | None:
        """The limit that the processes below `root` have passed."""
        limits, usage = self._limits, usage_below(root)
        if len(usage.pids) + usage.strays > limits.processes:
            return "processes"
        held = held_in_memory(usage.pids, self._places) if self._places else 0
        if usage.resident + held > limits.memory or self.groups.out_of_memory():
            return "memory"
        if usage.cpu > limits.cpu_total:
            return "cpu"
        if self.printed_too_much():
            return "output"
        return "disk" if self._room.used_up() else None


async def _watched(process: asyncio.subprocess.Process, timeout: float, watch: _Watch) -> StoppedBy | None:  # noqa: ASYNC109
    """Wait for the end, or for the first limit that is passed."""
    deadline = time.monotonic() + timeout
    ending = asyncio.create_task(process.wait())
    try:
        while (left := deadline - time.monotonic()) > 0:
            done, _ = await asyncio.wait([ending], timeout=min(left, _LOOK_EVERY_SECONDS))
            if done:
                return None
            if passed := await asyncio.to_thread(watch.passed, process.pid):
                return passed
        return "timeout"
    finally:
        ending.cancel()
        await asyncio.wait([ending])


async def _end(process: asyncio.subprocess.Process, reading: asyncio.Task[None], groups: Groups) -> None:
    below = usage_below(process.pid).pids
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    for pid in below:
        with contextlib.suppress(ProcessLookupError, PermissionError):  # killed with its cage, or not ours to kill
            os.kill(pid, signal.SIGKILL)
    await process.wait()
    await groups.ended()
    done, _ = await asyncio.wait([reading], timeout=_DRAIN_SECONDS)
    if not done:
        reading.cancel()
        await asyncio.wait([reading])


def _as_in_a_shell(returncode: int | None) -> int:
    """128 + n for signal n, as bwrap reports it too."""
    assert returncode is not None
    return returncode if returncode >= 0 else 128 - returncode


async def _read(handle: int, kept: HeadAndTail) -> None:
    stream = asyncio.StreamReader()
    pipe = os.fdopen(handle, "rb", buffering=0)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(stream), pipe
    )
    try:
        while chunk := await stream.read(_CHUNK):
            kept.add(chunk)
    finally:
        transport.close()


def _tool(*names: str) -> str:
    found = next((path for name in names if (path := shutil.which(name, path=_TOOLS))), None)
    if found is None:
        raise FileNotFoundError(f"{names[0]} is not installed; it is part of util-linux or bash")
    return found
