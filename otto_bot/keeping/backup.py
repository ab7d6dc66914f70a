"""`backup`: the database of a living host in one file, with a manifest that says what must be in it."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from collections.abc import Callable
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import sqlalchemy as sa

from otto_bot.core.values import Frozen
from otto_bot.store.database import StoreUnavailable, normal_url, open_database, understood

FORMAT = 1
MANIFEST = "manifest.json"
DATABASE = "otto.sqlite"
DUMP = "otto.dump"
COUNTS = ("SELECT count(*) FROM runs", "SELECT count(*) FROM events")


class Part(Frozen):
    """One file of a backup."""

    name: str
    bytes: int
    sha256: str


class Manifest(Frozen):
    """What a backup holds. `kind` = which database it came from; `runs` and `events` are counted in the copy itself."""

    format: int
    made_at: datetime
    version: str
    kind: str
    schema_version: str
    runs: int
    events: int
    parts: tuple[Part, ...]


def backup(url: str, target: Path, at: datetime, say: Callable[[str], None]) -> int:
    """Write the backup to `target`, or into it where it is a folder. Raises StoreUnavailable; a file appears whole."""
    parsed = sa.make_url(normal_url(url))
    if target.is_dir():
        target = target / f"otto-{at:%Y%m%dT%H%M%SZ}.tar"
    if target.exists():
        raise StoreUnavailable(f"{target} is there already; name another file")
    if not target.parent.is_dir():
        raise StoreUnavailable(f"there is no folder {target.parent}")
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".otto-backup-") as folder:
        try:
            copy, manifest = _copied(parsed, Path(folder), at)
            whole = Path(folder) / "whole.tar"
            _pack(whole, copy, manifest)
            whole.replace(target)
        except OSError as error:
            raise StoreUnavailable(f"{target} cannot be written: {error.strerror or error}") from error
    held = f"{manifest.runs:,} run{'' if manifest.runs == 1 else 's'}, {manifest.events:,} events"
    say(f"{target}: {target.stat().st_size:,} bytes, {held}")
    say("with it belong the App's private key, the webhook secret and the settings; they are in no backup")
    return 0


def _copied(parsed: sa.URL, folder: Path, at: datetime) -> tuple[Path, Manifest]:
    if parsed.get_backend_name() == "sqlite":
        copy = folder / DATABASE
        _copy_sqlite(Path(parsed.database or ""), copy)
        engine = open_database(f"sqlite:///{copy}")
    else:
        copy = folder / DUMP
        _dump_postgresql(parsed, copy)
        engine = open_database(parsed.render_as_string(hide_password=False))
    try:
        schema, runs, events = _counts(engine)
    finally:
        engine.dispose()
    part = Part(name=copy.name, bytes=copy.stat().st_size, sha256=digest(copy))
    manifest = Manifest(
        format=FORMAT, made_at=at, version=version("otto-bot"), kind=parsed.get_backend_name(), schema_version=schema,
        runs=runs, events=events, parts=(part,),
    )  # fmt: skip
    return copy, manifest


def _copy_sqlite(source: Path, copy: Path) -> None:
    """SQLite's own copy of a living database: what it holds at one moment, its write-ahead log included."""
    if not source.is_file():
        raise StoreUnavailable(f"there is no database {source}; OTTO_STATE_DIR or OTTO_DATABASE_URL names another one")
    try:
        with sqlite3.connect(f"file:{source}?mode=ro", uri=True) as old, sqlite3.connect(copy) as new:
            # In one step, and so of one moment: nobody who writes meanwhile waits, or makes it begin again.
            old.backup(new)
            # No file beside it: the copy stands alone.
            new.execute("PRAGMA journal_mode=DELETE")
            wrong = [row[0] for row in new.execute("PRAGMA integrity_check(5)") if row[0] != "ok"]
    except sqlite3.Error as error:
        raise StoreUnavailable(f"the database cannot be copied: {error}") from error
    finally:
        for connection in (locals().get("old"), locals().get("new")):
            if connection is not None:
                connection.close()
    if wrong:
        raise StoreUnavailable(f"the database {source} is damaged: {'; '.join(wrong)}")


def _dump_postgresql(parsed: sa.URL, copy: Path) -> None:
    """`pg_dump` of the server's own version, if it is here."""
    program = shutil.which("pg_dump")
    libpq = parsed.set(drivername="postgresql")
    if program is None:
        raise StoreUnavailable(
            "pg_dump is not here. Install PostgreSQL's client, or run where it is: "
            f"pg_dump --format=custom --file=otto.dump '{libpq.set(password=None).render_as_string()}'"
        )
    environment = {**os.environ, **({"PGPASSWORD": str(libpq.password)} if libpq.password else {})}
    address = libpq.set(password=None).render_as_string()
    command = [program, "--format=custom", "--no-owner", f"--file={copy}", address]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise StoreUnavailable(f"pg_dump failed: {done.stderr.strip()[:500]}")


def _counts(engine: sa.Engine) -> tuple[str, int, int]:
    schema = understood(engine)
    if not schema:
        raise StoreUnavailable("the database holds nothing of Otto yet")
    with engine.connect() as c:
        runs, events = (c.execute(sa.text(count)).scalar_one() for count in COUNTS)
        return schema, runs, events


def _pack(whole: Path, copy: Path, manifest: Manifest) -> None:
    with tarfile.open(whole, "w") as archive:
        body = json.dumps(manifest.model_dump(mode="json"), indent=1).encode()
        head = tarfile.TarInfo(MANIFEST)
        head.size, head.mtime, head.mode = len(body), int(manifest.made_at.timestamp()), 0o600
        archive.addfile(head, io.BytesIO(body))
        part = tarfile.TarInfo(copy.name)
        part.size, part.mtime, part.mode = copy.stat().st_size, head.mtime, 0o600
        with copy.open("rb") as file:
            archive.addfile(part, file)
    whole.chmod(0o600)
    with whole.open("rb") as file:
        os.fsync(file.fileno())


def digest(path: Path) -> str:
    """Sha256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
