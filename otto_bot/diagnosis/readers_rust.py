"""Readers of what Rust's test runners print: cargo test (libtest, doc tests, compiletest) and nextest."""

from __future__ import annotations

import re
from typing import ClassVar

from otto_bot.core.evidence import FailingTest
from otto_bot.diagnosis.readers_base import BaseReader, Record

_FAIL = re.compile(r"^test (\S.*?)(?: - should panic)? \.\.\. (?:FAILED|FAIL)$")
_HEAD = re.compile(r"^---- (\S.*?) (?:stdout|stderr|output) ----$")
_PANIC = re.compile(r"^thread '(.*)' (?:\(\d+\) )?panicked at (?:'(.*)', )?(\S+?):(\d+):\d+:?$")
_THREAD = re.compile(r"^thread '([^']+)' (?:\(\d+\) )?panicked at ")
_PANIC_BEGINS = re.compile(r"^thread '(.*)' panicked at '(.*)$")
_PANIC_ENDS = re.compile(r"^.*', (\S+\.rs):(\d+):\d+$")
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
        self._outside: set[str] = set()
        """Threads that panicked, of which only those called failed are tests."""
        self._sure: set[str] = set()
        """Named as failed by more than a `----` heading, which other tools print, too."""

    def feed(self, text: str) -> None:
        """Take the next line."""
        if text.startswith("test ") and (match := _FAIL.match(text)):
            self._sure.add(self.open(match.group(1)).id)
            self._current = None
        elif text.startswith("---- ") and (match := _HEAD.match(text)):
            self._message_next = False
            self._outside.discard(self.open(match.group(1)).id)
            if self._listing:
                self._sure.add(match.group(1))
        elif text == "failures:":
            self._listing, self._current = True, None
        elif "[" in text[:40] and (match := _NEXTEST.match(text)):
            self._nextest(match)
        elif "STD" in text and (match := _NEXTEST_OUT.match(text)):
            name = match.group(1) or match.group(2)
            self._current = self._found.get(name)
        elif self._between_tests and text.startswith("thread '") and (name := _THREAD.match(text)):
            self._current = self.open(name.group(1))
            self._panicked(self._current, text)
            self._outside.add(name.group(1))
        elif self._current is not None:
            self._inside(self._current, text)

    @property
    def _between_tests(self) -> bool:
        """Whether no heading says to which test a panic belongs."""
        return self._current is None or self._current.id in self._outside

    def _nextest(self, match: re.Match[str]) -> None:
        _, verdict, name = match.groups()
        self._current = None
        if verdict.startswith("FLAKY ") or verdict == "PASS":
            self._passed_later.add(name)
        elif len(name.split(" ")) > 1:
            message = "" if verdict in ("FAIL", "LEAK-FAIL") else verdict
            self._sure.add(self.open(name, message).id)

    def _inside(self, record: Record, text: str) -> None:
        if text.startswith("thread ") and self._panicked(record, text):
            return
        if self._message_next and text.strip():
            record.say(text)
            self._message_next = False
        elif record.file is None and record.message and (match := _PANIC_ENDS.match(text)):
            self._place(record, match.group(1), match.group(2))
        elif text in ("failures:", "") and record.message:
            self._current = None if text else record
        elif text.startswith(("error: ", "Error: ")):
            record.say(text)
        elif text.startswith("test result:"):
            self._current = None

    def _panicked(self, record: Record, text: str) -> bool:
        """The first panic of a test says why it failed; with `--nocapture` it stands anywhere, by the test's name."""
        if match := _PANIC.match(text):
            if record.file is None:
                record.message = (match.group(2) or "")[:500]
                self._place(record, match.group(3), match.group(4))
                self._message_next = match.group(2) is None
        elif match := _PANIC_BEGINS.match(text):
            record.say(match.group(2))
        else:
            return False
        return True

    def _place(self, record: Record, file: str, line: str) -> None:
        record.place(file, line)
        record.frames = []
        record.take(f"{file}:{line}")

    def found(self) -> list[FailingTest]:
        """The failing tests so far."""
        return [
            test
            for test in super().found()
            if test.id not in self._passed_later
            and (test.id in self._sure or (test.file is not None and test.id not in self._outside))
        ]
