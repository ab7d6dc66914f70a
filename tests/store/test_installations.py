"""What processes share about an installation: one pace, one set of budgets, one closing, on one database."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from otto_bot.core.quota import Ask, Quota
from otto_bot.store.database import open_database
from otto_bot.store.installations import APP, Closed, Installations, Totals

At = Callable[[float], datetime]
COMMENT = Ask(content=True)


def test_two_processes_take_turns_and_an_other_installation_does_not_wait(engine: sa.Engine, at: At) -> None:
    one, two = Installations(engine), Installations(engine)
    slots = [process.reserve(3, COMMENT, at(0)) for process in (one, two, one, two)]
    assert [slot.at - at(0).timestamp() for slot in slots] == [0, 1, 2, 3]
    assert two.reserve(4, COMMENT, at(0)).at == at(0).timestamp()
    assert Installations(engine).totals(at(0)) == Totals(writes=5, waits=0, closed=0)


def test_a_closing_holds_for_every_process_and_for_this_installation_alone(engine: sa.Engine, at: At) -> None:
    one, two = Installations(engine), Installations(engine)
    closed = one.close(3, at(90), "GitHub's secondary rate limit", at(0))
    assert closed == Closed(until=at(90), why="GitHub's secondary rate limit")
    assert two.closed(at(89)) == {3: closed}
    assert two.closed_now(3, at(89)) == closed and two.closed_now(4, at(0)) is None
    refused = two.reserve(3, COMMENT, at(1))
    assert not refused.granted and refused.at == at(90).timestamp() and refused.why == closed.why
    assert two.reserve(4, COMMENT, at(1)).granted
    assert two.totals(at(1)) == Totals(writes=1, waits=1, closed=1)
    assert two.closed(at(90)) == {} and two.closed_now(3, at(90)) is None
    assert one.reserve(3, COMMENT, at(90)).granted


def test_the_app_itself_closes_no_run(engine: sa.Engine, at: At) -> None:
    shared = Installations(engine)
    shared.close(APP, None, "GitHub's rate limit", at(0))
    assert shared.closed(at(1)) == {} and shared.totals(at(1)).closed == 0
    held = shared.closed_now(APP, at(1))
    assert held is not None and held.until == at(60)


def test_unnamed_limits_grow_also_when_another_process_meets_the_next(engine: sa.Engine, at: At) -> None:
    one, two = Installations(engine), Installations(engine)
    assert one.close(3, None, "limit", at(0)).until == at(60)
    assert two.close(3, None, "limit", at(5)).until == at(60)
    assert two.close(3, None, "limit", at(61)).until == at(181)


def test_what_github_said_is_left_is_shared(engine: sa.Engine, at: At) -> None:
    low = Quota(limit=5000, remaining=20, reset=at(1800).timestamp())
    Installations(engine).reserve(3, Ask(quota=low), at(0))
    progress = Installations(engine).reserve(3, Ask(yields=True), at(10))
    assert not progress.granted and progress.at == at(610).timestamp()


def test_a_text_of_anything_can_be_a_reason(engine: sa.Engine, at: At) -> None:
    shared = Installations(engine)
    shared.close(3, at(9), "\x00\ud800" + "x" * 900, at(0))
    assert len(shared.closed(at(1))[3].why) == 300


@given(order=st.lists(st.tuples(st.booleans(), st.floats(0, 2)), min_size=2, max_size=25))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_interleaving_of_two_processes_keeps_the_distance(
    engine: sa.Engine, at: At, order: list[tuple[bool, float]]
) -> None:
    with engine.begin() as c:
        c.execute(sa.text("DELETE FROM installations"))
    processes = (Installations(engine), Installations(engine))
    now, taken = 0.0, []
    for which, after in order:
        now += after
        slot = processes[which].reserve(3, COMMENT, at(now))
        if slot.granted:
            taken.append(slot.at)
    assert all(b - a >= 1 - 1e-6 for a, b in itertools.pairwise(taken))


@pytest.mark.parametrize("workers", [4])
def test_reservations_at_the_same_moment_are_places_in_one_queue(
    database_url: str, engine: sa.Engine, at: At, workers: int
) -> None:
    """Each thread with its own connections, as processes have them: no place is given twice."""
    gate, places, errors = threading.Barrier(workers), [], []

    def ask() -> None:
        own = open_database(database_url)
        try:
            gate.wait()
            shared = Installations(own, pause=0.01)
            places.extend(shared.reserve(3, Ask(), at(0)).at for _ in range(10))
        except BaseException as error:  # noqa: BLE001 - the test reports it
            errors.append(error)
        finally:
            own.dispose()

    threads = [threading.Thread(target=ask) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    wanted = [at(0) + timedelta(milliseconds=10 * n) for n in range(workers * 10)]
    assert sorted(places) == pytest.approx([one.timestamp() for one in wanted])
