"""Databases of older versions, copied while their runs were at work, as today's code takes them over.

`tests/data/upgrade` holds what `scripts/old_databases.py` made of earlier commits: the first schema with learnings, and
the last one before lists of runs. Each copy is what a kill in that moment would leave.
"""

from __future__ import annotations

import json
import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from otto_bot.app import build_app
from otto_bot.core.effects import scheduled
from otto_bot.core.run import Run
from otto_bot.core.waits import waits_for
from otto_bot.report import report
from otto_bot.settings import Settings
from otto_bot.store.database import NEWEST, migrate, open_database, schema_version
from otto_bot.store.inbox import Inbox
from otto_bot.store.ledger import Ledger, replay

DATA = Path(__file__).parent / "data" / "upgrade"
ARCHIVES = ("schema-0003", "schema-0005")
QUICK = {
    "schema-0003": ("mixed-batch-", "no-ci-", "api-contract-"),
    "schema-0005": ("pause-resume-", "plan-revised-"),
}
"""Plays of which one copy is looked at in the quick suite."""

SHOWN = {"schema-0003": "mixed-batch-44", "schema-0005": "mixed-batch-50"}


class Before(NamedTuple):
    """What the old database says of its run, in plain SQL."""

    name: str
    sql: str

    def rows(self, query: str) -> list[Any]:
        with closing(sqlite3.connect(":memory:")) as c:
            c.executescript(self.sql)
            return c.execute(query).fetchall()


def copies(archive: str) -> Iterator[Before]:
    """Each copy of an archive, in order."""
    with tarfile.open(DATA / f"{archive}.tar.xz") as tar:
        for entry in tar:
            file = tar.extractfile(entry)
            assert file is not None
            yield Before(entry.name.removesuffix(".sql"), file.read().decode())


def opened(before: Before, folder: Path) -> sa.Engine:
    """The copy as a file, brought up to date as a start does."""
    path = folder / f"{before.name}.sqlite"
    with closing(sqlite3.connect(path)) as c:
        c.executescript(before.sql)
    engine = open_database(f"sqlite:///{path}")
    migrate(engine)
    return engine


def says(run: Run) -> dict[str, Any]:
    """What people and the world know of a run; the rest is derived, and may be held otherwise by newer code."""
    tasks = {
        key: (task.state, [(one.branch, one.sha, one.pushed, one.failure is None) for one in task.attempts])
        for key, task in run.tasks.items()
    }
    return {
        "phase": run.phase, "outcome": run.outcome, "tasks": tasks, "order": run.order, "batch": run.batch,
        "pull_request": run.pull_request, "head": run.head, "plan": run.plan, "settled": run.money.settled,
        "gates": [(gate.number, gate.state, len(gate.evidence)) for gate in run.gates], "hold": run.hold,
    }  # fmt: skip


def taken_over(before: Before, folder: Path) -> Run:
    """What holds for every copy."""
    ((old_state, old_phase, old_outcome, seq),) = before.rows("SELECT state, phase, outcome, seq FROM runs")
    waiting = before.rows("SELECT guid FROM deliveries WHERE state = 'received' ORDER BY id")
    due = before.rows("SELECT key FROM effects WHERE state IN ('due', 'running')")
    engine = opened(before, folder)
    ledger = Ledger(engine)
    try:
        assert schema_version(engine) == NEWEST
        run = ledger.load(1)
        events = ledger.events(1)
        replayed = replay([one.event for one in events if not one.refused])
        assert replayed is not None
        assert (run.phase.value, run.outcome.value if run.outcome else "") == (old_phase, old_outcome)
        assert {k: task.state.value for k, task in run.tasks.items()} == {
            k: task["state"] for k, task in json.loads(old_state)["tasks"].items()
        }
        assert says(replayed) == says(run), "the ledger gives the same run under today's rules"
        assert len(events) == seq
        moved = ledger.append(1, [], datetime.now(UTC))
        assert says(moved) == says(run), "nothing is done to it by being taken over"
        if not run.resting and waits_for(run) is None:
            assert scheduled(run), "a run that is at work has something to do next"
        known = {effect.key for effect in scheduled(run)}
        with engine.connect() as c:
            now = set(c.execute(sa.text("SELECT key FROM effects WHERE state IN ('due', 'running')")).scalars())
        assert now <= known | {key for (key,) in due}
        assert Inbox(engine).counts().get("received", 0) == len(waiting)
        told = report(ledger, 1)
        assert (told["phase"], len(told["events"])) == (old_phase, seq)
        return run
    finally:
        engine.dispose()


@pytest.mark.parametrize("archive", ARCHIVES)
def test_a_run_of_an_older_version_stands_as_it_stood(archive: str, tmp_path: Path) -> None:
    wanted = list(QUICK[archive])
    for before in copies(archive):
        if found := [one for one in wanted if before.name.startswith(one) and int(before.name[len(one) :]) >= 4]:
            wanted.remove(found[0])
            taken_over(before, tmp_path)
    assert wanted == []


@pytest.mark.slow
@pytest.mark.parametrize("archive", ARCHIVES)
def test_runs_of_an_older_version_stand_as_they_stood_in_every_phase(archive: str, tmp_path: Path) -> None:
    """Every other copy: what coders had in hand, deliveries that nobody had read, steps that were being done."""
    chosen = list(copies(archive))[1::2]
    runs = [taken_over(before, tmp_path) for before in chosen]

    for query in (
        "SELECT count(*) FROM journal",
        "SELECT count(*) FROM deliveries WHERE state = 'received'",
        "SELECT count(*) FROM effects WHERE state = 'running'",
    ):
        assert sum(before.rows(query)[0][0] > 0 for before in chosen) > 5
    assert any(run.hold is not None for run in runs)
    phases = {run.phase.value for run in runs}
    assert {"plan_review", "executing", "gate", "gate_review", "done"} <= phases
    assert len(runs) >= 24


@pytest.mark.parametrize("archive", ARCHIVES)
async def test_pages_and_api_show_a_run_of_an_older_version(archive: str, tmp_path: Path) -> None:
    """One that was in the middle of several tasks, with gates: every page of it opens."""
    (before,) = (one for one in copies(archive) if one.name == SHOWN[archive])
    engine = opened(before, tmp_path)
    run = Ledger(engine).load(1)
    url = engine.url.render_as_string(hide_password=False)
    engine.dispose()
    settings = Settings(
        app_id=42, private_key=SecretStr("k"), webhook_secret=(SecretStr("s"),), database_url=url, state_dir=tmp_path
    )
    app = build_app(settings, lambda: True)
    pages = ["/", "/runs/1", "/health", "/insight", "/api/v1/runs", "/api/v1/runs/1", "/api/v1/health"]
    pages += [f"/runs/1/tasks/{key}" for key in run.tasks] + [f"/runs/1/gates/{gate.number}" for gate in run.gates]
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8080") as http:
        answers = {page: await http.get(page) for page in pages}
    await app.shown.aclose()

    assert {page: answer.status_code for page, answer in answers.items() if answer.status_code != 200} == {}
    assert run.title in answers["/runs/1"].text
    assert run.gates
    assert answers["/api/v1/runs/1"].json()["phase"] == run.phase.value
