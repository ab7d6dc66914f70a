"""Upkeep of mirrors: many small packs and loose objects become few. Nothing that is here goes, reachable or not."""

from __future__ import annotations

import fcntl
import logging
import os
import shutil
import subprocess
from pathlib import Path

from otto_bot.git.partial import REMOTE
from otto_bot.git.runner import GitRunner

log = logging.getLogger(__name__)

MOST_PACKS = 50
MOST_LOOSE = 20_000
SECONDS = 1800.0
_OBJECT = "[0-9a-f]" * 38


def tidy(state: Path) -> tuple[int, int]:
    """Pack the mirrors of a state folder that need it, one after another; packs that went, bytes that were won.

    A workspace that borrows sees no object go: what no branch names any more is kept as well.
    """
    if shutil.which("git") is None:
        return 0, 0
    packs = won = 0
    for path in sorted((state / "mirrors").glob("*.git")) if (state / "mirrors").is_dir() else ():
        if not _needs_it(path):
            continue
        handle = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            before, size = _packs(path), _bytes(path)
            if _repacked(GitRunner(state / "git-home", protocols=()), path, handle):
                packs, won = packs + max(0, len(before) - len(_packs(path))), won + max(0, size - _bytes(path))
        except BlockingIOError:
            continue  # somebody fetches; the next time
        finally:
            os.close(handle)
    return packs, won


def _needs_it(path: Path) -> bool:
    if len(_packs(path)) > MOST_PACKS:
        return True
    # git spreads loose objects evenly over 256 folders: one of them tells how many there are.
    return sum(1 for _ in (path / "objects" / "17").glob(_OBJECT)) * 256 > MOST_LOOSE


def _repacked(runner: GitRunner, path: Path, lock: int) -> bool:
    # A partial mirror's packs from the remote stay apart from others: git is told that there is such a remote, by a
    # name without an address.
    partial = (path / "info" / "partial").exists()
    config = ((f"remote.{REMOTE}.promisor", "true"),) if partial else ()
    argv = ["git", "repack", "-a", "-d", "-q", "--keep-unreachable", "--threads=1"]
    env = {**runner.environment(config=config), "GIT_DIR": str(path)}
    try:
        ran = subprocess.run(  # noqa: S603 - fixed words, in an environment of our own
            argv, cwd=path, env=env, capture_output=True, timeout=SECONDS, check=False, pass_fds=(lock,)
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        log.warning("packing mirror %s took longer than %s s and was left", path.name, SECONDS)
        return False
    if ran.returncode:
        log.warning("mirror %s could not be packed: %s", path.name, ran.stderr.decode("utf-8", "replace")[-300:])
    return ran.returncode == 0


def _packs(path: Path) -> list[Path]:
    return list((path / "objects" / "pack").glob("*.pack"))


def _bytes(path: Path) -> int:
    total = 0
    for folder, _, names in os.walk(path / "objects"):
        for name in names:
            try:
                total += Path(folder, name).lstat().st_size
            except OSError:
                continue
    return total
