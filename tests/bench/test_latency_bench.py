"""The bench of latencies: its arithmetic on known records, and a stop measured on the real playground."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bench.latency.__main__ import SCENARIOS
from bench.latency.figures import Waits, comments, reaction, tasks
from bench.latency.report import Measured, rows, table, unkept
from bench.latency.spans import Span, covered, left, quantile
from bench.latency.stopping import Stopped, stopped
from otto_bot.playground.scenario import find, load, shipped

START = datetime(2026, 11, 1, 12, tzinfo=UTC)
WAITS = Waits(settle=2, grace=10)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def told(seconds: float) -> str:
    return at(seconds).isoformat()


def between(begin: float, end: float) -> Span:
    return Span(at(begin), at(end))


@pytest.mark.parametrize(
    ("spans", "seconds"),
    [
        ([], 0),
        ([(2, 4)], 2),
        ([(2, 6), (3, 5), (4, 8)], 6),
        ([(-5, 1), (9, 20)], 2),
        ([(-5, -1), (11, 20)], 0),
        ([(8, 3)], 0),
        ([(-5, 20), (1, 2)], 10),
    ],
)
def test_no_moment_counts_twice_or_outside(spans: list[tuple[float, float]], seconds: float) -> None:
    found = [between(*one) for one in spans]
    assert covered(found, between(0, 10)) == seconds
    assert left(between(0, 10), found) == 10 - seconds


def test_quantiles_are_values_that_were_measured() -> None:
    values = [float(n) for n in range(1, 21)]
    assert [quantile(values, share) for share in (0.5, 0.95, 1.0)] == [10, 19, 20]
    assert quantile([3.0], 0.95) == 3
    with pytest.raises(ValueError, match="nothing"):
        quantile([], 0.5)


def report(**more: Any) -> dict[str, Any]:
    """A task that fails once, with a gate, and is merged at 100."""
    events = [
        {"type": "AttemptStarted", "task": "t1", "attempt": 1, "at": told(0)},
        {"type": "AttemptPushed", "task": "t1", "attempt": 1, "sha": "a", "at": told(11)},
        {"type": "VerificationEnded", "target": "t1/a1", "at": told(25)},
        {"type": "DecisionPosted", "gate": 1, "at": told(31)},
        {"type": "DecisionPosted", "gate": 1, "at": told(33)},
        {"type": "AttemptStarted", "task": "t1", "attempt": 2, "at": told(50)},
        {"type": "AttemptPushed", "task": "t1", "attempt": 2, "sha": "b", "at": told(60)},
        {"type": "VerificationEnded", "target": "t1/a2", "at": told(75)},
        {"type": "JudgeEnded", "task": "t1", "attempt": 2, "failure": None, "at": told(80)},
        {"type": "TasksMerged", "tasks": ["t1"], "at": told(100)},
    ]
    runs = [("a", 12, 20), ("b", 61, 70), ("other", 72, 95)]
    return {
        "tasks": {"t1": {"state": "merged"}},
        "events": events,
        "workflow_runs": [
            {
                "head_sha": sha, "created_at": told(begin), "updated_at": told(end),
                "jobs": [{"completed_at": told(end)}, {"completed_at": None}],
            }
            for sha, begin, end in runs
        ],
        "model_calls": [
            {"task": "t1", "at": told(1), "seconds": 6.0},
            {"task": "t2", "at": told(7), "seconds": 3.0},
            {"task": "", "at": told(26), "seconds": 4.0},
            {"task": "t1", "at": told(51), "seconds": 8.0},
            {"task": "t1", "at": told(76), "seconds": 4.0},
        ],
        "requests": [
            {"path": "/o/r.git/git-receive-pack", "at": told(10), "seconds": 1.0},
            {"path": "/repos/o/r/pulls", "at": told(98), "seconds": 1.0},
        ],
        **more,
    }  # fmt: skip


def test_a_comment_is_measured_without_model_and_settling_once_a_gate() -> None:
    [comment] = comments(report(), WAITS)
    assert (comment.whole, comment.model, comment.settle, comment.own) == (11, 4, 2, 5)


def test_what_otto_adds_to_a_task_is_what_nothing_else_was_at_work_in() -> None:
    [task] = tasks(report(), WAITS)
    # The first attempt: 0-1, 7-10, 11-12, 22-25, though another task's model was asked from 7 to 10.
    first = 1 + 3 + 1 + 3
    # Between them: 25-26 and 30-31; from the comment on until 43 it is grace. Then 43-50.
    gate = 1 + 1 + 7
    # The second: 50-51, 59-61, 72-76; another commit's workflow ran from 72. Then 97-100, as that one settles too.
    second = 1 + 2 + 4
    assert task.whole == 100
    assert task.own == pytest.approx(first + gate + second + 3)


def test_a_plan_s_only_task_is_merged_when_it_is_judged() -> None:
    events = [event for event in report()["events"] if event["type"] != "TasksMerged"]
    [task] = tasks(report(events=events), WAITS)
    assert task.whole == 80
    assert tasks(report(events=events, tasks={"t1": {"state": "failed"}}), WAITS) == []


def test_the_reaction_is_looked_for_on_the_issue() -> None:
    sent = {"event": "issues", "action": "labeled", "redelivery": False, "created_at": told(1)}
    eyes = {"method": "POST", "path": "/repos/o/r/issues/1/reactions", "status": 201, "at": told(2), "seconds": 0.5}
    assert reaction({"deliveries": [sent], "requests": [eyes]}) == 1.5
    for other in ({"status": 403}, {"method": "GET"}, {"path": "/repos/o/r/issues/comments/1/reactions"}):
        with pytest.raises(LookupError):
            reaction({"deliveries": [sent], "requests": [eyes | other]})


def test_what_does_not_hold_is_said() -> None:
    stop = Stopped(ended=5.5, pushed=6.0, cancelled=True, kept=False)
    measured = Measured(1.0, [1.0, 2.5], comments(report(), WAITS), tasks(report(), WAITS), [stop])
    assert [row.holds for row in rows(measured)] == [False, True, True, False, True, False]
    assert len(unkept(measured)) == 1
    assert "**no**" in table(START, (0.1, 0.2), [measured])
    assert rows(Measured(0.0, [], [], [], [])) == []


def test_the_scenarios_that_are_played_have_no_people() -> None:
    for name in SCENARIOS.split(","):
        assert name in shipped()
        assert load(find(name)).people == ()


@pytest.mark.slow
async def test_a_stop_ends_a_running_command_with_all_that_it_started_and_pushes_the_work(tmp_path: Path) -> None:
    found = await stopped(tmp_path, 0.0)
    assert found.ended <= 5.0
    assert found.cancelled
    assert found.kept
