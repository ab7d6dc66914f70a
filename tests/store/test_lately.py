"""What a repository, and the rest of the host, has worked on lately: the newest runs, for whoever looks back."""

from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa

from otto_bot.core.config import HostCaps
from otto_bot.core.run import Run
from otto_bot.store import tables as t
from otto_bot.store.ledger import Ledger, Trigger


def filled(ledger: Ledger, trigger: Callable[..., Trigger], at: Callable[[float], datetime]) -> list[Run]:
    """Three runs of one repository, two of another one, in turns."""
    made = []
    for number, elsewhere in enumerate([False, True, False, True, False], start=1):
        wanted = trigger(issue=number, key=f"k{number}")
        if elsewhere:
            wanted = wanted.model_copy(update={"repo": wanted.repo.model_copy(update={"id": 99})})
        run = ledger.start(wanted, HostCaps(), at(number))
        assert run is not None
        made.append(run)
    return made


def test_the_newest_come_first_and_no_more_than_asked_for(
    ledger: Ledger, trigger: Callable[..., Trigger], at: Callable[[float], datetime]
) -> None:
    runs = filled(ledger, trigger, at)
    repo = runs[0].repo.id
    assert ledger.lately(repo) == [runs[4], runs[2], runs[0]]
    assert ledger.lately(repo, most=2) == [runs[4], runs[2]]
    assert ledger.lately(repo, elsewhere=True) == [runs[3], runs[1]]
    assert ledger.lately(12345) == []


def test_a_run_of_another_version_is_left_out(
    engine: sa.Engine, ledger: Ledger, trigger: Callable[..., Trigger], at: Callable[[float], datetime]
) -> None:
    runs = filled(ledger, trigger, at)
    with engine.begin() as c:
        c.execute(t.runs.update().where(t.runs.c.id == runs[2].id).values(state='{"gates":[1]}'))
    assert ledger.lately(runs[0].repo.id) == [runs[4], runs[0]]
