"""Looks at a process and everything it started, from the outside."""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Usage:
    """What a tree of processes uses together: their ids, and resident bytes (shared pages count for each).

    `strays` counts processes of the machine whose parent ended while we looked. A few are anybody's; many are a
    fork bomb whose tree we cannot see whole.
    """

    pids: tuple[int, ...]
    resident: int
    strays: int


def usage_below(root: int) -> Usage:
    """The processes below `root`, without `root` itself. Empty when it is gone."""
    children: dict[int, list[int]] = defaultdict(list)
    resident: dict[int, int] = {}
    for name in os.listdir("/proc"):  # noqa: PTH208 - half the time of iterdir, and this runs ten times a second
        if name.isdigit() and (fields := _stat(name)):
            children[int(fields[1])].append(int(name))
            resident[int(name)] = int(fields[21]) * _PAGE
    found: list[int] = []
    waiting = [root]
    while waiting:
        below = children.pop(waiting.pop(), [])
        found += below
        waiting += below
    strays = sum(len(below) for parent, below in children.items() if parent and parent not in resident)
    return Usage(tuple(found), sum(resident[pid] for pid in found), strays)


def _stat(pid: str) -> list[str]:
    """Fields of /proc/PID/stat from the state on; empty when the process ended meanwhile."""
    try:
        return Path("/proc", pid, "stat").read_text(errors="replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return []
