"""The room that mirrors take on this machine: the ones used longest ago go first, and never one that is in use."""

from __future__ import annotations

import fcntl
import json
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from otto_bot.keeping.files import GONE, Files, folders, size_of, touched
from otto_bot.store import tables as t
from otto_bot.store.cursors import Cursors
from otto_bot.store.database import reading
from otto_bot.store.host_facts import MIRRORS
from otto_bot.store.sweep import Removed

log = logging.getLogger(__name__)

GIB = 1024**3
LATELY_SECONDS = 600.0
"""A mirror that was touched this lately may be in use, whatever the ledger says."""


@dataclass(frozen=True)
class Room:
    """What mirrors take, after what was put away."""

    count: int
    bytes: int
    cap: int
    evicted: int = 0


def make_room(state: Path, engine: sa.Engine, cap: int, at: datetime, *, dry: bool = False) -> tuple[Room, Removed]:
    """Put mirrors away, least recently used first, until the rest takes `cap` bytes or all that is left is in use.

    Only called where `keeping.files.alone` holds. May be killed anywhere: a mirror is moved aside in one step, what was
    moved is deleted the next time, and a repository whose mirror is gone is fetched again.
    """
    found = {path: size_of(path) for path in folders(state / "mirrors") if not path.name.startswith(GONE)}
    total, removed = sum(found.values()), Removed()
    for path in sorted(found, key=touched):
        if total <= cap:
            break
        with _held(path) as free:
            # Looked at under the mirror's own lock: nobody fetches into it meanwhile.
            if not free or in_use(state, engine, path, at):
                continue
            removed = removed.plus(Files(state, engine, dry=dry).remove(path))
        total -= found[path]
        log.warning("mirror %s was put away for room: %.2f GiB, used longest ago", path.name, found[path] / GIB)
    if total > cap:
        log.warning(
            "mirrors take %.2f GiB, above OTTO_MIRRORS_GIB (%.2f), and all that are left are in use; raise it, or make "
            "less work at once", total / GIB, cap / GIB,
        )  # fmt: skip
    return Room(len(found) - removed.rows, total, cap, removed.rows), removed


def in_use(state: Path, engine: sa.Engine, mirror: Path, at: datetime) -> bool:
    """Whether a run of the repository lives, a workspace borrows from the mirror, or it was touched just now."""
    number = mirror.name.partition("-")[0]
    if not number.isdigit() or at.timestamp() - touched(mirror) < LATELY_SECONDS:
        return True
    with reading(engine) as c:
        lives = sa.select(t.runs.c.id).where((t.runs.c.active == 1) & (t.runs.c.repo_id == int(number))).limit(1)
        if c.execute(lives).first() is not None:
            return True
    objects = mirror.absolute() / "objects"
    return any(borrowed == objects for borrowed in borrowers(state))


def borrowers(state: Path) -> Iterator[Path]:
    """The stores of objects that workspaces of this machine borrow from, as their own `.git` says."""
    for path in folders(state / "work"):
        lent = path / ".git" / "objects" / "info" / "alternates"
        try:
            yield Path(lent.read_text(encoding="utf-8", errors="surrogateescape").strip())
        except OSError:
            continue  # what is half made, or no workspace


@contextmanager
def _held(mirror: Path) -> Iterator[bool]:
    """Whether nobody fetches into this mirror now; nobody begins to meanwhile."""
    handle = os.open(mirror.with_name(mirror.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(handle)


def told(engine: sa.Engine, host: str, room: Room, at: datetime) -> None:
    """Write down how it stands here, for the health page and metrics. Raises StoreUnavailable."""
    value = {"at": at.timestamp(), "count": room.count, "bytes": room.bytes, "cap": room.cap}

    def change(before: str | None) -> str:
        known = json.loads(before) if before else {}
        return json.dumps({**value, "evicted": int(known.get("evicted", 0)) + room.evicted})

    Cursors(engine).change_cursor(f"{MIRRORS}{host}", change)
