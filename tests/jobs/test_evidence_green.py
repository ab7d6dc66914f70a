"""What a green head shows, from a stand-in that really ran its workflow: jobs, reports, and the tests of its files."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from otto_bot.core.attempt import Verification
from otto_bot.core.budget import Money
from otto_bot.core.run import Run
from otto_bot.core.values import Person, Repo
from otto_bot.jobs.evidence_green import green_head, green_jobs, own_records

T0 = datetime(2026, 11, 22, 12, tzinfo=UTC)
TOKEN = "ghp_" + "aB3" * 12
REPORT = f"""<testsuite name="pytest">
<testcase classname="tests.test_a" name="test_fine"/>
<testcase classname="tests.test_a" name="test_secret[{TOKEN}]"/>
<testcase classname="tests.test_a" name="test_later"><skipped/></testcase>
</testsuite>"""
FILES = {
    ".github/workflows/ci.yml": """
name: CI
on: push
jobs:
  unit:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v5
      - uses: actions/upload-artifact@v4
        with: {name: test results, path: report.xml}
""",
    "report.xml": REPORT,
}


def run_of(repo: Repo) -> Run:
    return Run(
        id=1, repo=repo, issue=1, ordinal=1, title="T", body="", actor=Person(id=1, login="dev"), started_at=T0,
        money=Money(cap=1),
    )  # fmt: skip


def head(*run_ids: int) -> Verification:
    return Verification(
        target="t1/a1", branch="b", sha="a" * 40, tree="t", started_at=T0, next_at=T0, run_ids=run_ids, ending="green"
    )


@pytest.mark.slow
@pytest.mark.timeout(120)
async def test_jobs_and_reports_of_a_green_head(open_bench: Any) -> None:
    async with open_bench(FILES) as bench:
        workflow = await bench.push(new__txt="1")
        assert workflow.conclusion == "success"
        green = await green_head(bench.context, run_of(bench.repo), head(workflow.id))
        assert green.jobs == {"CI / unit": "success"}
        assert green_jobs(green) == ("CI / unit", "unit")
        assert "tests/test_a.py::test_fine" in green.outcomes.passed
        assert green.outcomes.skipped == {"tests/test_a.py::test_later"}
        assert not any(TOKEN in name for name in green.outcomes.passed)
        actions, report = own_records(green, head(workflow.id), ())
        assert actions.output == f"GitHub Actions on {'a' * 12}: green\nCI / unit: success"
        assert "2 tests passed:" in report.output
        assert "1 skipped: tests/test_a.py::test_later" in report.output
        gone = await green_head(bench.context, run_of(bench.repo), head(404404))
        assert gone.jobs == {}, "what GitHub does not have is left out"
        (only,) = own_records(gone, head(), ("unit",))
        assert "unit: not listed" in only.output
