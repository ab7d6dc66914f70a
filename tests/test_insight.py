"""`otto-bot insight` over a real database: counted run by run, by repository and time, as a table and as JSON."""

from __future__ import annotations

import io
import json
import sys
import tracemalloc
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from syrupy.assertion import SnapshotAssertion

sys.path.insert(0, str(Path(__file__).parent))
from gate_runs import Stage, build, config

sys.path.pop(0)

from otto_bot.cli import main
from otto_bot.core import events as e
from otto_bot.core.decision import Decider
from otto_bot.core.estimate_values import Estimate
from otto_bot.core.gate_account import GateReply, Shadow
from otto_bot.core.run import Run
from otto_bot.core.values import Usage
from otto_bot.insight import Asked, insight
from otto_bot.store import tables as t
from otto_bot.store.database import open_database
from otto_bot.store.gate_records import PAGE, GateRecords


@pytest.fixture
def stage(database_url: str) -> Iterator[Stage]:
    engine = open_database(database_url)
    yield Stage(engine)
    engine.dispose()


def ask(stage: Stage, days_later: float = 0, **asked: Any) -> Any:
    out = io.StringIO()
    environment = {"OTTO_DATABASE_URL": stage.engine.url.render_as_string(hide_password=False)}
    now = build.T0 + timedelta(days=days_later)
    assert insight(Asked(**{"as_json": True, **asked}), out, environment, now) == 0
    return json.loads(out.getvalue()) if asked.get("as_json", True) else out.getvalue()


def lived(stage: Stage, issue: int = 4, shadow: bool = False) -> Run:
    """t1 passed after its retry, t2 failed again."""
    run = stage.at_gate(config(pilot={"mode": "shadow"}) if shadow else config(), issue=issue)
    usage = Usage(input_tokens=1000, output_tokens=100, usd=0.03)
    reply = GateReply(call=f"run/{run.id}/gate/g1/h0#1/1", role="pilot", tries=1, seconds=7.5, usage=usage)
    moves = build.decision({"t1": "retry", "t2": "retry_different"})
    beside = Shadow(decision=moves, usd=0.03, seconds=7.5) if shadow else None
    did = build.decision({"t1": "retry", "t2": "retry"}, decided_by=Decider.REPLAN) if shadow else moves
    made = e.DecisionMade(at=stage.now, gate=1, decision=did, replies=(reply,), calls=1, usd=0.03, shadow=beside)
    run = stage.add(run, [e.GateOpened(at=stage.now, gate=1), made])
    run = stage.apply(stage.post(run))
    return stage.add(run, [*build.to_verified("t1", 2), *build.to_failed("t2", 2)])


def test_counts_of_what_is_stored(stage: Stage) -> None:
    lived(stage)
    lived(stage, issue=5, shadow=True)
    stage.start(config(), issue=6)

    found = ask(stage)

    assert (found["schema"], found["since"], found["repo"]) == (1, None, None)
    assert (found["runs"], found["gates"], found["shadow"]["gates"]) == (2, 2, 1)
    pilot = found["deciders"]["pilot"]
    assert pilot["attempts"] == {"reopened": 2, "passed": 1, "failed": 1, "not_charged": 0, "open": 0}
    assert pilot["usd"] == {"count": 1, "total": 0.03, "p50": 0.03, "p95": 0.03}
    assert found["deciders"]["replan"]["attempts"]["reopened"] == 2


@pytest.mark.parametrize(
    ("asked", "gates"),
    [
        ({"since": 1}, 1), ({"since": 1, "days_later": 3}, 0), ({"repo": "octo/app"}, 1), ({"repo": "Octo/App"}, 1),
        ({"repo": "octo/other"}, 0),
    ],
)  # fmt: skip
def test_by_time_and_by_repository(stage: Stage, asked: dict[str, Any], gates: int) -> None:
    lived(stage)
    assert ask(stage, **asked)["gates"] == gates


def test_people_read_counts_and_no_percentage_of_a_few(stage: Stage, snapshot: SnapshotAssertion) -> None:
    lived(stage)
    lived(stage, issue=5, shadow=True)
    said = ask(stage, as_json=False)
    assert said == snapshot
    assert "1 of 2" in said
    assert "%" not in said


def test_estimates_against_what_runs_cost(stage: Stage, snapshot: SnapshotAssertion) -> None:
    """From the events of real ledgers: estimate with the plan, money call by call, the end by the merge."""
    for issue, (cost, source) in enumerate([(0.2, "sizes"), (0.5, "history"), (2.0, "history")], start=10):
        stage.done(issue, Estimate(low=0.3, high=1, source=source), cost)
    stage.start(config(), issue=20, estimate=Estimate(low=1, high=2))

    found = ask(stage)["estimates"]

    assert (found["all"]["runs"], found["all"]["inside"], found["open"]) == (3, 1, 1)
    assert found["sources"]["history"]["worst"] == 2.0
    assert ask(stage, as_json=False) == snapshot


def test_an_empty_ledger_says_so(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OTTO_DATABASE_URL", stage.engine.url.render_as_string(hide_password=False))
    assert main(["insight"]) == 0
    assert capsys.readouterr().out == "No gate was decided yet in what was counted.\n"


@pytest.mark.parametrize("arguments", [["--since", "x"], ["--since", "-1"], ["--repo", "app"], ["--repo", "a/b/c"]])
def test_wrong_usage_exits_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["insight", *arguments])
    assert ended.value.code == 2
    assert "give" in capsys.readouterr().err


def copies(stage: Stage, run: Run, count: int) -> None:
    """The same run again and again, as rows."""
    state = run.model_dump_json(by_alias=True)
    row = {
        "repo_id": 7, "ordinal": 1, "active": 0, "phase": "done", "seq": 1, "state": state,
        "started_at": build.T0.timestamp(), "updated_at": build.T0.timestamp(),
    }  # fmt: skip
    with stage.engine.begin() as c:
        c.execute(t.runs.insert(), [{**row, "issue": 100 + n, "trigger_key": f"copy/{n}"} for n in range(count)])


def test_pages_lose_no_run_and_count_none_twice(stage: Stage) -> None:
    run = lived(stage)
    copies(stage, run, 2 * PAGE)
    assert ask(stage)["gates"] == 2 * PAGE + 1
    assert sum(1 for _ in GateRecords(stage.engine).runs_with_gates()) == 2 * PAGE + 1


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_ten_thousand_runs_are_counted_in_little_memory(stage: Stage) -> None:
    """A run's state is some 20 kB here; all of them together would be 200 MB."""
    run = lived(stage)
    copies(stage, run, 10_000)
    with stage.engine.connect() as c:
        assert c.execute(sa.select(sa.func.sum(sa.func.length(t.runs.c.state)))).scalar_one() > 50_000_000
    tracemalloc.start()
    found = ask(stage)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found["gates"] == 10_001
    assert most < 20_000_000
