"""Readers of TAP (node:test, tape, tap, QUnit, prove, bats …), of node:test's own spec form, and of prove's summary."""

from __future__ import annotations

import re
from typing import ClassVar

from otto_bot.core.evidence import FailingTest
from otto_bot.diagnosis.readers_base import BaseReader, Record

_NOT_OK = re.compile(r"^(\s*)not ok (\d+)?(?: -)? ?(.+?)?(?:\s+# (TODO|SKIP|skip|todo|time|[Dd]uration|flaky)\b.*)?$")
_OK = re.compile(r"^(\s*)ok \d+\b")
_LOCATION = re.compile(r"^[\s#]+(?:location|at): ['\"]?(?:.*\()?(?:file://)?([^\s'\"()]+?):(\d+):\d+\)?['\"]?$")
_ERROR = re.compile(r"^\s+(?:error|message|exception): +(?:['\"](.*)['\"]|([|>][-+]?)|(\S.*))?\s*$")
_AT = re.compile(r"^test at (\S+?):(\d+):\d+$")
_CROSS = re.compile(r"^✖ (.+?) \([\d.]+ ?m?s\)$")
_THROWN = re.compile(r"^\s+((?:\w+ )?\[?\w*(?:Error|Exception)\b.*)$")
_PARENT = re.compile(r"subtestsFailed|error: ['\"]?\d+ subtests? failed")
_BATS = re.compile(r"^[\s#]*\((?:in|from) (?:.* in )?test file (\S+), line (\d+)\)?")
_BATS_CROSS = re.compile(r"^ ✗ (.+?)(?: \[\d+\])?$")


class TapReader(BaseReader):
    """`not ok`, with the parents that failed by their children left out; also node's spec reporter."""

    marks: ClassVar[tuple[str, ...]] = ("not ok", "failing tests:", " ✗ ")

    def __init__(self) -> None:
        super().__init__()
        self._multi = False
        self._at: tuple[str, int] | None = None
        self._deepest = -1

    def feed(self, text: str) -> None:
        """Take the next line."""
        if "not ok" in text and (match := _NOT_OK.match(text)):
            self._not_ok(match)
        elif match := _AT.match(text):
            self._at, self._current = (match.group(1), int(match.group(2))), None
        elif self._at is not None and (match := _CROSS.match(text)):
            self.open(match.group(1)).place(*self._at)
            self._at = None
        elif text.startswith(" ✗ ") and (match := _BATS_CROSS.match(text)):
            self.open(match.group(1))
        elif self._current is not None:
            self._detail(self._current, text)

    def gap(self) -> None:
        """Lines were left out."""
        super().gap()
        self._multi, self._at = False, None

    def _not_ok(self, match: re.Match[str]) -> None:
        self._multi = False
        self._current = None
        name = match.group(3) or (f"test {match.group(2)}" if match.group(2) else "")
        if not name or (match.group(4) or "").lower() in ("todo", "skip", "flaky"):
            return
        indent, deepest = len(match.group(1)), self._deepest
        self._deepest = indent
        if indent < deepest and (match.group(4) or "").lower() == "time":
            return  # a file or a parent: its children were named
        self.open(name)

    def _detail(self, record: Record, text: str) -> None:
        if _PARENT.search(text):
            self._found.pop(record.id, None)
            self._current = None
        elif self._multi:
            if text.strip():
                self._multi = False
                record.say(text.strip())
        elif _OK.match(text):
            self._current = None
            self._deepest = -1
        elif match := _LOCATION.match(text) or _BATS.match(text):
            record.place(match.group(1), match.group(2))
        elif match := _ERROR.match(text):
            self._multi = match.group(2) is not None and not record.message
            record.say(match.group(1) or match.group(3) or "")
        elif (match := _THROWN.match(text)) and not record.message:
            record.say(match.group(1))
        elif text.lstrip().startswith(("at ", "# ")) and (text.lstrip().startswith("at ") or not record.message):
            self.detail(text.replace("# ", "", 1) if text.startswith("# ") else text)


class ProveReader(BaseReader):
    """prove's and Test::More's `#   Failed test 'name'`, and the files in the summary that no such line told of."""

    marks: ClassVar[tuple[str, ...]] = ("Failed test", "Failed: ")
    _named = re.compile(
        r"^#\s+Failed (?:\(TODO\) )?test (?:\(.*\)|['\"](.*)['\"]|(\d+))?(?: in (\S+))?(?: at (?:line )?(\d+))?\.?$"
    )
    _place = re.compile(r"^#\s+(?:in |at )(\S+?)(?:\s+at)? line (\d+)\.?$")
    _nameless = re.compile(r"^#\s+Failed test at (\S+) line (\d+)\.$")
    _file = re.compile(r"^(\S+\.(?:t|sh|pl|py|rb|php))\s+\([Ww]stat: (\d+) .*\bFailed: (\d+)\)")
    _dubious = re.compile(r"^(\S+)\s*\.{2,}.*\bDubious, test returned (\d+)")

    def __init__(self) -> None:
        super().__init__()
        self._files: dict[str, str] = {}

    def feed(self, text: str) -> None:
        """Take the next line."""
        if match := self._nameless.match(text):
            self.open(f"{match.group(1)} line {match.group(2)}").place(match.group(1), match.group(2))
        elif text.startswith("#") and "Failed" in text and (match := self._named.match(text)):
            name = match.group(1) or (f"test {match.group(2)}" if match.group(2) else "")
            if name and "(TODO)" not in text:
                self.open(name)
        elif match := self._dubious.match(text) if "Dubious" in text else None:
            self._files.setdefault(match.group(1), f"Dubious, test returned {match.group(2)}")
        elif match := self._file.match(text) if "stat: " in text else None:
            file, status, failed = match.groups()
            if status != "0" or failed != "0":  # otherwise tests marked as to do passed
                self._files[file] = self._files.get(file) or f"{failed} failed, wait status {status}"
        elif self._current is not None:
            self._detail(self._current, text)

    def _detail(self, record: Record, text: str) -> None:
        if match := self._place.match(text):
            record.place(match.group(1), match.group(2))
        elif text.startswith("# Looks like"):
            self._current = None
        elif text.startswith("#"):
            words = text.lstrip("# ")
            if words.startswith("expected: ") and record.message.startswith("got: "):
                record.message = f"{record.message} {words}"[:500]
            record.say(words)
        else:
            self._current = None

    def found(self) -> list[FailingTest]:
        """The failing tests so far."""
        tests = super().found()
        told = {test.file for test in tests}
        return tests + [
            FailingTest(id=file, message=why, file=file) for file, why in self._files.items() if file not in told
        ]
