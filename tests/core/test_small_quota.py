"""The pace towards GitHub at its exact borders: who is one request or one second off is slowed down, or locked out."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from otto_bot.core import quota as q
from otto_bot.core.quota import Account, Ask, Quota, Slot, close, current, heard, reserve

T = 1_700_000_000.0
WRITE = Ask()
PROGRESS = Ask(yields=True)


def test_an_installation_of_which_nothing_is_known_has_done_nothing_and_may_begin_at_once() -> None:
    new = Account()
    assert (new.next_write_at, new.closed_until, new.strikes, new.quota) == (0.0, 0.0, 0, None)
    assert (new.content, new.points, new.closed_why) == ((), (), "")
    assert reserve(new, WRITE, 0.0, 1.0)[1] == Slot(at=0.0, granted=True)


def test_what_is_asked_without_more_words_is_a_write_that_waits_for_nobody_and_costs_what_github_counts() -> None:
    """GitHub counts five points for a write and one for a read; Otto keeps 100 of its 900 a minute free."""
    assert (WRITE.write, WRITE.content, WRITE.yields, WRITE.points) == (True, False, False, 5)
    assert (q.WRITE_POINTS, q.READ_POINTS, q.POINTS_PER_MINUTE) == (5, 1, 800)
    account, slot = reserve(Account(), WRITE, T, 1.0)
    assert (slot.why, account.points, account.content) == ("", ((int(T), 5),), ())


@pytest.mark.parametrize("field", ["limit", "remaining"])
def test_nothing_left_is_a_fact_and_less_than_nothing_a_mistake(field: str) -> None:
    told = {"limit": 10, "remaining": 10, "reset": T}
    assert Quota.model_validate({**told, field: 0}).reset == T
    with pytest.raises(ValidationError):
        Quota.model_validate({**told, field: -1})


def test_a_request_may_be_free_and_gives_no_points_back() -> None:
    assert Ask(points=0).points == 0
    with pytest.raises(ValidationError):
        Ask(points=-1)


@pytest.mark.parametrize(
    ("after", "ask", "granted"),
    [(5.0, WRITE, True), (5.25, WRITE, False), (1.0, PROGRESS, True), (1.25, PROGRESS, False)],
)
def test_a_request_waits_five_seconds_in_place_and_live_progress_one(after: float, ask: Ask, granted: bool) -> None:
    slot = reserve(Account(next_write_at=T + after), ask, T, 1.0)[1]
    assert (slot.at, slot.granted) == (T + after, granted)


@pytest.mark.parametrize(
    ("reset", "at"),
    [(0, None), (0.5, 0.5), (600, 600), (601, 600), (7200, 600), (7201, None)],
)
def test_progress_waits_for_a_limit_that_is_to_come_within_two_hours_and_asks_again_after_ten_minutes(
    reset: float, at: float | None
) -> None:
    """A limit that ends later was told wrongly, or the clock was set back: it would hold progress back for ever."""
    few = Quota(limit=5000, remaining=0, reset=T + reset)
    slot = reserve(Account(quota=few), PROGRESS, T, 1.0)[1]
    assert slot == (Slot(at=T, granted=True) if at is None else Slot(at=T + at, granted=False, why=q.FEW_LEFT))


def test_live_progress_leaves_forty_percent_of_the_points_to_decisions() -> None:
    full = Account(points=((int(T) - 1, 475),))
    last, slot = reserve(full, PROGRESS, T, 0.0)
    assert slot.granted
    assert reserve(last, PROGRESS, T, 0.0)[1] == Slot(at=T + 60, granted=False, why=q.YIELDED)
    assert reserve(last, WRITE, T, 0.0)[1].granted


def test_a_limit_told_in_the_very_second_in_which_the_last_one_ends_is_the_next_one() -> None:
    first = close(Account(), None, "one", T)
    assert (first.closed_until, first.strikes) == (T + 60, 1)
    again = close(first, None, "two", T + 60)
    assert (again.closed_until, again.closed_why, again.strikes) == (T + 180, "two", 2)


@pytest.mark.parametrize(("quiet", "wait", "strikes"), [(899, 120, 2), (900, 60, 1)])
def test_after_a_quarter_of_an_hour_without_a_limit_the_next_one_is_a_first_one(
    quiet: int, wait: int, strikes: int
) -> None:
    first = close(Account(), None, "one", T)
    now = first.closed_until + quiet
    again = close(first, None, "two", now)
    assert (again.closed_until, again.strikes) == (now + wait, strikes)


def test_a_named_end_that_is_later_makes_a_closing_longer_and_the_same_end_changes_nothing() -> None:
    first = close(Account(), T + 10, "one", T)
    longer = close(first, T + 50, "two", T + 1)
    assert (longer.closed_until, longer.closed_why, longer.strikes) == (T + 50, "two", 1)
    assert close(longer, T + 50, "three", T + 2) == longer


def test_an_account_closed_by_hand_takes_an_unnamed_limit_for_the_first_minute() -> None:
    """It has no strike yet; what GitHub then says holds for a whole minute."""
    closed = Account(closed_until=T + 10, closed_why="by hand")
    assert close(closed, None, "limit", T).closed_until == T + 60


def test_ends_that_do_not_help_make_the_pause_grow_from_a_second_to_a_minute() -> None:
    """GitHub that names 0 or a time that is past, again and again, is not asked in a tight loop."""
    account, now, waits = Account(), T, []
    for _ in range(8):
        account = close(account, now - 5, "limit", now)
        waits.append(account.closed_until - now)
        now = account.closed_until
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]


@pytest.mark.parametrize(("strikes", "wait"), [(6, 1920), (7, 3600), (40, 3600)])
def test_an_unnamed_limit_closes_for_an_hour_at_most_however_often_it_comes(strikes: int, wait: int) -> None:
    account = Account(closed_until=T - 1, strikes=strikes - 1)
    assert close(account, None, "limit", T).closed_until == T + wait


def test_no_limit_closes_for_more_than_two_hours() -> None:
    assert close(Account(), T + 7199, "limit", T).closed_until == T + 7199
    assert close(Account(), T + 7201, "limit", T).closed_until == T + 7200
    set_back = current(Account(closed_until=T + 7201), T, 1.0)
    assert set_back.closed_until == T + 7200


def test_a_limit_told_after_the_clock_was_set_back_lets_the_next_write_come_at_once_afterwards() -> None:
    assert close(Account(next_write_at=T + 1000), T + 10, "limit", T).next_write_at == T


def test_what_is_not_told_takes_nothing_back_and_what_is_told_twice_is_the_same_account() -> None:
    """An account that is another object is written to the database: not after every answer of GitHub."""
    known = Quota(limit=10, remaining=3, reset=T)
    account = Account(quota=known)
    assert heard(account, None) is account
    assert heard(account, known.model_copy()) is account


def test_a_limit_that_github_raises_is_known_from_its_next_answer_on() -> None:
    account = Account(quota=Quota(limit=10, remaining=3, reset=T))
    raised = Quota(limit=20, remaining=3, reset=T)
    assert heard(account, raised).quota == raised


@pytest.mark.parametrize(
    ("age", "content", "points"),
    [(60, True, True), (60.5, True, True), (61, True, False), (3600.5, True, False), (3601, False, False)],
)
def test_a_request_counts_until_a_second_after_its_window(age: float, content: bool, points: bool) -> None:
    """A whole second stands for up to a second later: who forgets it sooner sends the 81st request within a minute."""
    account = Account(content=(int(T),), points=((int(T), 5),))
    after = current(account, T + age, 1.0)
    assert (bool(after.content), bool(after.points)) == (content, points)
    assert after.content in ((), account.content)
    assert after.points in ((), account.points)


@pytest.mark.parametrize(("ahead", "kept"), [(29, 29), (30, 30), (31, 0), (90_000, 0)])
def test_what_lies_further_ahead_than_half_a_minute_counts_from_now_on(ahead: int, kept: int) -> None:
    """The clock was set back: what was sent still counts, but not until the old time has come again."""
    second = int(T) + ahead
    after = current(Account(content=(second,), points=((second, 5),)), T, 1.0)
    assert after.content == (int(T) + kept,)
    assert after.points == ((int(T) + kept, 5),)


@pytest.mark.parametrize(("ahead", "kept"), [(29.5, 29.5), (30, 30), (31, 31), (31.25, 1), (90_000, 1)])
def test_the_next_write_lies_a_pause_ahead_where_the_clock_was_set_back(ahead: float, kept: float) -> None:
    assert current(Account(next_write_at=T + ahead), T, 1.0).next_write_at == T + kept
