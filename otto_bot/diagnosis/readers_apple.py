"""Reader of what Apple's runners print: XCTest (and Quick), swift-testing, xcpretty, xcbeautify, xctool."""

from __future__ import annotations

import re
from typing import ClassVar

from otto_bot.core.evidence import FailingTest
from otto_bot.diagnosis.readers_base import BaseReader

_CASE = re.compile(r"^Test [Cc]ase '(?:-\[(.+)\]|(.+))' failed(?: on '.*')? \([\d.]+ seconds\)\.?$")
_ERROR = re.compile(r"^(\S.*?\.\w+):(\d+): error: (?:-\[(\S+ .+?)\]|(\w+\.\w+)) : (.*)$")
_CROSS = re.compile(r"^\s+(?:✗|✖) (\w[^\s,]*?(?:\(\))?)(?:, (\S.*)| \([\d.]+ seconds\)| on '.*'.*)?$")
_LIST = re.compile(r"^\t+(?:-\[(.+)\]|([\w.]+\.[\w().:]+))$")
_CLASS = re.compile(r"^(?:\w+\.)?[A-Z]\w+$")
_PRETTY = re.compile(r"^  (\w+), (\S.*)$")
_PRETTY_PLACE = re.compile(r"^  (/?\S+\.\w+):(\d+)$")
_SWIFT = re.compile(r"^(?:✘|􀢄|✗) Test (\".*?\"|\S+?) (?:.*?)recorded an issue(?: with .*?)? at (\S+?):(\d+):\d+: (.*)$")
_SWIFT_END = re.compile(r"^(?:✘|􀢄|✗) Test (\".*?\"|\S+?) (?:with \d+ .*)?failed after ")


class XctestReader(BaseReader):
    """`Test Case '-[Class test]' failed`, `file:line: error: -[Class test] : why`, `Failing tests:`, `✗ test, why`."""

    marks: ClassVar[tuple[str, ...]] = ("' failed", "error: -[", "Failing tests:", "✗ ", "✖ ", "✘ Test ", ") failed")

    def __init__(self) -> None:
        super().__init__()
        self._list = False
        self._crosses: dict[str, str] = {}
        self._apple = False
        self._class = ""

    def feed(self, text: str) -> None:
        """Take the next line."""
        if match := _ERROR.match(text) if ": error: " in text else None:
            self.open(match.group(3) or match.group(4), match.group(5)).place(match.group(1), match.group(2))
        elif match := _CASE.match(text) if "' failed" in text else None:
            self.open(match.group(1) or match.group(2))
        elif text.startswith("Failing tests:"):
            self._list = True
        elif self._list and text:
            self._listed(text)
        elif self._pretty(text):
            return
        elif text[:1] in "✘􀢄✗" and text:
            self._swift(text)
        elif match := _CROSS.match(text) if "✗" in text or "✖" in text else None:
            self._crosses.setdefault(match.group(1), match.group(2) or "")
        elif text.startswith(("Test Suite", "Selected tests", "All tests", "Test Succeeded", "Executed ")):
            self._apple = True
        self._current = None

    def _pretty(self, text: str) -> bool:
        """xcpretty's closing list: the class on a line, then `  test, message`, then the place."""
        if text and text[0] not in " \t":
            self._class = text if _CLASS.match(text) else ""
        elif self._class and (match := _PRETTY.match(text)):
            self.open(f"{self._class}.{match.group(1)}", match.group(2))
            return True
        elif self._current is not None and (match := _PRETTY_PLACE.match(text)):
            self._current.place(match.group(1), match.group(2))
        return self._current is not None and not text

    def _listed(self, text: str) -> None:
        if match := _LIST.match(text):
            self.open((match.group(1) or match.group(2)).removesuffix("()"))
        elif not text.startswith("\t"):
            self._list = False

    def _swift(self, text: str) -> None:
        if match := _SWIFT.match(text):
            self.open(match.group(1).strip('"'), match.group(4)).place(match.group(2), match.group(3))
        elif match := _SWIFT_END.match(text):
            self.open(match.group(1).strip('"'))

    def gap(self) -> None:
        """Lines were left out."""
        super().gap()
        self._list = False

    def found(self) -> list[FailingTest]:
        """The failing tests; `✗` alone is believed only among Apple's other words."""
        tests = [test.model_copy(update={"id": test.id.removesuffix("()")}) for test in super().found()]
        if not (tests or self._apple):
            return []
        kept: dict[str, FailingTest] = {}
        for test in tests:
            last = re.split(r"[ .]", test.id)[-1]
            module = test.id.replace(" ", ".").split(".")[-2:]
            key = ".".join(module) if len(module) > 1 else last
            message = test.message or self._crosses.get(last, "")
            if key not in kept or (not kept[key].message and message):
                kept[key] = test.model_copy(update={"message": message})
        named = {re.split(r"[ .]", test.id)[-1] for test in tests}
        rest = [
            FailingTest(id=name, message=why)
            for name, why in self._crosses.items()
            if name.removesuffix("()") not in named
        ]
        return [*kept.values(), *rest]
