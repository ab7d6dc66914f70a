"""What of a failure was there before: tests and errors that the base commit has too are nobody's fault here."""

from __future__ import annotations

from typing import NamedTuple

from otto_bot.core.evidence import Excerpt, FailingTest, Failure
from otto_bot.diagnosis.progress import NOT_A_STATE, new_among

BASE = "base commit"
"""Source of the evidence that tests fail without the attempt too."""
MOST_OLD = 50


class Standing(NamedTuple):
    """A failure held against that of its base commit.

    `pre_existing`: all of it was there before. `new_tests`: the tests that only fail now; `old_tests`: those that fail
    on the base too; `new_jobs`: failing jobs that do not fail on the base.
    """

    pre_existing: bool
    new_tests: tuple[FailingTest, ...] = ()
    old_tests: tuple[FailingTest, ...] = ()
    new_jobs: tuple[str, ...] = ()

    @property
    def partly(self) -> bool:
        """Whether only a part of it was there before: just the rest may be blamed on the attempt."""
        return not self.pre_existing and bool(self.old_tests)


def against_base(failure: Failure, baseline: Failure | None) -> Standing:
    """`failure` held against `baseline`, the failure of the base commit; None: the base is green or not known.

    What the platform broke on either side (a lost runner, billing, …) shows nothing and is never pre-existing.
    """
    if baseline is None or {failure.cause, baseline.cause} & NOT_A_STATE:
        return Standing(False, failure.failing_tests, (), failure.failing_jobs)
    new = new_among(baseline.failing_tests, failure.failing_tests)
    names = {test.id for test in new}
    old = tuple(test for test in failure.failing_tests if test.id not in names)
    jobs = tuple(job for job in failure.failing_jobs if job not in baseline.failing_jobs)
    same_error = bool(failure.fingerprint) and failure.fingerprint == baseline.fingerprint
    known = not new if failure.failing_tests else same_error
    return Standing(known and not jobs, new, old, jobs)


def is_pre_existing(failure: Failure, baseline: Failure | None) -> bool:
    """Whether everything that fails already failed on the base: its jobs, and its tests or else its fingerprint."""
    return against_base(failure, baseline).pre_existing


def new_tests(failure: Failure, baseline: Failure | None) -> tuple[FailingTest, ...]:
    """The failing tests that do not fail on the base commit, in order."""
    return against_base(failure, baseline).new_tests


def beside_base(failure: Failure, baseline: Failure | None) -> Failure:
    """The failure with what the base says of it: whether all of it was there before, else which of its tests were.

    The tests that fail on the base too become a piece of evidence of their own, so that who reads the failure does not
    blame the attempt for them.
    """
    standing = against_base(failure, baseline)
    excerpts = tuple(excerpt for excerpt in failure.excerpts if excerpt.source != BASE)
    if standing.partly:
        ids = "\n".join(test.id for test in standing.old_tests[:MOST_OLD])
        excerpts = (*excerpts, Excerpt(kind="message", source=BASE, text=f"Fail on the base commit too:\n{ids}"))
    return failure.model_copy(update={"pre_existing": standing.pre_existing, "excerpts": excerpts})
