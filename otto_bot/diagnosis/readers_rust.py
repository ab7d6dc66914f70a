"""Readers of what Rust's test runners print: cargo test (libtest, doc tests, compiletest) and nextest."""

from __future__ import annotations

import re
from typing import ClassVar

from otto_bot.core.evidence import FailingTest
from otto_bot.diagnosis.readers_base import BaseReader, Record

_FAIL = re.compile(r"^test (\S.*?)(?: - should panic)? \.\.\. (?:FAILED|FAIL)$")
_HEAD = re.compile(r"^---- (\S.*?) (?:stdout|stderr|output) ----$")
_PANIC = re.compile(r"^thread '.*' (?:\(\d+\) )?panicked at (?:'(.*)', )?(\S+?):(\d+):\d+:?$")
_NEXTEST = re.compile(
    r"^\s*(?:TRY (\d+) )?(FAIL|FLAKY-FL|SIG\w+|ABORT|TIMEOUT|TMT|LEAK-FAIL|LKFAIL|FLAKY \d+/\d+|PASS) \[ *>?[\d.]+s\]"
    r"(?: \(\s*\d+/\d+\))? +(\S+(?: \S+)*)$"
)
_NEXTEST_OUT = re.compile(
    r"^(?:---|─+|━+) (?:TRY \d+ )?STD(?:OUT|ERR): +(\S+ \S.*?) +(?:---|─+|━+)?$|^-+ STD\w+: +(\S+ \S.*?) +-+$"
)


class CargoReader(BaseReader):
    """`test path ... FAILED` and the panic in `---- path stdout ----`; nextest's `FAIL [ 0.1s] crate path`."""

    marks: ClassVar[tuple[str, ...]] = (
        *("... FAIL", "failures:", "panicked at", "FAIL [", "TIMEOUT [", "test run failed"),
    )

    def __init__(self) -> None:
        super().__init__()
        self._message_next = False
        self._passed_later: set[str] = set()
        self._listing = False
        self._sure: set[str] = set()
        """Named as failed by more than a `----` heading, which other tools print, too."""

    def feed(self, text: str) -> None:
        """Take the next line."""
        if text.startswith("test ") and (match := _FAIL.match(text)):
            self._sure.add(self.open(match.group(1)).id)
            self._current = None
        elif text.startswith("---- ") and (match := _HEAD.match(text)):
            self._message_next = False
            if self.open(match.group(1)) and self._listing:
                self._sure.add(match.group(1))
        elif text == "failures:":
            self._listing, self._current = True, None
        elif "[" in text[:40] and (match := _NEXTEST.match(text)):
            self._nextest(match)
        elif "STD" in text and (match := _NEXTEST_OUT.match(text)):
            name = match.group(1) or match.group(2)
            self._current = self._found.get(name)
        elif self._current is not None:
            self._inside(self._current, text)

    def _nextest(self, match: re.Match[str]) -> None:
        _, verdict, name = match.groups()
        self._current = None
        if verdict.startswith("FLAKY ") or verdict == "PASS":
            self._passed_later.add(name)
        elif len(name.split(" ")) > 1:
            message = "" if verdict in ("FAIL", "LEAK-FAIL") else verdict
            self._sure.add(self.open(name, message).id)

    def _inside(self, record: Record, text: str) -> None:
        if match := _PANIC.match(text):
            if record.file is None:
                record.place(match.group(2), match.group(3))
                record.frames = []
                record.message = ""
                record.take(f"{match.group(2)}:{match.group(3)}")
                record.say(match.group(1) or "")
                self._message_next = match.group(1) is None
        elif self._message_next and text.strip():
            record.say(text)
            self._message_next = False
        elif text in ("failures:", "") and record.message:
            self._current = None if text else record
        elif text.startswith(("error: ", "Error: ")):
            record.say(text)
        elif text.startswith("test result:"):
            self._current = None

    def found(self) -> list[FailingTest]:
        """The failing tests so far."""
        return [
            test
            for test in super().found()
            if test.id not in self._passed_later and (test.id in self._sure or test.file is not None)
        ]
