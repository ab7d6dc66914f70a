"""A backup of a database that is written to, put back elsewhere; and everything that keeps it from being put back."""

from __future__ import annotations

import fcntl
import io
import json
import os
import sqlite3
import tarfile
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from otto_bot.cli import main
from otto_bot.core import events as e
from otto_bot.core.run import Run
from otto_bot.engine.queue import queue_url
from otto_bot.keeping import backup as backups
from otto_bot.keeping.backup import MANIFEST, backup
from otto_bot.keeping.restore import read_manifest, restore
from otto_bot.store.database import NEWEST, StoreUnavailable, open_database
from otto_bot.store.ledger import Ledger, replay

At = Callable[[float], datetime]
Start = Callable[..., Run]


def quiet(_text: str) -> None:
    """Nobody reads it here."""


@pytest.fixture
def saved(engine: sa.Engine, start: Start, url: str, tmp_path: Path, at: At) -> Path:
    """A backup of one run."""
    start(1, at(0))
    path = tmp_path / "one.tar"
    backup(url, path, at(1), quiet)
    return path


@pytest.fixture
def elsewhere(tmp_path: Path) -> tuple[str, Path]:
    """URL and state folder of a new host."""
    return f"sqlite:///{tmp_path / 'new' / 'otto.sqlite'}", tmp_path / "new"


def test_a_backup_under_load_is_of_one_moment(
    engine: sa.Engine, start: Start, url: str, tmp_path: Path, elsewhere: tuple[str, Path], at: At
) -> None:
    """Someone writes all the while; what is put back is whole: each run's state is what its events give."""
    run = start(1, at(0), ended=False)
    stop, written = threading.Event(), 0

    def write() -> None:
        nonlocal written
        while not stop.is_set():
            Ledger(engine).append(run.id, [e.IssueRelabelled(at=at(1), by=f"anna{written}")], at(1))
            written += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(3):
            backup(url, tmp_path / f"{number}.tar", at(1), quiet)
    finally:
        stop.set()
        writer.join()
    restore(tmp_path / "2.tar", *elsewhere, quiet, force=False)

    back = open_database(elsewhere[0])
    ledger = Ledger(back)
    events = [item.event for item in ledger.events(run.id)]
    assert written > 0
    assert replay(events) == ledger.load(run.id)
    assert len(events) == read_manifest(tmp_path / "2.tar").events
    back.dispose()


def test_the_queue_of_another_moment_goes(saved: Path, elsewhere: tuple[str, Path]) -> None:
    """It believes jobs done that the restored ledger asks for."""
    queue = Path(queue_url(elsewhere[0]).removeprefix("sqlite:///"))
    queue.parent.mkdir()
    for side in ("", "-wal"):
        queue.with_name(queue.name + side).write_bytes(b"x")

    assert restore(saved, *elsewhere, quiet, force=False) == 0

    assert sorted(path.name for path in elsewhere[1].iterdir()) == ["otto.sqlite", "worker.lock"]


def test_a_folder_gets_a_file_named_by_time_that_only_its_owner_reads(
    saved: Path, url: str, tmp_path: Path, at: At
) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    backup(url, folder, at(2), quiet)

    (made,) = folder.iterdir()
    assert made.name == "otto-20261103T090000Z.tar"
    assert made.stat().st_mode & 0o777 == 0o600
    manifest = read_manifest(made)
    assert (manifest.schema_version, manifest.runs, manifest.kind) == (NEWEST, 1, "sqlite")


def refusal(source: Path, where: tuple[str, Path], *, force: bool = False) -> str:
    """What is said, where nothing is touched."""

    def stands() -> dict[str, bytes]:
        kept = (path for path in where[1].glob("*") if path.suffix == ".sqlite")
        return {path.name: path.read_bytes() for path in kept}

    before = stands()
    with pytest.raises(StoreUnavailable) as error:
        restore(source, *where, quiet, force=force)
    assert stands() == before
    return str(error.value)


def test_a_living_worker_or_server_is_not_robbed(saved: Path, elsewhere: tuple[str, Path]) -> None:
    """Also with --force: what they write later would be lost."""
    elsewhere[1].mkdir()
    with (elsewhere[1] / "worker.lock").open("w") as lock:
        fcntl.flock(lock.fileno(), fcntl.LOCK_EX)
        assert "a worker uses this state folder" in refusal(saved, elsewhere, force=True)
    restore(saved, *elsewhere, quiet, force=False)
    using = sqlite3.connect(elsewhere[1] / "otto.sqlite")
    using.execute("SELECT count(*) FROM runs").fetchall()
    with pytest.raises(StoreUnavailable, match=f"process {os.getpid()} has .* open"):
        restore(saved, *elsewhere, quiet, force=True)
    link = elsewhere[1].with_name("link")
    link.symlink_to(elsewhere[1])
    with pytest.raises(StoreUnavailable, match=f"process {os.getpid()} has .* open"):
        restore(saved, f"sqlite:///{link / 'otto.sqlite'}", link, quiet, force=True)
    using.close()


def test_runs_that_are_there_need_a_word(saved: Path, elsewhere: tuple[str, Path]) -> None:
    restore(saved, *elsewhere, quiet, force=False)

    assert "--force" in refusal(saved, elsewhere)
    assert restore(saved, *elsewhere, quiet, force=True) == 0


def test_a_damaged_backup_changes_nothing(saved: Path, elsewhere: tuple[str, Path], tmp_path: Path) -> None:
    """Cut, turned in one byte, no backup at all."""
    body = saved.read_bytes()
    turned = bytearray(body)
    turned[len(body) // 2] ^= 0xFF
    for number, (bad, words) in enumerate(
        [(bytes(turned), "is damaged"), (body[: len(body) // 2], "damaged|cannot be read"), (b"hello", "no backup")]
    ):
        path = tmp_path / f"bad{number}.tar"
        path.write_bytes(bad)
        with pytest.raises(StoreUnavailable, match=words):
            restore(path, *elsewhere, quiet, force=False)
        assert not (elsewhere[1] / "otto.sqlite").exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"format": 9}, "restore it with that version"),
        ({"schema_version": "9999"}, "restore it with version"),
        ({"kind": "postgresql"}, "was made of postgresql"),
        ({"schema_version": "0001"}, "not what its manifest says"),
    ],
)
def test_a_backup_of_another_version_or_kind_is_refused(
    saved: Path, elsewhere: tuple[str, Path], tmp_path: Path, change: dict[str, object], words: str
) -> None:
    other = tmp_path / "other.tar"
    with tarfile.open(saved) as old, tarfile.open(other, "w") as new:
        for member in old.getmembers():
            file = old.extractfile(member)
            assert file is not None
            body = file.read()
            if member.name == MANIFEST:
                body = json.dumps({**json.loads(body), **change}).encode()
                member.size = len(body)
            new.addfile(member, io.BytesIO(body))

    assert words in refusal(other, elsewhere)


def test_postgresql_is_told_what_to_run(saved: Path, tmp_path: Path, at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    """Never a password in what is printed."""
    url = "postgresql+psycopg://otto:hidden@db/otto"
    monkeypatch.setattr(backups.shutil, "which", lambda _name: None)
    with pytest.raises(StoreUnavailable, match="pg_dump --format=custom") as error:
        backup(url, tmp_path / "x.tar", at(0), quiet)
    assert "hidden" not in str(error.value)
    assert "OTTO_DATABASE_URL names postgresql" in refusal(saved, (url, tmp_path / "s"))


def test_what_is_there_is_never_overwritten_by_a_backup(saved: Path, url: str, tmp_path: Path, at: At) -> None:
    with pytest.raises(StoreUnavailable, match="is there already"):
        backup(url, saved, at(0), quiet)
    with pytest.raises(StoreUnavailable, match="there is no folder"):
        backup(url, tmp_path / "no" / "x.tar", at(0), quiet)
    with pytest.raises(StoreUnavailable, match="there is no database"):
        backup("sqlite:////nowhere/otto.sqlite", tmp_path / "x.tar", at(0), quiet)


def test_by_the_command_line(
    engine: sa.Engine, start: Start, url: str, tmp_path: Path, at: At, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """gc, backup and restore need no key of the App."""
    start(1, at(-1000))
    engine.dispose()
    monkeypatch.setenv("OTTO_STATE_DIR", str(tmp_path / "state"))
    assert main(["gc", "--dry-run"]) == 0
    assert main(["gc"]) == 0
    assert main(["backup", str(tmp_path / "b.tar")]) == 0
    assert main(["restore", str(tmp_path / "b.tar")]) == 2
    assert main(["restore", str(tmp_path / "b.tar"), "--force"]) == 0
    monkeypatch.setenv("OTTO_KEEP_DAYS", "0")
    assert main(["gc"]) == 2

    said = capsys.readouterr()
    assert "journal: 1 would be removed" in said.out
    assert "journal: 1 removed" in said.out
    assert "--force" in said.err
    assert "OTTO_KEEP_DAYS" in said.err
