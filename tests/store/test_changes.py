"""An idle worker asks whether anything was committed, and looks only then, or when time may have made something due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from otto_bot.store import tables as t
from otto_bot.store.changes import LOOK_SECONDS, Changes
from otto_bot.store.inbox import Inbox

NOW = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
SOON = NOW + timedelta(seconds=LOOK_SECONDS / 5)


def test_a_second_look_is_worth_it_only_after_a_commit(engine: sa.Engine) -> None:
    changes, sqlite = Changes(engine), engine.dialect.name == "sqlite"
    assert changes.worth_a_look(NOW)
    assert changes.worth_a_look(NOW) is not sqlite
    with engine.begin() as c:
        c.execute(t.cursors.insert().values(name="a", value="b"))
    assert changes.worth_a_look(SOON)
    assert changes.worth_a_look(SOON) is not sqlite


def test_after_a_while_it_is_worth_it_in_any_case(engine: sa.Engine) -> None:
    changes = Changes(engine)
    changes.worth_a_look(NOW)
    assert changes.worth_a_look(NOW + timedelta(seconds=LOOK_SECONDS))


def test_a_clock_that_was_set_back_hides_nothing(engine: sa.Engine) -> None:
    changes = Changes(engine)
    changes.worth_a_look(NOW)
    assert changes.worth_a_look(NOW - timedelta(hours=1))


def test_each_kind_of_look_has_its_own_memory(engine: sa.Engine) -> None:
    one, other = Changes(engine), Changes(engine)
    assert one.worth_a_look(NOW)
    assert other.worth_a_look(NOW)


def test_a_delivery_is_found_in_the_moment_in_which_it_is_there(engine: sa.Engine) -> None:
    inbox = Inbox(engine)
    assert inbox.next(NOW) is None
    assert inbox.next(NOW) is None
    Inbox(engine).add("g", "issues", "labeled", b"{}", NOW)
    found = inbox.next(NOW)
    assert found is not None
    assert found.guid == "g"


def test_a_database_that_is_not_there_is_looked_at(tmp_path: object) -> None:
    gone = Changes(sa.create_engine(f"sqlite:///{tmp_path}/none.sqlite"))
    assert gone.worth_a_look(NOW)
    assert gone.worth_a_look(NOW)
