"""A pytest plugin: one run of the tests, kept as which test reaches which line of the heart, and how long it takes."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Generator
from pathlib import Path

import coverage
import pytest

WHERE = "OTTO_MUTATION_RECORD"
"""The environment variable that names the file to write."""


class Recorder:
    """Lines by test. The lines that run when a module is loaded belong to no test."""

    def __init__(self, root: Path, out: Path) -> None:
        """`root` is the checkout, `out` the JSON file to write."""
        self.root, self.out = root, out
        self.coverage = coverage.Coverage(data_file=None, source=[str(root / "otto_bot/core")], messages=False)
        self.seconds: dict[str, float] = {}
        self.failed: set[str] = set()
        self.coverage.start()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Name the test to the coverage while it runs."""
        self.coverage.switch_context(item.nodeid)
        begun = time.perf_counter()
        answer = yield
        self.seconds[item.nodeid] = round(time.perf_counter() - begun, 4)
        self.coverage.switch_context("")
        return answer

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A test that fails without any mutation kills nothing."""
        if report.failed:
            self.failed.add(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        """Write what was seen: tests with their seconds, and for each file its lines with the numbers of tests."""
        self.coverage.stop()
        data = self.coverage.get_data()
        tests = [name for name in self.seconds if name not in self.failed]
        number = {name: at for at, name in enumerate(tests)}
        files: dict[str, dict[str, list[int]]] = {}
        for file in sorted(data.measured_files()):
            lines = data.contexts_by_lineno(file)
            files[str(Path(file).relative_to(self.root))] = {
                str(line): sorted(number[name] for name in names if name in number)
                for line, names in sorted(lines.items())
            }
        seconds = [self.seconds[name] for name in tests]
        self.out.write_text(json.dumps({"tests": tests, "seconds": seconds, "files": files}))


def pytest_configure(config: pytest.Config) -> None:
    """Begin before any test file is loaded."""
    if where := os.environ.get(WHERE):
        config.pluginmanager.register(Recorder(config.rootpath, Path(where)))
