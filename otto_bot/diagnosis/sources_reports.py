"""Reports of tests that lie beside logs, and which job each of them is of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from otto_bot.core.evidence import FailingTest
from otto_bot.diagnosis.sources_files import Entry, joined
from otto_bot.diagnosis.sources_jobs import file_name


class ReportFile(NamedTuple):
    """One JUnit file, or an artifact's zip with some. `where` is the folder that was named."""

    where: str
    entry: Entry

    @property
    def name(self) -> str:
        """What to call it."""
        return f"{self.where}/{self.entry.name}"

    def tests(self) -> tuple[FailingTest, ...]:
        """The tests that it says failed; none where it is something else. Raises SourceError where it is unreadable."""
        from otto_bot.diagnosis.junit import failing_tests_in_xml, failing_tests_in_zip

        data = joined(self.entry.chunks())
        return failing_tests_in_zip(data) if self.entry.name.lower().endswith(".zip") else failing_tests_in_xml(data)


def assigned(reports: Sequence[ReportFile], logs: Sequence[str]) -> tuple[list[list[ReportFile]], list[ReportFile]]:
    """For each log (by its name, as shown) its reports, and the reports of which it is not clear.

    A report belongs to the only failed log of its folder, else to the one whose job or folder its path names.
    """
    found: list[list[ReportFile]] = [[] for _ in logs]
    unclear: list[ReportFile] = []
    for report in reports:
        near = [number for number, log in enumerate(logs) if log.startswith((f"{report.where}/", f"{report.where} · "))]
        if len(near) > 1:
            path = file_name(report.entry.name.replace("/", " "))
            near = [number for number in near if _names(path, _job(logs[number], report.where))]
        if len(near) == 1:
            found[near[0]].append(report)
        else:
            unclear.append(report)
    return found, unclear


def _names(path: str, job: str) -> bool:
    """Whether the job's name stands in it as words of their own: `junit.xml` does not name the job `unit`."""
    return re.search(rf"(?<![^\W_]){re.escape(job)}(?![^\W_])", path, re.IGNORECASE) is not None


def _job(log: str, where: str) -> str:
    """The words of a log's name that a report's path would repeat: its job, or its folder, or the file's own name."""
    name = log[len(where) :].rpartition(" · ")[2].strip("/")
    folder, _, file = name.rpartition("/")
    return file_name(folder.replace("/", " ") or file.removesuffix(".gz").rpartition(".")[0] or file)
