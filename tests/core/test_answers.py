"""Answers to many commands: all are obeyed, few are written to."""

from __future__ import annotations

from core_builders import at, fold, run_started, said

from otto_bot.core.answers import ENOUGH, MOST
from otto_bot.core.machine import started


def test_the_last_answer_of_an_hour_says_that_no_more_come_and_commands_count_as_ever() -> None:
    run = started(run_started())
    for number in range(3 * MOST):
        run = fold(run, said("/otto status", key=f"c{number}", seconds=number))

    assert [one.key for one in run.replies] == ["status"] * (MOST - 1) + [ENOUGH]
    assert run.replies[-1].detail == at(3600).isoformat(timespec="minutes")
    assert [one.number for one in run.replies] == list(range(1, MOST + 1))
    paused = fold(run, said("/otto pause", key="p", seconds=100))
    assert paused.hold is not None


def test_an_hour_later_it_is_answered_again() -> None:
    run = started(run_started())
    for number in range(MOST + 5):
        run = fold(run, said("/otto status", key=f"c{number}", seconds=number))
    run = fold(run, said("/otto status", key="late", seconds=3600))

    assert [one.key for one in run.replies[-2:]] == [ENOUGH, "status"]
    assert run.answered_at == (at(3600),)
