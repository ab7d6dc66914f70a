"""A yes to what CI gives away is handed to the next runs of the same repository, and to no other."""

from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa

from otto_bot.core import events as e
from otto_bot.core.config import Config, HostCaps
from otto_bot.core.exposure import Allowed, Exposure
from otto_bot.core.lanes import Lane, LaneKind
from otto_bot.core.run import Run
from otto_bot.store import tables as t
from otto_bot.store.ledger import Ledger, Trigger, replay

At = Callable[[float], datetime]


def allows(ledger: Ledger, run: Run, at: At) -> tuple[Allowed, ...]:
    """Somebody lets the run start the files that it was held for."""
    from otto_bot.core.commands import Command, Given
    from otto_bot.core.values import Person

    lane, told = Lane(kind=LaneKind.PUSH, why="w"), Exposure(items=(), files_hash="h", default_rights=())
    prepared = e.Prepared(at=at(0), config=Config(), base_sha="b", lane=lane, exposure=told, prefix="otto")
    held = e.WorkflowsHeld(at=at(1), reason="others", exposure="those")
    given = Given(key="k", command=Command(verb="resume"), by=Person(id=11, login="anna"))
    run = ledger.append(run.id, [prepared, held, e.CommandGiven(at=at(2), given=given)], at(2))
    return run.exposure_allowed


def start(ledger: Ledger, trigger: Callable[..., Trigger], at: At, issue: int, repo: int = 7) -> Run:
    made = trigger(issue=issue, key=f"label/{repo}/{issue}")
    made = made.model_copy(update={"repo": made.repo.model_copy(update={"id": repo})})
    run = ledger.start(made, HostCaps(), at(9))
    assert run is not None
    return run


def test_the_next_runs_of_the_repository_are_told(ledger: Ledger, trigger: Callable[..., Trigger], at: At) -> None:
    first = start(ledger, trigger, at, 4)
    (yes,) = allows(ledger, first, at)
    assert (yes.files_hash, yes.rights, yes.by, yes.run, yes.issue) == ("those", (), "anna", first.id, 4)
    second = start(ledger, trigger, at, 5)
    assert second.exposure_allowed == (yes,)
    assert start(ledger, trigger, at, 6, repo=8).exposure_allowed == ()
    assert replay([one.event for one in ledger.events(second.id)]) == second


def test_imported_and_unreadable_runs_say_nothing(
    ledger: Ledger, engine: sa.Engine, trigger: Callable[..., Trigger], at: At
) -> None:
    first = start(ledger, trigger, at, 4)
    (yes,) = allows(ledger, first, at)
    with engine.begin() as c:
        c.execute(t.runs.update().where(t.runs.c.id == first.id).values(record="imported"))
    second = start(ledger, trigger, at, 5)
    assert second.exposure_allowed == ()
    with engine.begin() as c:
        c.execute(t.runs.update().where(t.runs.c.id == first.id).values(record="slim"))
        c.execute(t.runs.update().where(t.runs.c.id == second.id).values(state="no JSON"))
    assert start(ledger, trigger, at, 6).exposure_allowed == (yes,)
