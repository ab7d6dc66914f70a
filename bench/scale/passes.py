"""What one pass of the worker over the database costs when more and more runs stand in it and few of them changed."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import process_time
from typing import NamedTuple

import sqlalchemy as sa

from bench.scale.rows import fill, resting, verifying
from otto_bot.core.events import Published
from otto_bot.store.database import migrate, open_database
from otto_bot.store.effect_rows import EffectRows
from otto_bot.store.inbox import Inbox
from otto_bot.store.ledger import Ledger

CHANGED = 10
"""Runs that something happened to before each pass."""


class Pass(NamedTuple):
    """Milliseconds of processor time for one pass, with so many runs in the database."""

    runs: int
    claim: float
    reap: float
    beat: float
    inbox: float
    append: float
    bytes_per_run: float


def measure(sizes: tuple[int, ...]) -> list[Pass]:
    """The same database grows from size to size."""
    now = datetime.now(UTC)
    waits = resting(verifying().run, now, now + timedelta(hours=6))
    with tempfile.TemporaryDirectory() as folder:
        engine = open_database(f"sqlite:///{folder}/otto.sqlite")
        migrate(engine)
        found, there = [], 0
        for size in sizes:
            fill(engine, waits, range(there + 1, size + 1), now)
            there = size
            found.append(_pass(engine, size, now))
        engine.dispose()
    return found


def _pass(engine: sa.Engine, runs: int, now: datetime) -> Pass:
    ledger, inbox = Ledger(engine), Inbox(engine)
    tries = 15

    def change(number: int) -> None:
        at = now + timedelta(seconds=number)
        for run in range(1, CHANGED + 1):
            event = Published(at=at, surface="status", digest=f"{runs}-{number}")
            ledger.append(run * (runs // CHANGED), [event], at)

    clock = iter(range(1, 10_000))
    append = _best(lambda: change(next(clock)), tries) / CHANGED
    later = now + timedelta(minutes=1)
    claim = _best(lambda: EffectRows(engine, lease_seconds=0.0).claim("w", later, CHANGED), tries)
    reap = _best(lambda: EffectRows(engine).reap(later), tries)
    beat = _best(lambda: EffectRows(engine).renew("w", [], later), tries)
    look = _best(lambda: inbox.next(later + timedelta(seconds=next(clock))), tries)
    with engine.connect() as c:
        pages: int = c.execute(sa.text("PRAGMA page_count")).scalar_one()
        size: int = c.execute(sa.text("PRAGMA page_size")).scalar_one()
    return Pass(runs, claim, reap, beat, look, append, pages * size / runs)


def _best(step: Callable[[], object], tries: int) -> float:
    """Milliseconds: the middle of some tries."""
    times = []
    for _ in range(tries):
        begun = process_time()
        step()
        times.append(process_time() - begun)
    return sorted(times)[len(times) // 2] * 1000
