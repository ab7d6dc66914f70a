"""Who gets the next turn: within the limits, first come first served within an installation, evenly over them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otto_bot.core.admission import Place, Waiting, place_words, take_turns
from otto_bot.core.limits import AtOnce, HostLimits


def limits(one: int, host: int) -> HostLimits:
    return HostLimits(installation=AtOnce(runs=one, attempts=1, agents=1), host=AtOnce(runs=host, attempts=1, agents=1))


def queue(*pairs: tuple[int, int]) -> list[Waiting]:
    return [Waiting(run, installation) for run, installation in pairs]


@pytest.mark.parametrize(
    ("waiting", "at_work", "allowed", "admitted"),
    [
        ([], {}, limits(2, 2), ()),
        (queue((5, 1), (4, 1)), {}, limits(2, 2), (4, 5)),
        (queue((1, 1), (2, 1), (3, 2)), {1: 0}, limits(5, 2), (1, 3)),  # evenly over installations
        (queue((1, 1), (9, 2)), {1: 3, 2: 1}, limits(5, 5), (9,)),  # the one with the fewest comes first
        (queue((1, 1), (2, 2)), {1: 2}, limits(2, 9), (2,)),  # a full one delays nobody else
        (queue((1, 1)), {1: 9}, limits(2, 5), ()),  # limits were lowered: nothing new starts
    ],
)
def test_turns(waiting: list[Waiting], at_work: dict[int, int], allowed: HostLimits, admitted: tuple[int, ...]) -> None:
    assert take_turns(waiting, at_work, allowed).admitted == admitted


def test_who_waits_knows_how_many_are_ahead_and_for_which_limit() -> None:
    """Of an installation with places left, those of all others count that have their turn before."""
    turn = take_turns(queue((1, 1), (2, 1), (3, 2), (4, 2), (5, 2)), {1: 1, 2: 1}, limits(3, 2))

    assert turn.admitted == ()
    assert turn.places == {
        1: Place("host", 2, 0), 3: Place("host", 2, 1), 2: Place("host", 2, 2), 4: Place("host", 2, 3),
        5: Place("installation", 3, 2),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("place", "words"),
    [
        (
            Place("installation", 20, 3),
            "20 runs of this account are at work, which is this host's limit for one account; 3 are ahead of this one",
        ),
        (
            Place("host", 1, 0),
            "1 run is at work, which is this host's limit for all accounts together; this one is next",
        ),
        (Place("host", 500, 11), "more than 10 are ahead of this one"),
        (Place("host", 500, 1), "1 is ahead of this one"),
        (Place("host", 500, 99_999), "more than 50000 are ahead of this one"),
    ],
)
def test_words(place: Place, words: str) -> None:
    assert place_words(place).endswith(words)


WAITING = st.lists(st.tuples(st.integers(1, 40), st.integers(1, 5)), unique_by=lambda pair: pair[0], max_size=30)


@given(
    waiting=WAITING,
    at_work=st.dictionaries(st.integers(1, 5), st.integers(0, 6), max_size=5),
    one=st.integers(1, 6),
    host=st.integers(1, 12),
)
def test_no_limit_is_overrun_and_nobody_is_forgotten(
    waiting: list[tuple[int, int]], at_work: dict[int, int], one: int, host: int
) -> None:
    """Everyone is admitted or has a place; limits hold; no place is left empty; an older run of its own goes first."""
    installation = dict(waiting)
    turn = take_turns(queue(*waiting), at_work, limits(one, host))

    assert sorted([*turn.admitted, *turn.places]) == sorted(installation)
    after = dict(at_work)
    for run in turn.admitted:
        after[installation[run]] = after.get(installation[run], 0) + 1
    if turn.admitted:
        assert sum(after.values()) <= host
    for each, number in after.items():
        assert number <= max(one, at_work.get(each, 0))
    for run in turn.places:
        assert sum(after.values()) >= host or after.get(installation[run], 0) >= one
        assert not any(installation[other] == installation[run] and other > run for other in turn.admitted)
