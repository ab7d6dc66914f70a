"""Many runs in a database at once: one life, copied under other numbers, rows and effects as the ledger writes them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import sqlalchemy as sa

from bench.scale.life import Life, Shape
from otto_bot.core.effects import scheduled
from otto_bot.core.events import RunEvent, VerificationPolled
from otto_bot.core.machine import reduce
from otto_bot.core.run import Run
from otto_bot.core.surfaces import surfaces
from otto_bot.core.values import Repo, stored_json
from otto_bot.store import tables as t
from otto_bot.store.snapshots import packed

PAGE = 500
SMALL = Shape(tasks=3, gates=1, turns=20, judge=4, polls=3, reports=8)
"""An ordinary run: three tasks, each fails once."""


def verifying() -> Life:
    """A run whose second attempts wait for Actions: it has been at a gate, as runs that wait often have."""
    life = Life(SMALL)
    life.live(lambda run: sum(one.ending is None for one in run.verifications.values()) == 3 and len(run.gates) == 1)
    return life


def resting(run: Run, at: datetime, until: datetime) -> Run:
    """The run with everything published, and nothing to ask GitHub before a time."""
    events: list[RunEvent] = [
        VerificationPolled(at=at, target=target, next_at=until)
        for target, one in run.verifications.items()
        if one.ending is None
    ]
    for event in events:
        after = reduce(run, event)
        assert after is not None
        run = after
    return run.model_copy(update={"shown": surfaces(run), "started_at": at, "minutes": 1_000_000.0})


def numbered(run: Run, number: int) -> Run:
    """The same run under another number, of another repository and installation."""
    repo = Repo(id=number, installation_id=number % 100 + 1, owner="octo", name=f"app-{number}", default_branch="main")
    return run.model_copy(update={"id": number, "issue": number, "repo": repo})


def fill(engine: sa.Engine, run: Run, numbers: range, at: datetime) -> None:
    """Put copies of a run into the database, PAGE at a time."""
    for start in range(numbers.start, numbers.stop, PAGE):
        with engine.begin() as c:
            _insert(c, [numbered(run, n) for n in range(start, min(start + PAGE, numbers.stop))], at)


def _insert(c: sa.Connection, runs: list[Run], at: datetime) -> None:
    rows = [
        {
            "id": run.id, "repo_id": run.repo.id, "issue": run.issue, "ordinal": 1, "trigger_key": f"k{run.id}",
            "active": 0 if run.ended else 1, "working": 0 if run.ended or run.resting else 1, "phase": run.phase.value,
            "outcome": run.outcome.value if run.outcome else "", "pull_request": run.pull_request or 0, "seq": 100,
            "state": stored_json(packed(run).run), "started_at": at.timestamp(), "updated_at": at.timestamp(),
            "installation_id": run.repo.installation_id, "look_at": (at + timedelta(days=1)).timestamp(),
        }
        for run in runs
    ]  # fmt: skip
    c.execute(t.runs.insert(), rows)
    effects = list(_effects(runs, at))
    if effects:
        c.execute(t.effects.insert(), effects)


def _effects(runs: list[Run], at: datetime) -> Iterator[dict[str, object]]:
    for run in runs:
        for effect in scheduled(run):
            yield {
                "key": effect.key, "run_id": run.id, "installation_id": run.repo.installation_id,
                "kind": effect.kind.value, "lane": effect.lane, "body": effect.model_dump_json(), "generation": 1,
                "state": "due", "not_before": effect.not_before.timestamp() if effect.not_before else 0.0,
                "updated_at": at.timestamp(),
            }  # fmt: skip
