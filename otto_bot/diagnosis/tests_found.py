"""Failing tests by what test runners print: pytest, unittest, node:test, jest, vitest, go test, cargo test and more.

Every reader takes line by line; what they found is joined in the order of `READERS`, at most `MOST` tests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from otto_bot.core.evidence import FailingTest
from otto_bot.diagnosis.readers_native import CargoReader, GoReader, JvmReader
from otto_bot.diagnosis.readers_node import JestReader, TapReader
from otto_bot.diagnosis.readers_python import PytestReader, UnittestReader

MOST = 500
MESSAGE_LIMIT = 500


class Reader(Protocol):
    """Reads one runner's output."""

    def feed(self, text: str) -> None:
        """Take the next line."""

    def found(self) -> list[FailingTest]:
        """The failing tests so far."""


READERS: tuple[Callable[[], Reader], ...] = (
    PytestReader,
    UnittestReader,
    TapReader,
    JestReader,
    GoReader,
    CargoReader,
    JvmReader,
)


class TestsFound:
    """All readers side by side over one step's lines."""

    __test__ = False

    def __init__(self) -> None:
        self._readers = [make() for make in READERS]

    def feed(self, text: str) -> None:
        """Take the next cleaned line."""
        for reader in self._readers:
            reader.feed(text)

    def result(self) -> tuple[FailingTest, ...]:
        """Failing tests, each once, in the order they were printed."""
        return merged(test for reader in self._readers for test in reader.found())


def merged(tests: Iterable[FailingTest]) -> tuple[FailingTest, ...]:
    """Each id once; what one mention lacks another may add."""
    found: dict[str, FailingTest] = {}
    for test in tests:
        known = found.get(test.id)
        if known is None:
            if len(found) >= MOST:
                continue
            found[test.id] = test.model_copy(update={"message": test.message[:MESSAGE_LIMIT]})
        else:
            update = {
                "message": known.message or test.message[:MESSAGE_LIMIT],
                "file": known.file or test.file,
                "line": known.line if known.line is not None else test.line,
            }
            found[test.id] = known.model_copy(update=update)
    return tuple(found.values())


def failing_tests_in(texts: Iterable[str]) -> tuple[FailingTest, ...]:
    """The failing tests in these cleaned lines."""
    found = TestsFound()
    for text in texts:
        found.feed(text)
    return found.result()
