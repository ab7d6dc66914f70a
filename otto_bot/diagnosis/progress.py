"""How an attempt stands to the ones before it: from sets of failing tests, failing jobs and fingerprints."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence

from otto_bot.core.evidence import Cause, FailingTest, Failure, Progress
from otto_bot.diagnosis.masks import key_of_test, normalised

NOT_A_STATE = frozenset(
    {Cause.NEVER_STARTED, Cause.INFRA, Cause.CANCELLED, Cause.BILLING, Cause.PERMISSION, Cause.ACTION_REQUIRED}
    | {Cause.PROVIDER_ERROR, Cause.BUDGET, Cause.FLAKY, Cause.SYSTEMIC, Cause.BASE_RED}
)
"""Causes that say nothing about the attempt's own work: such a failure between two others is passed over."""

_PARAMETERS = re.compile(r"(?:\[.*\]|\(.*\))$")
_SEPARATOR = re.compile(r"::| > | › |[/\\#:.]")


def failing_set(failure: Failure) -> frozenset[str]:
    """Names of the failing tests, comparable between runs."""
    return frozenset(key_of_test(test.id) for test in failure.failing_tests)


def progress(previous: Sequence[Failure], now: Failure) -> Progress:
    """How `now` stands to the failures of the attempts before it, oldest first.

    The same failure is `same`, also where its tests were only renamed; fewer of the same tests, or of the same jobs
    with no new test, is `better`; what an earlier attempt but the last had (its fingerprint or its set of tests) is
    `oscillating`; anything else is `new`. A failure that is not the attempt's own (a lost runner, billing, …) is no
    state: among `previous` it is passed over, and as `now` it can only be `same` as the one just before it. An attempt
    that changed nothing leaves the state before it as it was: it is the same again, and is passed over as well.
    """
    if not previous:
        return Progress.FIRST
    if now.cause is Cause.NO_CHANGES:
        return Progress.FIRST if left_as_it_was(previous) is None else Progress.SAME
    if now.cause in NOT_A_STATE:
        return Progress.SAME if _alike(previous[-1], now) else Progress.NEW
    states = [failure for failure in previous if _is_state(failure)]
    if not states:
        return Progress.FIRST if left_as_it_was(previous) is None else Progress.NEW
    last = states[-1]
    if _alike(last, now) or _renamed(last, now):
        return Progress.SAME
    if any(_alike(failure, now) or _returned(failure, last, now) for failure in states[:-1]):
        return Progress.OSCILLATING
    return Progress.BETTER if _better(last, now) else Progress.NEW


def left_as_it_was(previous: Sequence[Failure]) -> Failure | None:
    """What an attempt without changes fails by again: the newest failure that says something about the task's work."""
    own = [failure for failure in previous if failure.cause not in NOT_A_STATE]
    states = [failure for failure in own if _is_state(failure)] or own
    return states[-1] if states else None


def _is_state(failure: Failure) -> bool:
    return failure.cause not in NOT_A_STATE and failure.cause is not Cause.NO_CHANGES


def new_among(before: Iterable[FailingTest], after: Iterable[FailingTest]) -> tuple[FailingTest, ...]:
    """Tests of `after` that did not fail `before`, in order. One that was moved or renamed is not new.

    Moved: the same last name and message; renamed: the same file and message. Each only where that is unambiguous.
    """
    old = {key_of_test(test.id): test for test in before}
    new = {key_of_test(test.id): test for test in after}
    gone = [test for name, test in old.items() if name not in new]
    come = [test for name, test in new.items() if name not in old]
    for trait in (_moved_key, _renamed_key):
        gone, come = _without_pairs(gone, come, trait)
    return tuple(come)


def _without_pairs(
    gone: Sequence[FailingTest], come: Sequence[FailingTest], trait: Callable[[FailingTest], Hashable | None]
) -> tuple[list[FailingTest], list[FailingTest]]:
    """Both without the tests whose trait is found once on each side."""
    left, right = Counter(map(trait, gone)), Counter(map(trait, come))
    paired = {key for key in left if key is not None and left[key] == right[key] == 1}
    return [test for test in gone if trait(test) not in paired], [test for test in come if trait(test) not in paired]


def _moved_key(test: FailingTest) -> Hashable | None:
    name = _PARAMETERS.sub("", key_of_test(test.id))
    last = _SEPARATOR.split(name)[-1].strip()
    return (last, test.id[len(name) :], _message(test)) if last else None


def _renamed_key(test: FailingTest) -> Hashable | None:
    return (test.file, _message(test)) if test.file and test.message else None


def _message(test: FailingTest) -> str:
    return normalised(test.message[:300])


def _alike(one: Failure, other: Failure) -> bool:
    return bool(one.fingerprint) and one.fingerprint == other.fingerprint


def _renamed(last: Failure, now: Failure) -> bool:
    """Whether the same number of tests fails in the same jobs, and those with new names are the old ones."""
    before, after = failing_set(last), failing_set(now)
    if before == after or len(before) != len(after) or set(last.failing_jobs) != set(now.failing_jobs):
        return False
    said = {key_of_test(test.id): _message(test) for test in last.failing_tests}
    kept = all(said.get(key_of_test(test.id), _message(test)) == _message(test) for test in now.failing_tests)
    return kept and not new_among(last.failing_tests, now.failing_tests)


def _returned(earlier: Failure, last: Failure, now: Failure) -> bool:
    """Whether the failing tests are those of an earlier attempt, and were others in between."""
    tests = failing_set(now)
    return bool(tests) and tests == failing_set(earlier) != failing_set(last)


def _better(last: Failure, now: Failure) -> bool:
    before, after = failing_set(last), failing_set(now)
    jobs_before, jobs_after = set(last.failing_jobs), set(now.failing_jobs)
    if not jobs_after <= jobs_before:
        return False
    if before and not after:
        return False  # without a test run nobody knows what became of the tests
    if new_among(last.failing_tests, now.failing_tests):
        return False
    return len(after) < len(before) or (len(after) == len(before) and jobs_after < jobs_before)
