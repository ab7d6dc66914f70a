"""Which test files a run has to read: importing all of them costs each process of a run as much as a long test.

A file may hold tests with a mark only if it, or the conftest beside it, names the mark in one of the ways below. A run
that reads all files (that of the quick tests) refuses a mark that stands in another file.
"""

from __future__ import annotations

import gc
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest

MARKS = {
    "slow": re.compile(r"mark\.slow|\bchosen\("),  # `chosen` marks what runs on PostgreSQL
    "browser": re.compile(r"mark\.browser"),
}
READ_BY = {"slow and not browser": "slow", "slow": "slow", "browser": "browser"}
"""The mark without which a file is not read, by what a run selects."""


@cache
def _names(path: Path, mark: str) -> bool:
    return path.is_file() and MARKS[mark].search(path.read_text(encoding="utf-8")) is not None


def may_hold(path: Path, mark: str) -> bool:
    """Whether tests of this file may carry the mark."""
    return _names(path, mark) or _names(path.with_name("conftest.py"), mark)


def is_left_out(path: Path, selected: str) -> bool:
    """Whether no test of this file can be selected by that expression of marks."""
    mark = READ_BY.get(selected)
    return mark is not None and path.name.startswith("test_") and not may_hold(path, mark)


def check(items: Iterable[pytest.Item]) -> None:
    """Raises UsageError where a mark stands in a file that a run of that mark would not read."""
    for item in items:
        for mark in MARKS:
            if item.get_closest_marker(mark) is not None and not may_hold(item.path, mark):
                raise pytest.UsageError(
                    f"{item.nodeid} is marked {mark} in a way that tests/collecting.py does not see"
                )


def read() -> None:
    """What was read stays: the collector of garbage need not look at it again and again."""
    gc.enable()
    gc.freeze()
