"""What does and does not change a fingerprint, and how attempts stand to one another."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otto_bot.core.evidence import Cause, FailingTest, Failure, Phase, Progress
from otto_bot.diagnosis.fingerprint import fingerprint, normalised, progress


def failure(*tests: str, error: str = "AssertionError: assert 1 == 2", cause: Cause = Cause.TEST) -> Failure:
    found = tuple(FailingTest(id=name, message=error) for name in tests)
    return Failure(
        task="t1",
        attempt=1,
        phase=Phase.VERIFY,
        cause=cause,
        failing_tests=found,
        fingerprint=fingerprint(cause, found, error, ["CI / test"]),
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("took 1.23s", "took 45.6s"),
        ("at 2026-01-02T03:04:05.123Z", "at 2025-12-31 23:59:59"),
        ("object at 0x7f00aa", "object at 0x1"),
        ("/tmp/pytest-of-x/pytest-0/a.db is locked", "/tmp/tmpab12cd is locked"),
        ("/home/runner/work/r/r/src/a.py:12: boom", "/__w/r/r/src/a.py:99: boom"),
        ("commit 1a2b3c4d5e6f is bad", "commit ffeeddccbbaa00112233445566778899aabbccd0 is bad"),
        ("id 123e4567-e89b-12d3-a456-426614174000", "id 00000000-0000-4000-8000-000000000000"),
        ("port 51234 in use", "port 4 in use"),
        ("12 failed,  3 passed", "1 failed, 30 passed"),
    ],
)
def test_what_changes_from_run_to_run_does_not_count(one: str, other: str) -> None:
    assert normalised(one) == normalised(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("No module named 'flask'", "No module named 'django'"),
        ("AssertionError", "KeyError"),
        ("src/a.py:1: boom", "src/b.py:1: boom"),
        ("deadbee is no hash without a digit", "facade is none either"),
    ],
)
def test_what_differs_stays_different(one: str, other: str) -> None:
    assert normalised(one) != normalised(other)


@given(st.text(max_size=200))
def test_normalising_settles(text: str) -> None:
    assert normalised(text) == normalised(text)
    assert len(fingerprint(Cause.UNKNOWN, (), text)) == 16


def test_order_and_number_of_mentions_do_not_count() -> None:
    a, b = FailingTest(id="a"), FailingTest(id="b")
    assert fingerprint(Cause.TEST, (a, b), "x") == fingerprint(Cause.TEST, (b, a, b), "x")
    assert fingerprint(Cause.TEST, (a,), "x") != fingerprint(Cause.TEST, (a, b), "x")
    assert fingerprint(Cause.LINT, (), "x", ["one"]) != fingerprint(Cause.LINT, (), "x", ["two"])


@pytest.mark.parametrize(
    ("previous", "now", "expected"),
    [
        ([], failure("a"), Progress.FIRST),
        ([failure("a")], failure("a"), Progress.SAME),
        ([failure("a", error="in 1.2s")], failure("a", error="in 9.9s"), Progress.SAME),
        ([failure("a", "b")], failure("a"), Progress.BETTER),
        ([failure("a")], failure("a", "b"), Progress.NEW),
        ([failure("a")], failure("b"), Progress.NEW),
        ([failure("a")], failure("a", error="KeyError: x"), Progress.NEW),
        ([failure("a"), failure("b")], failure("a"), Progress.OSCILLATING),
        ([failure("a", "b"), failure("a")], failure("a", "b"), Progress.OSCILLATING),
        ([failure("a", "b", "c"), failure("a", "b")], failure("a"), Progress.BETTER),
        ([failure("a"), failure("b")], failure("b"), Progress.SAME),
        ([failure("a")], failure(cause=Cause.BUILD, error="error: x"), Progress.NEW),
    ],
)
def test_progress(previous: list[Failure], now: Failure, expected: Progress) -> None:
    assert progress(previous, now) is expected
