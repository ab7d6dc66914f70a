"""Grouped commits on a real database: nobody is told what is not so, whoever shares the transaction."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from otto_bot.intake import grouping as module
from otto_bot.intake.grouping import Grouping
from otto_bot.store.arrivals import Arrival, Stored
from otto_bot.store.database import StoreUnavailable, migrate, open_database
from otto_bot.store.inbox import Inbox

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def arrival(guid: str, body: bytes = b"{}") -> Arrival:
    return Arrival(guid, "push", "", body, NOW)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "otto.sqlite"


@pytest.fixture
def engine(path: Path) -> Iterator[sa.Engine]:
    made = open_database(f"sqlite:///{path}", patience=0.05)
    migrate(made)
    yield made
    made.dispose()


def guids(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return [row[0] for row in connection.execute("SELECT guid FROM deliveries ORDER BY id")]


class Groups:
    def __init__(self) -> None:
        self.sizes: list[int] = []

    def group(self, rows: int) -> None:
        self.sizes.append(rows)


async def add_all(grouping: Grouping, arrivals: Sequence[Arrival]) -> list[Stored | BaseException]:
    return await asyncio.gather(*(grouping.add(one) for one in arrivals), return_exceptions=True)


async def test_what_waits_at_the_same_moment_is_one_transaction(engine: sa.Engine, path: Path) -> None:
    groups = Groups()
    grouping = Grouping(Inbox(engine), groups)
    grouping.start()
    results = await add_all(grouping, [arrival(f"g{n}") for n in range(200)])
    await grouping.stop()

    assert results == ["stored"] * 200
    assert guids(path) == [f"g{n}" for n in range(200)]  # in the order of their coming
    assert sum(groups.sizes) == 200
    assert len(groups.sizes) < 50
    assert grouping.waiting == 0


async def test_the_store_is_told_to_survive_a_power_loss(engine: sa.Engine) -> None:
    with engine.connect() as c:
        assert c.execute(sa.text("PRAGMA synchronous")).scalar() == 2
        assert c.execute(sa.text("PRAGMA journal_mode")).scalar() == "wal"


async def test_a_locked_database_refuses_and_recovers(engine: sa.Engine, path: Path) -> None:
    grouping = Grouping(Inbox(engine))
    grouping.start()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        refused = await add_all(grouping, [arrival(f"g{n}") for n in range(5)])
        other.execute("ROLLBACK")
    again = await add_all(grouping, [arrival(f"g{n}") for n in range(5)])
    await grouping.stop()

    assert all(isinstance(one, StoreUnavailable) for one in refused)
    assert again == ["stored"] * 5
    assert len(guids(path)) == 5


async def test_a_full_database_refuses_all_of_a_group_and_takes_it_when_there_is_room(
    engine: sa.Engine, path: Path
) -> None:
    def fill(connection: sqlite3.Connection, _record: object, _proxy: object) -> None:
        connection.execute(f"PRAGMA max_page_count={connection.execute('PRAGMA page_count').fetchone()[0]}")

    big = [arrival(f"g{n}", b"x" * 100_000) for n in range(10)]
    grouping = Grouping(Inbox(engine))
    grouping.start()
    sa.event.listen(engine, "checkout", fill)
    refused = await add_all(grouping, big)
    sa.event.remove(engine, "checkout", fill)
    assert guids(path) == []
    engine.dispose()
    again = await add_all(grouping, big)
    await grouping.stop()

    assert all(isinstance(one, StoreUnavailable) for one in refused)
    assert again == ["stored"] * 10


async def test_a_row_that_the_database_does_not_take_fails_alone(engine: sa.Engine, path: Path) -> None:
    """A trigger stands for what one database refuses and another does not."""
    with engine.begin() as c:
        c.execute(
            sa.text(
                "CREATE TRIGGER no BEFORE INSERT ON deliveries WHEN new.guid = 'bad' "
                "BEGIN SELECT RAISE(ABORT, 'no'); END"
            )
        )
    grouping = Grouping(Inbox(engine))
    grouping.start()
    results = await add_all(grouping, [arrival(guid) for guid in ("a", "bad", "b", "a")])
    await grouping.stop()

    assert results == ["stored", "refused", "stored", "duplicate"]
    assert guids(path) == ["a", "b"]


class Gate:
    """A store that answers when it is let."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.seen: list[str] = []

    def add_all(self, arrivals: Sequence[Arrival]) -> list[Stored]:
        assert self.open.wait(30)
        self.seen += [one.guid for one in arrivals]
        return ["stored"] * len(arrivals)


async def test_a_store_that_never_answers_is_refused_while_somebody_listens() -> None:
    store = Gate()
    grouping = Grouping(store, patience=0.1)
    grouping.start()
    with pytest.raises(StoreUnavailable, match="too long"):
        await grouping.add(arrival("g"))
    store.open.set()
    assert await grouping.add(arrival("h")) == "stored"
    await grouping.stop()
    assert store.seen == ["g", "h"]  # what was refused may be stored: its redelivery is a duplicate


@pytest.mark.parametrize(("most", "size"), [("MOST_WAITING", 10), ("MOST_WAITING_BYTES", 10 * 100)])
async def test_more_than_may_wait_is_refused_at_once(monkeypatch: pytest.MonkeyPatch, most: str, size: int) -> None:
    monkeypatch.setattr(module, most, size)
    store = Gate()
    grouping = Grouping(store)
    grouping.start()
    waiting = [asyncio.create_task(grouping.add(arrival(f"g{n}", b"x" * 100))) for n in range(10)]
    await asyncio.sleep(0)
    with pytest.raises(StoreUnavailable, match="too many"):
        await grouping.add(arrival("more", b"x" * 100))
    assert grouping.waiting == 10
    store.open.set()
    assert await asyncio.gather(*waiting) == ["stored"] * 10
    assert await grouping.add(arrival("more", b"x" * 100)) == "stored"
    await grouping.stop()


async def test_the_end_stores_what_waits_and_takes_nothing_more() -> None:
    store = Gate()
    grouping = Grouping(store)
    grouping.start()
    waiting = [asyncio.create_task(grouping.add(arrival(f"g{n}"))) for n in range(300)]
    await asyncio.sleep(0)
    ending = asyncio.create_task(grouping.stop())
    await asyncio.sleep(0)
    with pytest.raises(StoreUnavailable):
        await grouping.add(arrival("late"))
    store.open.set()
    await ending
    assert await asyncio.gather(*waiting) == ["stored"] * 300
    assert store.seen == [f"g{n}" for n in range(300)]


async def test_a_mistake_of_ours_is_an_answer_too(caplog: pytest.LogCaptureFixture) -> None:
    class Broken:
        def add_all(self, _arrivals: Sequence[Arrival]) -> list[Stored]:
            raise RuntimeError("a mistake")

    grouping = Grouping(Broken())
    grouping.start()
    with pytest.raises(StoreUnavailable):
        await grouping.add(arrival("g"))
    await grouping.stop()
    assert "could not be stored" in caplog.text


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(groups=st.lists(st.lists(st.integers(0, 30), min_size=1, max_size=90), min_size=1, max_size=4))
def test_any_groups_of_any_guids_are_stored_once_and_told_rightly(
    engine: sa.Engine, path: Path, groups: list[list[int]]
) -> None:
    """Of each GUID exactly one is told `stored`: the first."""
    with engine.begin() as c:
        c.execute(sa.text("DELETE FROM deliveries"))
    inbox, known = Inbox(engine), set[int]()
    for group in groups:
        results = inbox.add_all([arrival(f"g{number}") for number in group])
        for number, result in zip(group, results, strict=True):
            assert result == ("duplicate" if number in known else "stored")
            known.add(number)
    assert sorted(guids(path)) == sorted(f"g{number}" for number in known)
