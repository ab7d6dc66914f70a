"""Readers of what Scala's test libraries print through sbt or Maven: ScalaTest, specs2, munit, JUnit's interface."""

from __future__ import annotations

import re
from typing import ClassVar

from otto_bot.core.evidence import FailingTest
from otto_bot.diagnosis.readers_base import BaseReader, HeadReader

_PREFIX = re.compile(r"^\[(?:info|error|warn)\] ?")
_SUITE = re.compile(r"^([A-Z]\w*):$")
_FAILED = re.compile(r"^\s*(?:- )?(\S.*?) \*\*\* (FAILED|ABORTED) \*\*\*(?: \(.*\))?$")
_CROSS = re.compile(r"^\s+[x!] (\S.*)$")
_CLASS = re.compile(r"^\s+((?:[a-z]\w*\.)*[A-Z]\w*)$")
_TOPIC = re.compile(r"^([A-Z]\S*(?: \S+)* (?:should|must|can)|[A-Z]\w*Spec)$")


class ScalaTestReader(BaseReader):
    """`- test *** FAILED ***` below `Suite:`; specs2's `x example`; classes sbt calls failed without naming a test."""

    marks: ClassVar[tuple[str, ...]] = (
        "*** FAILED ***",
        "Error during tests",
        "Failed tests:",
        "[error]   x ",
        "[error]   ! ",
    )

    def __init__(self) -> None:
        super().__init__()
        self._suite = ""
        self._listing = False
        self._classes: list[str] = []

    def feed(self, text: str) -> None:
        """Take the next line."""
        sbt = text.startswith("[")
        plain = _PREFIX.sub("", text) if sbt else text
        if match := _SUITE.match(plain):
            self._suite, self._current = match.group(1), None
        elif "*** " in plain and (match := _FAILED.match(plain)):
            self.open(
                f"{self._suite}: {match.group(1)}" if self._suite and match.group(1) != self._suite else match.group(1)
            )
        elif sbt and (match := _CROSS.match(plain)):
            self.open(f"{self._suite}: {match.group(1)}" if self._suite else match.group(1))
        elif plain.startswith("Failed tests:") and sbt:
            self._listing, self._current = True, None
        elif self._listing and sbt:
            self._class(plain)
        elif self._current is not None:
            self._inside(plain)
        elif match := _TOPIC.match(plain):
            self._suite = match.group(1)

    def _inside(self, plain: str) -> None:
        if plain.lstrip().startswith(("- ", "+ ")) and not plain.startswith("    "):
            self._current = None
        else:
            self.detail(plain)

    def _class(self, plain: str) -> None:
        if match := _CLASS.match(plain):
            self._classes = [*self._classes[:500], match.group(1)]
        else:
            self._listing = False

    def gap(self) -> None:
        """Lines were left out."""
        super().gap()
        self._listing, self._suite = False, ""

    def found(self) -> list[FailingTest]:
        """The failing tests so far."""
        tests = super().found()
        known = {test.id.partition(":")[0] for test in tests}
        return tests + [FailingTest(id=name) for name in self._classes if name.rsplit(".", 1)[-1] not in known]


class MunitReader(HeadReader):
    """munit's `==> X com.x.Suite.test 0.1s why`, and `Test com.x.Suite.test failed: why` of sbt's JUnit interface."""

    marks: ClassVar[tuple[str, ...]] = ("==> X ", "[error] Test")
    words: ClassVar[tuple[str, ...]] = (
        "==> X ",
        " failed: ",
    )
    heads: ClassVar[tuple[re.Pattern[str], ...]] = (
        re.compile(r"^(?:\[\w+\] )?==> X (?P<id>\S.*?)\s+[\d.]+m?s(?: (?P<message>.*))?$"),
        re.compile(r"^\[error\] Test (?P<id>[\w.$]+\.\S+?) failed: (?P<message>.*?)(?:, took [\d.]+ sec)?$"),
    )
    stop: ClassVar[re.Pattern[str] | None] = re.compile(r"^\[info\]|^$")
