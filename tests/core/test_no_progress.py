"""The same failure again stops the same move, also where an attempt without changes stands in between."""

from __future__ import annotations

import core_builders as b
import pytest

from otto_bot.core import events as e
from otto_bot.core import policy
from otto_bot.core.decision import Action
from otto_bot.core.evidence import Cause, Phase, Progress
from otto_bot.core.run import Run

RETRY, DIFFERENT, FRESH = Action.RETRY, Action.RETRY_DIFFERENT, Action.RESTART_FRESH


def failed_with(run: Run, number: int, mark: str, progress: Progress) -> Run:
    return b.fold(run, *b.to_failed("t1", number, fingerprint=mark, progress=progress))


def idle_with(run: Run, number: int, mark: str) -> Run:
    why = b.failure("t1", number, Cause.NO_CHANGES, phase=Phase.CODING, fingerprint=mark, progress=Progress.SAME)
    return b.fold(run, b.started("t1", number), e.AttemptFailed(at=b.T0, task="t1", attempt=number, failure=why))


def moved(run: Run, action: str) -> Run:
    return b.applied(b.posted(b.gate(run, {"t1": action}, [["t1"], ["t2"]])))


@pytest.fixture
def run() -> Run:
    made = b.plan("t1", b.spec("t2", "t1"))
    return failed_with(b.executing(made, b.config(attempts={"per_task": 5})), 1, "a", Progress.FIRST)


def test_a_retry_that_changed_nothing_allows_neither_kind_of_going_on(run: Run) -> None:
    run = idle_with(moved(run, "retry"), 2, "a")
    assert policy.allowed(run, run.task("t1")) & {RETRY, DIFFERENT, FRESH} == {FRESH}


def test_a_guided_retry_that_changed_nothing_may_be_guided_once_more(run: Run) -> None:
    run = idle_with(moved(run, "retry_different"), 2, "a")
    assert policy.allowed(run, run.task("t1")) & {RETRY, DIFFERENT, FRESH} == {DIFFERENT, FRESH}


@pytest.mark.parametrize("action", ["retry", "retry_different"])
def test_there_and_back_over_an_attempt_without_changes_is_the_same_again(run: Run, action: str) -> None:
    run = moved(idle_with(moved(run, action), 2, "a"), action)
    run = failed_with(run, 3, "a", Progress.SAME)
    assert policy.allowed(run, run.task("t1")) & {RETRY, DIFFERENT, FRESH} == {FRESH}
