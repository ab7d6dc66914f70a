"""What a green head shows, from a stand-in that really ran its workflow: jobs, reports, and the tests of its files."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from otto_bot.core.attempt import Verification
from otto_bot.core.budget import Money
from otto_bot.core.run import Run
from otto_bot.core.values import Person, Repo
from otto_bot.diagnosis.junit_outcomes import Outcomes
from otto_bot.jobs.evidence_green import Green, green_head, green_jobs, own_records

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


def test_hundreds_of_jobs_are_shown_by_their_matrix_and_all_count() -> None:
    many = {f"CI / unit ({number})": "success" for number in range(400)}
    green = Green({**many, "CI / lint": "success", "CI / slow (1)": "failure"}, Outcomes())
    (record,) = own_records(green, head(), ())
    assert record.output.split("\n")[1:] == [
        "CI / slow: failure", "CI / lint: success", "CI / unit: success (400 jobs)",
    ]  # fmt: skip
    assert "unit (399)" in green_jobs(green)


def test_jobs_of_hundreds_of_names_are_cut_where_the_good_ones_are() -> None:
    green = Green({f"CI / job{number:03}": "success" for number in range(150)} | {"CI / x": "failure"}, Outcomes())
    lines = own_records(green, head(), ())[0].output.split("\n")[1:]
    assert (len(lines), lines[0], lines[-1]) == (101, "CI / x: failure", "and 51 more")


def test_where_no_workflow_starts_the_record_says_that_nothing_ran() -> None:
    alone = head().model_copy(update={"ending": "unwatched"})
    (record,) = own_records(Green({}, Outcomes()), alone, ("unit",))
    assert "no workflow starts" in record.output
    assert "green" not in record.output
    assert "unit" not in record.output
