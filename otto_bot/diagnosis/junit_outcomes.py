"""What became of every test, from the JUnit XML files of an artifact's zip; untrusted, nothing here raises."""

from __future__ import annotations

from typing import NamedTuple

from otto_bot.diagnosis.junit import reports_in
from otto_bot.diagnosis.readers_junit import name_of


class Outcomes(NamedTuple):
    """Ids of tests by what became of them, each in one of the three; what failed anywhere is in `failed` alone."""

    passed: frozenset[str] = frozenset()
    skipped: frozenset[str] = frozenset()
    failed: frozenset[str] = frozenset()

    def plus(self, other: Outcomes) -> Outcomes:
        """Both together: a test that was skipped in one place and passed in another has passed."""
        failed = self.failed | other.failed
        passed = (self.passed | other.passed) - failed
        return Outcomes(passed, (self.skipped | other.skipped) - failed - passed, failed)


def outcomes_in_zip(data: bytes, most: int = 20_000) -> Outcomes:
    """What became of the tests of all JUnit XML files in a zip archive, about `most` of each file that did not fail."""
    found = Outcomes()
    for read in reports_in(data, most):
        if len(found.passed) + len(found.skipped) >= most:
            break
        groups = (read.passed, read.skipped, read.cases)
        passed, skipped, failed = (frozenset(name_of(case).id for case in group) for group in groups)
        found = found.plus(Outcomes(passed - failed, skipped - failed - passed, failed))
    return found
