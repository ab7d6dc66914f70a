"""What a day allows: money, runs, and an issue whose label comes and goes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otto_bot.core.allowance import (
    DAY_SECONDS,
    RUNS_OF_ISSUE,
    Allowance,
    Begins,
    Begun,
    Spent,
    day_ends,
    day_of,
    held_today,
    money_shut,
    opens_again,
)

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC).timestamp()
MIDNIGHT = datetime(2026, 11, 2, tzinfo=UTC).timestamp()
NOTHING = Begun({}, {})
OFF = Allowance(usd=None, usd_per_installation=None, runs_per_repository=None, runs_per_person=None)


def test_a_day_is_a_utc_day_and_belongs_to_its_first_moment() -> None:
    assert day_ends(NOON) == MIDNIGHT
    assert (day_of(MIDNIGHT - 0.001), day_of(MIDNIGHT)) == (day_of(NOON), day_of(NOON) + 1)
    assert day_ends(MIDNIGHT) == MIDNIGHT + DAY_SECONDS


@pytest.mark.parametrize(
    ("usd", "used", "whose"),
    [
        (1.0, Spent(9, 9), None),
        (1.01, Spent(9, 9), "one account"),
        (1.0, Spent(0, 20), "all accounts together"),
        (10.0, Spent(0, 0), None),
    ],
    ids=["fits to the cent", "the account's", "the host's", "a whole day in one call"],
)
def test_money_of_a_day(usd: float, used: Spent, whose: str | None) -> None:
    shut = money_shut(Allowance(usd=20, usd_per_installation=10), usd, used, NOON)

    assert (shut is None) is (whose is None)
    if shut is not None:
        assert shut.until == MIDNIGHT
        assert f"a day for {whose} leaves too little" in shut.why


def test_what_fits_into_no_day_is_not_put_off() -> None:
    shut = money_shut(Allowance(usd=20, usd_per_installation=10), 11, Spent(), NOON)

    assert shut is not None
    assert shut.until is None
    assert "OTTO_MAX_USD_PER_DAY_PER_INSTALLATION" in shut.why


def test_what_other_accounts_spent_is_not_told() -> None:
    shut = money_shut(Allowance(usd=20, usd_per_installation=None), 1, Spent(0.5, 19.75), NOON)

    assert shut is not None
    assert "19.75" not in shut.why


def test_without_limits_all_is_paid_and_begun() -> None:
    assert money_shut(OFF, 1e9, Spent(1e9, 1e9), NOON) is None
    assert held_today([Begins(n, 1, 1) for n in range(500)], NOTHING, OFF) == {}


def test_the_oldest_of_a_repository_and_of_a_person_take_what_is_left() -> None:
    day = Allowance(runs_per_repository=3, runs_per_person=2)
    waiting = [Begins(5, 1, 9), Begins(4, 1, 8), Begins(3, 2, 8), Begins(2, 1, 8), Begins(6, 2, 7)]

    held = held_today(waiting, Begun({1: 1}, {8: 0}), day)

    assert held == {4: "2 runs began today for whoever started it, and this host's limit is 2 a day"}
    assert set(held_today(waiting, Begun({1: 2}, {}), day)) == {4, 5}


@given(
    st.lists(st.tuples(st.integers(1, 3), st.integers(1, 3)), max_size=20),
    st.integers(1, 4), st.integers(1, 4), st.dictionaries(st.integers(1, 3), st.integers(0, 5)),
)  # fmt: skip
def test_no_order_of_asking_lets_more_begin_than_a_day_allows(
    asked: list[tuple[int, int]], repository: int, person: int, before: dict[int, int]
) -> None:
    """Together or one after the other: the same ones begin."""
    day = Allowance(runs_per_repository=repository, runs_per_person=person)
    waiting = [Begins(n, *one) for n, one in enumerate(asked)]
    held = held_today(waiting, Begun(before, {}), day)

    began: list[Begins] = []
    repositories, persons = dict(before), dict[int, int]()
    for one in waiting:
        if held_today([one], Begun(repositories, persons), day):
            continue
        began.append(one)
        repositories[one.repository] = repositories.get(one.repository, 0) + 1
        persons[one.person] = persons.get(one.person, 0) + 1
    assert {one.run for one in began} == {one.run for one in waiting} - set(held)
    assert all(number <= max(repository, before.get(key, 0)) for key, number in repositories.items())
    assert all(number <= person for number in persons.values())


def test_a_label_that_comes_and_goes_rests_until_its_oldest_run_is_an_hour_old() -> None:
    starts = [NOON + 60 * number for number in range(RUNS_OF_ISSUE)]

    assert opens_again(starts[:-1], NOON + 400) is None
    assert opens_again(starts, NOON + 400) == datetime(2026, 11, 1, 13, tzinfo=UTC)
    assert opens_again(starts, NOON + 3600) is None
    assert opens_again([NOON + 10**6] * 50, NOON) is None, "a clock that was set back blocks nobody"
