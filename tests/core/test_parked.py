"""A limit that holds a run back: it is told, its minutes stand still, and it is over when the run rests."""

from __future__ import annotations

from datetime import timedelta

from core_builders import at, executing, fold, plan, run_started, said

from otto_bot.core import events as e
from otto_bot.core.effects import EffectKind, scheduled
from otto_bot.core.machine import started
from otto_bot.core.parked import at_work
from otto_bot.core.parking import Parked, Unparked
from otto_bot.core.run import Run
from otto_bot.core.surfaces import STATUS, surfaces


def parked(seconds: float, why: str = "runs", reason: str = "2 are ahead") -> Parked:
    return Parked.model_validate({"at": at(seconds), "why": why, "reason": reason})


def unparked(seconds: float) -> Unparked:
    return Unparked(at=at(seconds))


def kinds(run: Run) -> set[EffectKind]:
    return {effect.kind for effect in scheduled(run)}


def test_time_parked_uses_up_none_of_its_minutes() -> None:
    """Each second parked moves the end by a second, and no end is scheduled meanwhile."""
    run = started(run_started())
    ends = run.over_at

    waiting = fold(run, parked(0))
    assert EffectKind.TIME_UP not in kinds(waiting)
    assert fold(waiting, e.TimeUsedUp(at=at(10**6))).hold is None
    on = fold(waiting, parked(50, reason="1 is ahead"), unparked(100))

    assert on.over_at == ends + timedelta(seconds=100)
    assert EffectKind.TIME_UP in kinds(on)
    assert fold(on, parked(200, "agents"), parked(230, "github_limit"), unparked(260)).over_at == ends + timedelta(
        seconds=160
    )


def test_parked_while_a_person_is_waited_for_is_counted_once() -> None:
    """A pause ends the parking; its time goes on standing still until the run goes on."""
    run = fold(started(run_started()), parked(0), said("/otto pause", seconds=10))

    assert run.parked is None
    assert run.idle_since == at(0)
    again = fold(run, said("/otto resume", seconds=60))
    assert again.idle_seconds == 60


def test_a_change_of_words_is_the_same_parking() -> None:
    """Since when it waits stays; another limit begins anew; the status comment is another one each time."""
    first = fold(started(run_started()), parked(0))
    same, other = fold(first, parked(30, reason="1 is ahead")), fold(first, parked(30, "github_limit"))

    assert (first.parked and first.parked.since) == at(0)
    assert (same.parked and same.parked.since) == at(0)
    assert (other.parked and other.parked.since) == at(30)
    assert len({surfaces(run)[STATUS] for run in (first, same, other, fold(first, unparked(40)))}) == 4


def test_what_rests_or_is_over_is_not_parked() -> None:
    """Stopped in the queue: over at once, and a late word of the limit changes nothing."""
    stopped = fold(started(run_started()), parked(0), said("/otto stop", seconds=5))

    assert stopped.parked is None
    assert stopped.ended
    assert fold(stopped, parked(6)).parked is None


def test_nothing_of_what_is_due_changes_by_it() -> None:
    """A limit holds back who claims, not what is due; only the minutes stand still."""
    run = executing(plan("t1", "t2"))
    free, held = kinds(run), kinds(fold(run, parked(20)))

    assert free - held == {EffectKind.TIME_UP}
    assert held - free <= {EffectKind.SHOW}


def test_who_waits_for_a_person_is_not_at_work() -> None:
    run = executing(plan("t1", "t2"))

    assert at_work(run)
    assert not at_work(fold(run, said("/otto pause", seconds=20)))
    assert not at_work(fold(run, said("/otto stop", seconds=20)))
