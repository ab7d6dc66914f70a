"""Folds SQLite's write-ahead log into the database beside the writer, so that no commit waits for it."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing

import sqlalchemy as sa

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.1
FOLD_BYTES = 8_000_000
"""Bodies that were written since the last time: few enough to be folded in quickly, many enough to be seldom."""
BACKSTOP_PAGES = 40_000
"""160 MB: a log that grew so long under steady load is folded in by the writer itself, and begins anew."""


class Folding:
    """A thread that folds while the process runs. PostgreSQL needs none: there it does nothing.

    How long the log is, is told by who writes: whoever opens a file of SQLite beside it and closes it again gives away
    the locks that this process holds on it.
    """

    def __init__(self, engine: sa.Engine, written: Callable[[], int]) -> None:
        """`written` = bytes that this process has stored so far."""
        self._engine, self._written = engine, written
        self._path = (engine.url.database or "") if engine.dialect.name == "sqlite" else ""
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
        folded = self._written()
        while not self._ending.wait(LOOK_SECONDS):
            written = self._written()
            if written - folded >= FOLD_BYTES:
                folded = written
                self._fold()

    def _fold(self) -> None:
        try:
            with closing(sqlite3.connect(self._path, timeout=0, isolation_level=None)) as connection:
                connection.execute("PRAGMA synchronous=FULL")
                connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
                # Little is left, so that the writer waits for a moment only. The log begins anew in the same blocks:
                # where it grows, each commit waits for the file system's own journal, too.
                connection.execute("PRAGMA wal_checkpoint(RESTART)").fetchall()
        except sqlite3.Error as error:
            log.warning("the write-ahead log is folded in later: %s", error)


def _leave_it(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute(f"PRAGMA wal_autocheckpoint={BACKSTOP_PAGES}")
