"""Where tests put their files: into memory, where a host has plenty of it. Each commit to a disk waits for the disk.

Nothing is tested less by it: processes are killed, machines are not. `TMPDIR` of one's own choice stays.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import MutableMapping
from pathlib import Path

MEMORY = Path("/dev/shm")
LEAST_BYTES = 6 * 1024**3
"""That must be free: a run of all tests was seen to use 1 GiB, and programs need some, too."""


def choose(environment: MutableMapping[str, str]) -> None:
    """Lead this process and those it starts there, if the folder is fit for it."""
    if "TMPDIR" not in environment and _is_fit(MEMORY):
        environment["TMPDIR"] = str(MEMORY)
        tempfile.tempdir = None  # whoever asked before, asks again


def _is_fit(folder: Path) -> bool:
    """Containers have a tiny one, or one from which no program is run."""
    if not os.access(folder, os.W_OK | os.X_OK):
        return False
    runs = not os.statvfs(folder).f_flag & os.ST_NOEXEC
    return runs and min(shutil.disk_usage(folder).free, _available()) >= LEAST_BYTES


def _available() -> int:
    """Bytes of memory that programs may still have."""
    with Path("/proc/meminfo").open(encoding="ascii") as lines:
        return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")), 0)
