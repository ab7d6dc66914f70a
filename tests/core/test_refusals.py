"""How people are refused: a reason once a day and place, and an end to everything."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otto_bot.core.refusals import (
    DAY,
    HOUR,
    MOST_A_DAY,
    MOST_AN_HOUR,
    MOST_SILENT,
    PERSON_A_DAY,
    How,
    Refusals,
    Refused,
    how_to_refuse,
)

T0 = datetime(2026, 11, 1, 9, tzinfo=UTC)
HERE, THERE = (1, 1), (1, 2)


def told(how: How, person: int = 1, where: tuple[int, int] = HERE, ago: timedelta = timedelta(), n: int = 0) -> Refused:
    return Refused(key=f"{how}{person}{where}{n}", person=person, where=where, at=T0 - ago, how=how)


@pytest.mark.parametrize(
    ("before", "how"),
    [
        ((), "words"),
        ((told("words"),), "face"),
        ((told("words"), told("face")), "nothing"),
        ((told("words", ago=DAY),), "words"),
        ((told("words", ago=DAY - HOUR),), "face"),
        ((told("words", where=THERE),), "words"),
        ((told("words", person=2), told("face", person=2)), "words"),
        (tuple(told("words", where=(1, n + 5)) for n in range(PERSON_A_DAY)), "face"),
        (tuple(told("words", person=n + 5) for n in range(MOST_AN_HOUR)), "nothing"),
        (tuple(told("words", person=n + 5, ago=HOUR) for n in range(MOST_AN_HOUR)), "words"),
        (tuple(told("words", person=n + 5, ago=2 * HOUR) for n in range(MOST_A_DAY)), "nothing"),
        (tuple(told("nothing", n=n) for n in range(MOST_A_DAY)), "words"),
    ],
)
def test_how_somebody_is_refused(before: tuple[Refused, ...], how: How) -> None:
    assert how_to_refuse(Refusals(lately=before), 1, HERE, T0) == how


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(1, 30), st.integers(1, 5), st.integers(0, 900)), max_size=300))
def test_nobody_makes_otto_write_on_and_on(deeds: list[tuple[int, int, int]]) -> None:
    """Whoever comes, wherever and whenever: an hour has an end, and so has what is remembered."""
    now, known = T0, Refusals()
    for number, (person, issue, seconds) in enumerate(deeds):
        now += timedelta(seconds=seconds)
        how = how_to_refuse(known, person, (1, issue), now)
        known = known.after(Refused(key=str(number), person=person, where=(1, issue), at=now, how=how))
        told_ = [one for one in known.lately if one.how != "nothing"]
        assert len([one for one in told_ if now - one.at < HOUR]) <= MOST_AN_HOUR
        assert len(told_) <= MOST_A_DAY
        assert known.known(str(number)) is not None


def test_a_deed_is_found_again_for_a_day() -> None:
    known = Refusals().after(told("words")).after(told("face", n=1))
    assert known.known(told("words").key) == told("words")
    late = told("words", person=2).model_copy(update={"at": T0 + DAY})
    assert known.after(late).lately == (late,)


def test_what_nobody_answered_is_remembered_too_and_drives_out_no_answer() -> None:
    known = Refusals().after(told("words"))
    for number in range(MOST_SILENT + 2):
        known = known.after(told("nothing", n=number))
    assert known.known(told("words").key) == told("words")
    assert [known.known(told("nothing", n=n).key) is None for n in range(4)] == [True, True, False, False]
    assert len(known.lately) == MOST_SILENT + 1
