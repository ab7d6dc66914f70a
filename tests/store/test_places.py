"""Places in the database: given in the transaction that makes a run work, kept over a short rest, asked for again."""

from collections.abc import Callable
from datetime import datetime

import pytest
import sqlalchemy as sa

from otto_bot.core import events as e
from otto_bot.core.commands import Command, Given
from otto_bot.core.config import HostCaps
from otto_bot.core.limits import AtOnce, HostLimits
from otto_bot.core.run import Run
from otto_bot.core.values import Person, Repo
from otto_bot.store import tables as t
from otto_bot.store.effect_rows import EffectRows
from otto_bot.store.held_back import AGENT_SECONDS, HeldBack
from otto_bot.store.installations import Installations
from otto_bot.store.ledger import Ledger, Trigger, replay
from otto_bot.store.places import KEPT_SECONDS

At = Callable[[float], datetime]
ANNA = Person(id=1, login="anna")
LIMITS = HostLimits(installation=AtOnce(runs=2, attempts=1, agents=1), host=AtOnce(runs=3, attempts=2, agents=2))


@pytest.fixture
def ledger(engine: sa.Engine) -> Ledger:
    return Ledger(engine, LIMITS)


@pytest.fixture
def held_back(engine: sa.Engine) -> HeldBack:
    return HeldBack(engine, LIMITS)


def start(ledger: Ledger, issue: int, at: datetime, installation: int = 3) -> Run:
    repo = Repo(id=installation, installation_id=installation, owner="octo", name="app", default_branch="main")
    trigger = Trigger(key=f"{installation}/{issue}", repo=repo, issue=issue, title="T", body="B", actor=ANNA)
    run = ledger.start(trigger, HostCaps(), at)
    assert run is not None
    return run


def say(ledger: Ledger, run: Run, verb: str, at: datetime) -> Run:
    given = Given.model_validate({"key": f"{verb}@{at}", "command": Command.model_validate({"verb": verb}), "by": ANNA})
    return ledger.append(run.id, [e.CommandGiven(at=at, given=given)], at)


def admitted(engine: sa.Engine) -> dict[int, int]:
    with engine.connect() as c:
        return {row.id: row.admitted for row in c.execute(sa.select(t.runs.c.id, t.runs.c.admitted)).all()}


def test_above_the_limit_a_run_waits_and_says_so_from_its_first_moment(
    ledger: Ledger, engine: sa.Engine, at: At
) -> None:
    """The reason stands in the ledger before anyone could write a status comment; a replay gives the same."""
    runs = [start(ledger, issue, at(0)) for issue in (1, 2, 3, 4)]

    assert admitted(engine) == {runs[0].id: 1, runs[1].id: 1, runs[2].id: 0, runs[3].id: 0}
    reasons = [run.parked and run.parked.reason for run in runs]
    words = "2 runs of this account are at work, which is this host's limit for one account; "
    assert reasons == [None, None, f"{words}this one is next", f"{words}1 is ahead of this one"]
    assert replay([item.event for item in ledger.events(runs[3].id)]) == ledger.load(runs[3].id)


def test_one_installations_queue_delays_no_other(
    ledger: Ledger, engine: sa.Engine, held_back: HeldBack, at: At
) -> None:
    """Someone else's run gets the host's last place, although others have waited longer."""
    mine = [start(ledger, issue, at(0)) for issue in (1, 2, 3)]
    other = start(ledger, 1, at(1), installation=8)

    assert held_back.give_turns(at(2)) == (other.id,)
    assert admitted(engine)[mine[2].id] == 0
    assert held_back.give_turns(at(3)) == ()


def test_a_place_is_free_when_its_run_ends_and_kept_over_a_short_rest(
    ledger: Ledger, engine: sa.Engine, held_back: HeldBack, at: At
) -> None:
    first, second, third = (start(ledger, issue, at(0)) for issue in (1, 2, 3))

    say(ledger, first, "pause", at(10))
    assert held_back.give_turns(at(20)) == ()
    say(ledger, first, "resume", at(30))
    assert admitted(engine)[first.id] == 1
    say(ledger, second, "stop", at(40))
    assert held_back.give_turns(at(41)) == (third.id,)


def test_a_long_rest_costs_the_place_and_the_older_run_is_next(
    ledger: Ledger, engine: sa.Engine, held_back: HeldBack, at: At
) -> None:
    """It asks again when it goes on; the oldest of its installation has the next turn."""
    first, second, third, fourth = (start(ledger, issue, at(0)) for issue in (1, 2, 3, 4))
    say(ledger, first, "pause", at(10))
    assert held_back.give_turns(at(11 + KEPT_SECONDS)) == (third.id,)

    waits = say(ledger, first, "resume", at(100))

    assert admitted(engine) == {first.id: 0, second.id: 1, third.id: 1, fourth.id: 0}
    assert waits.parked is not None
    assert waits.parked.reason.endswith("this one is next")
    say(ledger, second, "stop", at(110))
    assert held_back.give_turns(at(111)) == (first.id,)


def test_who_is_stopped_in_the_queue_holds_nothing_back(ledger: Ledger, engine: sa.Engine, at: At) -> None:
    """What is due of it then is let through: it counts as admitted, and frees no place it never had."""
    third = [start(ledger, issue, at(0)) for issue in (1, 2, 3)][2]

    assert say(ledger, third, "stop", at(1)).ended
    assert admitted(engine)[third.id] == 1
    assert start(ledger, 4, at(2)).parked is not None


def test_without_limits_nobody_waits(engine: sa.Engine, at: At) -> None:
    ledger = Ledger(engine)

    assert all(start(ledger, issue, at(0)).parked is None for issue in range(1, 6))


def test_a_limit_of_github_holds_back_the_runs_of_its_installation(
    ledger: Ledger, engine: sa.Engine, held_back: HeldBack, at: At
) -> None:
    """Only those at work, and only where it lasts long enough to be read."""
    mine, other = start(ledger, 1, at(0)), start(ledger, 1, at(0), installation=8)
    rows = [
        {"id": 3, "closed_until": at(100).timestamp(), "closed_why": "GitHub's secondary limit"},
        {"id": 8, "closed_until": at(20).timestamp(), "closed_why": "short"},
        {"id": 0, "closed_until": at(900).timestamp(), "closed_why": "the App"},
    ]
    with engine.begin() as c:
        c.execute(t.installations.insert(), rows)

    closed = Installations(engine).closed(at(1))
    assert set(closed) == {3, 8}
    assert held_back.now(closed, at(1)) == {mine.id: ("github_limit", "GitHub's secondary limit", at(100).timestamp())}
    say(ledger, mine, "pause", at(2))
    assert held_back.now(Installations(engine).closed(at(3)), at(3)) == {}
    assert other.id not in held_back.now(closed, at(3))


def test_a_step_that_waits_for_an_agents_place_is_told_after_a_while(
    ledger: Ledger, engine: sa.Engine, held_back: HeldBack, at: At
) -> None:
    """The limit that is reached is named; without one it is the workers that are busy; who moves is not held back."""
    first, second = start(ledger, 1, at(0)), start(ledger, 2, at(0))

    def step(run: Run, kind: str, state: str) -> None:
        key = f"run/{run.id}/{kind}"
        row = {"key": key, "run_id": run.id, "kind": kind, "lane": key, "body": "{}", "generation": 1, "state": state}
        with engine.begin() as c:
            c.execute(t.effects.delete().where(t.effects.c.run_id == run.id))
            c.execute(t.effects.insert().values(**row, not_before=0.0, updated_at=at(0).timestamp(), installation_id=3))

    step(first, "code", "running")
    step(second, "code", "due")
    assert held_back.now({}, at(AGENT_SECONDS - 1)) == {}
    words = "the limit of coders at work at once for one account is reached: 1 of this account"
    assert held_back.now({}, at(AGENT_SECONDS + 1)) == {second.id: ("agents", words, 0.0)}
    step(second, "judge", "due")
    assert "limit of agents" in held_back.now({}, at(AGENT_SECONDS + 1))[second.id][1]
    step(first, "code", "done")
    assert "every worker of this host is busy" in held_back.now({}, at(AGENT_SECONDS + 1))[second.id][1]
    with engine.begin() as c:
        c.execute(t.effects.update().values(state="running"))
    assert held_back.now({}, at(AGENT_SECONDS + 1)) == {}


def test_only_effects_of_runs_at_work_are_looked_at(ledger: Ledger, rows: EffectRows, at: At) -> None:
    """The status comment of a run that waits is due like any other: people are told at once."""
    third = [start(ledger, issue, at(0)) for issue in (1, 2, 3)][2]

    due = {ticket.key for ticket in rows.claim("w", at(1), 50)}

    assert f"run/{third.id}/show/status/0" in due
