"""Whether a look at the database could find what the look before did not: an idle worker asks without looking."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from datetime import datetime, timedelta

import sqlalchemy as sa

LOOK_SECONDS = 0.5
"""After this long a look is worth it in any case: what waited for its time may be due."""


class Changes:
    """For one kind of look. SQLite counts commits; PostgreSQL is always looked at."""

    def __init__(self, engine: sa.Engine) -> None:
        self._path = engine.url.database if engine.dialect.name == "sqlite" else None
        self._connection: sqlite3.Connection | None = None
        self._seen: int | None = None
        self._until: datetime | None = None
        self._lock = threading.Lock()

    def worth_a_look(self, at: datetime) -> bool:
        """Ask just before looking: what is committed after this is seen by the next question."""
        if self._path is None or self._path == ":memory:":
            return True
        with self._lock:
            version = self._version()
            known = version is not None and version == self._seen and self._until is not None
            if known and self._until is not None and self._until - timedelta(seconds=LOOK_SECONDS) <= at < self._until:
                return False
            self._seen, self._until = version, at + timedelta(seconds=LOOK_SECONDS)
            return True

    def _version(self) -> int | None:
        """A number that is another one after each commit of any other connection; None = not known."""
        try:
            if self._connection is None:
                # By its own connection, which never writes: commits of this process count, too.
                self._connection = sqlite3.connect(f"file:{self._path}?mode=ro", uri=True, check_same_thread=False)
                self._connection.isolation_level = None
            found: int = self._connection.execute("PRAGMA data_version").fetchone()[0]
        except sqlite3.Error:
            self.close()
            return None
        return found

    def close(self) -> None:
        """Leave the database."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(sqlite3.Error):
                connection.close()
