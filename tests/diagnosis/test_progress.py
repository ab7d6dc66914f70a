"""How attempts stand to one another: sets of failing tests, renamed tests, and failures that are nobody's."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otto_bot.core.evidence import Cause, FailingTest, Failure, Phase, Progress
from otto_bot.diagnosis.fingerprint import fingerprint
from otto_bot.diagnosis.progress import NOT_A_STATE, left_as_it_was, new_among, progress

FIRST, BETTER, SAME = Progress.FIRST, Progress.BETTER, Progress.SAME
NEW, OSCILLATING = Progress.NEW, Progress.OSCILLATING


def named(
    *names: str, error: str = "AssertionError: assert 1 == 2", file: str | None = None
) -> tuple[FailingTest, ...]:
    return tuple(FailingTest(id=name, message=error, file=file) for name in names)


def failing(
    *names: str,
    error: str = "AssertionError: assert 1 == 2",
    cause: Cause = Cause.TEST,
    jobs: tuple[str, ...] = ("CI / test",),
    file: str | None = None,
) -> Failure:
    found = named(*names, error=error, file=file)
    return Failure(
        task="t1", attempt=1, phase=Phase.VERIFY, cause=cause, failing_tests=found, failing_jobs=jobs,
        fingerprint=fingerprint(cause, found, error, jobs),
    )  # fmt: skip


def build(error: str = "error: no x in y", jobs: tuple[str, ...] = ("CI / build",)) -> Failure:
    return failing(error=error, cause=Cause.BUILD, jobs=jobs)


LOST = failing(error="the runner was lost", cause=Cause.INFRA)
PAID = failing(error="payments have failed", cause=Cause.BILLING)
IDLE = failing(error="the coder changed nothing", cause=Cause.NO_CHANGES)


@pytest.mark.parametrize(
    ("previous", "now", "expected"),
    [
        ([], failing("a"), FIRST),
        ([failing("a")], failing("a"), SAME),
        ([failing("a", error="in 1.2s")], failing("a", error="in 9.9s"), SAME),
        ([failing("a", "b")], failing("b", "a"), SAME),
        ([failing("a")], failing("a", error="KeyError: x"), NEW),
        # fewer tests
        ([failing("a", "b")], failing("a"), BETTER),
        ([failing("a", "b", "c"), failing("a", "b")], failing("a"), BETTER),
        ([failing("a", "b")], failing("a", error="KeyError: x"), BETTER),
        # more, or others
        ([failing("a")], failing("a", "b"), NEW),
        ([failing("a")], failing("b", error="KeyError: x"), NEW),
        ([failing("a", "b", "c")], failing("a", "d", error="KeyError: x"), NEW),
        ([failing("a", "b")], failing("a", jobs=("CI / lint",)), NEW),
        # without tests
        ([failing("a")], build(), NEW),
        ([build()], failing("a"), NEW),
        ([build()], build(), SAME),
        ([build("error: no x in y")], build("error: no z in y"), NEW),
        ([build("error: a is b", jobs=("one", "two"))], build("error: c is d", jobs=("one",)), BETTER),
        ([failing("a", "b")], failing(error="error: collection failed"), NEW),
        # there and back
        ([failing("a"), failing("b", error="KeyError: x")], failing("a"), OSCILLATING),
        ([failing("a", "b"), failing("a")], failing("a", "b"), OSCILLATING),
        ([failing("a"), failing("b", error="E: x")], failing("a", error="KeyError: y"), OSCILLATING),
        ([failing("a"), build()], failing("a"), OSCILLATING),
        ([build(), failing("a")], build(), OSCILLATING),
        ([failing("a"), failing("b", error="KeyError: x")], failing("b", error="KeyError: x"), SAME),
        ([failing("a"), failing("a", "b"), failing("c", error="KeyError: x")], failing("a", "b"), OSCILLATING),
        # renamed and moved tests
        ([failing("t/a.py::test_x")], failing("t/unit/a.py::test_x"), SAME),
        ([failing("Suite > old name", file="a.js")], failing("Suite > new name", file="a.js"), SAME),
        ([failing("t/a.py::test_x")], failing("t/b.py::test_x", error="KeyError: x"), NEW),
        ([failing("t/a.py::test_x", "t/a.py::test_y")], failing("t/b.py::test_x"), BETTER),
        ([failing("t/a.py::test_x[1]")], failing("t/a.py::test_x[2]"), NEW),
        # what is nobody's failure is no state
        ([LOST], failing("a"), FIRST),
        ([failing("a"), LOST], failing("a"), SAME),
        ([failing("a"), LOST, PAID], failing("a"), SAME),
        ([failing("a", "b"), LOST], failing("a"), BETTER),
        ([failing("a"), failing("b", error="KeyError: x"), LOST], failing("a"), OSCILLATING),
        ([failing("a"), LOST], LOST, SAME),
        ([LOST, failing("a")], LOST, NEW),
        ([failing("a")], LOST, NEW),
        ([LOST], PAID, NEW),
        # nothing changed: what was there is there still
        ([], IDLE, FIRST),
        ([failing("a")], IDLE, SAME),
        ([failing("a"), LOST], IDLE, SAME),
        ([LOST], IDLE, FIRST),
        ([IDLE], IDLE, SAME),
        ([IDLE], failing("a"), NEW),
        ([failing("a"), IDLE], failing("a"), SAME),
        ([failing("a"), IDLE, failing("a")], IDLE, SAME),
        ([failing("a", "b"), IDLE], failing("a"), BETTER),
        ([failing("a"), IDLE], failing("b", error="KeyError: x"), NEW),
        ([failing("a"), failing("b", error="KeyError: x"), IDLE], failing("a"), OSCILLATING),
    ],
)
def test_progress(previous: list[Failure], now: Failure, expected: Progress) -> None:
    assert progress(previous, now) is expected


@pytest.mark.parametrize(
    ("before", "after", "new"),
    [
        (named("a"), named("a", "b"), ["b"]),
        ((), named("a"), ["a"]),
        (named("t/a.py::x"), named("t/b.py::x"), []),
        (named("t/a.py::x"), named("t/b.py::x", "t/c.py::x"), ["t/b.py::x", "t/c.py::x"]),
        (named("t/a.py::x", "t/d.py::x"), named("t/b.py::x"), ["t/b.py::x"]),
        (named("one", file="a.py"), named("two", file="a.py"), []),
        (named("one", file="a.py"), named("two", file="b.py"), ["two"]),
        (named("one", file="a.py", error=""), named("two", file="a.py", error=""), ["two"]),
    ],
)
def test_new_tests(before: tuple[FailingTest, ...], after: tuple[FailingTest, ...], new: list[str]) -> None:
    assert [test.id for test in new_among(before, after)] == new


names = st.frozensets(st.sampled_from("abcdef"), min_size=1)
failures = st.builds(lambda chosen: failing(*sorted(chosen)), names)


@settings(max_examples=40)
@given(st.lists(failures, min_size=1, max_size=4), failures, st.data())
def test_failures_that_are_nobodys_change_nothing(previous: list[Failure], now: Failure, data: st.DataObject) -> None:
    at = data.draw(st.integers(min_value=0, max_value=len(previous)))
    cause = data.draw(st.sampled_from(sorted(NOT_A_STATE)))
    between = failing(error="gone", cause=cause)
    assert progress([*previous[:at], between, *previous[at:]], now) is progress(previous, now)


@settings(max_examples=40)
@given(st.lists(failures, max_size=4), failures)
def test_progress_follows_from_the_sets(previous: list[Failure], now: Failure) -> None:
    sets = [frozenset(test.id for test in failure.failing_tests) for failure in previous]
    after = frozenset(test.id for test in now.failing_tests)
    found = progress(previous, now)
    assert (found is FIRST) == (not sets)
    if not sets:
        return
    assert (found is SAME) == (after == sets[-1])
    assert (found is OSCILLATING) == (after != sets[-1] and after in sets[:-1])
    assert (found is BETTER) == (after < sets[-1] and after not in sets[:-1])


def test_an_attempt_without_changes_fails_by_what_was_there_before_it() -> None:
    assert left_as_it_was([failing("a"), LOST, IDLE]) == failing("a")
    assert left_as_it_was([failing("a"), failing("b")]) == failing("b")
    assert left_as_it_was([LOST, IDLE]) == IDLE
    assert left_as_it_was([LOST]) is None
