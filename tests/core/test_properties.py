"""Properties of the machine over whole ledgers: replay, round trips, totality, duplicates and reordering."""

import random

from core_builders import T0, fold, plan, run_started, said, spec
from core_lives import lived, run_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from otto_bot.bench.simulate.lives import MEDDLING
from otto_bot.core import events as e
from otto_bot.core.effects import due, scheduled
from otto_bot.core.events import RunEvent
from otto_bot.core.invariants import InvariantBroken, broken
from otto_bot.core.machine import reduce
from otto_bot.core.run import Run

QUIET = settings(max_examples=8, suppress_health_check=[HealthCheck.too_slow])
PLAN = plan("t1", "t2", spec("t3", "t1"), apart=[("t1", "t2")])


def ledger(seed: int) -> list[RunEvent]:
    """The events of a short, troubled life of a run."""
    return lived(seed, PLAN).ledger.runs[1].events


def total(run: Run | None, event: RunEvent) -> Run | None:
    """`reduce`, where a hostile event may be refused with a broken rule, and with nothing else."""
    try:
        return reduce(run, event)
    except InvariantBroken:
        return run


@QUIET
@given(st.integers(0, 10_000), st.randoms(use_true_random=False))
def test_events_of_another_life_never_break_it(seed: int, dice: random.Random) -> None:
    """Duplicated, reordered, from another run with the same tasks: refused or ignored, never an error, no task lost."""
    mine, other = ledger(seed), ledger(seed + 1)[1:]
    stream = [event for one in mine[1:] for event in (one, *dice.choices([*other, *mine[1:]], k=dice.randint(0, 2)))]
    run: Run | None = reduce(None, mine[0])
    for event in stream:
        run = total(run, event)
        assert run is not None
        assert broken(run) == ()
        assert run.plan is None or tuple(run.tasks) == run.plan.keys


@QUIET
@given(st.integers(0, 10_000))
def test_the_same_delivery_again_changes_nothing(seed: int) -> None:
    """Commands and what GitHub reports arrive more than once."""
    world = lived(seed, PLAN)
    run = run_of(world)
    for event in world.ledger.runs[1].events:
        if isinstance(event, e.CommandGiven | e.IssueChanged | e.PlanPosted | e.Replied | e.PersonCalled):
            assert reduce(run, event) == run, event


@given(st.lists(st.sampled_from(MEDDLING), max_size=8), st.integers(0, 3))
def test_any_words_at_any_moment_are_answered_or_obeyed(words: list[str], stage: int) -> None:
    """No command is swallowed: it changes the run or owes a reply."""
    from core_builders import executing, planned, prepared

    run = [fold(None, run_started()), fold(None, run_started(), prepared()), planned(PLAN), executing(PLAN)][stage]
    for number, line in enumerate(words):
        after = fold(run, said(line, key=f"k{number}"))
        assert after.model_copy(update={"seen": run.seen}) != run, line
        run = after


@QUIET
@given(st.integers(0, 10_000))
def test_due_is_what_is_scheduled_and_whose_time_has_come(seed: int) -> None:
    run = run_of(lived(seed, PLAN))
    assert set(due(run, T0)) <= set(scheduled(run))
    for effect in scheduled(run):
        assert (effect in due(run, T0)) == (effect.not_before is None or effect.not_before <= T0)


def test_before_its_start_nothing_happens_to_a_run() -> None:
    assert reduce(None, e.TimeUsedUp(at=T0)) is None
