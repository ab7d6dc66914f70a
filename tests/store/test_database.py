"""Migrations from nothing and with data, and a database that is full, locked, read-only or gone."""

import os
import sqlite3
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from otto_bot.core import events as e
from otto_bot.core.config import HostCaps
from otto_bot.store import database
from otto_bot.store.database import StoreUnavailable, migrate, normal_url, open_database
from otto_bot.store.inbox import Inbox
from otto_bot.store.ledger import Ledger, Trigger
from otto_bot.store.tables import metadata

At = Callable[[float], datetime]
MakeTrigger = Callable[..., Trigger]


def test_the_migrated_schema_is_the_one_the_code_uses(engine: sa.Engine) -> None:
    with engine.connect() as c:
        context = MigrationContext.configure(c, opts={"compare_type": False})
        different = compare_metadata(context, metadata)

    assert different == []


def test_the_newest_version_is_the_last_migration(engine: sa.Engine) -> None:
    """Else an older database would never be brought up to date, or a new one at each start."""
    scripts = Path(database.__file__).parent / "migrations" / "versions"
    numbers = [path.name.split("_")[0].removeprefix("v") for path in scripts.glob("v*.py")]
    assert max(numbers) == database.NEWEST == database.schema_version(engine)


def test_a_database_is_read_only_where_it_is_there_and_of_this_version(tmp_path: Path, engine: sa.Engine) -> None:
    with pytest.raises(StoreUnavailable, match="there is no database"):
        database.open_existing(f"sqlite:///{tmp_path / 'none' / 'otto.sqlite'}")
    assert not (tmp_path / "none").exists()
    here = engine.url.render_as_string(hide_password=False)
    database.open_existing(here).dispose()
    with engine.begin() as c:
        c.execute(sa.text("UPDATE alembic_version SET version_num = '0001'"))
    with pytest.raises(StoreUnavailable, match="schema 0001"):
        database.open_existing(here)


def test_migrating_again_with_data_in_it_keeps_everything(engine: sa.Engine, trigger: MakeTrigger, at: At) -> None:
    ledger = Ledger(engine)
    run = ledger.start(trigger(), HostCaps(), at(0))
    assert run is not None
    Inbox(engine).add("g", "push", None, b"body", at(0))

    migrate(engine)
    migrate(engine)

    assert ledger.load(run.id) == run
    assert not Inbox(engine).add("g", "push", None, b"body", at(1))


def test_several_processes_may_migrate_at_once(database_url: str) -> None:
    errors: list[BaseException] = []
    gate = threading.Barrier(3)

    def up() -> None:
        own = open_database(database_url)
        gate.wait()
        try:
            migrate(own)
        except BaseException as error:  # noqa: BLE001 - the test reports it
            errors.append(error)
        own.dispose()

    threads = [threading.Thread(target=up) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    made = open_database(database_url)
    assert "effects" in sa.inspect(made).get_table_names()
    made.dispose()


@pytest.mark.parametrize(
    ("url", "normal"),
    [
        ("postgres://u:p@h/d", "postgresql+psycopg://u:p@h/d"),
        ("postgresql://h/d", "postgresql+psycopg://h/d"),
        ("postgresql+psycopg://h/d", "postgresql+psycopg://h/d"),
        ("sqlite:////tmp/x", "sqlite:////tmp/x"),
    ],
)
def test_urls_as_people_write_them(url: str, normal: str) -> None:
    assert normal_url(url) == normal


@pytest.fixture
def sqlite(tmp_path: Path) -> tuple[sa.Engine, Path]:
    path = tmp_path / "deep" / "otto.sqlite"
    made = open_database(f"sqlite:///{path}")
    migrate(made)
    return made, path


def test_a_full_database_takes_nothing_and_loses_nothing(
    sqlite: tuple[sa.Engine, Path], trigger: MakeTrigger, at: At
) -> None:
    engine, _ = sqlite
    ledger, inbox = Ledger(engine), Inbox(engine)
    run = ledger.start(trigger(), HostCaps(), at(0))
    assert run is not None

    def fill(connection: sqlite3.Connection, _record: object, _proxy: object) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={pages}")

    sa.event.listen(engine, "checkout", fill)
    with pytest.raises(StoreUnavailable, match="full"):
        inbox.add("big", "push", None, os.urandom(500_000), at(1))
    with pytest.raises(StoreUnavailable, match="full"):
        ledger.append(run.id, [e.Refused(at=at(1), reason="x" * 500_000)], at(1))
    sa.event.remove(engine, "checkout", fill)
    engine.dispose()

    assert ledger.load(run.id) == run
    assert [one.event.type for one in ledger.events(run.id)] == ["RunStarted"]
    assert inbox.add("big", "push", None, os.urandom(500_000), at(2))
    engine.dispose()


def test_a_locked_database_is_unavailable(tmp_path: Path, at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    from otto_bot.store import database

    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
    path = tmp_path / "otto.sqlite"
    engine = open_database(f"sqlite:///{path}")
    migrate(engine)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(StoreUnavailable, match="locked"):
        Inbox(engine).add("g", "push", None, b"", at(0))
    other.execute("ROLLBACK")
    other.close()

    assert Inbox(engine).add("g", "push", None, b"", at(1))
    engine.dispose()


def test_a_read_only_database_is_unavailable(sqlite: tuple[sa.Engine, Path], at: At) -> None:
    engine, _ = sqlite

    def freeze(connection: sqlite3.Connection, _record: object, _proxy: object) -> None:
        connection.execute("PRAGMA query_only=ON")

    sa.event.listen(engine, "checkout", freeze)
    with pytest.raises(StoreUnavailable, match="readonly"):
        Inbox(engine).add("g", "push", None, b"", at(0))
    assert Inbox(engine).counts() == {}
    engine.dispose()


def test_what_is_no_database_is_unavailable(tmp_path: Path, at: At) -> None:
    path = tmp_path / "otto.sqlite"
    path.write_bytes(b"this is no database at all, but a text of some length" * 100)
    engine = open_database(f"sqlite:///{path}")

    with pytest.raises(StoreUnavailable, match="not a database"):
        Inbox(engine).add("g", "push", None, b"", at(0))
    engine.dispose()


def test_a_database_nobody_serves_is_unavailable(at: At) -> None:
    engine = open_database("postgresql://nobody@127.0.0.1:1/none?connect_timeout=2")

    with pytest.raises(StoreUnavailable, match="does not answer"):
        Inbox(engine).add("g", "push", None, b"", at(0))
    engine.dispose()
