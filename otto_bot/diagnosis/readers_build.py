"""Readers of what build tools print about the tests they run: bazel, meson, automake."""

from __future__ import annotations

import re
from typing import ClassVar

from otto_bot.core.evidence import FailingTest
from otto_bot.diagnosis.readers_base import BaseReader, HeadReader


class BazelReader(HeadReader):
    """`//pkg:target FAILED in 1.2s`, `FAIL: //pkg:target (see …)`; flaky targets passed in the end."""

    marks: ClassVar[tuple[str, ...]] = (
        "FAILED in ",
        "TIMEOUT in ",
        "TIMEOUT  ",
        "TIMEOUT: //",
        "FAIL: //",
        "FAIL: @",
        "FAIL   ",
        "ERROR   ",
    )
    words: ClassVar[tuple[str, ...]] = (
        "FAILED in ",
        "TIMEOUT",
        "FAIL",
        " ERROR ",
    )
    heads: ClassVar[tuple[re.Pattern[str], ...]] = (
        re.compile(r"^(?P<id>@*[\w.+~-]*//\S+)(?: \(.*?\))?\s+(?P<message>(?:FAILED|TIMEOUT) in .*)$"),
        re.compile(r"^(?:FAIL|TIMEOUT): (?P<id>@*[\w.+~-]*//\S+?)(?: \(Exit \d+\))? \((?P<message>.*?)\)?$"),
        re.compile(r"^\s*\d+/\d+ (?P<id>\S.*?)\s+(?:FAIL|TIMEOUT|ERROR)\s+[\d.]+ ?s(?:\s+(?P<message>\S.*))?$"),
    )

    def begin(self, match: re.Match[str]) -> None:
        """A heading was found; nothing below it belongs to the test."""
        super().begin(match)
        self._current = None


class AutomakeReader(BaseReader):
    """automake's `FAIL: name`, believed once its summary counts failures."""

    marks: ClassVar[tuple[str, ...]] = ("FAIL: ",)
    _line = re.compile(r"^(?:FAIL|ERROR): (\S+(?: \d+(?: - .+)?)?)(?: \(exit status: \d+\))?$")

    def __init__(self) -> None:
        super().__init__()
        self._confirmed = False

    def feed(self, text: str) -> None:
        """Take the next line."""
        if match := self._line.match(text):
            self.open(match.group(1))
            self._current = None
        elif re.match(r"^# (?:FAIL|ERROR): +[1-9]", text):
            self._confirmed = True

    def found(self) -> list[FailingTest]:
        """The failing tests, if this was automake."""
        return super().found() if self._confirmed else []
