"""Effect rows: one a key, generations, leases, lanes, and what workers do with them."""

import threading
from collections.abc import Callable, Sequence
from datetime import datetime

import pytest
import sqlalchemy as sa

from otto_bot.core.effects import Effect, EffectKind
from otto_bot.core.run import Run
from otto_bot.store import tables as t
from otto_bot.store.database import open_database, writing
from otto_bot.store.effect_rows import EffectRows, Ticket, mark_done, sync
from otto_bot.store.synced import REPEAT_LIMIT, Synced

At = Callable[[float], datetime]


def effect(name: str, lane: str = "", not_before: datetime | None = None) -> Effect:
    key = f"run/1/{name}"
    return Effect(key=key, kind=EffectKind.VERIFY, run=1, lane=lane or key, not_before=not_before)


class Rows:
    """The rows of one run, set to exactly the effects a test wants."""

    def __init__(self, engine: sa.Engine, run: Run) -> None:
        self.engine = engine
        self.run = run

    def sync(self, wanted: Sequence[Effect], at: datetime) -> Synced:
        with writing(self.engine) as c:
            return sync(c, self.run, wanted, at)

    def done(self, ticket: Ticket, at: datetime) -> None:
        with writing(self.engine) as c:
            mark_done(c, ticket, at)

    def row(self, name: str) -> dict[str, object]:
        with self.engine.connect() as c:
            found = c.execute(sa.select(t.effects).where(t.effects.c.key == f"run/1/{name}")).one()
        return dict(found._mapping)


@pytest.fixture
def table(engine: sa.Engine, run: Run, at: At) -> Rows:
    made = Rows(engine, run)
    made.sync([], at(0))
    return made


def keys(tickets: Sequence[Ticket]) -> list[str]:
    return [ticket.id.removeprefix("run/1/") for ticket in tickets]


def test_what_is_due_is_claimed_once_and_in_order(table: Rows, rows: EffectRows, at: At) -> None:
    table.sync([effect("b"), effect("a"), effect("later", not_before=at(60))], at(0))

    assert keys(rows.claim("w1", at(1), 1)) == ["a#1"]
    assert keys(rows.claim("w2", at(1), 5)) == ["b#1"]
    assert rows.claim("w1", at(2), 5) == []
    assert keys(rows.claim("w1", at(61), 5)) == ["later#1"]


def test_effects_of_one_lane_never_run_side_by_side(table: Rows, rows: EffectRows, at: At) -> None:
    table.sync([effect("a", "lane"), effect("b", "lane"), effect("c")], at(0))

    first = rows.claim("w1", at(1), 5)
    assert keys(first) == ["a#1", "c#1"]
    table.done(first[0], at(2))
    assert keys(rows.claim("w2", at(3), 5)) == ["b#1"]


def test_two_workers_at_once_share_without_doubles(database_url: str, table: Rows, at: At) -> None:
    """Twelve effects in six lanes: each lane goes to one worker."""
    table.sync([effect(f"e{n}", f"lane{n % 6}") for n in range(12)], at(0))
    taken: list[Ticket] = []
    gate = threading.Barrier(4)

    def work(name: str) -> None:
        own = open_database(database_url)
        gate.wait()
        taken.extend(EffectRows(own).claim(name, at(1), 12))
        own.dispose()

    threads = [threading.Thread(target=work, args=(f"w{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(taken) == len({ticket.key for ticket in taken}) == 6
    assert len({int(ticket.key.rsplit("e", 1)[1]) % 6 for ticket in taken}) == 6


def test_dropped_and_wanted_again_is_the_next_generation(table: Rows, rows: EffectRows, at: At) -> None:
    table.sync([effect("a")], at(0))
    [first] = rows.claim("w", at(1), 1)
    table.sync([], at(2))

    assert table.row("a")["state"] == "dropped"
    assert not rows.wanted(first)
    assert rows.dropped([first]) == [first]
    assert rows.begin(first, at(2)) is None
    table.sync([effect("a")], at(3))
    rows.release(first)
    assert keys(rows.claim("w", at(3), 1)) == ["a#2"]


def test_done_and_wanted_again_waits_longer_each_time_and_ends(table: Rows, rows: EffectRows, at: At) -> None:
    pauses = []
    now = 0.0
    stuck: tuple[str, ...] = ()
    table.sync([effect("a")], at(now))
    while not stuck:
        [ticket] = rows.claim("w", at(now), 1)
        table.done(ticket, at(now))
        stuck = table.sync([effect("a")], at(now)).stuck
        if not stuck:
            pauses.append(float(str(table.row("a")["not_before"])) - at(now).timestamp())
            now += pauses[-1]

    assert stuck == ("run/1/a",)
    assert pauses == [2.0**n for n in range(1, REPEAT_LIMIT)]


def test_a_surface_that_an_unwanted_step_may_have_written_is_told_of(table: Rows, rows: EffectRows, at: At) -> None:
    """Its worker may be dead, or hang: the step is kept until the run has heard that nobody knows what is shown."""
    status = Effect(key="run/1/show/status/1", kind=EffectKind.SHOW, run=1, lane="s", target="status")
    table.run = table.run.model_copy(update={"shown": {"status": "how it was"}})
    table.sync([status], at(0))
    assert table.sync([], at(0)) == Synced()  # nobody has begun to write
    table.sync([status], at(0))
    [ticket] = rows.claim("dies", at(0), 1)
    assert table.sync([], at(1)) == Synced(unsure=("status",))
    assert rows.wanted(ticket)
    rows.reap(at(60))
    assert table.sync([], at(61)) == Synced(unsure=("status",))
    assert table.sync([status], at(62)) == Synced()

    table.run = table.run.model_copy(update={"shown": {"status": ""}})
    assert table.sync([], at(63)) == Synced()
    assert table.row("show/status/1")["state"] == "dropped"


def test_a_changed_time_moves_a_waiting_row(table: Rows, rows: EffectRows, at: At) -> None:
    table.sync([effect("a", not_before=at(600))], at(0))
    table.sync([effect("a", not_before=at(5))], at(1))

    assert keys(rows.claim("w", at(5), 1)) == ["a#1"]


def test_effects_that_share_a_lane_from_now_on_do_not_run_side_by_side(table: Rows, rows: EffectRows, at: At) -> None:
    table.sync([effect("a"), effect("b")], at(0))
    table.sync([effect("a", "shared"), effect("b", "shared")], at(1))

    assert keys(rows.claim("w", at(2), 5)) == ["a#1"]
    table.sync([effect("a", "shared")], at(3))
    table.sync([effect("a", "shared"), effect("b", "shared"), effect("c", "shared")], at(4))
    assert rows.claim("w", at(5), 5) == []


def test_given_back_keeps_its_later_time(table: Rows, rows: EffectRows, at: At) -> None:
    """Another sync of the same wish does not call it forward; the next try has the next generation."""
    table.sync([effect("a")], at(0))
    [ticket] = rows.claim("w", at(1), 1)
    rows.give_back(ticket, at(300), at(2))
    table.sync([effect("a")], at(3))

    assert rows.claim("w", at(299), 1) == []
    assert keys(rows.claim("w", at(300), 1)) == ["a#2"]
    rows.give_back(ticket, at(1), at(301))
    assert table.row("a")["generation"] == 2


def test_a_lease_that_ends_gives_the_effect_to_the_next(table: Rows, rows: EffectRows, at: At) -> None:
    table.sync([effect("a"), effect("b")], at(0))
    [a, b] = rows.claim("w1", at(0), 2)
    rows.renew("w1", [b.key], at(20))

    assert keys(rows.reap(at(31))) == ["a#1"]
    assert rows.begin(a, at(31)) is None
    assert rows.begin(b, at(31)) is not None
    assert keys(rows.claim("w2", at(32), 2)) == ["a#2"]
    table.done(a, at(33))
    assert table.row("a")["state"] == "running"


def test_the_only_worker_takes_up_everything_at_its_start(table: Rows, rows: EffectRows, at: At) -> None:
    table.sync([effect("a"), effect("b")], at(0))
    rows.claim("old", at(0), 1)

    assert keys(rows.reap(at(1), all_running=True)) == ["a#1"]
    assert keys(rows.claim("new", at(1), 5)) == ["a#2", "b#1"]
    assert rows.counts()["running"] == 2


def test_an_effect_that_kills_its_workers_is_stopped(table: Rows, rows: EffectRows, at: At) -> None:
    """The run's next event makes it a person's."""
    table.sync([effect("a")], at(0))
    for n in range(REPEAT_LIMIT):
        assert len(rows.claim("w", at(n), 1)) == 1
        rows.reap(at(n), all_running=True)

    assert rows.claim("w", at(100), 1) == []
    assert table.sync([effect("a")], at(101)).stuck == ("run/1/a",)


def test_begin_gives_the_effect_as_it_was_wanted(table: Rows, rows: EffectRows, at: At) -> None:
    wanted = effect("a", "lane", at(0))
    table.sync([wanted], at(0))
    [ticket] = rows.claim("w", at(1), 1)

    assert rows.begin(ticket, at(1)) == wanted
    assert rows.wanted(ticket)
    assert rows.begin(Ticket(key="run/1/a", generation=9), at(1)) is None
    assert not rows.wanted(Ticket(key="run/1/nothing", generation=1))


def test_a_dropped_effect_keeps_its_lane_until_its_job_ends(table: Rows, rows: EffectRows, at: At) -> None:
    """A plan that was revised while its comment was being written: the second writing waits for the first."""
    table.sync([effect("r1", "comment")], at(0))
    [first] = rows.claim("w", at(1), 5)
    table.sync([effect("r2", "comment"), effect("other")], at(2))

    assert keys(rows.claim("w", at(3), 5)) == ["other#1"]
    assert not rows.wanted(first)
    rows.release(first)
    assert keys(rows.claim("w", at(4), 5)) == ["r2#1"]


def test_a_dropped_effect_keeps_its_lane_no_longer_than_its_lease(table: Rows, rows: EffectRows, at: At) -> None:
    table.sync([effect("r1", "comment")], at(0))
    [first] = rows.claim("w", at(0), 5)
    table.sync([effect("r2", "comment")], at(1))
    rows.renew("w", [first.key], at(20))

    assert rows.claim("w", at(49), 5) == []
    assert keys(rows.claim("w", at(51), 5)) == ["r2#1"]


def test_an_effect_wanted_again_waits_for_its_former_try(table: Rows, rows: EffectRows, at: At) -> None:
    table.sync([effect("a")], at(0))
    [first] = rows.claim("w", at(0), 5)
    table.sync([], at(1))
    table.sync([effect("a")], at(2))

    assert rows.claim("w", at(3), 5) == []
    rows.release(first)
    assert keys(rows.claim("w", at(4), 5)) == ["a#2"]
    rows.release(first)
    assert table.row("a")["worker"] == "w"


def test_nobody_has_a_dropped_effect_in_hand_after_a_restart(table: Rows, rows: EffectRows, at: At) -> None:
    table.sync([effect("r1", "comment")], at(0))
    rows.claim("old", at(0), 5)
    table.sync([effect("r2", "comment")], at(1))
    rows.reap(at(2), all_running=True)

    assert keys(rows.claim("new", at(3), 5)) == ["r2#1"]
