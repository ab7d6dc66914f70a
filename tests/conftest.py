"""What every test gets. With OTTO_CI=1 a skip is a failure: there everything that tests need was installed."""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest
from hypothesis import settings

ALLOWED = "platform:"  # a skip whose reason starts so is about the operating system, not about something missing

# Two cores shared by all tests make single examples slow; whole tests are bounded by pytest-timeout.
settings.register_profile("otto", deadline=None, print_blob=True)
settings.load_profile("otto")


def _refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Turn a skipped report into a failed one that names the reason."""
    if os.environ.get("OTTO_CI") != "1" or not report.skipped or hasattr(report, "wasxfail"):
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    reason = reason.removeprefix("Skipped: ")
    if not reason.startswith(ALLOWED):
        report.outcome = "failed"
        report.longrepr = f"skipped although OTTO_CI=1: {reason}"


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A skipped test."""
    report = yield
    _refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """A module that skips itself while it is collected."""
    report = yield
    _refuse_skip(report)
    return report
