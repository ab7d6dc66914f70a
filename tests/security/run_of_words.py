"""A run whose issue and plan say what an attacker wants, made by the state machine itself."""

from __future__ import annotations

from datetime import UTC, datetime

from otto_bot.core import events as e
from otto_bot.core.config import Config
from otto_bot.core.exposure import Exposure
from otto_bot.core.lanes import Lane, LaneKind
from otto_bot.core.machine import reduce
from otto_bot.core.plan import Criterion, Plan, TaskSpec
from otto_bot.core.run import Run
from otto_bot.core.values import Person, Repo

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def planned(words: str) -> Run:
    """A run whose issue and plan say this, as far as they take it."""
    repo = Repo(id=1, installation_id=2, owner="octo", name="demo", default_branch="main")
    task = TaskSpec(key="t1", title=words[:120], goal=words, criteria=(Criterion(id="c1", text=words[:500]),))
    lane = Lane(kind=LaneKind.PUSH, why="w")
    nothing = Exposure(items=(), files_hash="h")
    happened = (
        e.RunStarted(
            at=NOW, run_id=1, repo=repo, issue=5, ordinal=1, title=words, body=words, actor=Person(id=7, login="maria")
        ),
        e.Prepared(at=NOW, base_sha="b", lane=lane, exposure=nothing, prefix="otto", config=Config()),
        e.PlanMade(at=NOW, number=0, plan=Plan(summary=words, tasks=(task,))),
    )
    run = None
    for event in happened:
        run = reduce(run, event)
    assert run is not None
    return run
