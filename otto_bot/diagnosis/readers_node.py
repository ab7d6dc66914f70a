"""Readers of what JavaScript's file-wise test runners print: jest, vitest, bun, deno, AVA, playwright."""

from __future__ import annotations

import re
from typing import ClassVar

from otto_bot.core.evidence import FailingTest
from otto_bot.diagnosis.readers_base import BaseReader, HeadReader, Record

_FILE = re.compile(
    r"^\s*(?:FAIL|❯) +(?:\S+ +|\|[^|]+\| +)?(?P<file>\S+\.(?:[cm]?[jt]sx?|vue|svelte|coffee|gjs|"
    r"gts))(?: > (?P<test>.+?))?"
    r"(?P<whole> \[ .+ \])?(?: \([\d.]+ ?m?s\))?(?: *\d+ms)?$"
)
_BULLET = re.compile(r"^ {0,4}● (\S.*)$")
_NOISE = re.compile(
    r"^(?:Console$|\w+ (?:Warning|Error):?$|Multiple configurations|Invalid |Cannot log after|\d+ snapshot|Unknown |"
    r"process\.exit called|Jest: |Open handles)"
)
_SUITE = "Test suite failed to run"
_END = re.compile(
    r"^(?:Test Suites:|Tests:|Snapshots:|npm ERR!|Summary of all failing tests| Test Files )|^ *⎯{5,}|"
    r"^\s*(?:PASS|RERUN|RUNS) "
)


class JestReader(BaseReader):
    """jest's `● suite › test` below `FAIL file`, and vitest's `FAIL file > suite > test`."""

    marks: ClassVar[tuple[str, ...]] = ("FAIL ", "FAIL\x1b", "● ")

    def __init__(self) -> None:
        super().__init__()
        self._file: str | None = None
        self._whole: set[str] = set()

    def feed(self, text: str) -> None:
        """Take the next line."""
        if "FAIL" in text and (match := _FILE.match(text)):
            self._of_file(match)
        elif "● " in text and (match := _BULLET.match(text)):
            self._bullet(match.group(1).strip())
        elif self._current is not None:
            if _END.match(text):
                self._current = None
            else:
                self.detail(text)

    def _of_file(self, match: re.Match[str]) -> None:
        self._file = match["file"]
        self._current = None
        if match["test"]:
            self.open(f"{self._file} > {match['test']}").home = self._file
        elif match["whole"]:
            self._cannot_run(self._file)

    def _bullet(self, name: str) -> None:
        if (self._file is None and " › " not in name) or _NOISE.match(name):
            self._current = None
        elif name.endswith(_SUITE):
            self._cannot_run(self._file or name)
        else:
            record = self.open(name)
            record.home = record.home or self._file

    def _cannot_run(self, file: str) -> None:
        self.open(file).home = file
        self._whole.add(file)

    def found(self) -> list[FailingTest]:
        """The failing tests so far."""
        return [
            test.model_copy(update={"message": f"{_SUITE}: {test.message}".rstrip(": ")})
            if test.id in self._whole
            else test
            for test in super().found()
        ]


class AvaReader(BaseReader):
    """AVA's `✘ [fail]: file › test`; of older versions `✖ test`, believed once `N tests failed` stands below."""

    marks: ClassVar[tuple[str, ...]] = ("✘ [fail]", "✖ ", "tests failed", "test failed")
    _head = re.compile(r"^\s*✘ \[fail\]: (.+?)(?: \([\d.]+ ?m?s\))?$")
    _old = re.compile(r"^ {2}✖ (\S.{0,200}?)(?: {1,2}(?:\([\d.]+m?s\) )?(\S.*))?$")
    _verdict = re.compile(r"^ {2}(\d+) (?:tests?|uncaught exceptions?|hooks?) failed")

    def __init__(self) -> None:
        super().__init__()
        self._maybe: list[str] = []

    def feed(self, text: str) -> None:
        """Take the next line."""
        if match := self._head.match(text) if "✘ [fail]" in text else None:
            self.open(match.group(1))
        elif text.startswith("  ✖ ") and "✖ [" not in text:
            self._maybe = [*self._maybe[-200:], text.removeprefix("  ✖ ")]
        elif self._verdict.match(text):
            for name in self._maybe:
                title, _, message = name.partition("  ")
                self.open(title, message)
            self._maybe, self._current = [], None
        elif self._current is not None:
            self._inside(self._current, text.strip())

    def _inside(self, record: Record, text: str) -> None:
        """The title stands once more above the details, there without what went wrong."""
        if text and record.id.startswith(f"{text} ") and not record.message:
            rest = record.id.removeprefix(text)
            self._found.pop(record.id, None)
            self.open(text, rest)
        elif text != record.id:
            self.detail(text)


class PlaywrightReader(BaseReader):
    """`1) [project] › file:1:2 › suite › test ───`, without those the last list calls flaky."""

    marks: ClassVar[tuple[str, ...]] = (" › ",)
    _head = re.compile(
        r"^ {2}(?: {0,2})(?:\d+\) )?((?:\[[^\]]+\] › )?([^\s›]+\.[cm]?[jt]sx?):(\d+):\d+ › .+?)(?: ─+)?$"
    )
    _list = re.compile(r"^ {2}\d+ (flaky|failed|passed|skipped|interrupted|did not run|error)")

    def __init__(self) -> None:
        super().__init__()
        self._list_of = ""
        self._flaky: set[str] = set()

    def feed(self, text: str) -> None:
        """Take the next line."""
        if match := self._list.match(text):
            self._list_of = match.group(1)
            self._current = None
        elif " › " in text and (match := self._head.match(text)):
            self._named(text, match)
        elif self._current is not None:
            self.detail(text)

    def _named(self, text: str, match: re.Match[str]) -> None:
        name = match.group(1).strip()
        if self._list_of == "flaky":
            self._flaky.add(name)
        elif text.lstrip()[0].isdigit() and ") " in text[:8]:
            self._list_of = ""
            self.open(name).place(match.group(2), match.group(3))
        elif self._list_of in ("failed", "interrupted"):
            self.open(name).place(match.group(2), match.group(3))
            self._current = None

    def found(self) -> list[FailingTest]:
        """The failing tests so far."""
        return [test for test in super().found() if test.id not in self._flaky]


class BunDenoReader(HeadReader):
    """bun's `(fail) suite > test [1ms]`; deno's `name => ./file:1:2` and `name ... FAILED (1ms)`."""

    marks: ClassVar[tuple[str, ...]] = ("(fail) ", " FAILURES", "FAILED (")
    words: ClassVar[tuple[str, ...]] = (
        "(fail) ",
        " => ",
        "FAILED (",
    )
    heads: ClassVar[tuple[re.Pattern[str], ...]] = (
        re.compile(r"^\(fail\) (?P<id>.+?)(?: \[[\d.]+ ?m?s\])?$"),
        re.compile(r"^(?P<id>\S.{0,300}?) => (?P<file>(?:\./|file://|\.\./)\S+?):(?P<line>\d+):\d+$"),
        re.compile(r"^(?P<id>\S.{0,300}?) \.\.\. FAILED \([\d.]+m?s\)$"),
    )
    stop: ClassVar[re.Pattern[str] | None] = re.compile(
        r"^\S.* \.\.\. (?:ok|ignored) \(|^(?:\(pass\) | FAILURES|FAILURES|\(skip\))"
    )
