"""Whose turn it is, and what waits for the base, at the borders: one place too few is a host that stands still."""

from __future__ import annotations

import core_builders as b
import pytest

from otto_bot.core import events as e
from otto_bot.core.admission import Waiting, ahead_words, take_turns
from otto_bot.core.attempt import TaskState
from otto_bot.core.limits import AtOnce, HostLimits
from otto_bot.core.stale_base import before_batch

PLAN = b.plan("t1", "t2")


def _limits(one: int, host: int) -> HostLimits:
    return HostLimits(installation=AtOnce(runs=one, attempts=1, agents=1), host=AtOnce(runs=host, attempts=1, agents=1))


def test_who_may_have_one_run_at_a_time_gets_it() -> None:
    turn = take_turns([Waiting(1, 1), Waiting(2, 1)], {}, _limits(1, 5))
    assert turn.admitted == (1,)
    assert (turn.places[2].limit, turn.places[2].ahead) == ("installation", 0)
    assert take_turns([Waiting(2, 1)], {1: 1}, _limits(1, 5)).admitted == ()


def test_of_two_installations_with_as_many_runs_at_work_the_older_run_goes_first() -> None:
    """A run that was just admitted counts as one, not as more: its installation is not passed over for it."""
    waiting = [Waiting(1, 1), Waiting(2, 1), Waiting(3, 1), Waiting(4, 2)]
    assert take_turns(waiting, {2: 1}, _limits(5, 3)).admitted == (1, 2)
    assert take_turns(waiting, {2: 1}, _limits(5, 4)).admitted == (1, 2, 4)


@pytest.mark.parametrize(
    ("ahead", "words"),
    [
        (0, "this one is next"),
        (1, "1 is ahead of this one"),
        (2, "2 are ahead of this one"),
        (10, "10 are ahead of this one"),
        *[
            (ahead, f"more than {step} are ahead of this one")
            for step, following in [
                (10, 20), (20, 50), (50, 100), (100, 200), (200, 500), (500, 1000), (1000, 5000), (5000, 10_000),
                (10_000, 50_000), (50_000, 10**6),
            ]
            for ahead in (step + 1, following)
        ],
    ],
)  # fmt: skip
def test_a_short_queue_is_told_exactly_and_a_long_one_by_a_number_that_is_never_too_high(
    ahead: int, words: str
) -> None:
    """Told exactly, a long queue would write a comment anew for each run that ends somewhere on the host."""
    assert ahead_words(ahead) == words


@pytest.mark.parametrize(
    ("states", "first"),
    [
        ({}, True),
        ({"t1": TaskState.REOPENED, "t2": TaskState.REOPENED}, True),
        ({"t1": TaskState.VERIFIED}, False),
        ({"t1": TaskState.FAILED}, False),
        ({"t2": TaskState.CODING}, False),
    ],
)
def test_a_batch_of_which_someone_has_begun_is_not_given_another_base(
    states: dict[str, TaskState], first: bool
) -> None:
    """Its tasks would be coded on different bases."""
    run = b.fold(b.executing(PLAN), e.BaseMoved(at=b.T0, sha="new"))
    for key, state in states.items():
        run = b.with_state(run, key, state)
    assert before_batch(run) is first


def test_where_no_batch_is_left_no_base_is_taken_in_before_one() -> None:
    run = b.fold(b.executing(PLAN), e.BaseMoved(at=b.T0, sha="new"))
    assert not before_batch(run.model_copy(update={"order": ()}))
