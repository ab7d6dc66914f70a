"""The inbox keeps each delivery once and in order; the archive keeps bodies by content."""

import threading
import zlib
from collections.abc import Callable
from datetime import datetime

import pytest
import sqlalchemy as sa

from otto_bot.core.run import Run
from otto_bot.core.values import Usage
from otto_bot.store import tables as t
from otto_bot.store.archive import ARTIFACT_LIMIT, Archive
from otto_bot.store.database import open_database
from otto_bot.store.inbox import ATTEMPT_LIMIT, TAKEN_LIMIT, Inbox

At = Callable[[float], datetime]


def test_a_delivery_is_kept_once_and_worked_in_order(inbox: Inbox, at: At) -> None:
    assert inbox.add("g1", "issues", "labeled", b"{}", at(0))
    assert inbox.add("g2", "push", None, b"[]", at(0))
    assert not inbox.add("g1", "issues", "labeled", b"other", at(1))

    first = inbox.next(at(1))
    second = inbox.next(at(1))
    assert first is not None
    assert second is not None
    assert (first.guid, first.event, first.action, first.body) == ("g1", "issues", "labeled", b"{}")
    assert (second.guid, second.action) == ("g2", "")
    assert inbox.next(at(1)) is None
    inbox.end(first)
    inbox.end(second)
    assert inbox.counts() == {"done": 2}
    assert not inbox.add("g1", "issues", "labeled", b"{}", at(9))


def test_the_same_delivery_at_once_is_stored_once(database_url: str, inbox: Inbox, at: At) -> None:
    new: list[bool] = []
    gate = threading.Barrier(5)

    def add() -> None:
        own = open_database(database_url)
        gate.wait()
        new.append(Inbox(own).add("g", "push", None, b"", at(0)))
        own.dispose()

    threads = [threading.Thread(target=add) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(new) == [False] * 4 + [True]


def test_a_delivery_that_ends_every_worker_is_left_to_a_person(inbox: Inbox, at: At) -> None:
    inbox.add("bad", "issues", "labeled", b"{}", at(0))
    inbox.add("good", "issues", "labeled", b"{}", at(0))
    taken = []
    for _ in range(TAKEN_LIMIT + 2):  # each time another worker, for the last one has died
        inbox.release()
        one = inbox.next(at(1))
        taken.append(one.guid if one is not None else "")
    assert taken == ["bad"] * TAKEN_LIMIT + ["good"] * 2
    assert inbox.counts() == {"dead": 1, "received": 1}


def test_a_delivery_in_a_dead_workers_hand_comes_again(inbox: Inbox, at: At) -> None:
    """After a minute by itself; at once when the only worker starts anew."""
    inbox.add("g", "push", None, b"", at(0))
    assert inbox.next(at(0)) is not None

    assert inbox.next(at(59)) is None
    again = inbox.next(at(61))
    assert again is not None
    assert again.attempts == 2
    inbox.release()
    assert inbox.next(at(62)) is not None


def test_a_delivery_that_never_works_is_left_for_a_person(inbox: Inbox, at: At) -> None:
    inbox.add("g", "push", None, b"", at(0))
    for n in range(ATTEMPT_LIMIT):
        delivery = inbox.next(at(100 * n))
        assert delivery is not None
        inbox.again(delivery, "no", at(100 * n + 50))
        assert inbox.next(at(100 * n + 49)) is None

    assert inbox.counts() == {"dead": 1}
    assert inbox.next(at(10_000)) is None


def test_a_body_is_kept_once_by_its_content(engine: sa.Engine, at: At) -> None:
    archive = Archive(engine)
    one = archive.keep("log", b"x" * 100_000, at(0))

    assert archive.keep("other", b"x" * 100_000, at(1)) == one
    assert archive.read(one) == b"x" * 100_000
    assert archive.read("0" * 64) is None
    with engine.connect() as c:
        assert c.execute(sa.select(sa.func.count()).select_from(t.artifacts)).scalar() == 1
        assert len(c.execute(sa.select(t.artifacts.c.body)).scalar_one()) < 1000
    with pytest.raises(ValueError, match="at most"):
        archive.keep("huge", bytes(ARTIFACT_LIMIT + 1), at(0))


@pytest.mark.parametrize("body", [b"garbage", b"", zlib.compress(b"other"), zlib.compress(b"what was kept")[:-9]])
def test_what_is_not_any_more_what_was_kept_is_not_there(engine: sa.Engine, at: At, body: bytes) -> None:
    archive = Archive(engine)
    digest = archive.keep("log", b"what was kept", at(0))
    with engine.begin() as c:
        c.execute(t.artifacts.update().values(body=body))

    assert archive.read(digest) is None


def test_a_journal_is_read_in_order_and_a_turn_can_be_replaced(engine: sa.Engine, at: At) -> None:
    archive = Archive(engine)
    for number in (2, 1, 10):
        archive.save_turn("code/t1", number, f"turn {number}".encode(), at(0))
    archive.save_turn("code/t1", 2, b"again", at(1))
    archive.save_turn("code/t2", 1, b"other", at(1))

    assert archive.turns("code/t1") == [b"turn 1", b"again", b"turn 10"]


def test_usage_and_cursors(engine: sa.Engine, run: Run, at: At) -> None:
    archive = Archive(engine)
    spent = Usage(input_tokens=5, cache_read_tokens=2, output_tokens=3, usd=0.5)
    for _ in range(2):
        archive.spent(call="c/1", run=run.id, role="pilot", model="m", usage=spent, seconds=1, reply="", at=at(0))
    archive.set_cursor("events", "1")
    archive.set_cursor("events", "2")

    with engine.connect() as c:
        assert c.execute(sa.select(t.usage.c.input_tokens, t.usage.c.usd)).all() == [(7, 0.5)]
    assert archive.cursor("events") == "2"
    assert archive.cursor("nothing") is None


def test_who_changes_a_cursor_waits_for_whoever_changes_it(engine: sa.Engine) -> None:
    """Also where it is not there yet, and each of them would make it."""
    archive, gate = Archive(engine), threading.Barrier(4)

    def add(one: str) -> None:
        gate.wait(20)
        for _ in range(5):
            archive.change_cursor("letters", lambda old: (old or "") + one)

    threads = [threading.Thread(target=add, args=(one,)) for one in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(archive.cursor("letters") or "") == sorted("abcd" * 5)
