"""Readers of what Ruby's test runners print: RSpec (and Crystal's spec), minitest (and Rails), Test::Unit."""

from __future__ import annotations

import re
from typing import ClassVar

from otto_bot.core.evidence import FailingTest
from otto_bot.diagnosis.readers_base import BaseReader, Record, ending

_ENTRY = re.compile(r"^ {2}(?: {0,2})(\d+)\) (\S.*)$")
_RERUN = re.compile(r"^(?:rspec|crystal spec) ['\"]?(\S+?)(?::(\d+)|\[[\d:]+\])['\"]?\s+# (.+)$")
_MINI_HEAD = re.compile(r"^\s*(?:\d+\) )?(Failure|Error):(?: (.*))?$")
_MINI_NAME = re.compile(r"^(?:([\w:]+#\S.{0,300}?)|([\w?!]+\([\w:]+\)))(?: \[(\S+?):(\d+)\])?:(?: (.*))?$")
_UNIT = re.compile(r"^([\w?! ,.'\"-]{1,300}\([\w:]+\))(?:: (.*))?$")
_REPORTER = re.compile(r"^\s*(?:FAIL|ERROR)(?:\[\"(test_[^\"]+)\"|\s+([\w:]+#test_\S.*?)) ?(?:\(|, |$)")


class RspecReader(BaseReader):
    """`1) description` with `Failure/Error:` below it, and `rspec ./file:line # description`."""

    marks: ClassVar[tuple[str, ...]] = ("Failure/Error", "Failed examples:", *ending("Failures:"))

    def __init__(self) -> None:
        super().__init__()
        self._candidate = ""
        self._code = False
        self._places: dict[str, tuple[str, str | None]] = {}

    def feed(self, text: str) -> None:
        """Take the next line."""
        if text.startswith(("rspec ", "crystal ")) and (match := _RERUN.match(text)):
            self._current = None
            record = self.open(match.group(3))
            self._current = None
            self._places.setdefault(record.id, (match.group(1), match.group(2)))
        elif match := _ENTRY.match(text):
            self._candidate, self._current = match.group(2), None
        elif self._candidate:
            self._below(text)
        elif self._current is not None:
            self._inside(self._current, text)

    def gap(self) -> None:
        """Lines were left out."""
        super().gap()
        self._candidate = ""

    def _below(self, text: str) -> None:
        if "Failure/Error:" in text:
            self.open(self._candidate)
            self._candidate, self._code = "", True
        elif text.strip() and not text.startswith("     "):
            self._candidate = ""

    def _inside(self, record: Record, text: str) -> None:
        if text.startswith(("Finished in", "Failed examples:")):
            self._current = None
        elif self._code:
            self._code = bool(text.strip())  # the code that failed ends at an empty line
        elif record.message in ("expected: ", "") or not re.fullmatch(
            r"[\w:]*(?:Error|Exception|Failure|\w):", record.message
        ):
            self.detail(text)
        elif text.strip():
            record.message = f"{record.message} {text.strip()}"[:500]

    def found(self) -> list[FailingTest]:
        """The failing tests so far."""
        return [self._placed(test) for test in super().found()]

    def _placed(self, test: FailingTest) -> FailingTest:
        if test.file is not None or test.id not in self._places:
            return test
        file, line = self._places[test.id]
        return test.model_copy(update={"file": file, "line": int(line) if line else None})


class MinitestReader(BaseReader):
    """`Failure:` or `Error:` and the name in the next line; Test::Unit's `Failure: test_x(Class)`."""

    marks: ClassVar[tuple[str, ...]] = ("Failure:", ") Error:", *ending("Error:"), "Error: test", 'FAIL["', 'ERROR["')

    def __init__(self) -> None:
        super().__init__()
        self._expected = False

    def feed(self, text: str) -> None:
        """Take the next line."""
        if match := _MINI_HEAD.match(text) if text.endswith(":") or "Failure: " in text or "Error: " in text else None:
            self._expected, self._current = not match.group(2), None
            if match.group(2) and (unit := _UNIT.match(match.group(2))):
                self.open(unit.group(1), unit.group(2) or "")
        elif self._expected:
            self._expected = not text
            if match := _MINI_NAME.match(text):
                record = self.open(match.group(1) or match.group(2), match.group(5) or "")
                record.place(match.group(3), match.group(4))
        elif match := _REPORTER.match(text) if "test_" in text else None:
            self.open(match.group(1) or match.group(2))
        elif self._current is not None:
            if not text or text.startswith(("bin/rails ", "rails test", "=====")):
                self._current = None
            else:
                self.detail(text)

    def gap(self) -> None:
        """Lines were left out."""
        super().gap()
        self._expected = False
