"""When, where and on what a measurement was made."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any

_HERE = Path(__file__).parent


def described(now: datetime) -> dict[str, Any]:
    """Date, cores, memory, load, Python and commit. No names, no paths."""
    return {
        "date": now.isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9),
        "load": round(os.getloadavg()[0], 1),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "system": f"{platform.system()} {platform.machine()}",
        "commit": _commit(),
    }


def sentence(machine: dict[str, Any]) -> str:
    """The same for people."""
    return (
        f"{machine['date'][:10]}, {machine['cores']} cores, {machine['memory_gb']} GB, {machine['python']}, "
        f"{machine['system']}, load {machine['load']} at the start, commit {machine['commit']}"
    )


def _commit() -> str:
    head = _git("rev-parse", "--short=12", "HEAD")
    changed = _git("status", "--porcelain", "--untracked-files=no", "--", "otto_bot/diagnosis", "bench/diagnosis")
    if not head:
        return "unknown"
    return f"{head} with changes" if changed else head


def _git(*words: str) -> str:
    command = ["git", "-C", str(_HERE.parent.parent), *words]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return ""  # measured from an archive, without git: the commit is then "unknown"
    return answer.stdout.strip() if answer.returncode == 0 else ""
