"""One engine for SQLite and PostgreSQL: short transactions, writers in line, schema by migration."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.pool import QueuePool

from otto_bot.store.needs import needed
from otto_bot.store.troubles import meaning
from otto_bot.store.versions import CODE_VERSION, shown

BUSY_SECONDS = 10.0
"""How long a writer waits for another one before the database counts as unavailable."""


NEWEST = "0008"
"""Version of the schema this code works with; a test compares it with the migrations."""


class StoreUnavailable(RuntimeError):
    """The database cannot be used now: full, locked, gone. Nothing was written."""


class NewerDatabase(StoreUnavailable):
    """A newer version of Otto has changed the database in a way that this one cannot live with."""

    def __init__(self, least: int, ours: int) -> None:
        super().__init__(
            f"the database needs Otto {shown(least)} or later, and this is {shown(ours)}: a newer version has changed "
            "what this one relies on. Install that version, or restore the backup from before the upgrade "
            "(docs/operate.md, Upgrade)"
        )


def open_database(url: str, patience: float | None = None) -> sa.Engine:
    """An engine for `sqlite:///path` or `postgresql+psycopg://…`; `postgres://` and `postgresql://` are understood.

    `patience`: seconds that one may wait for a lock (SQLite) or a connection (PostgreSQL) before the database counts
    as unavailable.
    """
    parsed = sa.make_url(normal_url(url))
    if parsed.get_backend_name() != "sqlite":
        wait = {} if patience is None or "connect_timeout" in parsed.query else {"connect_timeout": int(patience)}
        return sa.create_engine(
            parsed,
            pool_pre_ping=True,
            pool_size=5,
            pool_timeout=patience or 30,
            connect_args=wait,
            hide_parameters=True,  # an error would tell what was to be stored
        )
    if parsed.database and parsed.database != ":memory:":
        _make_folder(Path(parsed.database).parent)
    options = {"timeout": BUSY_SECONDS if patience is None else patience, "check_same_thread": False}
    engine = sa.create_engine(parsed, poolclass=QueuePool, pool_size=5, connect_args=options, hide_parameters=True)
    sa.event.listen(engine, "connect", _on_connect)
    sa.event.listen(engine, "begin", _on_begin)
    return engine


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreUnavailable(f"the database's folder {folder} cannot be made: {error.strerror}") from error


def normal_url(url: str) -> str:
    """The URL with the driver Otto ships."""
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url


def _on_connect(connection: sqlite3.Connection, _record: object) -> None:
    # SQLAlchemy, not the driver, begins transactions, so that a writer can begin as one.
    connection.isolation_level = None
    cursor = connection.cursor()
    if cursor.execute("PRAGMA page_count").fetchone()[0] == 0:
        # Once a new file has its first page this is decided for good; said to an old one it would only wait for locks.
        cursor.execute("PRAGMA auto_vacuum=INCREMENTAL")
    cursor.execute("PRAGMA journal_mode=WAL")
    # What was committed survives a power loss, not only the death of a process: a delivery that was answered, a
    # reply that was paid. One more fsync a commit.
    cursor.execute("PRAGMA synchronous=FULL")
    # The log is folded into the database every 16 MB instead of 4: under load that is most of the waiting.
    cursor.execute("PRAGMA wal_autocheckpoint=4000")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _on_begin(connection: sa.Connection) -> None:
    # A read that later writes would fail with "database is locked" under WAL; writers take their place at once.
    writes = connection.get_execution_options().get("writes", True)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """One transaction that writes. Raises StoreUnavailable where the database cannot take it."""
    with _unavailable_is_told(), engine.begin() as connection:
        yield connection


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """One transaction that only reads. Raises StoreUnavailable where the database does not answer."""
    with (
        _unavailable_is_told(),
        engine.connect().execution_options(writes=False) as connection,
        connection.begin(),
    ):
        yield connection


@contextmanager
def _unavailable_is_told() -> Iterator[None]:
    try:
        yield
    except (sa.exc.DatabaseError, sa.exc.InterfaceError, sa.exc.TimeoutError) as error:
        # A broken constraint or statement is our mistake, not the database's state.
        if isinstance(error, sa.exc.IntegrityError | sa.exc.ProgrammingError | sa.exc.DataError):
            raise
        said = str(error.args[0])
        raise StoreUnavailable(f"{meaning(said)} ({type(error).__name__}: {said})") from error


def migrate(engine: sa.Engine) -> None:
    """Bring the schema to the newest version. Safe to call at every start, from several processes.

    A newer one is left as it is: migrations only add, so that this code goes on while a newer one is deployed. One
    that says that it needs a newer version is refused with NewerDatabase.
    """
    if understood(engine) >= NEWEST:
        return
    from alembic import command  # a second of imports that only a change of the schema needs
    from alembic.config import Config as AlembicConfig

    config = AlembicConfig()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with writing(engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(748392)"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def open_existing(url: str) -> sa.Engine:
    """An existing database for commands beside the bot; nothing is made or migrated. Raises StoreUnavailable."""
    parsed = sa.make_url(normal_url(url))
    where = parsed.database or ""
    if parsed.get_backend_name() == "sqlite" and where != ":memory:" and not Path(where).is_file():
        raise StoreUnavailable(f"there is no database {where}; OTTO_STATE_DIR or OTTO_DATABASE_URL names another one")
    engine = open_database(url)
    try:
        found = understood(engine)
    except StoreUnavailable:
        engine.dispose()
        raise
    if found < NEWEST:
        engine.dispose()
        raise StoreUnavailable(
            f"the database has schema {found or 'none'}, this version reads {NEWEST}: "
            "start `otto-bot serve` of this version once, or use the version that wrote it"
        )
    return engine


def understood(engine: sa.Engine, ours: int = CODE_VERSION) -> str:
    """The version of the schema, empty where there is none yet. Raises NewerDatabase where ours may not use it."""
    with reading(engine) as connection:
        found = _schema(connection)
        least = needed(connection) if found else 0
    if least > ours:
        raise NewerDatabase(least, ours)
    return found or ""


def schema_version(engine: sa.Engine) -> str | None:
    """The version of the schema; None where there is none yet."""
    with reading(engine) as connection:
        return _schema(connection)


def _schema(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    version: str | None = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
    return version
