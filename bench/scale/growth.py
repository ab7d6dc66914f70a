"""How an append grows with its run, and how many bytes of the database a run takes."""

from __future__ import annotations

import tempfile
from time import process_time
from typing import NamedTuple

import sqlalchemy as sa

from bench.scale.life import Life, Shape
from otto_bot.core.config import HostCaps
from otto_bot.core.events import RunStarted
from otto_bot.core.values import stored_json
from otto_bot.store import tables as t
from otto_bot.store.database import migrate, open_database
from otto_bot.store.ledger import Ledger, Trigger

SHAPES = (
    Shape(tasks=1, gates=0, turns=15, judge=3, polls=3, reports=6),
    Shape(tasks=3, gates=1, turns=15, judge=3, polls=3, reports=6),
    Shape(tasks=8, gates=2, turns=4, judge=2, polls=3, reports=6),
    Shape(tasks=40, gates=5, turns=1, judge=1, polls=1, reports=1),
)


class Growth(NamedTuple):
    """`append` in milliseconds of processor time, over its last hundred events; sizes in bytes."""

    tasks: int
    gates: int
    events: int
    append: float
    whole: int
    state: int
    ledger: int
    texts: int
    effects: int
    cold: float


def measure(shape: Shape) -> Growth:
    """One life, written event by event."""
    life = Life(shape)
    life.live()
    first = life.ledger[0]
    assert isinstance(first, RunStarted)
    with tempfile.TemporaryDirectory() as folder:
        engine = open_database(f"sqlite:///{folder}/otto.sqlite")
        migrate(engine)
        ledger = Ledger(engine)
        trigger = Trigger(
            key="k", repo=first.repo, issue=first.issue, title=first.title, body=first.body, actor=first.actor
        )
        ledger.start(trigger, HostCaps(usd=first.caps.usd, minutes=first.caps.minutes), first.at)
        times = []
        for event in life.ledger[1:]:
            begun = process_time()
            ledger.append(1, [event], event.at)
            times.append(process_time() - begun)
        begun = process_time()
        assert Ledger(engine).load(1) == life.run
        cold = process_time() - begun
        found = _sizes(engine)
        engine.dispose()
    last = times[-100:]
    return Growth(
        shape.tasks, shape.gates, len(life.ledger), sum(last) / len(last) * 1000, len(stored_json(life.run)), *found,
        cold * 1000,
    )  # fmt: skip


def _sizes(engine: sa.Engine) -> tuple[int, int, int, int]:
    columns = (t.runs.c.state, t.events.c.body, t.artifacts.c.body, t.effects.c.body)
    with engine.connect() as c:
        sizes = [c.execute(sa.select(sa.func.sum(sa.func.length(column)))).scalar() or 0 for column in columns]
    return sizes[0], sizes[1], sizes[2], sizes[3]
