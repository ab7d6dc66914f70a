"""What people see: a surface is written again exactly when what it shows has changed."""

from datetime import timedelta

import pytest
from core_builders import (
    T0,
    applied,
    at,
    executing,
    fold,
    gate,
    plan,
    planned,
    posted,
    run_started,
    said,
    to_failed,
    to_verifying,
)  # fmt: skip

from otto_bot.core import events as e
from otto_bot.core.effects import Effect, EffectKind, due, scheduled
from otto_bot.core.run import Run
from otto_bot.core.showing import EDIT_PAUSE
from otto_bot.core.surfaces import labels, surfaces
from otto_bot.core.waits import waits_for

PLAN = plan("t1", "t2")


def failed() -> Run:
    return fold(executing(PLAN), *to_failed("t1"), *to_failed("t2"))


@pytest.mark.parametrize(
    ("run", "shown"),
    [
        (fold(None, run_started()), {"status"}),
        (planned(PLAN), {"status", "labels"}),
        (executing(PLAN), {"status", "labels", "pull", "check/run"}),
        (fold(executing(PLAN), *to_verifying("t1")), {"status", "labels", "pull", "check/run", "check/t1/a1"}),
    ],
)
def test_which_surfaces_there_are(run: Run, shown: set[str]) -> None:
    assert set(surfaces(run)) == shown


def test_a_gate_is_a_surface_once_its_comment_stands() -> None:
    run = gate(failed(), {"t1": "retry", "t2": "retry"})
    assert "gate/g1" not in surfaces(run)
    assert "gate/g1" in surfaces(posted(run))


def test_a_verification_that_is_only_polled_changes_nothing_people_see() -> None:
    run = fold(executing(PLAN), *to_verifying("t1"))
    assert surfaces(fold(run, e.VerificationPolled(at=T0, target="t1/a1", next_at=T0))) == surfaces(run)


@pytest.mark.parametrize(
    ("run", "kind", "reply"),
    [
        (executing(PLAN), None, ""),
        (fold(executing(PLAN), said("/otto pause")), None, ""),
        (fold(executing(PLAN), said("/otto stop")), None, ""),
        (fold(executing(PLAN), e.Refused(at=T0, reason="no")), "hold", "/otto resume"),
        (posted(gate(failed(), {"t1": "ask", "t2": "retry"})), "gate", "/otto retry t1 -- your answer"),
        (posted(gate(failed(), {"t1": "skip", "t2": "retry"})), "gate", "/otto approve r2"),
        (posted(gate(failed(), {"t1": "retry", "t2": "retry"})), None, ""),
    ],
)
def test_whom_it_waits_for(run: Run, kind: str | None, reply: str) -> None:
    wait = waits_for(run)
    assert (wait.kind if wait else None, wait.reply if wait else "") == (kind, reply)
    assert labels(run)["otto:needs-human"] == (wait is not None)


def shows(run: Run) -> dict[str, Effect]:
    return {one.target: one for one in scheduled(run) if one.kind is EffectKind.SHOW}


def written(run: Run, seconds: float) -> Run:
    """Every surface shows what it should at this moment."""
    for name, digest in surfaces(run).items():
        run = fold(run, e.Published(at=at(seconds), surface=name, digest=digest))
    return run


def test_what_changes_close_together_is_one_edit() -> None:
    """The first is written at once; the next not before a pause, and then as it is by then."""
    run = executing(PLAN)
    assert all(one.not_before is None for one in shows(run).values())
    run = fold(written(run, 10), *to_verifying("t1"))
    first = shows(run)["status"]
    assert first.not_before == at(10) + EDIT_PAUSE
    assert "status" not in {one.target for one in due(run, at(11)) if one.kind is EffectKind.SHOW}
    run = fold(run, *to_verifying("t2"))
    assert shows(run)["status"] == first
    assert first in due(run, at(10) + EDIT_PAUSE)


def test_no_change_is_ever_more_than_a_pause_late() -> None:
    """However often it changes meanwhile, the time counts from the last edit; long after it there is no delay."""
    run = written(executing(PLAN), 0)
    for line in ("/otto pause", "/otto stop"):
        run = fold(run, said(line, seconds=2))
        assert shows(run)["status"].not_before == at(0) + EDIT_PAUSE
    assert timedelta(seconds=3) >= EDIT_PAUSE
    assert shows(run)["status"] in due(run, at(60))


def test_what_a_gate_says_is_never_late() -> None:
    run = written(posted(gate(failed(), {"t1": "retry", "t2": "retry"})), 10)
    run = fold(run, said("/otto pause", seconds=10))
    assert shows(run)["gate/g1"].not_before is None
    run = written(fold(run, said("/otto resume", seconds=11)), 11)
    assert shows(applied(run))["gate/g1"].not_before is None


def test_a_gate_that_is_posted_again_is_not_a_surface_meanwhile() -> None:
    """A box that was ticked would otherwise put the new plan into the comment before it counts."""
    run = fold(posted(gate(failed(), {"t1": "retry", "t2": "retry"})), said("/otto skip t2"))
    run = fold(run, e.Published(at=at(1), surface="gate/g1", digest="edited"))
    assert "gate/g1" not in shows(run)
    assert [one.gate for one in scheduled(run) if one.kind is EffectKind.POST_DECISION] == [1]
    assert "gate/g1" in shows(posted(run))


def test_a_link_to_a_check_that_was_late_is_put_right_once_nothing_moves() -> None:
    moving = fold(executing(PLAN), *to_verifying("t1"))
    check = e.Published(at=T0, surface="check/t1/a1", digest="d", github_id=7)
    assert surfaces(moving)["status"] == surfaces(fold(moving, check))["status"]
    resting = fold(moving, e.Refused(at=T0, reason="r", reply="/otto resume"))
    assert waits_for(resting) is not None
    for surface in ("status", "pull", "check/run"):
        assert surfaces(resting)[surface] != surfaces(fold(resting, check))[surface]
