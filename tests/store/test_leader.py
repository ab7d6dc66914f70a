"""One leader at a time: who holds a lease, who gets it next, and that two who ask at once do not both lead."""

import threading
from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa

from otto_bot.store import tables as t
from otto_bot.store.database import open_database, writing
from otto_bot.store.leader import Leader

At = Callable[[float], datetime]


def test_one_leads_until_its_lease_is_over(engine: sa.Engine, at: At) -> None:
    leader = Leader(engine)
    assert leader.holds("reconcile", "a", at(0), 10)
    assert not leader.holds("reconcile", "b", at(9), 10)
    assert leader.holds("catch-up", "b", at(9), 10), "another name is another lease"
    assert leader.holds("reconcile", "a", at(9), 10), "asking again keeps it"
    assert not leader.holds("reconcile", "b", at(18), 10)
    assert leader.holds("reconcile", "b", at(20), 10)
    assert not leader.holds("reconcile", "a", at(20), 10)


def test_the_first_half_of_a_lease_writes_nothing(engine: sa.Engine, at: At) -> None:
    leader = Leader(engine)
    leader.holds("x", "a", at(0), 10)
    seen: list[str] = []
    sa.event.listen(engine, "before_cursor_execute", lambda _c, _cur, text, *_rest: seen.append(text))
    assert leader.holds("x", "a", at(4), 10)
    assert [text for text in seen if text.startswith(("INSERT", "UPDATE"))] == []
    assert leader.holds("x", "a", at(6), 10)
    assert [text for text in seen if text.startswith("UPDATE")]


def test_who_leaves_lets_the_next_one_in_at_once(engine: sa.Engine, at: At) -> None:
    leader = Leader(engine)
    leader.holds("x", "a", at(0), 10)
    leader.leave("x", "b")
    assert not leader.holds("x", "b", at(1), 10)
    leader.leave("x", "a")
    assert leader.holds("x", "b", at(1), 10)


def test_a_lease_that_cannot_be_read_is_free(engine: sa.Engine, at: At) -> None:
    with writing(engine) as c:
        c.execute(t.cursors.insert().values(name="leader/x", value="[]"))
    assert Leader(engine).holds("x", "a", at(0), 10)
    assert not Leader(engine).holds("x", "b", at(0), 10)


def test_a_lease_of_a_clock_that_was_set_back_does_not_last(engine: sa.Engine, at: At) -> None:
    """Whoever is first takes it: the holder, who asks every few seconds, or another where the holder has died."""
    leader = Leader(engine)
    assert leader.holds("x", "a", at(7200), 10)
    assert leader.holds("x", "a", at(0), 10)
    assert not leader.holds("x", "b", at(1), 10)
    assert leader.holds("y", "a", at(7200), 10)
    assert leader.holds("y", "b", at(0), 10)


def test_of_many_at_once_one_leads(engine: sa.Engine, database_url: str, at: At) -> None:
    """First where nobody led, then where a dead one's lease is over."""
    others = [open_database(database_url) for _ in range(4)]
    for second in (0, 100):
        gate, won = threading.Barrier(4), []

        def ask(number: int, second: int = second, gate: threading.Barrier = gate, won: list[int] = won) -> None:
            gate.wait()
            if Leader(others[number]).holds("x", f"w{number}-{second}", at(second), 10):
                won.append(number)

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(won) == 1
    for other in others:
        other.dispose()
