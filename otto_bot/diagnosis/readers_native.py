"""Readers of what C and C++ runners print: ctest, GoogleTest, Catch2, doctest, Boost.Test, Qt Test, Unity, Check."""

from __future__ import annotations

import re
from typing import ClassVar

from otto_bot.diagnosis.readers_base import BaseReader, HeadReader

_CTEST_ROW = re.compile(r"^\s*(\d+) - (\S.*?) \(([^()]+(?:\([^()]*\))?)\)(?:\s+\S.*)?$")
_CTEST_LINE = re.compile(
    r"^\s*\d+/\d+ Test +#\d+: (\S+).*?\*{3}(Failed|Timeout|Exception: \w+|Not Run.*?)(?:\s+[\d.]+ sec)?\s*$"
)


class CtestReader(BaseReader):
    """The list below `The following tests FAILED:`, and the lines that end in `***Failed`."""

    marks: ClassVar[tuple[str, ...]] = ("tests FAILED", "***Failed")

    def __init__(self) -> None:
        super().__init__()
        self._list = False

    @property
    def busy(self) -> bool:
        """Whether the list is open."""
        return self._list

    def feed(self, text: str) -> None:
        """Take the next line."""
        if "The following tests FAILED:" in text:
            self._list = True
        elif self._list and text:
            match = _CTEST_ROW.match(text)
            if match:
                self.open(match.group(2), match.group(3))
            self._list = match is not None
        elif "***" in text and (match := _CTEST_LINE.match(text)):
            self.open(match.group(1), match.group(2))
        self._current = None

    def gap(self) -> None:
        """Lines were left out."""
        super().gap()
        self._list = False


class GtestReader(BaseReader):
    """`[  FAILED  ] Suite.Name`, with what was printed since `[ RUN      ] Suite.Name`."""

    marks: ClassVar[tuple[str, ...]] = ("[  FAILED  ]", ": Failure")
    _run = re.compile(r"\[ RUN {6}\] (\S+)\s*$")
    _failed = re.compile(r"\[ {2}FAILED {2}\] ([\w/<>.:]+\.[\w/<>:]+?)(?:, where (.*?))?(?: \(\d+ ms\))?$")
    _place = re.compile(r"^(\S.*?)(?::(\d+)|\((\d+)\)): (?:Failure|error: .*)$")

    def __init__(self) -> None:
        super().__init__()
        self._since: list[str] = []
        self._place_of: tuple[str, str] | None = None

    def feed(self, text: str) -> None:
        """Take the next line."""
        if "[" in text and (match := self._failed.search(text)):
            record = self.open(match.group(1))
            if self._place_of:
                record.place(*self._place_of)
            record.say(" ".join(self._since))
            self._reset()
        elif "[ RUN " in text or "[       OK ]" in text:
            self._reset()
        elif match := self._place.match(text) if ": Failure" in text else None:
            if self._place_of is None:
                self._place_of = (match.group(1), match.group(2) or match.group(3))
        elif self._place_of is not None and text.strip() and len(self._since) < 4:
            self._since.append(text.strip())

    def _reset(self) -> None:
        self._since, self._place_of, self._current = [], None, None

    def gap(self) -> None:
        """Lines were left out."""
        self._reset()


class CatchReader(BaseReader):
    """Catch2's and doctest's blocks: a ruled title, then `file:line: FAILED:`."""

    marks: ClassVar[tuple[str, ...]] = (": FAILED:", "ERROR: CHECK", "ERROR: REQUIRE", "ERROR: test case")
    _catch = re.compile(r"^(\S.*?)(?::(\d+)|\((\d+)\)): FAILED:$")
    _doctest = re.compile(r"^(\S.*?)(?::(\d+)|\((\d+)\)): (?:FATAL )?ERROR: (.*)$")

    def __init__(self) -> None:
        super().__init__()
        self._title: list[str] = []
        self._inside = False

    def feed(self, text: str) -> None:
        """Take the next line."""
        if text.startswith("-" * 60):
            self._inside = not self._inside
            self._title = [] if self._inside else self._title
            self._current = None
        elif text.startswith("TEST CASE:  "):
            self._title, self._inside, self._current = [text.removeprefix("TEST CASE:").strip()], False, None
        elif self._inside:
            self._title = [*self._title[:8], text.strip()]
        elif text.endswith(": FAILED:") and (match := self._catch.match(text)):
            self._open(match, "")
        elif "ERROR: " in text and self._title and (match := self._doctest.match(text)):
            self._open(match, match.group(4))
        elif self._current is not None:
            self.detail(text) if text.strip() != "with expansion:" else None

    def _open(self, match: re.Match[str], message: str) -> None:
        title = "/".join(part for part in self._title if part)
        if title:
            self.open(title, message).place(match.group(1), match.group(2) or match.group(3))

    def gap(self) -> None:
        """Lines were left out."""
        super().gap()
        self._title, self._inside = [], False


class CheckReader(HeadReader):
    """One line says all: Boost.Test, Qt Test, Unity, Check, Zig."""

    marks: ClassVar[tuple[str, ...]] = ('error: in "', "FAIL!  : ", ":FAIL", "' failed", "...FAIL")
    words: ClassVar[tuple[str, ...]] = ("error: in ", "FAIL!  : ", ":FAIL", ":F:", ":E:", "FAIL (")
    heads: ClassVar[tuple[re.Pattern[str], ...]] = (
        re.compile(
            r'^(?:unknown location|(?P<file>\S.*?))(?:\((?P<line>\d+)\)|:(?:\d+))?: (?:fatal )?error: in "'
            r'(?P<id>[^"]+)": (?P<message>.*)$'
        ),
        re.compile(r"^FAIL!  : (?P<id>\w+::\w+\(.*?\))(?: (?P<message>.*))?$"),
        re.compile(r"^(?P<file>\S+\.\w+):(?P<line>\d+):(?P<id>\w+):FAIL(?:: ?(?P<message>.*))?$"),
        re.compile(r"^(?P<file>\S+\.c\w*):(?P<line>\d+):[FE]:(?P<suite>[^:]+):(?P<id>[^:]+):\d+: (?P<message>.*)$"),
        re.compile(r"^\d+/\d+ (?P<id>\S.*?)\.\.\. ?FAIL \((?P<message>.*)\)$"),
    )
    joint: ClassVar[str] = ":"
    stop: ClassVar[re.Pattern[str] | None] = re.compile(r"^(?:PASS|FAIL|\s*\[OK\]|$)")
