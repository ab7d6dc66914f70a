"""What was there before on the base commit, in whole and in part."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otto_bot.core.evidence import Cause, FailingTest, Failure, Phase
from otto_bot.diagnosis.baseline import BASE, against_base, beside_base, is_pre_existing, new_tests
from otto_bot.diagnosis.fingerprint import fingerprint


def failing(*names: str, error: str = "KeyError: x", cause: Cause = Cause.TEST, jobs: str = "test") -> Failure:
    found = tuple(FailingTest(id=name, message=error) for name in names)
    named = tuple(jobs.split())
    return Failure(
        task="t1", attempt=1, phase=Phase.VERIFY, cause=cause, failing_tests=found, failing_jobs=named,
        fingerprint=fingerprint(cause, found, error, named),
    )  # fmt: skip


def build(error: str, jobs: str = "build", cause: Cause = Cause.BUILD) -> Failure:
    return failing(error=error, cause=cause, jobs=jobs)


@pytest.mark.parametrize(
    ("failure", "baseline", "expected"),
    [
        (failing("a"), None, False),
        (failing("a"), failing("a"), True),
        (failing("a"), failing("a", "b"), True),
        (failing("a", error="other"), failing("a"), True),
        (failing("a", "b"), failing("a"), False),
        (failing("a"), failing("b", error="E: y"), False),
        (failing("pkg/a.py::t"), failing("a.py::t"), True),
        (failing("a"), build("error: no x"), False),
        (failing("a", jobs="test lint"), failing("a"), False),
        (failing("a"), failing("a", jobs="test lint"), True),
        (build("error: no x"), build("error: no x"), True),
        (build("error: line 3"), build("error: line 4"), True),
        (build("error: no x"), build("error: no y"), False),
        (build("error: no x", "build two"), build("error: no x"), False),
        (build("runner lost", cause=Cause.INFRA), build("runner lost", cause=Cause.INFRA), False),
        (failing("a"), failing("a", cause=Cause.INFRA), False),
        (Failure(task="t", attempt=1, phase=Phase.VERIFY, cause=Cause.UNKNOWN),
         Failure(task="t", attempt=0, phase=Phase.VERIFY, cause=Cause.UNKNOWN), False),
    ],
)  # fmt: skip
def test_pre_existing(failure: Failure, baseline: Failure | None, expected: bool) -> None:
    assert is_pre_existing(failure, baseline) is expected


def test_only_new_tests_are_blamed() -> None:
    standing = against_base(failing("a", "c", "b", jobs="test lint"), failing("a", "z"))
    assert not standing.pre_existing
    assert standing.partly
    assert [test.id for test in standing.new_tests] == ["c", "b"]
    assert [test.id for test in standing.old_tests] == ["a"]
    assert standing.new_jobs == ("lint",)


def test_on_a_green_base_everything_is_new() -> None:
    standing = against_base(failing("a"), None)
    assert (standing.partly, [test.id for test in standing.new_tests], standing.new_jobs) == (False, ["a"], ("test",))


names = st.frozensets(st.sampled_from("abcdef"))


@settings(max_examples=40)
@given(names, names)
def test_new_and_old_tests_are_all_there_are(now: frozenset[str], before: frozenset[str]) -> None:
    failure, baseline = failing(*sorted(now)), failing(*sorted(before))
    standing = against_base(failure, baseline)
    assert {test.id for test in new_tests(failure, baseline)} == now - before
    assert sorted([*standing.new_tests, *standing.old_tests], key=lambda test: test.id) == list(failure.failing_tests)
    assert standing.pre_existing == (now <= before and bool(now or not before))


def test_tests_that_fail_on_the_base_too_are_said_once() -> None:
    base = failing("a", "b")
    found = beside_base(beside_base(failing("a", "c"), base), base)
    assert not found.pre_existing
    assert [excerpt.text for excerpt in found.excerpts if excerpt.source == BASE] == ["Fail on the base commit too:\na"]


@pytest.mark.parametrize("base", [None, failing("c"), failing("a", "b")])
def test_nothing_is_said_where_none_or_all_of_it_was_there(base: Failure | None) -> None:
    found = beside_base(failing("a", "b"), base)
    assert found.excerpts == ()
    assert found.pre_existing == (base == failing("a", "b"))
