"""Who works on a database, and one time for all of them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from otto_bot.store.clock import Clock
from otto_bot.store.effect_rows import EffectRows
from otto_bot.store.worker_rows import KEPT_SECONDS, WorkerRows

At = Callable[[float], datetime]


def test_workers_come_are_heard_stop_and_go(engine: sa.Engine, rows: EffectRows, at: At) -> None:
    workers = WorkerRows(engine)
    workers.arrive("a", "host", "1.2.3", at(0))
    workers.arrive("b", "host", "1.2.4", at(1))
    rows.renew("a", [], at(5))
    workers.stops("a")

    assert [(one.name, one.version, one.stopping) for one in workers.all()] == [
        ("a", "1.2.3", True),
        ("b", "1.2.4", False),
    ]
    assert workers.all()[0].heartbeat_at == at(5).timestamp()
    workers.leave("b")
    assert [one.name for one in workers.all()] == ["a"]


def test_the_dead_are_forgotten(engine: sa.Engine, rows: EffectRows, at: At) -> None:
    workers = WorkerRows(engine)
    workers.arrive("dead", "h", "1", at(0))
    workers.arrive("alive", "h", "1", at(0))
    rows.renew("alive", [], at(KEPT_SECONDS))

    assert workers.forget_dead(at(KEPT_SECONDS)) == 0
    assert workers.forget_dead(at(KEPT_SECONDS + 1)) == 1
    assert [one.name for one in workers.all()] == ["alive"]


def test_hosts_with_wrong_clocks_agree(engine: sa.Engine) -> None:
    """On PostgreSQL its own time counts, on SQLite there is one host; between two looks the steady clock goes on."""
    steady = [100.0]
    hosts = [datetime.now(UTC) + timedelta(hours=hours) for hours in (-5, 5)]
    clocks = [Clock(engine, lambda host=host: host, lambda: steady[0]) for host in hosts]  # type: ignore[misc]
    for clock in clocks:
        clock.sync()
    first, second = (clock() for clock in clocks)
    if engine.dialect.name == "postgresql":
        assert abs(first - second) < timedelta(seconds=30)
    else:
        assert (first, second) == tuple(hosts)
    steady[0] += 2.5
    assert clocks[0]() == first + timedelta(seconds=2.5)
