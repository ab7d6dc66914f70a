"""What failed jobs left behind, from a stand-in that really ran them: logs, reports, the same job where it passed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from otto_bot.core.attempt import BASELINE, Verification
from otto_bot.core.budget import Money
from otto_bot.core.run import Run
from otto_bot.core.values import Person, Repo
from otto_bot.diagnosis.diagnose import diagnose
from otto_bot.diagnosis.models import CheckedJob
from otto_bot.diagnosis.reports import with_reports
from otto_bot.github.ci_models import Artifact, WorkflowRun
from otto_bot.jobs.evidence_logs import evidence_of
from otto_bot.jobs.evidence_passing import green_heads
from otto_bot.jobs.evidence_reports import MOST_REPORTS, _chosen, uploaded_by

T0 = datetime(2026, 11, 22, 12, tzinfo=UTC)
TOKEN = "ghp_" + "aB3" * 12
REPORT = """<?xml version="1.0"?>
<testsuites><testsuite name="s" tests="2" failures="1">
<testcase classname="shop.test_{0}" name="test_fine" time="0.1"/>
<testcase classname="shop.test_{0}" name="test_total"><failure message="{0}: 3 != 4 {1}">assert</failure></testcase>
</testsuite></testsuites>
"""
JOB = """
  {name}:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v5
      - run: |
          echo "collected 2 items of {name}"
          cp {name}.xml report.xml
          {check}
      - uses: actions/upload-artifact@v4
        if: always()
        with: {{name: "{name} results", path: report.xml}}
"""
FILES = {
    ".github/workflows/ci.yml": "name: CI\non: push\njobs:\n"
    + JOB.format(name="unit", check="test -f fixed.txt")
    + JOB.format(name="other", check="true"),
    "unit.xml": REPORT.format("unit", TOKEN),
    "other.xml": REPORT.format("other", ""),
}


def run_with(repo: Repo, **green: tuple[int, ...]) -> Run:
    """A run whose heads of these names ended green, with these workflow runs."""
    heads = {name.replace("_", "/"): ids for name, ids in green.items()}
    return Run(
        id=1, repo=repo, issue=1, ordinal=1, title="T", body="", actor=Person(id=1, login="dev"), started_at=T0,
        money=Money(cap=1),
        verifications={
            target: Verification(
                target=target, branch="b", sha="s", tree="t", started_at=T0 + timedelta(minutes=number), next_at=T0,
                run_ids=ids, ending="green",
            )
            for number, (target, ids) in enumerate(heads.items())
        },
    )  # fmt: skip


@pytest.mark.timeout(120)
async def test_a_red_head_brings_its_logs_its_reports_and_the_job_as_it_passed(open_bench: Any) -> None:
    async with open_bench(FILES) as bench:
        green = await bench.push(fixed__txt="1")
        red = await bench.push(fixed__txt=None)
        assert (green.conclusion, red.conclusion) == ("success", "failure")
        run = run_with(bench.repo, baseline=(green.id,))

        found = await evidence_of(bench.context, run, "t1/a1", [red])
        (job,) = found.jobs
        assert (job.source, job.conclusion) == ("CI / unit", "failure")
        assert job.passing is not None
        assert b"collected 2 items of unit" in job.passing
        assert b"exit code 1" not in job.passing

        (report,) = found.reports
        assert (report.job, report.source) == ("CI / unit", "CI / unit · artifact unit results")
        (test,) = report.tests
        assert "test_total" in test.id
        assert "3 != 4" in test.message
        assert TOKEN not in str(report)

        failure = with_reports(diagnose("t1", 1, red.head_sha, found.jobs), found.reports)
        assert [one.id for one in failure.failing_tests] == [test.id]
        assert failure.excerpts[-1].kind == "test"

        # Asked for once: the second time GitHub would not give the log any more.
        bench.fault(kind="status", status=404, match={"path": f"runs/{green.id}", "count": 100})
        again = await evidence_of(bench.context, run, "t1/a2", [red])
        assert again.jobs[0].passing == job.passing


@pytest.mark.timeout(120)
async def test_what_cannot_be_fetched_only_makes_the_diagnosis_less_sharp(open_bench: Any) -> None:
    async with open_bench(FILES) as bench:
        red = await bench.push(README__md="x")
        bench.fault(kind="status", status=404, match={"path": "artifacts", "count": 100})
        found = await evidence_of(bench.context, run_with(bench.repo, baseline=(999_999,)), "t1/a1", [red])

    assert [job.passing for job in found.jobs] == [None]
    assert found.reports == []


def test_the_newest_green_head_is_compared_with_first_and_never_the_head_itself() -> None:
    repo = Repo(id=1, installation_id=2, owner="o", name="r", default_branch="main")
    run = run_with(repo, baseline=(1,), t1_a1=(2,), t2_a1=(3,))
    assert [one.target for one in green_heads(run, "t2/a1")] == ["t1/a1", BASELINE]


def artifact(id_: int, name: str, size: int = 10, **changes: Any) -> Artifact:
    return Artifact(id=id_, name=name, size_in_bytes=size, created_at=T0, **changes)


def failed(*names: str, tail: str = "") -> CheckedJob:
    lines = "".join(f"{T0:%FT%T.0000000Z} Artifact {name} has been successfully uploaded!{tail}\n" for name in names)
    return CheckedJob(id=1, name="unit", workflow="CI", conclusion="failure", log=lines.encode())


def test_only_what_a_failed_job_of_this_attempt_says_it_uploaded_counts() -> None:
    workflow = WorkflowRun(id=1, head_sha="s", run_attempt=2, run_started_at=T0 - timedelta(minutes=1))
    artifacts = [
        artifact(1, "dist"),
        artifact(2, "junit", size=9_000_000),
        artifact(3, "of another job"),
        artifact(4, "large", size=9_000_000),
        artifact(5, "test expired", expired=True),
        artifact(6, "test old").model_copy(update={"created_at": T0 - timedelta(hours=1)}),
        *[artifact(number, f"test {number}", size=number) for number in range(10, 20)],
    ]
    job = failed("dist", "junit", "large", "test expired", "test old", *[f"test {number}" for number in range(10, 20)])
    chosen = [one.id for one, _ in _chosen(artifacts, workflow, [job])]
    assert chosen == [10, 11, 12, 13, 14, 15]
    assert len(chosen) == MOST_REPORTS
    assert [one.id for one, _ in _chosen(artifacts[:6], workflow, [job])] == [2, 1]


def test_the_log_tells_the_number_of_what_it_uploaded() -> None:
    job = failed("junit", tail=" Final size is 99 bytes. Artifact ID is 7")
    assert uploaded_by(job, artifact(7, "junit"))
    assert not uploaded_by(job, artifact(8, "junit"))
    assert not uploaded_by(job, artifact(7, "unit"))
    assert not uploaded_by(job.model_copy(update={"log": None}), artifact(7, "junit"))
