"""How often GitHub is asked: once a minute where nobody tells, rarely where webhooks arrive, within a budget."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from otto_bot.core import events as e
from otto_bot.core.allowance import RUNS_OF_ISSUE
from otto_bot.intake.catchup import MOST_DUE, CatchUp, Swept
from otto_bot.intake.label_looks import Resting, resting_name
from otto_bot.intake.rhythm import BUDGET, LOOK_COSTS, Purse, Rhythm
from otto_bot.store import tables as t
from otto_bot.store.ledger import Trigger
from otto_bot.text.words import clock

MINUTE = timedelta(minutes=1)
MINUTES = Rhythm(unit=MINUTE)


@pytest.mark.parametrize(
    ("hearing", "working", "quiet", "minutes"),
    [
        (False, True, 0, 1), (False, True, 1, 1), (False, True, 2, 2), (False, True, 9, 4),
        (False, False, 0, 1), (False, False, 3, 8), (False, False, 99, 30),
        (True, True, 0, 15), (True, True, 1, 30), (True, False, 50, 30),
    ],
)  # fmt: skip
def test_pauses_of_runs(hearing: bool, working: bool, quiet: int, minutes: int) -> None:
    assert MINUTES.run(hearing=hearing, working=working, quiet=quiet) == minutes * MINUTE


@pytest.mark.parametrize(
    ("hearing", "quiet", "minutes"), [(False, 0, 1), (False, 50, 1), (True, 0, 2), (True, 2, 8), (True, 50, 10)]
)
def test_pauses_of_repositories(hearing: bool, quiet: int, minutes: int) -> None:
    assert MINUTES.sweep(hearing=hearing, quiet=quiet) == minutes * MINUTE


def test_a_purse_holds_what_is_left() -> None:
    purse = Purse(BUDGET)
    assert sum(purse.sweep() for _ in range(1000)) == 15
    assert sum(purse.look() for _ in range(1000)) == (BUDGET - 30) // LOOK_COSTS
    purse = Purse(BUDGET)
    purse.empty()
    assert not purse.look()
    assert not purse.sweep()


def rounds(bench: Any, budget: int = 10_000) -> CatchUp:
    """Of a worker that has been at work for a while."""
    return CatchUp(bench.desk, bench.ledger, bench.archive, bench.github, bench.looks, MINUTES, budget)


def requests(bench: Any) -> int:
    return len([row for row in bench.stand_in.hub.world.requests if row.actor != "dev"])


async def minutes(bench: Any, catch_up: CatchUp, number: int) -> list[int]:
    """Rounds, one a minute; how many requests each took."""
    taken = []
    for _ in range(number):
        bench.now.ahead += MINUTE
        before = requests(bench)
        await catch_up.round()
        taken.append(requests(bench) - before)
    return taken


def deaf(bench: Any) -> None:
    """No webhook was ever heard."""
    with bench.engine.begin() as c:
        c.execute(t.cursors.delete().where(t.cursors.c.name.startswith("heard/")))


def at_rest(bench: Any) -> None:
    """The run waits for a person, and has for a while."""
    with bench.engine.begin() as c:
        c.exec_driver_sql("UPDATE runs SET quiet = 5, look_at = 4000000000, working = 0")


async def test_without_webhooks_a_word_is_heard_within_a_minute(started: Any) -> None:
    await started.opened()
    catch_up = rounds(started)
    deaf(started)
    await catch_up.round(every=True)
    at_rest(started)
    started.drop("issue_comment")
    await started.do(comment="/otto pause")
    await minutes(started, catch_up, 1)
    assert started.given() == ["pause"]


async def test_without_webhooks_a_quiet_run_costs_one_list_a_minute(started: Any) -> None:
    await started.opened()
    catch_up = rounds(started)
    await catch_up.round(every=True)
    deaf(started)
    at_rest(started)
    await minutes(started, catch_up, 4)  # what Otto wrote itself is looked at once more
    at_rest(started)
    assert max(await minutes(started, catch_up, 3)) <= 6


@pytest.mark.slow
async def test_while_webhooks_arrive_little_is_asked(started: Any) -> None:
    """An hour with one run at work: less than three requests a minute."""
    await started.opened()
    catch_up = rounds(started)
    await catch_up.round(every=True)
    taken = []
    for _ in range(6):
        started.looks.heard(started.repo.installation_id, started.now())
        taken += await minutes(started, catch_up, 10)
    assert sum(taken) < 120
    assert sum(1 for one in taken if one) < 30


@pytest.mark.slow
async def test_many_waiting_runs_stay_within_the_budget(started: Any) -> None:
    """Forty runs that are due at once: each round takes what it may, and all have their turn."""
    await started.opened()
    at = started.now()
    for number in range(2, 42):
        trigger = Trigger(
            key=f"k{number}", repo=started.repo, issue=number, title="t", body="", actor=started.run.actor
        )
        assert started.ledger.start(trigger, started.run.caps, at) is not None
    catch_up = rounds(started, BUDGET)
    await catch_up.round(every=True)
    deaf(started)
    taken = await minutes(started, catch_up, 3)
    assert max(taken) <= BUDGET + LOOK_COSTS
    with started.engine.connect() as c:
        looked = c.exec_driver_sql("SELECT count(*) FROM runs WHERE looked_at > 0").scalar()
    assert looked >= 4 * (BUDGET - 4) // LOOK_COSTS - 4


async def test_a_limit_ends_the_round_of_its_installation(started: Any) -> None:
    await started.opened()
    catch_up = rounds(started)
    await catch_up.round(every=True)
    deaf(started)
    started.fault(kind="secondary_limit", retry_after=600, match={"path": "/issues", "count": 100})
    assert sum(await minutes(started, catch_up, 2)) <= 4
    assert [event for event in started.told() if isinstance(event, e.CommandGiven)] == []


async def test_a_run_that_cannot_be_read_delays_no_other(started: Any, caplog: pytest.LogCaptureFixture) -> None:
    """An error of our own is logged with its run, and the round goes on."""
    catch_up = rounds(started)
    await catch_up.round(every=True)
    started.drop("issue_comment")
    await started.do(comment="/otto pause")
    trigger = Trigger(key="k2", repo=started.repo, issue=2, title="t", body="", actor=started.run.actor)
    broken = started.ledger.start(trigger, started.run.caps, started.now())
    with started.engine.begin() as c:
        c.exec_driver_sql("UPDATE runs SET state = 'nonsense' WHERE issue = 2")
        c.exec_driver_sql("UPDATE runs SET look_at = 2 - issue")  # it comes first
    deaf(started)
    await minutes(started, catch_up, 1)
    told = [item.event for item in started.ledger.events(1)]
    assert [one.given.command.verb for one in told if isinstance(one, e.CommandGiven)] == ["pause"]
    assert f"run {broken.id} could not be compared" in caplog.text


async def test_an_installation_that_nobody_asks_any_more_leaves_room_for_others(started: Any) -> None:
    """It was suspended with more runs at work than one round reads; their looks stay due for ever."""
    catch_up = rounds(started)
    await catch_up.round(every=True)
    with started.engine.begin() as c:
        row = dict(c.execute(sa.select(t.runs)).mappings().one())
        away = [
            {**row, "id": 1000 + n, "repo_id": 99, "issue": n, "trigger_key": f"away/{n}", "installation_id": 99,
             "look_at": 0.0, "barred": "removed"} for n in range(MOST_DUE)
        ]  # fmt: skip
        c.execute(t.runs.insert(), away)
        c.execute(t.runs.update().where(t.runs.c.id == row["id"]).values(look_at=1.0))
    started.drop("issue_comment")
    await started.do(comment="/otto pause")
    deaf(started)
    later = Swept(since=started.now(), next_at=started.now() + 9 * MINUTE)  # so that only its own look finds it
    started.looks.set_cursor(f"swept/{started.repo.id}", later.model_dump_json())
    await minutes(started, catch_up, 1)
    told = [item.event for item in started.ledger.events(1)]
    assert [one.given.command.verb for one in told if isinstance(one, e.CommandGiven)] == ["pause"]


async def test_repositories_that_cannot_be_looked_through_leave_room_for_others(bench: Any) -> None:
    """More than one round may ask: GitHub knows none of them any more. The next round begins with the others."""
    catch_up = rounds(bench, BUDGET)
    (info,) = await bench.github.repositories(bench.repo.installation_id)
    gone = [info.model_copy(update={"id": 7_000_000 + number}) for number in range(20)]
    catch_up._repositories[bench.repo.installation_id] = (bench.now() + 9 * MINUTE, [*gone, info])
    bench.drop("issues")
    await bench.do(label={"name": "otto"})
    await minutes(bench, catch_up, 2)
    assert bench.run.issue == 1


@pytest.mark.slow
async def test_what_rested_begins_by_itself_when_it_was_said_to(bench: Any) -> None:
    """The label came and went too often, and nobody touches the issue after that; no list of changes names it then."""
    catch_up = rounds(bench)
    for _ in range(RUNS_OF_ISSUE):
        await bench.do(label={"name": "otto"})
        await bench.do(unlabel={"name": "otto"})
    await bench.do(label={"name": "otto"})
    assert bench.run.id == RUNS_OF_ISSUE
    (told,) = [text for text in bench.answers() if "Not begun" in text]
    opens = bench.ledger.opens_again(bench.repo.id, 1, bench.now())
    assert f"begins by itself at {clock(opens)}" in told
    while bench.now() + MINUTE < opens:
        bench.now.ahead += 4 * MINUTE
        bench.looks.heard(bench.repo.installation_id, bench.now())
        if bench.now() < opens:
            await catch_up.round()
            assert bench.run.id == RUNS_OF_ISSUE
    await catch_up.round()
    assert (bench.run.id, bench.run.ended) == (RUNS_OF_ISSUE + 1, False)
    await minutes(bench, catch_up, 2)
    assert bench.run.id == RUNS_OF_ISSUE + 1


@pytest.mark.slow
async def test_what_rested_and_is_gone_delays_nothing(bench: Any) -> None:
    """Nobody can be asked for a deleted issue, and all others are asked for their labels all the same."""
    catch_up = rounds(bench)
    await catch_up.round()
    rest = Resting(opens={99: bench.now(), 1: bench.now() + timedelta(hours=9)})  # by a clock that went wrong
    bench.looks.set_cursor(resting_name(bench.repo.id), rest.model_dump_json())
    bench.drop("issues")
    await bench.do(label={"name": "otto"})
    bench.now.ahead += 30 * MINUTE  # what has changed since then does not name it
    swept = Swept(since=bench.now(), next_at=bench.now())
    bench.looks.set_cursor(f"swept/{bench.repo.id}", swept.model_dump_json())
    await minutes(bench, catch_up, 1)
    assert bench.run.issue == 1
    assert Resting.model_validate_json(bench.looks.cursor(resting_name(bench.repo.id))) == Resting()
