"""What each surface shows and does not show: written again exactly when what people would read has changed."""

from __future__ import annotations

from typing import Any

import core_builders as b
import core_journeys as j
import pytest

from otto_bot.core import events as e
from otto_bot.core.attempt import TaskState
from otto_bot.core.journeys import JourneyRound, RoundState
from otto_bot.core.learnings import GateLearning, LearningStatus
from otto_bot.core.machine import reduce
from otto_bot.core.notes import Fact
from otto_bot.core.run import Gate, GateState, Hold, Outcome, Run, RunPhase
from otto_bot.core.surfaces import gate_digest, labels, round_digest, surfaces
from otto_bot.core.trouble import Trouble

PLAN = b.plan("t1", "t2")
HOLD = Hold(kind="paused", number=3, reason="r", since=b.T0)
DONE = {"phase": RunPhase.DONE, "outcome": Outcome.DONE}
AT_WORK = b.executing(PLAN)


def changed(run: Run, **changes: Any) -> Run:
    return run.model_copy(update=changes)


def written(before: Run, after: Run) -> set[str]:
    """Surfaces that are written again."""
    old, new = surfaces(before), surfaces(after)
    return {name for name in {*old, *new} if old.get(name) != new.get(name)}


def test_digests_are_as_long_as_those_that_were_stored() -> None:
    """Digests of another length would make Otto write everything of every run again after an update."""
    run = b.posted(b.gate(b.fold(AT_WORK, *b.to_failed("t1"), *b.to_failed("t2")), {"t1": "ask", "t2": "ask"}))
    assert {len(digest) for digest in surfaces(run).values()} == {16}


def test_a_slim_run_stays_as_it_was_shown() -> None:
    assert surfaces(changed(AT_WORK, slim=True)) == {}


MONEY = AT_WORK.money.model_copy(update={"granted": 3})
TROUBLE = {"k": Trouble(count=1, kind="x", message="m", retry_at=b.T0)}
TWICE = {"k": Trouble(count=2, kind="x", message="m", retry_at=b.T0)}


@pytest.mark.parametrize(
    ("before", "after", "surface", "again"),
    [
        ({}, {"money": MONEY}, "status", True),
        ({"prepared": False}, {"money": MONEY}, "status", False),
        ({}, {"trouble": TROUBLE}, "status", True),
        ({"trouble": TROUBLE}, {"trouble": TWICE}, "status", True),
        ({"hold": HOLD}, {"trouble": TROUBLE}, "status", False),
        ({}, {"landed": True}, "status", True),
        ({}, {"base_head": "new"}, "status", True),
        ({"hold": HOLD}, {"base_head": "new"}, "status", False),
        ({}, {"base_head": "new", "base_taken": "new"}, "status", False),
        ({"base_round": 1}, {"base_head": "new", "base_taken": "new"}, "status", True),
        ({}, {"base_round": 1}, "status", True),
        ({}, {"base_conflict": "x"}, "status", True),
        ({}, {"base_conflict": "x"}, "pull", True),
        ({"base_conflict": "x"}, {"base_conflict": "y"}, "pull", True),
        ({}, {"relabelled_by": "x"}, "status", True),
        ({}, {"relabelled_by": "x"}, "pull", False),
        ({}, {"hold": HOLD}, "pull", True),
        ({}, {"hold": HOLD}, "check/run", True),
        ({}, {"head": "new"}, "check/run", True),
        ({}, {"head": "new"}, "status", False),
    ],
)
def test_what_a_surface_says(before: dict[str, Any], after: dict[str, Any], surface: str, again: bool) -> None:
    run = changed(AT_WORK, **before)
    assert (surface in written(run, changed(run, **after))) is again


@pytest.mark.parametrize(
    ("changes", "there"),
    [
        ({}, True),
        ({"plan_approved_by": ""}, False),
        ({"plan_approved_by": "rule"}, False),
        (DONE, False),
        ({"plan_comment_id": None}, False),
        ({"plan_posted": 0}, False),
    ],
)
def test_a_plan_that_a_person_agreed_to_asks_no_more(changes: dict[str, Any], there: bool) -> None:
    run = changed(AT_WORK, plan_approved_by="anna", **{k: v for k, v in changes.items() if k != "plan_approved_by"})
    run = changed(run, **changes)
    assert ("plan" in surfaces(run)) is there


def test_labels_are_put_on_once_the_repository_was_looked_at_or_where_a_run_rests() -> None:
    fresh = b.fold(None, b.run_started())
    assert "labels" not in surfaces(fresh)
    assert "labels" in surfaces(changed(fresh, hold=HOLD))
    assert "labels" in surfaces(changed(fresh, prepared=True))


@pytest.mark.parametrize("outcome", [None, *Outcome])
def test_the_label_of_a_run_that_is_done(outcome: Outcome | None) -> None:
    run = changed(AT_WORK, phase=RunPhase.DONE, outcome=outcome)
    assert labels(run)["otto:done"] is (outcome in (Outcome.DONE, Outcome.DONE_PARTIAL))


@pytest.mark.parametrize("field", ["notes", "inherited_notes"])
def test_what_was_found_out_is_kept_in_the_archive_whichever_run_found_it(field: str) -> None:
    assert "context" not in surfaces(AT_WORK)
    fact = Fact(kind="decisions", text="x", ordinal=1, task="t1")
    assert "context" in surfaces(changed(AT_WORK, **{field: (fact,)}))


def test_the_check_of_a_past_attempt_stays_as_it_is() -> None:
    run = b.fold(AT_WORK, *b.to_verifying("t1"))
    task = run.task("t1")
    assert task.last is not None
    second = task.last.model_copy(update={"number": 2})
    run = run.with_task(task.model_copy(update={"attempts": (task.last, second)}))
    judging = run.with_task(run.task("t1").model_copy(update={"state": TaskState.JUDGING}))
    assert written(run, judging) & {"check/t1/a1", "check/t1/a2"} == {"check/t1/a2"}
    ended = run.with_verification(run.verifications["t1/a1"].model_copy(update={"ending": "red"}))
    assert written(run, ended) & {"check/t1/a1", "check/t1/a2"} == {"check/t1/a1"}
    failed = run.with_task(
        run.task("t1").model_copy(
            update={"attempts": (task.last, second.model_copy(update={"failure": b.failure("t1")}))}
        )
    )
    assert "check/t1/a2" in written(run, failed)


def test_rows_link_to_their_checks_once_nothing_else_moves() -> None:
    """While the run works the next change brings the link; at rest somebody has to write it."""
    run = b.fold(AT_WORK, *b.to_verifying("t1"))
    linked = {"ids": {"check/t1/a1": 5}}
    assert "status" not in written(run, changed(run, **linked))
    rests = changed(run, hold=HOLD)
    assert "status" in written(rests, changed(rests, **linked))
    over = changed(run, **DONE)
    assert "status" in written(over, changed(over, **linked))


def test_verification_pull_requests_are_marked() -> None:
    run = changed(AT_WORK, verification_prs={"a": 5, "b": 6})
    assert {name for name in surfaces(run) if name.startswith("label/")} == {"label/5", "label/6"}


def at_gate() -> Run:
    run = b.fold(AT_WORK, *b.to_failed("t1"), *b.to_failed("t2"))
    return b.posted(b.gate(run, {"t1": "retry", "t2": "retry"}))


def with_gate(run: Run, **changes: Any) -> tuple[Run, Gate]:
    gate = run.gates[-1].model_copy(update=changes)
    return run.with_gate(gate), gate


@pytest.mark.parametrize(
    ("changes", "there"),
    [
        ({}, True),
        ({"state": GateState.DECIDED}, False),
        ({"comment_id": None}, False),
        ({"state": GateState.DECIDED, "comment_id": None}, False),
        ({"state": GateState.APPLIED}, True),
    ],
)
def test_the_comment_of_a_gate_is_a_surface_once_it_stands(changes: dict[str, Any], there: bool) -> None:
    assert ("gate/g1" in surfaces(with_gate(at_gate(), **changes)[0])) is there


@pytest.mark.parametrize("applied", [True, False])
@pytest.mark.parametrize("what", ["hold", "end", "approved_by", "outcomes"])
def test_a_gate_shows_what_becomes_of_it(applied: bool, what: str) -> None:
    """A rest is shown while the decision waits; what was applied goes on whatever the run does."""
    moves = {"t1": "x", "t2": "y"}
    run, gate = with_gate(at_gate(), **({"state": GateState.APPLIED, "outcomes": moves} if applied else {}))
    if what in ("approved_by", "outcomes"):
        other = gate.model_copy(update={what: "anna" if what == "approved_by" else {"t1": "other"}})
        assert gate_digest(run, gate) != gate_digest(run, other)
        return
    after = changed(run, **({"hold": HOLD} if what == "hold" else DONE))
    assert (gate_digest(run, gate) != gate_digest(after, gate)) is not applied


def test_a_gate_shows_what_became_of_its_learnings() -> None:
    run, gate = with_gate(at_gate())
    states = (LearningStatus.PROPOSED, LearningStatus.ACCEPTED)
    made = [GateLearning(index=0, number=1, status=status) for status in states]
    shown = [gate_digest(run, gate.model_copy(update={"learnings": told})) for told in ((), (made[0],), (made[1],))]
    assert len(set(shown)) == 3


def at_round(**changes: Any) -> tuple[Run, JourneyRound]:
    run = j.posted(j.triaged(j.walked(j.built(), "j1"), j.finding("j1")))
    one = run.journeys[-1].model_copy(update=changes)
    return run.with_round(one), one


@pytest.mark.parametrize(
    ("changes", "there"),
    [
        ({}, True),
        ({"state": RoundState.DECIDED}, False),
        ({"comment_id": None}, False),
        ({"comment_id": None, "state": RoundState.DECIDED}, False),
        ({"state": RoundState.APPLIED}, True),
    ],
)
def test_the_comment_of_a_round_is_a_surface_once_it_stands(changes: dict[str, Any], there: bool) -> None:
    assert ("journeys/n1" in surfaces(at_round(**changes)[0])) is there


def test_a_round_shows_how_its_repair_goes() -> None:
    run, one = at_round(tasks=("t1",))
    working = run.with_task(run.task("t1").model_copy(update={"state": TaskState.CODING}))
    other = run.with_task(run.task("t2").model_copy(update={"state": TaskState.CODING}))
    assert round_digest(working, one) != round_digest(run, one) == round_digest(other, one)
    later = one.model_copy(update={"number": 2})
    assert round_digest(changed(run, journeys=(one, later)), one) != round_digest(run, one)
    assert round_digest(changed(run, journeys=(one, later)), later) == round_digest(
        changed(run, journeys=(later,)), later
    )
    lost = one.model_copy(update={"tasks": ("t9",)})
    assert round_digest(run, lost) == round_digest(run, one.model_copy(update={"tasks": ()}))


@pytest.mark.parametrize("applied", [True, False])
def test_a_round_shows_that_the_run_ended_over_it(applied: bool) -> None:
    run, one = at_round(**({"state": RoundState.APPLIED} if applied else {}))
    assert (round_digest(changed(run, **DONE), one) != round_digest(run, one)) is not applied


def test_a_poll_of_actions_is_no_news() -> None:
    run = b.fold(AT_WORK, *b.to_verifying("t1"))
    told = run.verifications["t1/a1"].model_copy(update={"polls": 7})
    assert written(run, run.with_verification(told)) == set()
    again = e.BaseMoved(at=b.T0, sha="base")
    assert written(run, b.fold(run, again)) == set()


def test_what_nobody_knows_is_written_again() -> None:
    """A step that may have written it ended without a word."""
    run = b.fold(AT_WORK, e.Published(at=b.T0, surface="status", digest="d", github_id=5))
    unsure = b.fold(run, e.Unsure(at=b.T0, surface="status"))
    assert (unsure.shown["status"], unsure.ids["status"], unsure.shown_count) == ("", 5, run.shown_count)
    assert reduce(unsure, e.Unsure(at=b.T0, surface="status")) is unsure
    assert reduce(run, e.Unsure(at=b.T0, surface="pull")) is run
