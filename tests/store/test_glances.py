"""What the web process asks: states, and where runs are open."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa

from otto_bot.core.run import Run
from otto_bot.store import tables as t
from otto_bot.store.effect_rows import EffectRows
from otto_bot.store.glances import Glances
from otto_bot.store.inbox import Inbox


def test_states_are_counted(engine: sa.Engine, inbox: Inbox, run: Run, at: Callable[[float], datetime]) -> None:
    inbox.add("g", "push", None, b"", at(0))

    assert Glances(engine).deliveries() == {"received": 1} == inbox.counts()
    assert Glances(engine).effects() == EffectRows(engine).counts() != {}


def test_a_repository_is_at_work_until_its_run_is_over(engine: sa.Engine, run: Run) -> None:
    assert Glances(engine).repositories_at_work() == {run.repo.id}
    with engine.begin() as c:
        c.execute(t.runs.update().values(active=0))
    assert Glances(engine).repositories_at_work() == frozenset()
