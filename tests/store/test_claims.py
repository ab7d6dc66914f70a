"""Who gets to work next: installations in turn, limits of one and of all, closed ones, and runs that must wait."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa

from otto_bot.core.config import HostCaps
from otto_bot.core.effects import Effect, EffectKind
from otto_bot.core.limits import WORK, AtOnce, HostLimits
from otto_bot.core.quota import Ask
from otto_bot.core.run import Run
from otto_bot.core.values import Person, Repo
from otto_bot.store import tables as t
from otto_bot.store.database import writing
from otto_bot.store.effect_rows import EffectRows
from otto_bot.store.installations import Installations
from otto_bot.store.ledger import Ledger, Trigger
from otto_bot.store.ticket import Ticket
from otto_bot.store.versions import CODE_VERSION

At = Callable[[float], datetime]
MANY = AtOnce(runs=99, attempts=99, agents=99)


class House:
    """Runs of several installations, with exactly the due effects a test wants."""

    def __init__(self, engine: sa.Engine, at: At) -> None:
        self.engine, self.at, self.rows, self.ledger = engine, at, EffectRows(engine), Ledger(engine)

    def run(self, installation: int, issue: int = 1) -> Run:
        """A run without effects."""
        repo = Repo(id=installation, installation_id=installation, owner="o", name="n", default_branch="main")
        trigger = Trigger(key=f"{installation}/{issue}", repo=repo, issue=issue, title="T", body="", actor=_anna())
        run = self.ledger.start(trigger, HostCaps(), self.at(0))
        assert run is not None
        with writing(self.engine) as c:
            c.execute(t.effects.delete().where(t.effects.c.run_id == run.id))
        return run

    def due(self, run: Run, kind: EffectKind, numbers: Iterable[int], *, lane: str = "", second: float = 1) -> None:
        """Effects that are due since a second."""
        rows = []
        for number in numbers:
            key = f"run/{run.id}/{kind}/{number:05d}"
            effect = Effect(key=key, kind=kind, run=run.id, lane=lane or key)
            rows.append(
                {
                    "key": key, "run_id": run.id, "installation_id": run.repo.installation_id, "kind": kind.value,
                    "lane": effect.lane, "body": effect.model_dump_json(), "generation": 1, "state": "due",
                    "not_before": self.at(second).timestamp(), "updated_at": 0.0,
                }
            )  # fmt: skip
        with writing(self.engine) as c:
            c.execute(t.effects.insert(), rows)

    def set(self, table: sa.Table, where: sa.ColumnElement[bool], **values: object) -> None:
        with writing(self.engine) as c:
            c.execute(table.update().where(where).values(**values))

    def claim(self, room: int = 99, worker: str = "w", second: float = 10, **more: Any) -> list[Ticket]:
        return self.rows.claim(worker, self.at(second), room, **more)


def _anna() -> Person:
    return Person(id=1, login="anna")


def names(tickets: Sequence[Ticket]) -> list[str]:
    """`run/kind` of each."""
    return ["/".join(ticket.key.split("/")[1:3]) for ticket in tickets]


@pytest.fixture
def house(engine: sa.Engine, at: At) -> House:
    return House(engine, at)


def test_a_noisy_installation_does_not_delay_another(house: House) -> None:
    noisy, quiet = house.run(1), house.run(2)
    house.due(noisy, EffectKind.SHOW, range(1000))
    house.due(quiet, EffectKind.SHOW, [1], second=9)

    first = house.claim(4)
    assert Counter(names(first)) == {f"{noisy.id}/show": 3, f"{quiet.id}/show": 1}


def test_who_has_least_at_work_comes_first(house: House) -> None:
    busy, idle = house.run(1), house.run(2)
    house.due(busy, EffectKind.SHOW, range(9))
    assert len(house.claim(3)) == 3
    house.due(idle, EffectKind.SHOW, range(9), second=5)

    assert names(house.claim(1)) == [f"{idle.id}/show"]


def test_what_was_due_first_comes_first(house: House) -> None:
    run = house.run(1)
    house.due(run, EffectKind.SHOW, [1], second=3)
    house.due(run, EffectKind.REPLY, [1], second=2)

    assert names(house.claim(1)) == [f"{run.id}/reply"]


def test_many_due_in_few_lanes_do_not_hide_a_free_one(house: House) -> None:
    run = house.run(1)
    house.due(run, EffectKind.SHOW, range(300), lane="one")
    house.due(run, EffectKind.REPLY, [1], second=5)

    assert sorted(names(house.claim(4))) == [f"{run.id}/reply", f"{run.id}/show"]
    assert house.claim(4) == []


def test_limits_of_one_installation_and_of_all(house: House) -> None:
    one, two = house.run(1), house.run(2)
    for run in (one, two):
        house.due(run, EffectKind.CODE, range(5))
        house.due(run, EffectKind.JUDGE, range(5), second=2)
        house.due(run, EffectKind.SHOW, range(2), second=3)
    limits = HostLimits(installation=AtOnce(runs=9, attempts=2, agents=3), host=AtOnce(runs=9, attempts=3, agents=5))

    got = Counter(name.split("/")[1] for name in names(house.claim(limits=limits)))
    assert got == {"code": 3, "judge": 2, "show": 4}
    assert house.claim(limits=limits) == []
    # Of all workers together: another one gets no more, until one has ended.
    assert house.claim(worker="other", limits=limits) == []
    with writing(house.engine) as c:
        code = sa.select(t.effects.c.key).where((t.effects.c.kind == "code") & (t.effects.c.state == "running"))
        c.execute(
            t.effects.update().where(t.effects.c.key == code.limit(1).scalar_subquery()).values(state="done", worker="")
        )
    assert [name.split("/")[1] for name in names(house.claim(worker="other", limits=limits))] == ["code"]


def test_one_installations_agents_leave_a_quarter_of_a_worker_to_others(house: House) -> None:
    noisy, quiet = house.run(1), house.run(2)
    house.due(noisy, EffectKind.CODE, range(20))

    assert len(house.claim(8, slots=8)) == 6
    house.due(noisy, EffectKind.SHOW, [1])
    house.due(quiet, EffectKind.CODE, [1])
    assert sorted(names(house.claim(2, slots=8))) == sorted([f"{noisy.id}/show", f"{quiet.id}/code"])
    assert len(house.claim(8, worker="other", slots=8)) == 6, "another worker has slots of its own"


def test_a_run_that_is_not_admitted_starts_no_work_and_still_speaks(house: House) -> None:
    run = house.run(1)
    for kind in EffectKind:
        house.due(run, kind, [1])
    house.set(t.runs, t.runs.c.id == run.id, admitted=0)

    assert {name.split("/")[1] for name in names(house.claim())} == {kind.value for kind in EffectKind} - WORK
    house.set(t.runs, t.runs.c.id == run.id, working=0)
    assert {name.split("/")[1] for name in names(house.claim())} == WORK, "what a stopped run still has to save"


def test_an_installation_that_github_has_closed_waits_alone(house: House, at: At) -> None:
    closed, other = house.run(1), house.run(2)
    for run in (closed, other):
        house.due(run, EffectKind.SHOW, [1])
    with writing(house.engine) as c:
        c.execute(t.installations.insert().values(id=1, closed_until=at(60).timestamp()))

    assert names(house.claim()) == [f"{other.id}/show"]
    assert house.rows.anything_due(at(10))
    assert names(house.claim(second=61)) == [f"{closed.id}/show"]


def test_a_closing_of_a_clock_that_was_set_back_holds_back_nobody(house: House, at: At) -> None:
    """A day ahead: nothing would be sent for a day, not even what notices it."""
    limits, day = Installations(house.engine), 86_400.0
    house.due(house.run(1), EffectKind.SHOW, [1])
    limits.close(1, None, "a limit", at(day))
    assert len(house.claim()) == 1
    assert limits.closed_now(1, at(10)) is None
    assert limits.closed(at(10)) == {}
    assert not limits.reserve(1, Ask(), at(10)).granted, "it counts for two hours, from when it is noticed"
    assert limits.closed(at(20)) != {}
    assert limits.reserve(1, Ask(), at(7300)).granted


def test_runs_and_kinds_of_a_newer_version_are_left_to_it(house: House, engine: sa.Engine, at: At) -> None:
    newer, ours = house.run(1), house.run(2)
    for run in (newer, ours):
        house.due(run, EffectKind.SHOW, [1])
    house.set(t.effects, t.effects.c.run_id == newer.id, kind="dance", body='{"unknown": 1}')
    house.set(t.runs, t.runs.c.id == newer.id, version=CODE_VERSION + 1)

    assert names(house.claim()) == [f"{ours.id}/show"]
    assert names(EffectRows(engine, version=CODE_VERSION + 1).claim("new", at(10), 9)) == [f"{newer.id}/show"]


def test_a_claim_waits_for_nobody_who_writes_of_effects_or_learnings(
    house: House, engine: sa.Engine, backend: str
) -> None:
    """It would hold up every other worker's, and could wait for one who waits for it."""
    if backend == "sqlite":
        return  # one writer after the other: who claims is the only one
    run = house.run(1)
    house.due(run, EffectKind.SHOW, range(3))
    first = f"run/{run.id}/{EffectKind.SHOW}/00000"
    sa.event.listen(engine, "begin", lambda c: c.exec_driver_sql("SET LOCAL lock_timeout = '2s'"))
    with writing(engine) as c:
        c.execute(t.effects.update().where(t.effects.c.key == first).values(body="{}"))
        c.execute(sa.text("SELECT pg_advisory_xact_lock(748393)"))
        assert sorted(ticket.key[-1] for ticket in house.claim()) == ["1", "2"]
    assert [ticket.key for ticket in house.claim(second=20)] == [first]


def test_a_claim_reads_what_is_due_and_in_hand_only(house: House) -> None:
    """By the plans of its statements: none goes through the table, however many effects there are."""
    run, others = house.run(1), 200
    house.due(run, EffectKind.SHOW, range(3))
    house.due(run, EffectKind.VERIFY, range(others), second=99_999)
    house.due(run, EffectKind.PLAN, range(20 * others))
    house.set(t.effects, t.effects.c.kind == "plan", state="done")
    with house.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as c:
        c.exec_driver_sql("ANALYZE")
    seen: list[tuple[str, Any]] = []
    sa.event.listen(
        house.engine, "before_cursor_execute", lambda _c, _cur, text, values, *_rest: seen.append((text, values))
    )
    assert len(house.claim(2)) == 2
    reads = [one for one in seen if one[0].startswith("SELECT effects") or "FROM effects" in one[0]]
    assert len(reads) == 4
    explain = "EXPLAIN " if house.engine.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN "
    with house.engine.connect() as c:
        plans = [str(c.exec_driver_sql(explain + text, values).all()) for text, values in reads]
    through = [plan for plan in plans if "Seq Scan on effects" in plan or re.search("SCAN effects(?! .*in_hand)", plan)]
    assert not through
