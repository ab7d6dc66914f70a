"""Bounds processes and memory where the kernel's usual limits do not: in control groups.

RLIMIT_NPROC does not hold for root, a fork bomb outruns anyone who counts from outside, and what lies in memory file
systems or memory files is no process's. A control group holds for all of it. It needs a writable cgroup file system,
which root usually has on a host and seldom in a container.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from otto_bot.sandbox.result import Limits

_log = logging.getLogger(__name__)

_ROOT = Path("/sys/fs/cgroup")
_JOIN = 'while [ "$1" != -- ]; do echo $$ > "$1/cgroup.procs" || exit 126; shift; done; shift; exec "$@"'
_OWN_PROCESSES = 4  # bwrap and what it needs itself
_OWN_MEMORY = 8 * 1024 * 1024
_PREFIX = "otto-cage-"
_EMPTY_SECONDS = 2.0
_LOOK_SECONDS = 0.005
_LEFT_SECONDS = 600.0
"""Nobody makes a group and starts nothing in it for so long."""


@dataclass(frozen=True)
class Groups:
    """One command's groups, each with the controller it is for. None at all where none can be made."""

    folders: tuple[tuple[str, Path], ...] = ()

    @property
    def prefix(self) -> list[str]:
        """The start of an argv that puts the rest of it into the groups."""
        names = dict.fromkeys(str(folder) for _, folder in self.folders)
        return ["/bin/sh", "-c", _JOIN, "join", *names, "--"] if names else []

    def out_of_memory(self) -> bool:
        """Whether the kernel ended a process because the group had no memory left."""
        for controller, folder in self.folders:
            if controller == "memory":
                for name in ("memory.oom_control", "memory.events"):
                    with contextlib.suppress(OSError):
                        if any(_counted(line) for line in (folder / name).read_text().splitlines()):
                            return True
        return False

    async def ended(self) -> None:
        """End every process that is left in them, and wait until it is gone."""
        left = [folder for _, folder in self.folders]
        for _look in range(round(_EMPTY_SECONDS / _LOOK_SECONDS)):
            left = [folder for folder in left if not _gone(folder)]
            if not left:
                return
            await asyncio.sleep(_LOOK_SECONDS)


def counting(controller: str) -> Path | None:
    """Where groups for `controller` (`pids`, `memory`) can be made, None where that is not possible."""
    if os.geteuid() != 0:
        return None
    old = _ROOT / controller
    if (old / "cgroup.procs").exists():
        root = old
    elif _has(controller, _ROOT / "cgroup.subtree_control"):
        root = _ROOT
    else:
        return None
    return root if os.access(root, os.W_OK) and not os.statvfs(root).f_flag & os.ST_RDONLY else None


@contextlib.contextmanager
def joined(limits: Limits) -> Iterator[Groups]:
    """Groups of at most so many processes and bytes, for as long as one command runs."""
    processes, memory = limits.processes + _OWN_PROCESSES, limits.memory + _OWN_MEMORY
    made: dict[Path, Path] = {}
    try:
        folders = []
        for controller, caps in (
            ("pids", {"pids.max": processes}),
            ("memory", {"memory.max": memory, "memory.swap.max": 0, "memory.limit_in_bytes": memory,
                        "memory.memsw.limit_in_bytes": memory}),
        ):  # fmt: skip
            root = counting(controller)
            if root is not None and root not in made:
                _sweep(root)
            if root is not None and (folder := _made(root, made, caps)) is not None:
                folders.append((controller, folder))
        yield Groups(tuple(folders))
    finally:
        left = [folder for folder in made.values() if not _gone(folder)]
        if left:  # beside whoever waits: it may be an event loop
            threading.Thread(target=_remove, args=(left,), name="control groups").start()


def _made(root: Path, made: dict[Path, Path], limits: dict[str, int]) -> Path | None:
    """The command's group below `root`, with its limits set; version 1 and 2 name them differently."""
    try:
        if root not in made:
            made[root] = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=root))
        known = [name for name in limits if (made[root] / name).exists()]
        for name in known:
            (made[root] / name).write_text(f"{limits[name]}\n")
    except OSError as error:
        _log.warning("processes and memory are only watched, not bounded: %s", error)
        return None
    return made[root]


def _counted(line: str) -> bool:
    name, _, count = line.partition(" ")
    return name == "oom_kill" and count.strip() not in ("", "0")


def _sweep(root: Path) -> None:
    """Remove what a worker that was killed has left; a group with a process in it cannot be removed."""
    for group in root.glob(f"{_PREFIX}????????"):
        with contextlib.suppress(OSError):
            if time.time() - group.stat().st_mtime > _LEFT_SECONDS:
                group.rmdir()


def _gone(group: Path) -> bool:
    """End what is left in it, however it left the command's tree, and remove it; False where it is not empty yet."""
    try:
        _kill(group)
        group.rmdir()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def _remove(groups: Sequence[Path]) -> None:
    """The kernel takes a moment to count a process out."""
    deadline = time.monotonic() + _EMPTY_SECONDS
    while left := [group for group in groups if not _gone(group)]:
        if time.monotonic() > deadline:
            _log.warning("control groups stay behind, and are removed with a later command: %s", left)
            return
        time.sleep(_LOOK_SECONDS)


def _kill(group: Path) -> None:
    for pid in (group / "cgroup.procs").read_text().split():
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(pid), signal.SIGKILL)


def _has(controller: str, control: Path) -> bool:
    return control.exists() and controller in control.read_text().split()
