"""`reduce` looks only at what an event can have changed: it must say what the long way says, in every life."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from otto_bot.bench.simulate.bends import life_of
from otto_bot.bench.simulate.world import World
from otto_bot.core.attempt import BASELINE
from otto_bot.core.changed import QUIET, changed_fields
from otto_bot.core.effects import Effect, _at_work, _starting, scheduled
from otto_bot.core.events import RunEvent
from otto_bot.core.following import followed, pass_on, quiet
from otto_bot.core.invariants import InvariantBroken, broken, broken_step
from otto_bot.core.learning_uses import uses
from otto_bot.core.machine import _ACCOUNTS, reduce, reduce_in_full
from otto_bot.core.run import Run
from otto_bot.core.surfaces import _surfaces, surfaces
from otto_bot.core.values import keep
from otto_bot.core.waits import _waits_for, waiting, waits_for
from otto_bot.store.ledger import replay

QUIETLY = settings(max_examples=5, suppress_health_check=[HealthCheck.too_slow], deadline=None)


def ledger(seed: int) -> list[RunEvent]:
    """Every event of the first run of a troubled life."""
    world = World(life_of(seed))
    world.live()
    return world.ledger.runs[1].events


def by(way: Callable[[Run | None, RunEvent], Run | None], run: Run | None, event: RunEvent) -> tuple[Any, Any]:
    try:
        return way(run, event), None
    except InvariantBroken as error:
        return run, error.reasons


def steps(stream: list[RunEvent]) -> Iterator[tuple[Run, RunEvent, Run]]:
    """Each step of a stream, by both ways; what one refuses the other refuses, for the same reasons."""
    run: Run | None = None
    for event in stream:
        short, long = by(reduce, run, event), by(reduce_in_full, run, event)
        assert short == long, event
        if run is not None:
            yield run, event, short[0]
        run = short[0]


@QUIETLY
@given(st.integers(0, 100_000))
def test_the_short_way_says_what_the_long_way_says(seed: int) -> None:
    for before, _, after in steps(ledger(seed)):
        assert list(before.__dict__) == list(after.__dict__)
        assert waiting(after) == (_waits_for(after) is not None)


@QUIETLY
@given(st.integers(0, 100_000), st.randoms(use_true_random=False))
def test_also_where_events_are_hostile(seed: int, dice: random.Random) -> None:
    """Duplicated, reordered, of another life with the same tasks."""
    mine, other = ledger(seed), ledger(seed + 1)[1:]
    stream = [event for one in mine[1:] for event in (one, *dice.choices([*other, *mine[1:]], k=dice.randint(0, 2)))]
    for _ in steps([mine[0], *stream]):
        pass


class Watched(Run):
    """A run that writes down which of its fields are read."""

    __slots__ = ("__read__",)

    def __getattribute__(self, name: str) -> Any:
        if name in Run.model_fields:
            object.__getattribute__(self, "__read__").add(name)
        return super().__getattribute__(name)

    def model_copy(self, **given: Any) -> Watched:
        return watched(super().model_copy(**given), object.__getattribute__(self, "__read__"))


class OfBase(dict[str, Any]):
    """Verifications of which only the base's may be looked at."""

    def get(self, key: str, default: Any = None) -> Any:
        assert key == BASELINE, key
        return super().get(key, default)

    def _refuse(self, *_: object) -> Any:
        raise AssertionError("verifications are read")

    __iter__ = __getitem__ = keys = values = items = _refuse


def watched(run: Run, read: set[str]) -> Watched:
    found = Watched.model_construct(None, **run.__dict__)
    object.__setattr__(found, "__read__", read)
    return found


@QUIETLY
@given(st.integers(0, 100_000))
def test_what_is_quiet_is_not_read_by_what_follows_nor_by_the_rules(seed: int) -> None:
    """A field that someone begins to read has to leave QUIET: this is the test that says so."""
    for before, event, after in steps(ledger(seed)):
        read: set[str] = set()
        blind = {"verifications": OfBase(after.verifications)}
        same = watched(after.model_copy(update=blind), read)
        assert followed(same, same, event) is not None
        assert read & QUIET <= {"verifications"}, (event.type, read & QUIET)
        read.clear()
        other = {name: getattr(before, name) for name in changed_fields(before, after) & QUIET}
        old, new = watched(before, set()), watched(after.model_copy(update=other), read)
        broken(new)
        broken_step(old, new)
        assert read & QUIET <= {"verifications", "money"}, (event.type, read & QUIET)


@QUIETLY
@given(st.integers(0, 100_000))
def test_where_it_is_quiet_nothing_follows(seed: int) -> None:
    """What a run remembers of itself is so, and is forgotten as soon as it may not be so."""
    found = 0
    for before, event, after in steps(ledger(seed)):
        if after is not before and quiet(after):
            found += 1
            assert followed(after, after, event) is after
    assert found


@QUIETLY
@given(st.integers(0, 100_000))
def test_what_is_remembered_is_what_would_be_found_anew(seed: int) -> None:
    for _, _, after in steps(ledger(seed)):
        anew = Run.model_validate(after.model_dump(by_alias=True))
        assert surfaces(after) == surfaces(anew)
        assert waits_for(after) == waits_for(anew)
        assert scheduled(after) == scheduled(anew)
        for effect in scheduled(after):
            assert Effect.model_validate(effect.model_dump()) == effect


@QUIETLY
@given(st.integers(0, 100_000))
def test_what_is_remembered_reads_only_what_it_is_remembered_for(seed: int) -> None:
    for _, _, after in steps(ledger(seed)):
        for ask, quietly in (
            (_waits_for, {"money"}),
            (_surfaces, {"money", "trouble", "relabelled_by", "verifications", "verification_prs", "ids"}),
            (_starting, set[str]()),
            (_at_work, set[str]()),
            (uses, set[str]()),
        ):
            read: set[str] = set()
            ask(watched(after, read))
            assert read & QUIET <= quietly, (ask, read & QUIET)


def test_what_is_remembered_is_no_part_of_the_value() -> None:
    run = replay(ledger(1))
    assert run is not None
    again = Run.model_validate_json(run.model_dump_json())
    written = again.model_dump_json()
    keep(again, {"other": True})
    assert again == run
    assert again.model_dump_json() == written
    assert not quiet(again.model_copy())
    pass_on(run, again)


def test_events_about_money_change_money_alone() -> None:
    for seed in range(6):
        for before, event, after in steps(ledger(seed)):
            if type(event) in _ACCOUNTS and quiet(before):
                assert changed_fields(before, after) <= {"money"}


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_hundred_and_fifty_lives_both_ways() -> None:
    """Seeds that no other test uses; each step of each life."""
    count = sum(1 for seed in range(200_000, 200_150) for _ in steps(ledger(seed)))
    assert count > 7_500
