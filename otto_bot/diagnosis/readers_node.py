"""Readers of what JavaScript test runners print: node:test (TAP and spec), jest, vitest, mocha."""

from __future__ import annotations

import re

from otto_bot.core.evidence import FailingTest

_NOT_OK = re.compile(r"^(\s*)not ok \d+(?: -)? (.+?)(?:\s+# (TODO|SKIP|time=).*)?$")
_LOCATION = re.compile(r"^\s+(?:location|at): ['\"]?(?:file://)?(.+?):(\d+):\d+['\"]?$")
_ERROR = re.compile(r"^\s+error: (?:['\"](.*)['\"]|(\|-|>-)?\s*)$")
_AT = re.compile(r"^test at (\S+?):(\d+):\d+$")
_CROSS = re.compile(r"^✖ (.+?) \([\d.]+ ?m?s\)$")
_THROWN = re.compile(r"^\s+((?:\w+ )?\[?\w*(?:Error|Exception)\b.*)$")
_FILE = re.compile(r"^ *(?:FAIL|❯) +(\S+\.[cm]?[jt]sx?)(?: > (.+?))?(?: \([\d.]+ m?s\))?(?: *\d+ms)?$")
_BULLET = re.compile(r"^ {0,4}● (.+)$")
_FRAME = re.compile(r"^\s+(?:at .*?\(?|❯ )((?:[\w@./-]+/)?[\w.@-]+\.[cm]?[jt]sx?):(\d+):\d+\)?$")
_NOISE = ("Console", "Test suite failed to run")


class TapReader:
    """node:test and other TAP: `not ok`, parents that failed with their children left out; also the spec reporter."""

    def __init__(self) -> None:
        self._found: dict[str, FailingTest] = {}
        self._current: str | None = None
        self._multi = False
        self._at: tuple[str, int] | None = None

    def feed(self, text: str) -> None:
        """Take the next line."""
        if match := _NOT_OK.match(text):
            self._current = None if match.group(3) in ("TODO", "SKIP") else match.group(2)
            if self._current is not None:
                self._found[self._current] = FailingTest(id=self._current)
        elif match := _AT.match(text):
            self._at = (match.group(1), int(match.group(2)))
        elif (match := _CROSS.match(text)) and self._at is not None:
            self._current = match.group(1)
            self._found[self._current] = FailingTest(id=self._current, file=self._at[0], line=self._at[1])
            self._at = None
        elif self._current in self._found:
            self._detail(self._found[self._current], text)

    def _detail(self, test: FailingTest, text: str) -> None:
        if "subtestsFailed" in text or re.search(r"error: ['\"]?\d+ subtests? failed", text):
            del self._found[test.id]
        elif self._multi:
            self._multi = False
            self._found[test.id] = test.model_copy(update={"message": text.strip()})
        elif match := _LOCATION.match(text):
            if test.file is None:
                place = {"file": match.group(1), "line": int(match.group(2))}
                self._found[test.id] = test.model_copy(update=place)
        elif match := _ERROR.match(text):
            self._multi = match.group(1) is None and not test.message
            if match.group(1) and not test.message:
                self._found[test.id] = test.model_copy(update={"message": match.group(1)})
        elif (match := _THROWN.match(text)) and not test.message:
            self._found[test.id] = test.model_copy(update={"message": match.group(1)})

    def found(self) -> list[FailingTest]:
        """The failing tests so far."""
        return list(self._found.values())


class JestReader:
    """jest's `● suite › test` below `FAIL file`, and vitest's `FAIL file > suite > test`."""

    def __init__(self) -> None:
        self._found: dict[str, FailingTest] = {}
        self._file: str | None = None
        self._current: str | None = None

    def feed(self, text: str) -> None:
        """Take the next line."""
        if match := _FILE.match(text):
            self._file = match.group(1)
            if match.group(2):
                self._start(f"{self._file} > {match.group(2)}")
        elif (match := _BULLET.match(text)) and self._file is not None:
            name = match.group(1).strip()
            if not name.startswith(_NOISE[0]):
                self._start(self._file if name == _NOISE[1] else name)
        elif self._current is not None:
            self._detail(self._found[self._current], text)

    def _start(self, name: str) -> None:
        self._current = name
        self._found.setdefault(name, FailingTest(id=name, file=self._file))

    def _detail(self, test: FailingTest, text: str) -> None:
        if (match := _FRAME.match(text)) and "node_modules" not in match.group(1) and test.line is None:
            place = {"file": match.group(1), "line": int(match.group(2))}
            self._found[test.id] = test.model_copy(update=place)
        elif text.strip() and not test.message:
            self._found[test.id] = test.model_copy(update={"message": text.strip()})

    def found(self) -> list[FailingTest]:
        """The failing tests so far."""
        return list(self._found.values())
