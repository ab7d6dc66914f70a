"""The promise: work is reopened only after its decision stands as a comment. In a real run, and in the heart."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from core_builders import config, plan
from core_lives import lived, run_of
from crash_runs import Ended

from otto_bot.core.events import RunEvent, read_event
from otto_bot.core.invariants import InvariantBroken
from otto_bot.core.machine import reduce
from otto_bot.core.run import Run
from otto_bot.playground.demo.promise import broken

Json = dict[str, Any]


def replay(events: Iterable[RunEvent]) -> Run:
    """The run after these events; one that would break a rule of the house is refused, as the ledger does it."""
    run: Run | None = None
    for event in events:
        try:
            run = reduce(run, event)
        except InvariantBroken:
            continue
    assert run is not None
    return run


def reopened_work(run: Run) -> list[str]:
    """Every attempt that is not a task's first, every second round of jobs."""
    attempts = [f"{key} a{attempt.number}" for key, task in run.tasks.items() for attempt in task.attempts[1:]]
    return attempts + [f"{name} again" for name, one in run.verifications.items() if one.round > 1]


def without_posting(events: Iterable[RunEvent]) -> list[RunEvent]:
    return [event for event in events if event.type != "DecisionPosted"]


def test_no_second_attempt_starts_without_a_posted_decision() -> None:
    """Every event of many ledgers but that one: a job that starts an attempt all the same is not believed."""
    reopened = 0
    for seed in range(12):
        world = lived(seed, plan("t1", "t2", "t3"), config=config(attempts={"per_task": 3}))
        events = world.ledger.runs[run_of(world).id].events
        reopened += len(reopened_work(replay(events)))
        assert reopened_work(replay(without_posting(events))) == []
    assert reopened >= 5


@pytest.fixture(scope="module")
def gated(undisturbed: Callable[[str], Ended]) -> Json:
    """The report of a real run with a gate."""
    return undisturbed("mixed-batch").report


def decisions(report: Json) -> list[Json]:
    return [event for event in report["events"] if event["type"] == "DecisionPosted"]


def push_of(report: Json, sha: str) -> int:
    """The place of a commit's push in the stand-in's own log."""
    return int(next(row["seq"] for row in report["requests"] if sha in [ref["new"] for ref in row.get("refs") or []]))


def comments_before(report: Json, seq: int) -> int:
    """How many comments had been written on the run's pull request, by the stand-in's own log."""
    path = f"/issues/{report['pull_request']}/comments"
    rows = [row for row in report["requests"] if row["method"] == "POST" and row["path"].endswith(path)]
    return sum(1 for row in rows if row["seq"] < seq and row["status"] == 201)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_each_reopened_attempt_is_pushed_after_its_comment(gated: Json) -> None:
    pushed = [event for event in gated["events"] if event["type"] == "AttemptPushed"]
    first = [event for event in pushed if event["attempt"] == 1 and event["task"] in ("t1", "t2")]
    again = [event for event in pushed if event["attempt"] > 1]
    assert (len(first), len(again), len(decisions(gated))) == (2, 1, 1)
    assert broken(gated) == []
    assert [comments_before(gated, push_of(gated, event["sha"])) for event in first] == [0, 0]
    assert [comments_before(gated, push_of(gated, event["sha"])) for event in again] == [1]


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_run_without_the_comment_is_seen_to_break_it(gated: Json) -> None:
    ids = {event["comment_id"] for event in decisions(gated)}
    gone = {**gated, "comments": [row for row in gated["comments"] if row["id"] not in ids]}
    assert any("does not exist" in line for line in broken(gone))
    silent = {**gated, "events": [event for event in gated["events"] if event["type"] != "DecisionPosted"]}
    assert any("without any posted decision" in line for line in broken(silent))
    late = [
        {**row, "created_at": "2099-01-01T00:00:00+00:00"} if row["id"] in ids else row for row in gated["comments"]
    ]
    assert any("before its decision's comment" in line for line in broken({**gated, "comments": late}))


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_real_ledger_without_its_posted_decision_reopens_nothing(gated: Json) -> None:
    rows = [{key: value for key, value in row.items() if key not in ("seq", "refused")} for row in gated["events"]]
    events = [read_event(json.dumps(row)) for row in rows]
    assert reopened_work(replay(events)) == ["t2 a2"]
    assert reopened_work(replay(without_posting(events))) == []
