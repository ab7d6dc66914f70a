"""What a run says of itself in one line: whether it is over, whose turn it is, what it is called, where it begins."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import core_builders as b
import core_journeys as j
import pytest

from otto_bot.core.attempt import BASELINE
from otto_bot.core.budget import Money
from otto_bot.core.reviews import Review
from otto_bot.core.run import Gate, GateState, Hold, Integration, Outcome, Reply, Run, RunPhase
from otto_bot.core.trouble import Trouble

PLAN = b.plan("t1", "t2")


def _review(number: int = 1, state: str = "given") -> Review:
    return Review(id=number, by=b.ANNA, body="x").model_copy(update={"state": state})


@pytest.mark.parametrize(
    ("count", "again", "final"),
    [(1, True, False), (7, True, False), (8, True, True), (9, True, True), (1, False, True)],
)
def test_an_effect_that_failed_eight_times_waits_for_a_person(count: int, again: bool, final: bool) -> None:
    """Sooner, a short outage of GitHub calls people; later, nobody hears of a lasting one."""
    assert Trouble(count=count, kind="x", message="m", retry_at=b.T0 if again else None).final is final


@pytest.mark.parametrize(
    ("changes", "ended", "reviewed"),
    [
        ({}, False, True),
        ({"outcome": Outcome.DONE}, False, True),
        ({"outcome": Outcome.DONE, "reviews": ()}, True, False),
        ({"outcome": Outcome.DONE, "reviews": (_review(state="posted"),)}, False, True),
        ({"outcome": Outcome.DONE, "reviews": (_review(state="answered"),)}, True, False),
        ({"outcome": Outcome.DONE, "reviews": (_review(1, "answered"), _review(2))}, False, True),
        ({"outcome": Outcome.DONE, "phase": RunPhase.GATE, "reviews": ()}, False, False),
        ({"outcome": Outcome.CANCELLED}, True, False),
        ({"outcome": Outcome.FAILED}, True, False),
        ({"outcome": Outcome.DONE_PARTIAL, "reviews": ()}, False, False),
        ({"outcome": Outcome.NEEDS_HUMAN}, False, True),
        ({"landed": True}, True, False),
        ({"slim": True}, True, False),
        ({"landed": True, "phase": RunPhase.EXECUTING}, False, False),
    ],
)
def test_a_run_is_over_unless_a_review_is_still_to_be_taken_up(
    changes: dict[str, Any], ended: bool, reviewed: bool
) -> None:
    run = b.executing(PLAN).model_copy(update={"phase": RunPhase.DONE, "reviews": (_review(),), **changes})
    assert (run.ended, run.reviewed) == (ended, reviewed)


def test_a_run_rests_with_an_outcome_or_a_hold() -> None:
    run = b.executing(PLAN)
    hold = Hold(kind="paused", number=1, reason="r", since=b.T0)
    assert not run.resting
    assert run.model_copy(update={"outcome": Outcome.NEEDS_HUMAN}).resting
    assert run.model_copy(update={"hold": hold}).resting


@pytest.mark.parametrize(
    ("origins", "single"),
    [
        (["plan"], True),
        (["plan", "journeys", "review"], True),
        (["plan", "plan"], False),
        (["journeys"], False),
        ([], False),
    ],
)
def test_a_plan_of_one_task_is_coded_on_the_run_branch_whatever_mends_it_later(
    origins: list[str], single: bool
) -> None:
    run = b.executing(PLAN)
    task = run.task("t1")
    tasks = {
        f"t{at}": task.model_copy(update={"key": f"t{at}", "origin": origin})
        for at, origin in enumerate(origins, start=1)
    }
    run = run.model_copy(update={"tasks": tasks})
    assert run.single is single
    assert not run.model_copy(update={"plan": None}).single


def test_a_run_ends_when_its_minutes_are_over_and_waiting_uses_up_none() -> None:
    run = b.executing(PLAN).model_copy(update={"minutes": 10, "idle_seconds": 90.0})
    assert run.over_at == run.started_at + timedelta(seconds=690)


def test_branches_are_named_by_issue_and_run() -> None:
    run = b.executing(PLAN).model_copy(update={"branches_prefix": "bot", "issue": 4, "ordinal": 2})
    assert (run.prefix, run.run_branch) == ("bot/4-2", "bot/4-2/run")
    assert run.task("t1").key == "t1"


def test_the_batch_at_work_is_the_first_of_those_to_come() -> None:
    run = b.executing(PLAN).model_copy(update={"order": (("t2",), ("t1",))})
    assert (run.current, run.model_copy(update={"order": ()}).current) == (("t2",), ())


def _gate(number: int, state: GateState = GateState.APPLIED, **changes: Any) -> Gate:
    return Gate(number=number, batch=1, opened_at=b.T0, tasks=("t1",), failures=(), state=state, **changes)


def test_the_open_gate_is_the_newest_one() -> None:
    run = b.executing(PLAN)
    assert run.gate is None
    done = run.with_gate(_gate(1)).with_gate(_gate(2))
    assert ([gate.number for gate in done.gates], done.gate) == ([1, 2], None)
    again = done.with_gate(_gate(2, GateState.POSTED))
    assert ([gate.number for gate in again.gates], again.gate) == ([1, 2], _gate(2, GateState.POSTED))
    first = again.with_gate(_gate(1, usd=3.0))
    assert [gate.usd for gate in first.gates] == [3.0, 0.0]


def test_what_is_replaced_leaves_the_others_as_they_are() -> None:
    run = j.built().model_copy(update={"reviews": (_review(1), _review(2))})
    after = run.with_review(_review(2, "answered"))
    assert [review.state for review in after.reviews] == ["given", "answered"]
    one = run.journeys[0]
    run = run.model_copy(update={"journeys": (one, one.model_copy(update={"number": 2}))})
    after = run.with_round(run.journeys[1].model_copy(update={"why": "x"}))
    assert [each.why for each in after.journeys] == ["", "x"]
    told = run.verifications[BASELINE].model_copy(update={"url": "u"})
    new = told.model_copy(update={"target": "t7/a1"})
    after = run.with_verification(told).with_verification(new)
    assert {**run.verifications, BASELINE: told, "t7/a1": new} == after.verifications
    task = run.task("t1").model_copy(update={"question": "q"})
    assert run.with_task(task).tasks == {**run.tasks, "t1": task}


def test_what_an_older_ledger_does_not_tell_has_not_happened() -> None:
    """Stored runs are read by newer versions: a field that they lack may start, stop or count nothing."""
    started = {"id": 1, "repo": b.REPO, "issue": 4, "ordinal": 1, "title": "T", "body": "B", "actor": b.ANNA}
    run = Run.model_validate({**started, "started_at": b.T0, "money": Money(cap=10)})
    flags = (run.plan_only, run.stopping, run.landed, run.slim, run.prepared, run.scans, run.base_look)
    assert not any(flags)
    counts = (
        run.rests, run.idle_seconds, run.base_moved, run.base_round, run.revision, run.plan_number, run.plan_revision,
        run.plan_posted, run.batch, run.journey_grants, run.journey_replans, run.replied, run.learnt_count,
        run.learning_orders_seen,
    )  # fmt: skip
    assert set(counts) == {0}
    assert (run.base_begun, run.minutes, run.kind, run.phase) == (-1, 240, "build", RunPhase.PLANNING)
    assert not (run.ended or run.resting or run.reviewed or run.single)


def test_a_gate_that_was_just_opened_was_neither_asked_nor_posted() -> None:
    gate = Gate(number=1, batch=1, opened_at=b.T0, tasks=("t1",), failures=())
    assert (gate.size, gate.calls, gate.usd, gate.revision, gate.posted_revision) == (0, 0, 0, 0, 0)
    assert (gate.state, gate.shares, gate.deadline, gate.comment_id) == (GateState.OPENED, None, None, None)
    merge = Integration(batch=1, step=1, merging=("t1",))
    assert not (merge.one_by_one or merge.ready or merge.commits or merge.todo)
    assert Reply(number=1, where=2, comment_id=None, key="k").detail == ""
