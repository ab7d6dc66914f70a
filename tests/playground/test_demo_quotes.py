"""Whether quoted pieces of logs open the right lines."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from otto_bot.playground.demo.quotes import cited_jobs, cited_pages, misplaced

LOG = "\n".join(
    f"2026-11-22T12:00:0{number % 10}.0000000Z {text}"
    for number, text in enumerate(
        [
            "Current runner version", "##[group]Run pytest", "pytest", "##[endgroup]", "\x1b[31mE  boom\x1b[0m", "",
            "FAILED test_a with a long message that goes on", "##[error]Process completed with exit code 1.",
        ]
    )
)  # fmt: skip
EXCERPT = {
    "kind": "log",
    "source": "CI / test",
    "text": "E  boom\nFAILED test_a with a long …",
    "first_line": 5,
    "last_line": 7,
    "url": "http://x/o/r/actions/runs/1/job/22#step:2:4",
}
REPORT: dict[str, Any] = {
    "events": [
        {"type": "VerificationEnded", "target": "t1/a1", "failure": {"excerpts": [EXCERPT]}},
        {"type": "VerificationEnded", "target": "t1/a2", "failure": None},
        {"type": "DecisionMade", "gate": 1, "evidence": [{"id": "E1", "excerpt": dict(EXCERPT)}]},
    ]
}


def test_what_stands_there_is_fine() -> None:
    assert cited_jobs(REPORT) == {22}
    assert cited_pages(REPORT) == set()
    assert misplaced(REPORT, {22: "\ufeff" + LOG}) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"first_line": 4, "last_line": 6}, "line 4 is '##[endgroup]'"),
        ({"last_line": 70}, "not in a log of 8 lines"),
        ({"text": "E  boom\nnobody said this\nFAILED test_a with a long …"}, "'nobody said this' does not stand"),
        ({"text": "E  boom\nFAILED test_b …"}, "line 7 is"),
        ({"url": "http://x/o/r/actions/runs/1/job/22#step:2:5"}, "line 5 of step 2 is not line 5"),
        ({"url": "http://x/o/r/actions/runs/1/job/23#step:2:4"}, "no log of job 23"),
        ({"url": "http://x/o/r/pull/2"}, "no address that opens a job"),
    ],
)
def test_what_stands_elsewhere_is_named(changes: dict[str, Any], words: str) -> None:
    report = copy.deepcopy(REPORT)
    report["events"][2]["evidence"][0]["excerpt"] |= changes
    found = misplaced(report, {22: LOG})
    assert found
    assert words in "\n".join(found)
    assert all(line.startswith("gate 1 E1: ") for line in found)


def test_a_quoted_report_is_a_page_and_not_a_piece_of_a_log() -> None:
    report = copy.deepcopy(REPORT)
    report["events"][2]["evidence"][0]["excerpt"] |= {"kind": "test", "url": "http://x/o/r/actions/runs/1/artifacts/3"}
    assert cited_pages(report) == {"http://x/o/r/actions/runs/1/artifacts/3"}
    assert misplaced(report, {22: LOG}) == []
