"""What people see: a surface is written again exactly when what it shows has changed."""

import pytest
from core_builders import T0, executing, fold, gate, plan, planned, posted, run_started, said, to_failed, to_verifying

from otto_bot.core import events as e
from otto_bot.core.run import Run
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
