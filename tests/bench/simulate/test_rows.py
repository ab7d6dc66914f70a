"""The simulator's effect rows are those of the database: the same operations leave the same behind."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from otto_bot.bench.simulate.makers import ANNA, REPO, T0
from otto_bot.bench.simulate.queue import Queue
from otto_bot.bench.simulate.rows import Rows
from otto_bot.core.config import HostCaps
from otto_bot.core.effects import Effect, EffectKind
from otto_bot.core.events import RunStarted
from otto_bot.core.machine import started
from otto_bot.store import tables as t
from otto_bot.store.database import migrate, open_database, writing
from otto_bot.store.effect_rows import EffectRows, Ticket, mark_done, sync
from otto_bot.store.ledger import Ledger, Trigger

RUN = started(RunStarted(at=T0, run_id=1, repo=REPO, issue=4, ordinal=1, title="T", body="B", actor=ANNA))
RUN = RUN.model_copy(update={"shown": {"c": "1", "b": ""}})
NAMES = ("a/1", "a/2", "b/1", "c/1")
"""Effects; those that begin alike share a lane."""

wanted = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from([None, 0, 20, 90])), max_size=4,
                  unique_by=lambda one: one[0])  # fmt: skip
operation = st.one_of(
    st.tuples(st.just("sync"), wanted),
    st.tuples(st.just("claim"), st.sampled_from(["w1", "w2"])),
    st.tuples(st.sampled_from(["done", "begin", "give_back", "release"]), st.integers(0, 30)),
    st.tuples(st.just("renew"), st.sampled_from(["w1", "w2"])),
    st.tuples(st.just("reap"), st.booleans()),
    st.tuples(st.just("wait"), st.sampled_from([1, 10, 40])),
)


def effect(name: str, after: int | None) -> Effect:
    not_before = None if after is None else T0 + timedelta(seconds=after)
    return Effect(key=f"run/1/{name}", kind=EffectKind.SHOW, run=1, lane=name[0], target=name[0], not_before=not_before)


class Both:
    """The rows in memory and those of a database; every answer is compared."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        self.real, self.twin = EffectRows(engine), Rows()
        self.now = T0
        self.tickets: list[Ticket] = []
        with writing(engine) as c:
            c.execute(t.effects.delete())

    def do(self, name: str, with_: Any) -> None:
        ticket = self.tickets[with_ % len(self.tickets)] if isinstance(with_, int) and self.tickets else None
        if name in ("done", "begin", "give_back", "release"):
            if ticket is not None:
                getattr(self, name)(ticket)
        else:
            getattr(self, name)(with_)
        self.same()

    def sync(self, names: list[tuple[str, int | None]]) -> None:
        effects = [effect(name, after) for name, after in names]
        with writing(self.engine) as c:
            found = sync(c, RUN, effects, self.now)
        twin = self.twin.sync(RUN, effects, self.now)
        assert (set(twin.stuck), set(twin.unsure)) == (set(found.stuck), set(found.unsure))

    def claim(self, worker: str) -> None:
        taken = self.real.claim(worker, self.now, 3)
        assert self.twin.claim(worker, self.now, 3) == taken
        self.tickets += taken

    def done(self, ticket: Ticket) -> None:
        with writing(self.engine) as c:
            mark_done(c, ticket, self.now)
        self.twin.mark_done(ticket)

    def begin(self, ticket: Ticket) -> None:
        assert self.twin.begin(ticket, self.now) == self.real.begin(ticket, self.now)

    def give_back(self, ticket: Ticket) -> None:
        later = self.now + timedelta(seconds=5)
        self.real.give_back(ticket, later, self.now)
        self.twin.give_back(ticket, later)

    def release(self, ticket: Ticket) -> None:
        self.real.release(ticket)
        self.twin.release(ticket)

    def renew(self, worker: str) -> None:
        keys = sorted({ticket.key for ticket in self.tickets})
        self.real.renew(worker, keys, self.now)
        self.twin.renew(worker, keys, self.now)

    def reap(self, everything: bool) -> None:
        lost = self.real.reap(self.now, all_running=everything)
        assert {one.id for one in self.twin.reap(self.now, all_running=everything)} == {one.id for one in lost}

    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    def same(self) -> None:
        c = t.effects.c
        query = sa.select(c.key, c.state, c.generation, c.lost, c.worker, c.not_before)
        with self.engine.connect() as connection:
            real = {row.key: tuple(row)[1:] for row in connection.execute(query)}
        twin = {
            key: (row.state, row.generation, row.lost, row.worker, row.not_before)
            for key, row in self.twin.rows.items()
        }
        assert twin == real


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sa.Engine]:
    folder: Path = tmp_path_factory.mktemp("rows")
    made = open_database(f"sqlite:///{folder / 'otto.sqlite'}")
    migrate(made)
    trigger = Trigger(key="k", repo=REPO, issue=4, title="T", body="B", actor=ANNA)
    assert Ledger(made).start(trigger, HostCaps(), T0) is not None
    yield made
    made.dispose()


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(operation, min_size=5, max_size=30))
def test_rows_in_memory_are_those_of_the_database(engine: sa.Engine, operations: list[tuple[str, Any]]) -> None:
    both = Both(engine)
    for name, with_ in operations:
        both.do(name, with_)


def test_an_id_that_ended_never_runs_again_and_a_dead_workers_ids_come_back() -> None:
    queue, one, two = Queue(), Ticket(key="k", generation=1), Ticket(key="k", generation=2)
    assert queue.enqueue(one, "w1")
    assert not queue.enqueue(one, "w2")
    assert queue.recovered("w1") == [one]
    queue.end(one)
    assert not queue.enqueue(one, "w1")
    assert queue.recovered("w1") == []
    assert queue.enqueue(two, "w1")
