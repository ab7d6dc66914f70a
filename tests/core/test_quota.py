"""Rules of pace and budget: the distance between writes, sliding windows, progress that yields, named limits."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otto_bot.core import quota as q
from otto_bot.core.quota import Account, Ask, Quota, Slot, close, reserve

T = 1_700_000_000.0
COMMENT = Ask(content=True)
LABEL = Ask()
PROGRESS = Ask(content=True, yields=True)
READS = Ask(write=False, points=25)


def filled(count: int, ask: Ask = COMMENT, every: float = 1.0, pause: float = 1.0) -> tuple[Account, float]:
    """An account with that many writes, one each `every` seconds, and the time of the next."""
    account, now = Account(), T
    for _ in range(count):
        account, slot = reserve(account, ask, now, pause)
        assert slot.granted, slot
        now += every
    return account, now


def test_writes_lie_a_pause_apart_and_the_sixth_at_once_has_to_come_again() -> None:
    account, slots = Account(), []
    for _ in range(8):
        account, slot = reserve(account, LABEL, T, 1.0)
        slots.append(slot)
    assert [slot.at - T for slot in slots if slot.granted] == [0, 1, 2, 3, 4, 5]
    assert [slot for slot in slots if not slot.granted] == [Slot(at=T + 6, granted=False, why=q.USED_UP)] * 2


def test_progress_gives_way_to_a_short_queue_and_reads_need_no_place() -> None:
    account, _ = reserve(Account(), COMMENT, T, 1.0)
    account, second = reserve(account, COMMENT, T, 1.0)
    account, progress = reserve(account, PROGRESS, T, 1.0)
    _, reads = reserve(account, READS, T, 1.0)
    assert second.granted and not progress.granted and progress.why == q.YIELDED
    assert reads == Slot(at=T, granted=True)


@pytest.mark.parametrize(
    ("ask", "done", "every", "free_after"),
    [
        pytest.param(COMMENT, 80, 0.5, 61, id="80 pieces of content a minute"),
        pytest.param(PROGRESS, 48, 0.5, 61, id="progress: 48 a minute"),
        pytest.param(COMMENT, 500, 5.0, 3601, id="500 pieces of content an hour"),
        pytest.param(PROGRESS, 300, 5.0, 3601, id="progress: 300 an hour"),
        pytest.param(LABEL, 160, 0.25, 61, id="800 points a minute"),
    ],
)
def test_a_budget_that_is_used_up_is_free_when_its_oldest_entry_is_past(
    ask: Ask, done: int, every: float, free_after: float
) -> None:
    account, now = filled(done, ask, every, 0.0)
    _, slot = reserve(account, ask, now, 0.0)
    assert not slot.granted and slot.at == T + free_after
    _, again = reserve(account, ask, slot.at, 0.0)
    assert again.granted


def test_what_progress_left_is_for_the_others() -> None:
    account, now = filled(48, PROGRESS, 0.5, 0.0)
    assert not reserve(account, PROGRESS, now, 0.0)[1].granted
    assert reserve(account, COMMENT, now, 0.0)[1].granted
    account, now = filled(80, COMMENT, 0.25, 0.0)
    assert reserve(account, LABEL, now, 0.0)[1].granted, "a label is no content"


def test_a_closed_installation_is_told_until_when_and_why_and_nothing_is_booked() -> None:
    account = close(Account(), T + 30, "GitHub's rate limit", T)
    after, slot = reserve(account, LABEL, T + 1, 1.0)
    assert slot == Slot(at=T + 30, granted=False, why="GitHub's rate limit")
    assert after == account
    assert reserve(account, LABEL, T + 30, 1.0)[1].granted


def test_the_longest_closing_holds_and_a_huge_one_is_bounded() -> None:
    account = close(close(Account(), T + 50, "long", T), T + 10, "short", T)
    assert (account.closed_until, account.closed_why) == (T + 50, "long")
    assert close(Account(), T + 10**9, "for years", T).closed_until == T + q.LONGEST_CLOSING


def test_an_unnamed_limit_doubles_is_bounded_and_forgotten_after_quiet() -> None:
    account, now, waits = Account(), T, []
    for _ in range(9):
        account = close(account, None, "secondary", now)
        assert close(account, None, "secondary", now + 1) == account, "an answer that was under way is the same limit"
        waits.append(account.closed_until - now)
        now = account.closed_until + 1
    assert waits == [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]
    later = account.closed_until + q.QUIET
    assert close(account, None, "secondary", later).closed_until == later + 60


@pytest.mark.parametrize(
    ("remaining", "reset", "ask", "granted"),
    [
        (499, T + 900, PROGRESS, False),
        (499, T + 900, COMMENT, True),
        (500, T + 900, PROGRESS, True),
        (499, T - 1, PROGRESS, True),
    ],
)
def test_progress_waits_while_few_requests_are_left(remaining: int, reset: float, ask: Ask, granted: bool) -> None:
    quota = Quota(limit=5000, remaining=remaining, reset=reset)
    account, slot = reserve(Account(), ask.model_copy(update={"quota": quota}), T, 1.0)
    assert slot.granted is granted
    assert granted or (slot.why == q.FEW_LEFT and slot.at == T + q.LOW_PAUSE)
    assert account.quota == quota


def test_of_two_processes_the_one_that_heard_less_left_is_believed() -> None:
    old, low, high = (Quota(limit=10, remaining=r, reset=x) for r, x in ((1, T), (3, T + 5), (9, T + 5)))
    for order in ((old, low, high), (high, low, old), (low, old, high)):
        account = Account()
        for quota in order:
            account = q.heard(account, quota)
        assert account.quota == low


def test_a_clock_that_was_set_back_neither_blocks_nor_forgives() -> None:
    account, now = filled(80, COMMENT, 0.5, 1.0 / 4)
    back = T - 86_400
    _, slot = reserve(account, COMMENT, back, 1.0)
    assert not slot.granted and back < slot.at <= back + 62
    account, _ = reserve(Account(), LABEL, now, 1.0)
    assert reserve(account, LABEL, back, 1.0)[1] == Slot(at=back + 1, granted=True)
    closed = close(Account(), now + 7000, "limit", now)
    assert reserve(closed, LABEL, back, 1.0)[1].at == back + q.LONGEST_CLOSING


ASKS = st.sampled_from([COMMENT, LABEL, PROGRESS, READS])


@given(st.lists(st.tuples(ASKS, st.floats(0, 40)), min_size=1, max_size=400), st.sampled_from([0.0, 0.25, 1.0]))
def test_no_order_of_requests_breaks_a_distance_or_a_window(steps: list[tuple[Ask, float]], pause: float) -> None:
    account, now, sent = Account(), T, []
    for ask, after in steps:
        now += after
        account, slot = reserve(account, ask, now, pause)
        if slot.granted:
            assert now <= slot.at <= now + q.PATIENCE
            sent.append((slot.at, ask))
        else:
            assert slot.at > now
    writes = [at for at, ask in sent if ask.write]
    assert all(b - a >= pause - 1e-6 for a, b in itertools.pairwise(writes))
    content = sorted(at for at, ask in sent if ask.content)
    for most, window in ((q.CONTENT_PER_MINUTE, 60), (q.CONTENT_PER_HOUR, 3600)):
        assert all(b - a >= window for a, b in zip(content, content[most:], strict=False))
    points = sorted((at, ask.points) for at, ask in sent)
    for at, _ in points:
        assert sum(spent for then, spent in points if at - 60 < then <= at) <= q.POINTS_PER_MINUTE


def test_one_issue_gets_so_many_comments_an_hour_and_all_others_go_on() -> None:
    account, now = Account(), T
    here, there = Ask(content=True, place="/repos/o/r/issues/1/comments"), Ask(content=True, place="/other")
    for _ in range(q.CONTENT_OF_PLACE):
        account, slot = reserve(account, here, now, 1.0)
        assert slot.granted
        now += 2
    account, full = reserve(account, here, now, 1.0)

    assert full == Slot(at=T + 1 + 3600, granted=False, why=q.CROWDED)
    for other in (there, COMMENT, LABEL):
        account, slot = reserve(account, other, now, 1.0)
        assert slot.granted
    later = q.current(account, T + 3600 * 3, 1.0)
    assert later.places == {}
    assert reserve(account, here, T + 3602, 1.0)[1].granted
