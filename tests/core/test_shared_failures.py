"""Whose failure it is: the base's, chance's, everybody's, or the attempt's own."""

from datetime import timedelta
from typing import Any

import pytest
from core_builders import T0, applied, at, executing, failure, fold, gate, judged, plan, posted, said, to_failed

from otto_bot.core import events as e
from otto_bot.core import policy
from otto_bot.core.attempt import BASELINE, TaskState
from otto_bot.core.decision import Action
from otto_bot.core.evidence import Cause, FailureClass
from otto_bot.core.shared_failures import VerdictSeen, weighed

NOW = T0 + timedelta(days=30)


def seen(run: int, *, hours: float = 1, ending: str = "red", mark: str = "f", **changes: Any) -> VerdictSeen:
    given = {
        "run": run, "issue": run, "target": "t1/a1", "sha": f"sha{run}", "at": NOW - timedelta(hours=hours),
        "ending": ending, "fingerprint": mark if ending == "red" else "",
    }  # fmt: skip
    return VerdictSeen.model_validate({**given, **changes})


def cause(*known: VerdictSeen, again: bool = False, **changes: Any) -> Cause:
    made = failure("t1", **{"fingerprint": "f", **changes})
    return weighed(made, known, issue=1, again=again, now=NOW).cause


def test_what_the_base_has_too_is_the_bases() -> None:
    assert cause(pre_existing=True) is Cause.BASE_RED
    assert cause(pre_existing=True, cause=Cause.UNKNOWN) is Cause.BASE_RED
    assert cause(pre_existing=True, cause=Cause.BILLING) is Cause.BILLING
    made = failure("t1", pre_existing=True, class_hint=FailureClass.CODE)
    told = weighed(made, [], issue=1, again=False, now=NOW)
    assert (told.class_hint, told.pre_existing, len(told.signals)) == (None, True, 1)


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ([seen(2), seen(3)], Cause.SYSTEMIC),
        ([seen(2)], Cause.TEST),
        ([seen(2), seen(2, sha="other", target="t2/a1")], Cause.TEST),
        ([seen(2), seen(3, issue=2)], Cause.TEST),
        ([seen(2), seen(3, issue=1)], Cause.TEST),
        ([seen(2), seen(3, hours=25)], Cause.TEST),
        ([seen(2), seen(3, mark="another")], Cause.TEST),
        ([seen(2), seen(3, target=BASELINE)], Cause.TEST),
    ],
)
def test_three_unrelated_heads_in_a_day_are_systemic(known: list[VerdictSeen], expected: Cause) -> None:
    assert cause(*known) is expected


def test_a_cause_with_its_own_move_or_no_mark_is_left_alone() -> None:
    known = [seen(2), seen(3), seen(4)]
    assert cause(*known, cause=Cause.CANCELLED) is Cause.CANCELLED
    assert cause(*known, cause=Cause.UNKNOWN) is Cause.UNKNOWN
    assert cause(*[one.model_copy(update={"fingerprint": ""}) for one in known], fingerprint="") is Cause.TEST


def test_what_once_was_gone_on_the_same_commit_is_flaky() -> None:
    red, green = seen(2, hours=50), seen(2, hours=49, ending="green")
    assert cause(red, green) is Cause.FLAKY
    assert cause(green, red) is Cause.FLAKY
    assert cause(red, green, again=True) is Cause.TEST
    assert cause(red) is Cause.TEST
    assert cause(red, green.model_copy(update={"sha": "fixed"})) is Cause.TEST
    assert cause(red, green.model_copy(update={"at": red.at - timedelta(minutes=1)})) is Cause.TEST
    assert cause(*[one.model_copy(update={"at": one.at - timedelta(days=20)}) for one in (red, green)]) is Cause.TEST
    told = weighed(failure("t1", fingerprint="f"), [red, green], issue=1, again=False, now=NOW)
    assert told.flaky


def test_a_flaky_failure_runs_again_once_and_then_someone_thinks() -> None:
    run = fold(executing(plan("t1", "t2")), *to_failed("t1", cause=Cause.FLAKY, sha="sha-t1-1"))
    task = run.task("t1")
    assert task.failure is not None
    move = policy.fixed_move(task, task.failure)
    assert move is not None
    assert move.action is Action.RERUN
    assert policy.fixed_move(task.model_copy(update={"rerun_count": 1}), task.failure) is None


def test_green_on_the_same_commit_is_written_down_as_flaky() -> None:
    run = fold(executing(plan("t1")), *to_failed("t1", cause=Cause.INFRA, sha="sha-t1-1"))
    run = applied(fold(posted(gate(run, {"t1": "rerun"})), said("/otto approve")))
    run = fold(run, e.JobsRerun(at=at(10), target="t1/a1", round=2))
    run = fold(run, e.VerificationEnded(at=at(20), target="t1/a1", sha="sha-t1-1", ending="green"), judged("t1"))
    task = run.task("t1")
    assert task.state is TaskState.MERGED
    assert task.last is not None
    assert task.last.failure is None
    assert task.last.flaky is not None
    assert (task.last.flaky.cause, task.last.flaky.flaky) == (Cause.INFRA, True)
    assert run.gates[-1].failures[0].flaky is False
    assert "flaky" in run.gates[-1].outcomes["t1"]


def test_green_at_once_is_not_flaky() -> None:
    run = fold(executing(plan("t1")), *to_failed("t1", sha="sha-t1-1"))
    assert run.task("t1").last is not None
    assert run.task("t1").attempts[0].flaky is None
