"""Failing tests that a report names, put into a failure: a report knows better than what a log printed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from otto_bot.core.evidence import Cause, Excerpt, FailingTest, Failure
from otto_bot.diagnosis.baseline import beside_base
from otto_bot.diagnosis.fingerprint import fingerprint
from otto_bot.diagnosis.masks import key_of_test
from otto_bot.diagnosis.progress import progress

MOST_TESTS = 200
"""Failing tests of one failure; a report of thousands fails for few reasons."""
MOST_CHARS = 6_000
"""Characters of the excerpt made of one report."""
MOST_MESSAGE = 1_500


class Report(NamedTuple):
    """What one uploaded report says of one job (`workflow / job`). `source` and `url` are where people find it."""

    job: str
    source: str
    url: str
    tests: tuple[FailingTest, ...]


def with_reports(
    failure: Failure, reports: Sequence[Report], *, previous: Sequence[Failure] = (), baseline: Failure | None = None
) -> Failure:
    """The failure with the failing tests of these reports in place of those that its logs named.

    A test that both name keeps the longer message, and the place that is known. Where a failed job has no report, what
    the logs named besides stays. What makes failures the same, whether
    the base failed so too, and the progress since `previous` follow from the tests, so they are told anew.
    """
    told = {key_of_test(test.id): test for report in reports for test in report.tests}
    if not told:
        return failure
    reported = list(told.values())[:MOST_TESTS]
    pairs = [(test, _same(test, failure.failing_tests)) for test in reported]
    tests = tuple(_joined(test, read) for test, read in pairs)
    if not {report.job for report in reports if report.tests} >= set(failure.failing_jobs):
        known = [read for _, read in pairs if read is not None]
        tests += tuple(test for test in failure.failing_tests if test not in known)
    cause = Cause.TEST if failure.cause is Cause.UNKNOWN else failure.cause
    files = [test.file for test in tests if test.file]
    changed = failure.model_copy(
        update={
            "cause": cause,
            "failing_tests": tests,
            "suspected_files": tuple(dict.fromkeys([*files, *failure.suspected_files]))[:20],
            "fingerprint": fingerprint(cause, tests, tests[0].message or failure.detail, failure.failing_jobs),
            "signals": (*failure.signals, f"failing tests named in uploaded reports: {len(reported)}"),
            "excerpts": (*failure.excerpts, *(_excerpt(report) for report in reports if report.tests)),
        }
    )
    return beside_base(changed, baseline).model_copy(update={"progress": progress(previous, changed)})


def _same(test: FailingTest, read: Sequence[FailingTest]) -> FailingTest | None:
    """The test as the log named it: by the same name, or where one is the tail of the other (`suite.case`, `case`)."""
    key = key_of_test(test.id)
    return next((other for other in read if _is_tail(key, key_of_test(other.id))), None)


def _is_tail(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    if not short or not long.endswith(short):
        return False
    before = long[-len(short) - 1 : -len(short)]
    return not (before.isalnum() or before == "_")


def _joined(test: FailingTest, read: FailingTest | None) -> FailingTest:
    if read is None:
        return test
    message = max(test.message, read.message, key=len)
    return test.model_copy(
        update={
            "message": message,
            "file": test.file or read.file,
            "line": test.line or read.line,
            "frames": test.frames or read.frames,
        }
    )


def _excerpt(report: Report) -> Excerpt:
    """The report's failing tests as quotable text: as many as fit, each with its message and its frames."""
    parts: list[str] = []
    left = MOST_CHARS
    for test in report.tests:
        place = f" ({test.file}{f':{test.line}' if test.line else ''})" if test.file else ""
        part = "\n".join(line for line in (test.id + place, test.message[:MOST_MESSAGE], *test.frames) if line)[:left]
        parts.append(part)
        left -= len(part) + 2
        if left <= 0:
            break
    return Excerpt(kind="test", source=report.source, text="\n\n".join(parts), url=report.url)
