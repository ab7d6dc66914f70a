"""Bounds the number of processes where the kernel's usual limit does not: for root.

RLIMIT_NPROC does not hold for root, and a fork bomb outruns anyone who counts from outside. A control group does
hold. It needs a writable cgroup file system, which root usually has on a host and seldom in a container.
"""

from __future__ import annotations

import contextlib
import logging
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

_log = logging.getLogger(__name__)

_JOIN = 'echo $$ > "$0/cgroup.procs" && exec "$@"'
_EMPTY_SECONDS = 2.0


def group_root() -> Path | None:
    """Where groups that count processes can be made, None where that is not possible or not needed."""
    if os.geteuid() != 0:
        return None
    old, new = Path("/sys/fs/cgroup/pids"), Path("/sys/fs/cgroup")
    if (old / "cgroup.procs").exists():
        root = old
    elif _has_pids(new / "cgroup.subtree_control"):
        root = new
    else:
        return None
    return root if os.access(root, os.W_OK) and not _is_read_only(root) else None


@contextlib.contextmanager
def joined(root: Path | None, limit: int) -> Iterator[list[str]]:
    """The start of an argv that puts the rest of it into a new group of at most `limit` processes."""
    group = _make(root, limit) if root else None
    if group is None:
        yield []
        return
    try:
        yield ["/bin/sh", "-c", _JOIN, str(group)]
    finally:
        _remove(group)


def _make(root: Path, limit: int) -> Path | None:
    try:
        group = Path(tempfile.mkdtemp(prefix="otto-", dir=root))
        (group / "pids.max").write_text(f"{limit}\n")
    except OSError as error:
        _log.warning("the number of processes is only watched, not bounded: %s", error)
        return None
    return group


def _remove(group: Path) -> None:
    """All members were killed before; the kernel takes a moment to count them out."""
    deadline = time.monotonic() + _EMPTY_SECONDS
    while True:
        try:
            group.rmdir()
        except OSError as error:
            if time.monotonic() > deadline:
                _log.warning("the empty control group %s stays behind: %s", group, error)
                return
            time.sleep(0.005)
        else:
            return


def _has_pids(control: Path) -> bool:
    return control.exists() and "pids" in control.read_text().split()


def _is_read_only(path: Path) -> bool:
    return bool(os.statvfs(path).f_flag & os.ST_RDONLY)
