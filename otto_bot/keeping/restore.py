"""`restore`: a backup put back where no worker lives, checked before anything that is there is touched."""

from __future__ import annotations

import fcntl
import io
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import sqlalchemy as sa
from pydantic import ValidationError

from otto_bot.engine.queue import queue_url
from otto_bot.keeping.backup import DATABASE, DUMP, FORMAT, MANIFEST, Manifest, Part, digest
from otto_bot.store.database import NEWEST, StoreUnavailable, normal_url, open_database, understood

SIDES = ("", "-wal", "-shm")
MOST_MANIFEST = 1024 * 1024


def restore(source: Path, url: str, state: Path, say: Callable[[str], None], *, force: bool) -> int:
    """Put the database of a backup at `url`. Raises StoreUnavailable that says why not; then nothing has changed."""
    parsed = sa.make_url(normal_url(url))
    manifest = read_manifest(source)
    if parsed.get_backend_name() != "sqlite" or manifest.kind != "sqlite":
        raise StoreUnavailable(_by_hand(source, manifest, parsed))
    target = Path(parsed.database or "")
    with _no_worker(state), tempfile.TemporaryDirectory(dir=_folder(target), prefix=".otto-restore-") as folder:
        if (pid := _user(target)) is not None:
            raise StoreUnavailable(f"process {pid} has {target} open; stop `otto-bot serve` first")
        if not force and _runs(target):
            raise StoreUnavailable(f"{target} holds runs; --force puts the backup in their place, and they are gone")
        fresh = Path(folder) / DATABASE
        _unpack(source, manifest.parts[0], fresh)
        _check(fresh, manifest)
        _put(fresh, target)
        _forget_queue(url)
    held = f"{manifest.runs:,} run{'' if manifest.runs == 1 else 's'}, {manifest.events:,} events"
    say(f"{target}: {held}, as of {manifest.made_at:%Y-%m-%d %H:%M:%S} UTC")
    say("start `otto-bot serve`: what happened on GitHub since then is found by catching up")
    return 0


def read_manifest(source: Path) -> Manifest:
    """What a backup says of itself. Raises StoreUnavailable."""
    try:
        with tarfile.open(source) as archive:
            head = archive.next()
            file = archive.extractfile(head) if head is not None and head.name == MANIFEST else None
            body = file.read(MOST_MANIFEST) if file is not None else b""
        manifest = Manifest.model_validate(json.loads(body))
    except (OSError, tarfile.TarError, ValueError, ValidationError) as error:
        raise StoreUnavailable(f"{source} is no backup of Otto: {type(error).__name__}") from error
    if manifest.format != FORMAT or len(manifest.parts) != 1 or manifest.parts[0].name not in (DATABASE, DUMP):
        raise StoreUnavailable(f"{source} was made by version {manifest.version}; restore it with that version")
    if manifest.schema_version > NEWEST:
        raise StoreUnavailable(
            f"{source} has schema {manifest.schema_version}, this version reads up to {NEWEST}: "
            f"restore it with version {manifest.version} or a later one"
        )
    return manifest


def _by_hand(source: Path, manifest: Manifest, parsed: sa.URL) -> str:
    if manifest.kind != parsed.get_backend_name():
        return f"{source} was made of {manifest.kind}; OTTO_DATABASE_URL names {parsed.get_backend_name()}"
    address = parsed.set(drivername="postgresql", password=None).render_as_string()
    return (
        "a PostgreSQL database is put back by PostgreSQL's own tools, with all workers stopped: "
        f"tar -xf {source} {DUMP} && pg_restore --clean --if-exists --no-owner --dbname='{address}' {DUMP}"
    )


@contextmanager
def _no_worker(state: Path) -> Iterator[None]:
    """Hold the worker's own lock: no worker lives now, and none begins meanwhile."""
    _folder(state / "worker.lock")
    with (state / "worker.lock").open("w") as lock:
        try:
            fcntl.flock(lock.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StoreUnavailable("a worker uses this state folder; stop it (and `serve`) first") from None
        yield


def _folder(path: Path) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreUnavailable(f"{path.parent} cannot be made: {error.strerror}") from error
    return path.parent


def _user(target: Path) -> int | None:
    """A process that has the database open, where the system tells: what it writes later would be lost."""
    wanted = str(target.resolve())  # the system names files so, whatever links lead to them
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            if str(link.readlink()) == wanted:
                return int(link.parts[2])
        except OSError:
            continue
    return None


def _runs(target: Path) -> bool:
    """Whether there is a database with runs in it; one that cannot be read counts. Nothing of it is touched."""
    if not target.exists():
        return False
    try:
        with closing(sqlite3.connect(f"file:{target}?mode=ro", uri=True)) as c:
            if not c.execute("SELECT 1 FROM sqlite_master WHERE name = 'runs'").fetchall():
                return bool(c.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchall())
            return bool(c.execute("SELECT 1 FROM runs LIMIT 1").fetchall())
    except sqlite3.Error:
        return True


def _unpack(source: Path, part: Part, fresh: Path) -> None:
    try:
        with tarfile.open(source) as archive:
            file = archive.extractfile(part.name)
            with fresh.open("wb") as out:
                shutil.copyfileobj(file or io.BytesIO(), out)
                out.flush()
                os.fsync(out.fileno())
    except (OSError, tarfile.TarError, KeyError) as error:
        raise StoreUnavailable(f"{source} cannot be read: {error}") from error
    if fresh.stat().st_size != part.bytes or digest(fresh) != part.sha256:
        raise StoreUnavailable(f"{source} is damaged: {part.name} is not what its manifest says; use another backup")


def _check(fresh: Path, manifest: Manifest) -> None:
    engine = open_database(f"sqlite:///{fresh}")
    try:
        if understood(engine) != manifest.schema_version:
            raise StoreUnavailable("the backup's schema is not what its manifest says; use another backup")
    finally:
        engine.dispose()  # the last one to close it leaves no write-ahead log


def _put(fresh: Path, target: Path) -> None:
    """In one step; a write-ahead log of the old file must not be taken for the new one's."""
    for side in SIDES[1:]:
        target.with_name(target.name + side).unlink(missing_ok=True)
    fresh.chmod(0o600)
    fresh.replace(target)


def _forget_queue(url: str) -> None:
    """A queue of another moment believes jobs done that this ledger asks for; without one all are asked anew."""
    path = Path(sa.make_url(queue_url(url)).database or "")
    for side in SIDES:
        path.with_name(path.name + side).unlink(missing_ok=True)
