"""Checks of the machine itself: settings, who may read secrets, versions, disk, the cage."""

from __future__ import annotations

import asyncio
import importlib.metadata
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from otto_bot.core.finding import Finding
from otto_bot.doctor.host import Host
from otto_bot.environment.env_file import place
from otto_bot.settings import FILE_VARIANTS, Settings
from otto_bot.text.doctor import found, names
from otto_bot.web.views.troubles import size_words

LEAST: dict[str, tuple[int, ...]] = {
    "Python": (3, 11),
    "SQLite": (3, 37),
    "git": (2, 38),
    "bubblewrap": (0, 6),
    "DBOS": (3, 4),
}
"""What Otto uses of each: strict types and `RETURNING`; `merge-tree --write-tree`; what the cage is built with."""
BELOW: dict[str, tuple[int, ...]] = {"Python": (3, 14), "DBOS": (4,)}
"""From here on it was never tried."""
PACKAGES = {"git": "git", "bubblewrap": "bubblewrap", "DBOS": "otto-bot", "SQLite": "libsqlite3-0", "Python": "python3"}
FULL, LITTLE = 200 * 1024**2, 5 * 1024**3
"""Bytes."""


async def settings(host: Host) -> list[Finding]:
    """What cannot be used, each by itself; else what differs from the defaults."""
    given = host.given
    if given.problems:
        return [found("settings", "unusable", problem=one) for one in given.problems]
    changed = [
        f"OTTO_{name.upper()}"
        for name, field in Settings.model_fields.items()
        if not field.is_required() and getattr(host.settings, name) != field.get_default(call_default_factory=True)
    ]
    if not changed:
        return [found("settings", "defaults")]
    return [found("settings", "usable", count=len(changed), names=names(changed, 40))]


async def secret_files(host: Host) -> list[Finding]:
    """Files with secrets are for the user that runs Otto alone."""
    environment = host.given.environment
    named = [environment.get(f"OTTO_{name.upper()}_FILE", "") for name in FILE_VARIANTS]
    settled = place(environment, host.given.folder)
    paths = [path for path in ([settled] if settled else []) + [*map(Path, filter(None, named))] if path.is_file()]
    wide = [path for path in paths if path.stat().st_mode & 0o077]
    if wide:
        return [found("secret-files", "open", path=one, mode=f"{one.stat().st_mode & 0o777:o}") for one in wide]
    if not paths:
        return [found("secret-files", "none")]
    return [found("secret-files", "private", names=names([str(path) for path in paths]))]


async def versions(_host: Host) -> list[Finding]:
    """Of what Otto stands on."""
    seen = await asyncio.to_thread(_versions)
    wrong = [one for what, version in seen.items() for one in _version(what, version)]
    said = ", ".join(f"{what} {version}" for what, version in seen.items() if version)
    return wrong or [found("versions", "supported", versions=said)]


def _versions() -> dict[str, str]:
    return {
        "Python": ".".join(map(str, sys.version_info[:3])),
        "SQLite": sqlite3.sqlite_version,
        "git": _told("git", "--version"),
        "bubblewrap": _bubblewrap(),
        "DBOS": importlib.metadata.version("dbos"),
    }


def _bubblewrap() -> str:
    """Of the one that cages are made by; where none can be made, of one that is there: why not is another check's."""
    from otto_bot.sandbox.bwrap import candidates, try_out

    start = try_out().start
    there = candidates() if start is None else [start.bwrap]
    return next(filter(None, (_told(str(one), "--version") for one in there)), "")


def _told(*command: str) -> str:
    """The version that a program tells; empty where it is not there."""
    if shutil.which(command[0]) is None:
        return ""
    env = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"}
    try:
        said = subprocess.run(command, capture_output=True, text=True, timeout=10, env=env, check=False).stdout  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return ""
    match = re.search(r"\d+(?:\.\d+)+", said)
    return match.group() if match else ""


def _version(what: str, version: str) -> Iterator[Finding]:
    if not version:
        yield found("versions", "missing", what=what, package=PACKAGES[what])
        return
    numbers = tuple(int(part) for part in re.findall(r"\d+", version)[:3])
    least = LEAST[what]
    if numbers < least:
        yield found("versions", "old", what=what, found=version, least=".".join(map(str, least)))
    elif what in BELOW and numbers >= BELOW[what]:
        tested = f"versions before {'.'.join(map(str, BELOW[what]))}"
        yield found("versions", "untested", what=what, found=version, tested=tested)


async def disk(host: Host) -> list[Finding]:
    """Room where the work is done."""
    state = host.settings.state_dir.absolute()
    there = next(path for path in (state, *state.parents) if path.exists())
    try:
        free = shutil.disk_usage(there).free
    except OSError as error:
        return [found("disk", "unwritable", path=state, why=error.strerror or "it cannot be read")]
    if not os.access(there, os.W_OK):
        return [found("disk", "unwritable", path=state, why=f"{there} may not be written by this user")]
    told = {"free": size_words(free), "path": state}
    if free < FULL:
        return [found("disk", "full", **told)]
    if free < LITTLE:
        return [found("disk", "little", most=size_words(int(host.settings.workspace_gib * 1024**3)), **told)]
    return [found("disk", "room", **told)]


async def sandbox(host: Host) -> list[Finding]:
    """The cage is tried as a worker tries it."""
    from otto_bot.sandbox.cage import Cage

    probe = await asyncio.to_thread(Cage.probe)
    said = [found("sandbox", "scripted")] if host.settings.cage == "scripted" else []
    if not probe.ok:
        return [found("sandbox", "none", why=probe.reason), *said]
    return [found("sandbox", "weaker" if probe.weaker else "caged", why=probe.reason or "Commands are caged."), *said]
