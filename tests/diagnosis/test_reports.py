"""What uploaded reports add to a failure that was read from logs."""

from __future__ import annotations

from otto_bot.core.evidence import Cause, FailingTest, Failure, Phase, Progress
from otto_bot.diagnosis.reports import MOST_CHARS, MOST_TESTS, Report, with_reports

JOB = "CI / test"


def failure(*tests: FailingTest, **changes: object) -> Failure:
    made = Failure(
        task="t1", attempt=1, sha="s", phase=Phase.VERIFY, cause=Cause.TEST, failing_jobs=(JOB,), failing_tests=tests,
        fingerprint="of the log", suspected_files=("src/a.py",),
    )  # fmt: skip
    return made.model_copy(update=changes)


def report(*tests: FailingTest, job: str = JOB) -> Report:
    return Report(job, f"{job} · artifact junit", "http://x/artifacts/1", tests)


def ids(found: Failure) -> list[str]:
    return [test.id for test in found.failing_tests]


def test_without_reports_nothing_changes() -> None:
    made = failure(FailingTest(id="a"))
    assert with_reports(made, []) is made
    assert with_reports(made, [report()]) is made


def test_what_a_report_says_wins_and_the_log_fills_in() -> None:
    read = FailingTest(id="test_a", message="assert 1 == 2\nwith more words than the report", file="t.py", line=7)
    told = FailingTest(id="pkg.T.test_a", message="assert 1 == 2", file="tests/t.py")
    found = with_reports(failure(read, FailingTest(id="a guess")), [report(told)])
    assert ids(found) == ["pkg.T.test_a"]
    (test,) = found.failing_tests
    assert (test.file, test.line) == ("tests/t.py", 7)
    assert test.message.endswith("than the report")


def test_a_job_without_a_report_keeps_what_its_log_named() -> None:
    made = failure(FailingTest(id="one"), FailingTest(id="other"), failing_jobs=(JOB, "CI / more"))
    assert ids(with_reports(made, [report(FailingTest(id="one"))])) == ["one", "other"]
    both = [report(FailingTest(id="one")), report(FailingTest(id="two"), job="CI / more")]
    assert ids(with_reports(made, both)) == ["one", "two"]


def test_the_evidence_is_quotable_and_within_bounds() -> None:
    tests = [FailingTest(id=f"test_{n}", message="m" * 5000, frames=("a.py:1",)) for n in range(500)]
    found = with_reports(failure(), [report(*tests)])
    excerpt = found.excerpts[-1]
    assert (excerpt.kind, excerpt.url) == ("test", "http://x/artifacts/1")
    assert excerpt.text.startswith("test_0\nmmm")
    assert len(excerpt.text) <= MOST_CHARS + 10
    assert len(found.failing_tests) == MOST_TESTS
    assert found.cause is Cause.TEST


def test_what_the_failure_is_compared_with_follows_the_tests() -> None:
    told = report(FailingTest(id="a", message="boom"), FailingTest(id="b", message="bang"))
    base = with_reports(failure(task="baseline"), [told])
    now = with_reports(failure(FailingTest(id="only in the log")), [told], baseline=base, previous=[base])
    assert now.fingerprint == base.fingerprint != "of the log"
    assert now.pre_existing
    assert now.progress is Progress.SAME
    more = with_reports(failure(), [report(*told.tests, FailingTest(id="c", message="new"))], baseline=base)
    assert not more.pre_existing


def test_a_failure_nobody_understood_is_a_failing_test() -> None:
    found = with_reports(failure(cause=Cause.UNKNOWN), [report(FailingTest(id="a"))])
    assert found.cause is Cause.TEST
