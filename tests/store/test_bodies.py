"""Bodies are kept pressed and come back as they were; the log is folded in beside the writer."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from otto_bot.store import tables as t
from otto_bot.store.arrivals import Arrival
from otto_bot.store.bodies import LARGEST, PRESSED, WORTH_IT, kept, raw
from otto_bot.store.database import migrate, open_database, writing
from otto_bot.store.deliveries import Deliveries
from otto_bot.store.folding import FOLD_BYTES, Folding
from otto_bot.store.inbox import Inbox

NOW = datetime(2026, 11, 1, 9, tzinfo=UTC)
LONG = b'{"action": "labeled", "issue": "%s"}' % (b"a word or two " * 400)


@given(st.binary(max_size=3000) | st.binary(max_size=30).map(lambda tail: PRESSED + tail))
def test_a_body_comes_back_as_it_was(body: bytes) -> None:
    assert raw(kept(body)) == body


def test_only_what_is_worth_it_is_pressed() -> None:
    assert kept(b"{}" * (WORTH_IT // 2 - 1)) == b"{}" * (WORTH_IT // 2 - 1)
    assert len(kept(LONG)) < len(LONG) / 6


@pytest.mark.parametrize(
    "stored", [kept(LONG)[:-5], kept(LONG) + b"more", PRESSED + b"nothing of the kind", kept(bytes(LARGEST + 1))]
)
def test_what_was_never_kept_so_is_refused(stored: bytes) -> None:
    with pytest.raises(ValueError, match="a stored delivery"):
        raw(stored)


def test_a_delivery_is_pressed_in_the_database_and_whole_for_whoever_takes_it(engine: sa.Engine) -> None:
    inbox = Inbox(engine)
    assert inbox.add_all([Arrival("g1", "issues", "labeled", LONG, NOW), Arrival("g2", "push", "", b"{}", NOW)]) == [
        "stored",
        "stored",
    ]
    Deliveries(engine).put("g3", "issues", "labeled", LONG, NOW)
    with engine.connect() as c:
        rows = c.execute(sa.select(t.deliveries.c.guid, sa.func.length(t.deliveries.c.body))).all()
    sizes = {str(guid): int(size) for guid, size in rows}
    assert sizes["g1"] == sizes["g3"] < len(LONG) / 6
    taken = [inbox.next(NOW) for _ in range(3)]
    assert [(one.guid, one.body) for one in taken if one is not None] == [("g1", LONG), ("g2", b"{}"), ("g3", LONG)]


def test_one_that_is_broken_is_dead_and_holds_up_no_other(engine: sa.Engine) -> None:
    inbox = Inbox(engine)
    inbox.add_all([Arrival("g1", "issues", "labeled", LONG, NOW), Arrival("g2", "push", "", LONG, NOW)])
    with writing(engine) as c:
        c.execute(t.deliveries.update().where(t.deliveries.c.guid == "g1").values(body=kept(LONG)[:-1]))
    taken = inbox.next(NOW)
    assert taken is not None
    assert taken.guid == "g2"
    assert Deliveries(engine).states(["g1", "g2"]) == {"g1": "dead", "g2": "received"}


def test_the_log_is_folded_in_while_its_writer_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "otto.sqlite"
    engine = open_database(f"sqlite:///{path}")
    migrate(engine)
    inbox = Inbox(engine)
    folding = Folding(engine, lambda: inbox.written)
    folding.start()
    try:
        size = 2 * FOLD_BYTES
        for number in range(40):
            inbox.add_all([Arrival(f"g{number}", "push", "", os.urandom(size // 40), NOW)])
        # Nobody else folds: without the thread the database's own file would stay as small as it was.
        deadline = time.monotonic() + 20
        while path.stat().st_size < size // 2:
            assert time.monotonic() < deadline, path.stat()
        with closing(sqlite3.connect(path)) as c:
            assert c.execute("SELECT count(*) FROM deliveries").fetchone() == (40,)
    finally:
        folding.stop()
        engine.dispose()


def test_on_postgresql_there_is_nothing_to_fold() -> None:
    folding = Folding(open_database("postgresql://nobody@127.0.0.1:9/none"), lambda: 0)
    folding.start()
    assert "folding" not in {thread.name for thread in threading.enumerate()}
    folding.stop()
