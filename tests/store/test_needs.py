"""A database of a newer version: used where that only added to it, refused where it says that it needs newer code."""

from collections.abc import Callable
from datetime import datetime

import pytest
import sqlalchemy as sa

from otto_bot.core import events as e
from otto_bot.core.run import Run
from otto_bot.engine.outdated import Outdated
from otto_bot.store import database
from otto_bot.store.cursors import Cursors
from otto_bot.store.database import NewerDatabase, StoreUnavailable
from otto_bot.store.ledger import Ledger
from otto_bot.store.needs import NAME, needed, needs
from otto_bot.store.versions import CODE_VERSION, number, shown

At = Callable[[float], datetime]
NEXT = shown(CODE_VERSION + 1)


def of_the_future(engine: sa.Engine, least: str | None) -> None:
    """What a migration of a later version does; `least` is said where older code may not go on."""
    with database.writing(engine) as c:
        c.execute(sa.text("ALTER TABLE runs ADD COLUMN colour VARCHAR(20) NOT NULL DEFAULT ''"))
        c.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
        if least is not None:
            needs(c, least)


def address(engine: sa.Engine) -> str:
    return engine.url.render_as_string(hide_password=False)


def test_what_a_newer_version_only_added_to_is_used_by_every_command(engine: sa.Engine, run: Run, at: At) -> None:
    of_the_future(engine, None)

    database.migrate(engine)
    database.open_existing(address(engine)).dispose()

    assert database.understood(engine) == "9999"
    assert Ledger(engine).append(run.id, [e.Refused(at=at(1), reason="no")], at(1)).hold is not None


def test_what_needs_a_newer_version_is_refused_with_its_number(engine: sa.Engine, run: Run) -> None:
    of_the_future(engine, NEXT)
    said = rf"needs Otto {NEXT} or later, and this is {shown(CODE_VERSION)}.*restore the backup"

    for use in (database.migrate, database.understood, lambda one: database.open_existing(address(one))):
        with pytest.raises(NewerDatabase, match=said):
            use(engine)
    assert issubclass(NewerDatabase, StoreUnavailable), "the command line ends with 2"
    assert database.understood(engine, CODE_VERSION + 1) == "9999"
    assert database.schema_version(engine) == "9999", "nothing was brought back"


def test_it_may_need_a_newer_version_without_another_schema(engine: sa.Engine) -> None:
    """What stands in a ledger changes without a migration, too."""
    with database.writing(engine) as c:
        needs(c, "7.0.0")

    with pytest.raises(NewerDatabase, match=r"needs Otto 7\.0\.0"):
        database.migrate(engine)


def test_what_was_said_is_never_lowered(engine: sa.Engine) -> None:
    with database.writing(engine) as c:
        assert needed(c) == 0
        needs(c, "2.1.0")
        needs(c, "1.9.0")
        assert needed(c) == number("2.1.0")
    assert Cursors(engine).cursor(NAME) == "2.1.0"


def test_the_version_that_is_needed_itself_may(engine: sa.Engine) -> None:
    with database.writing(engine) as c:
        needs(c, shown(CODE_VERSION))

    database.migrate(engine)


async def test_a_worker_ends_when_the_database_is_changed_under_it(
    engine: sa.Engine, caplog: pytest.LogCaptureFixture
) -> None:
    ended: list[bool] = []
    look = Outdated(engine, lambda: ended.append(True))
    await look()
    of_the_future(engine, None)
    await look()
    assert ended == []

    with database.writing(engine) as c:
        needs(c, NEXT)
    await look()

    assert ended == [True]
    assert f"this worker ends: the database needs Otto {NEXT}" in caplog.text
