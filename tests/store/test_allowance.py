"""The day's money and runs in the database: counted in the transactions that use them, whoever else does."""

import json
import threading
from collections.abc import Callable
from datetime import datetime

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config as Alembic

from otto_bot.core import events as e
from otto_bot.core.allowance import RUNS_OF_ISSUE, Allowance, day_ends, day_of
from otto_bot.core.commands import Command, Given
from otto_bot.core.config import HostCaps
from otto_bot.core.limits import AtOnce, HostLimits
from otto_bot.core.run import Run
from otto_bot.core.values import Person, Repo, Usage
from otto_bot.store import allowance, database
from otto_bot.store import tables as t
from otto_bot.store.allowance import DayUsedUp, held_for_money
from otto_bot.store.database import open_database, writing
from otto_bot.store.effect_rows import EffectRows
from otto_bot.store.held_back import HeldBack
from otto_bot.store.ledger import Ledger, Trigger, replay

At = Callable[[float], datetime]
MANY = AtOnce(runs=100, attempts=100, agents=100)
HOURS = 3600.0
MIDNIGHT = 15 * HOURS
"""The tests' time begins at 9 o'clock."""


def limits(**day: float | None) -> HostLimits:
    nothing = dict.fromkeys(Allowance.model_fields)
    return HostLimits(installation=MANY, host=MANY, day=Allowance.model_validate({**nothing, **day}))


def start(ledger: Ledger, issue: int, at: datetime, installation: int = 3, person: int = 1) -> Run:
    repo = Repo(id=installation, installation_id=installation, owner="octo", name="app", default_branch="main")
    trigger = Trigger(
        key=f"{installation}/{issue}/{at}", repo=repo, issue=issue, title="T", body="B",
        actor=Person(id=person, login=f"p{person}"),
    )  # fmt: skip
    run = ledger.start(trigger, HostCaps(), at)
    assert run is not None
    return run


def reserve(ledger: Ledger, run: Run, call: str, usd: float, at: datetime) -> Run:
    return ledger.append(run.id, [e.MoneyReserved(at=at, call=call, usd=usd)], at)


def settle(ledger: Ledger, run: Run, call: str, usd: float | None, at: datetime) -> Run:
    usage = None if usd is None else Usage(usd=usd)
    return ledger.append(run.id, [e.MoneySettled(at=at, call=call, usage=usage)], at)


def spent(engine: sa.Engine, at: datetime) -> dict[int, float]:
    with engine.connect() as c:
        return allowance.spent_on(c, day_of(at.timestamp()))


def test_a_day_holds_open_calls_at_their_worst_case_and_settled_ones_at_their_cost(engine: sa.Engine, at: At) -> None:
    ledger = Ledger(engine, limits(usd=10))
    run = start(ledger, 1, at(0))
    reserve(ledger, run, "a", 4, at(1))
    reserve(ledger, run, "b", 5, at(2))
    assert spent(engine, at(3)) == {3: pytest.approx(9)}

    settle(ledger, run, "a", 0.5, at(4))
    settle(ledger, run, "b", None, at(5))
    settle(ledger, run, "unheard of", 3, at(6))

    assert spent(engine, at(7)) == {3: pytest.approx(5.5)}
    with engine.connect() as c:
        assert c.execute(sa.select(t.open_calls.c.call)).all() == []


def test_a_call_counts_for_the_day_on_which_its_money_was_put_aside(engine: sa.Engine, at: At) -> None:
    ledger = Ledger(engine, limits(usd=10))
    run = start(ledger, 1, at(0))
    reserve(ledger, run, "late", 4, at(MIDNIGHT - 1))
    settle(ledger, run, "late", 1, at(MIDNIGHT + 60))

    assert (spent(engine, at(0)), spent(engine, at(MIDNIGHT))) == ({3: pytest.approx(1)}, {})


def test_what_is_asked_for_again_after_a_crash_is_counted_twice(engine: sa.Engine, at: At) -> None:
    """The first try may have been paid."""
    ledger = Ledger(engine, limits(usd=10))
    run = start(ledger, 1, at(0))
    reserve(ledger, run, "a", 2, at(1))
    reserve(ledger, run, "a", 2, at(2))
    settle(ledger, run, "a", 0.5, at(3))

    assert spent(engine, at(4)) == {3: pytest.approx(2.5)}


def test_a_call_from_before_days_were_counted_counts_when_it_ends(engine: sa.Engine, at: At) -> None:
    ledger = Ledger(engine, limits(usd=10))
    run = start(ledger, 1, at(0))
    reserve(ledger, run, "a", 2, at(1))
    with engine.begin() as c:
        c.execute(t.open_calls.delete())
        c.execute(t.spending.delete())
    settle(ledger, run, "a", 0.5, at(2))

    assert spent(engine, at(3)) == {3: pytest.approx(0.5)}


def test_what_the_runs_own_budget_refuses_is_no_matter_of_the_day(engine: sa.Engine, at: At) -> None:
    ledger = Ledger(engine, limits(usd=60))
    run = start(ledger, 1, at(0))

    assert reserve(ledger, run, "dear", 51, at(1)).money.needed == 51
    assert spent(engine, at(2)) == {}


@pytest.mark.parametrize("limit", [{"usd": 5.0}, {"usd_per_installation": 5.0}], ids=["host", "installation"])
def test_a_call_above_the_days_limit_is_not_recorded_and_holds_its_run_until_midnight(
    engine: sa.Engine, at: At, limit: dict[str, float]
) -> None:
    ledger, rows, day = Ledger(engine, limits(**limit)), EffectRows(engine), limits(**limit)
    first, second = start(ledger, 1, at(0)), start(ledger, 2, at(0))
    reserve(ledger, first, "a", 4, at(1))

    with pytest.raises(DayUsedUp, match="leaves too little"):
        reserve(ledger, second, "b", 2, at(2))

    assert [one.event.type for one in ledger.events(second.id)] == ["RunStarted"]
    why = HeldBack(engine, day).now({}, at(3))
    assert {run: (word, until) for run, (word, _, until) in why.items()} == {
        second.id: ("day", at(MIDNIGHT).timestamp())
    }
    with engine.begin() as c:
        c.execute(t.effects.update().values(kind="plan"))
    assert {ticket.key.split("/")[1] for ticket in rows.claim("w", at(4), 9)} == {str(first.id)}, "nobody else waits"
    assert str(second.id) in {ticket.key.split("/")[1] for ticket in rows.claim("w", at(MIDNIGHT), 9)}
    assert HeldBack(engine, day).now({}, at(MIDNIGHT)) == {}
    reserve(ledger, second, "b", 2, at(MIDNIGHT + 1))


def test_a_run_goes_on_before_midnight_as_soon_as_there_is_room(engine: sa.Engine, at: At) -> None:
    """An open call cost less than it might have, or the host raised its limit: the oldest run comes first."""
    ledger, held_back = Ledger(engine, limits(usd=5)), HeldBack(engine, limits(usd=5))
    runs = [start(ledger, issue, at(0)) for issue in (1, 2, 3)]
    reserve(ledger, runs[0], "a", 4, at(1))
    for run in runs[1:]:
        with pytest.raises(DayUsedUp):
            reserve(ledger, run, "b", 3, at(2))
    assert held_back.let_go(at(3)) == ()

    settle(ledger, runs[0], "a", 1, at(4))

    assert held_back.let_go(at(5)) == (runs[1].id,)
    reserve(ledger, runs[1], "b", 3, at(6))
    assert held_back.let_go(at(7)) == ()
    assert HeldBack(engine, limits(usd=50)).let_go(at(8)) == (runs[2].id,)
    assert HeldBack(engine, limits(usd=50)).let_go(at(9)) == ()


def test_nobody_is_held_beyond_the_next_midnight(engine: sa.Engine, at: At) -> None:
    """A clock that went wrong must not hold a run back for years."""
    run, now = start(Ledger(engine), 1, at(0)), at(0).timestamp()
    times = {day_ends(now): True, now: False, 0.0: False, day_ends(now) + 1: False, 4e9: False}
    for until, held in times.items():
        with writing(engine) as c:
            c.execute(t.runs.update().values(day_until=until))
            assert [one.run for one in held_for_money(c, now)] == ([run.id] if held else [])


def test_a_call_that_fits_into_no_day_holds_nothing_back(engine: sa.Engine, at: At) -> None:
    """Whoever asked is told so: waiting would not help."""
    ledger = Ledger(engine, limits(usd=5))
    run = start(ledger, 1, at(0))

    with pytest.raises(DayUsedUp, match="OTTO_MAX_USD_PER_DAY") as caught:
        reserve(ledger, run, "a", 6, at(1))

    assert caught.value.shut.until is None
    assert HeldBack(engine, limits(usd=5)).now({}, at(2)) == {}


def test_workers_side_by_side_never_pass_the_limit_together(engine: sa.Engine, at: At) -> None:
    ledger = Ledger(engine, limits(usd=3))
    runs = [start(ledger, issue, at(0), installation=issue) for issue in range(1, 7)]
    gate, said = threading.Barrier(len(runs)), []

    def ask(run: Run) -> None:
        own = open_database(engine.url.render_as_string(hide_password=False))
        gate.wait()
        try:
            reserve(Ledger(own, limits(usd=3)), run, f"run/{run.id}", 1, at(1))
            said.append(True)
        except DayUsedUp:
            said.append(False)
        own.dispose()

    threads = [threading.Thread(target=ask, args=(run,)) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(said) == [False] * 3 + [True] * 3
    assert sum(spent(engine, at(2)).values()) == pytest.approx(3)


def test_above_the_runs_of_a_day_a_run_waits_from_its_first_moment_and_delays_nobody(engine: sa.Engine, at: At) -> None:
    day = limits(runs_per_repository=2)
    ledger, held_back = Ledger(engine, day), HeldBack(engine, day)
    runs = [start(ledger, issue, at(0)) for issue in (1, 2, 3)]
    other = start(ledger, 1, at(1), installation=8)

    parked = ledger.load(runs[2].id).parked
    assert parked is not None
    assert (parked.why, parked.until) == ("day", at(MIDNIGHT))
    assert parked.reason == "2 runs began today for this repository, and this host's limit is 2 a day"
    assert (ledger.load(other.id).parked, held_back.give_turns(at(2))) == (None, ())
    assert list(held_back.now({}, at(2))) == [runs[2].id]
    assert replay([item.event for item in ledger.events(runs[2].id)]) == ledger.load(runs[2].id)
    assert held_back.give_turns(at(MIDNIGHT)) == (runs[2].id,)
    assert held_back.now({}, at(MIDNIGHT)) == {}


def test_who_goes_on_after_a_rest_is_not_counted_again(engine: sa.Engine, at: At) -> None:
    ledger = Ledger(engine, limits(runs_per_person=1))
    run = start(ledger, 1, at(0))
    ledger.append(run.id, [e.Refused(at=at(10), reason="r")], at(10))
    with engine.begin() as c:
        c.execute(t.runs.update().values(place_until=0))
    given = Given(key="r", command=Command(verb="resume"), by=Person(id=1, login="p1"))
    ledger.append(run.id, [e.CommandGiven(at=at(500), given=given)], at(500))
    other = start(ledger, 2, at(501), person=2)

    with engine.connect() as c:
        began = c.execute(sa.select(t.runs.c.began_at).where(t.runs.c.id == run.id)).scalar()
    assert began == at(0).timestamp()
    assert ledger.load(other.id).parked is None
    late = start(ledger, 3, at(502))
    assert (late.parked and late.parked.why) == "day"


def test_an_issue_that_began_many_runs_rests(ledger: Ledger, at: At) -> None:
    for number in range(RUNS_OF_ISSUE):
        assert ledger.opens_again(3, 1, at(number)) is None
        run = start(ledger, 1, at(number))
        ledger.append(run.id, [e.IssueChanged(at=at(number), what="unlabelled")], at(number))

    assert ledger.opens_again(3, 1, at(60)) == at(HOURS)
    assert ledger.opens_again(3, 2, at(60)) is None
    assert ledger.opens_again(3, 1, at(HOURS)) is None


def test_the_migration_reads_from_old_rows_who_started_a_run_and_when_it_began(database_url: str, at: At) -> None:
    engine = open_database(database_url)
    settings = Alembic()
    settings.set_main_option("script_location", str(database.__file__).replace("database.py", "migrations"))
    with writing(engine) as c:
        settings.attributes["connection"] = c
        command.upgrade(settings, "0004")
    states = {1: json.dumps({"actor": {"id": 77, "login": "anna"}}), 2: "{no json", 3: '{"actor": null}', 4: "[]",
              5: '{"actor": {"id": "x"}}', 240: '{"actor": {"id": 78}}'}  # fmt: skip
    states = {**dict.fromkeys(range(1, 240), "{}"), **states}
    with engine.begin() as c:
        for run_id, state in states.items():
            c.execute(
                sa.text(
                    "INSERT INTO runs (id, repo_id, issue, ordinal, trigger_key, active, phase, seq, state,"
                    " started_at, updated_at) VALUES (:id, 7, :id, 1, :key, 1, 'planning', 1, :state, 5.5, 6)"
                ),
                {"id": run_id, "key": f"k{run_id}", "state": state},
            )

    reads: list[str] = []
    sa.event.listen(sa.Engine, "before_cursor_execute", note := lambda _c, _cur, text, *_rest: reads.append(text))
    try:
        database.migrate(engine)
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)

    with engine.connect() as c:
        row = t.runs.c
        rows = c.execute(sa.select(row.id, row.actor_id, row.began_at, row.day_until).order_by(row.id)).all()
    who = {1: 77, 240: 78}
    assert [tuple(one) for one in rows] == [(n, who.get(n, 0), 5.5, 0) for n in sorted(states)]
    assert len([text for text in reads if "SELECT id, state FROM runs" in text]) >= 5  # never all at once
    engine.dispose()
