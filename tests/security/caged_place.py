"""A work tree in the real cage with something of the host's beside it, as the attacks on the cage need it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from otto_bot.sandbox import bwrap
from otto_bot.sandbox.cage import Cage, python_paths
from otto_bot.sandbox.result import Limits, Result

MEBIBYTE = 1024 * 1024
SECRET = "the host's own secret"
BWRAP, MOUNTS, SUPERVISE = "otto_bot.sandbox.bwrap", "otto_bot.sandbox.mounts", "otto_bot.sandbox.supervise"
GROUPS = "otto_bot.sandbox.groups"

PROBE = Cage.probe()
"""Whether there is a cage to attack, found out before any defence is switched off."""


def caged(place: Path, command: str, limits: Limits | None = None) -> Result:
    """A model's command in a work tree at `place/outer/work`, beside which the host keeps something."""
    if not PROBE.ok:
        pytest.skip(PROBE.reason)
    work = work_in(place)
    running = PROBE.cage().run(command, workdir=work, timeout=20.0, limits=limits, readonly=python_paths())
    return asyncio.run(running)


def work_in(place: Path) -> Path:
    work = place / "outer" / "work"
    if not work.exists():
        (work / ".git").mkdir(parents=True)
        (work / ".git" / "config").write_text("[core]\n")
        (place / "outer" / "key").write_text(SECRET)
    return work


def python(code: str) -> str:
    """A shell command that runs Python, whichever the cage has."""
    return f"{sys.executable} -I -S - <<'END'\n{code}\nEND"


@contextmanager
def isolated(*without: str, nesting: bool = False) -> Iterator[None]:
    """The cage without these namespaces; with `nesting` nothing but the filter forbids further ones."""
    before, forbidding = bwrap.ISOLATION, bwrap.NO_NESTING
    kinds = [kind for kind in ("user", "ipc", "pid", "net", "uts") if kind not in without]
    rest = tuple(part for part in before if part not in ("--unshare-all", "--unshare-user"))
    bwrap.ISOLATION = (*(f"--unshare-{kind}" for kind in kinds), *rest)
    bwrap.NO_NESTING = () if nesting else forbidding
    try:
        yield
    finally:
        bwrap.ISOLATION, bwrap.NO_NESTING = before, forbidding
