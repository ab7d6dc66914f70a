"""Folds SQLite's write-ahead log into the database beside the writer, so that no commit waits for it."""

from __future__ import annotations

import logging
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.1
FOLD_BYTES = 4_000_000
"""So much of the log is folded in at once: small enough to be quick, large enough to be seldom."""
BACKSTOP_PAGES = 40_000
"""160 MB: a log that grew so long under steady load is folded in by the writer itself, and begins anew."""


class Folding:
    """A thread that folds while the process runs. PostgreSQL needs none: there it does nothing."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._path = (engine.url.database or "") if engine.dialect.name == "sqlite" else ""
        self._log = Path(f"{self._path}-wal")
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin; the writers of this process leave the log alone from now on."""
        if not self._path:
            return
        sa.event.listen(self._engine, "connect", _leave_it)
        self._engine.dispose()  # connections that are open already would go on to fold
        self._thread = threading.Thread(target=self._run, name="folding", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End. Whoever closes the database last folds in what is left."""
        self._ending.set()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def _run(self) -> None:
        folded_at = 0
        while not self._ending.wait(LOOK_SECONDS):
            written_at = self._written(folded_at)
            if written_at is not None:
                folded_at = written_at
                self._fold()

    def _written(self, before: int) -> int | None:
        """When the log was written last; None where it was folded in since, or is short."""
        try:
            seen = self._log.stat()
        except OSError:
            return None
        return seen.st_mtime_ns if seen.st_size > FOLD_BYTES and seen.st_mtime_ns != before else None

    def _fold(self) -> None:
        try:
            with closing(sqlite3.connect(self._path, timeout=0, isolation_level=None)) as connection:
                connection.execute("PRAGMA synchronous=FULL")
                connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        except sqlite3.Error as error:
            log.warning("the write-ahead log is folded in later: %s", error)


def _leave_it(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute(f"PRAGMA wal_autocheckpoint={BACKSTOP_PAGES}")
