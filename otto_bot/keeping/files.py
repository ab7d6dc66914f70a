"""Folders of the state folder that nobody needs any more: workspaces of past attempts, mirrors not used for long."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from pydantic import ValidationError

from otto_bot.core.attempt import TaskState
from otto_bot.core.run import Run
from otto_bot.store import tables as t
from otto_bot.store.database import reading
from otto_bot.store.ledger import Ledger, NoSuchRun
from otto_bot.store.sweep import Removed
from otto_bot.store.versions import NewerVersion

QUIET_SECONDS = 3600.0
"""A workspace that was touched this lately may be in use, whatever the ledger says."""
DAY = 86_400.0
GONE = ".gone"
_WORKSPACE = re.compile(r"^run-([0-9]+)-(.+?)(?:\.otto)?$")
_ATTEMPT = re.compile(r"^(t[0-9]+)-a([0-9]+)$")


class Files:
    """The folders of one state folder. With `dry` nothing is changed."""

    def __init__(self, state: Path, engine: sa.Engine, *, dry: bool = False) -> None:
        self._state = state
        self._engine = engine
        self._dry = dry

    def workspaces(self, at: datetime) -> Removed:
        """Those of runs that are over or unknown, and of attempts that are written or past."""
        removed, runs = Removed(), dict[int, Run | None]()
        for path in folders(self._state / "work"):
            name = _WORKSPACE.match(path.name)
            idle = at.timestamp() - touched(path)
            if not path.name.startswith(GONE):
                if name is None or idle < QUIET_SECONDS:
                    continue
                run_id = int(name[1])
                try:
                    if run_id not in runs:
                        runs[run_id] = self._run(run_id)
                except (NewerVersion, ValidationError):
                    continue  # what it needs, a newer version knows
                if _needed(runs[run_id], name[2], idle):
                    continue
            removed = removed.plus(self.remove(path))
        return removed

    def _run(self, run_id: int) -> Run | None:
        try:
            run = Ledger(self._engine).load(run_id)
        except NoSuchRun:
            return None
        return None if run.ended and not run.stopping else run

    def mirrors(self, before: datetime) -> Removed:
        """Those of repositories where no run lives or ended later, untouched since then. They are fetched again."""
        with reading(self._engine) as c:
            used = (t.runs.c.active == 1) | (t.runs.c.updated_at >= before.timestamp())
            alive = set(c.execute(sa.select(t.runs.c.repo_id).where(used).distinct()).scalars())
        removed = Removed()
        for path in folders(self._state / "mirrors"):
            number = path.name.partition("-")[0]
            unused = number.isdigit() and int(number) not in alive and touched(path) < before.timestamp()
            if unused or path.name.startswith(GONE):
                removed = removed.plus(self.remove(path))
        return removed

    def logs(self, before: datetime, at: datetime) -> Removed:
        """Logs that pages showed and nobody has read since; and what a process that is gone left of one."""
        removed, folder = Removed(), self._state / "logs"
        for path in sorted(folder.iterdir()) if folder.is_dir() and not folder.is_symlink() else ():
            seen = path.lstat()
            index = path.with_suffix(".log") if path.suffix == ".json" else path
            touched = index.lstat().st_mtime if index.exists() else seen.st_mtime
            unread = touched < before.timestamp() if path.suffix != ".part" else touched < at.timestamp() - DAY
            if unread and path.is_file():
                removed = removed.plus(Removed(1, seen.st_size))
                if not self._dry:
                    path.unlink(missing_ok=True)
        return removed

    def remove(self, path: Path) -> Removed:
        """Delete a folder; a process that dies in the middle leaves one that is deleted the next time."""
        size = size_of(path)
        if not self._dry:
            # Moved away in one step: whoever looks for it meanwhile finds it whole or not at all.
            gone = path if path.name.startswith(GONE) else path.with_name(f"{GONE}-{path.name}")
            if gone != path:
                if gone.exists():
                    shutil.rmtree(gone, ignore_errors=True)
                path.rename(gone)
            _unlock(gone)
            shutil.rmtree(gone, ignore_errors=True)
        return Removed(1, size)


def _needed(run: Run | None, name: str, idle: float) -> bool:
    """Whether the run may still go on in this workspace, untouched for `idle` seconds."""
    if run is None:
        return False
    attempt = _ATTEMPT.match(name)
    if attempt is None:
        return idle < DAY  # what an examiner looks at: made anew when it is gone
    task = run.tasks.get(attempt[1])
    last = task.last if task is not None else None
    if task is None or last is None or last.number < int(attempt[2]):
        return True  # about to begin
    return last.number == int(attempt[2]) and task.state is TaskState.CODING and last.sha is None


def folders(parent: Path) -> Iterator[Path]:
    if parent.is_dir():
        yield from sorted(path for path in parent.iterdir() if path.is_dir() and not path.is_symlink())


def touched(path: Path) -> float:
    """When anything directly in it was changed last."""
    newest = path.stat().st_mtime
    for inner in path.iterdir():
        newest = max(newest, inner.lstat().st_mtime)
    return newest


def size_of(path: Path) -> int:
    total = 0
    for folder, _, names in os.walk(path):
        for name in names:
            try:
                total += Path(folder, name).lstat().st_size
            except OSError:
                continue
    return total


def _unlock(path: Path) -> None:
    """Folders that a command made read-only would keep what is in them."""
    for folder, _, _ in os.walk(path):
        try:
            Path(folder).chmod(0o700)
        except OSError:
            continue


@contextmanager
def alone(state: Path) -> Iterator[bool]:
    """Whether nobody else sweeps this folder now; the lock is held meanwhile."""
    state.mkdir(parents=True, exist_ok=True)
    with (state / "gc.lock").open("w") as lock:
        try:
            fcntl.flock(lock.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
