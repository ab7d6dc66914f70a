"""Readers of what pytest and unittest print about failing tests."""

from __future__ import annotations

import re

from otto_bot.core.evidence import FailingTest

_SUMMARY = re.compile(r"^(?:\[gw\d+\] \[ *\d+%\] )?(?:FAILED|ERROR) (\S.*?\.py(?:::.+?)?)(?: - (.*))?$")
_VERBOSE = re.compile(r"^(\S.*?\.py::.+?) (?:FAILED|ERROR)(?: +\[ *\d+%\])?$")
_HEADER = re.compile(r"^_{3,} (?:ERROR (?:at \w+ of|collecting) )?(.+?) _{3,}$")
_FRAME = re.compile(r"^(\S+\.py):(\d+): (?:in \S+|[\w.]*(?:Error|Exception|Failure|Exit|Warning|Interrupt)\b.*|\w+)$")
_FOREIGN = re.compile(r"^/usr/|site-packages|/lib/python")
_ERROR = re.compile(r"^E {2,}(\S.*)$")
_UNITTEST = re.compile(r"^(?:FAIL|ERROR): (\w+) \(([\w.]+)\)(.*)$")
_FILE = re.compile(r'^\s+File "([^"]+)", line (\d+), in ')
_RAISED = re.compile(r"^([\w.]+(?:Error|Exception|Failure|Exit|Interrupt|Warning)\b(?::.*)?)$")


class PytestReader:
    """The short summary names tests; sections above it give message, file and line."""

    def __init__(self) -> None:
        self._named: dict[str, str] = {}
        self._sections: dict[str, FailingTest] = {}
        self._current: str | None = None

    def feed(self, text: str) -> None:
        """Take the next line."""
        if header := _HEADER.match(text):
            self._current = header.group(1)
            self._sections.setdefault(self._current, FailingTest(id=self._current))
        elif text.startswith(("=====", "-----")):
            self._current = None
        elif named := _SUMMARY.match(text) or _VERBOSE.match(text):
            message = named.group(2) if named.re is _SUMMARY else None
            self._named[named.group(1)] = self._named.get(named.group(1)) or message or ""
        elif self._current is not None:
            self._detail(self._current, text)

    def _detail(self, name: str, text: str) -> None:
        section = self._sections[name]
        if (error := _ERROR.match(text)) and not section.message:
            self._sections[name] = section.model_copy(update={"message": error.group(1)})
        elif (frame := _FRAME.match(text)) and not _FOREIGN.search(frame.group(1)):
            place = {"file": frame.group(1), "line": int(frame.group(2))}
            self._sections[name] = section.model_copy(update=place)

    def found(self) -> list[FailingTest]:
        """The failing tests so far."""
        if not self._named:
            return [section for section in self._sections.values() if section.message and section.file]
        return [self._joined(name, message) for name, message in self._named.items()]

    def _joined(self, name: str, message: str) -> FailingTest:
        path, _, rest = name.partition("::")
        section = self._sections.get(rest.replace("::", ".")) or self._sections.get(path)
        return FailingTest(
            id=name,
            message=(section.message if section and section.message else message),
            file=section.file if section and section.file else path,
            line=section.line if section else None,
        )


class UnittestReader:
    """`FAIL: test_x (module.Class.test_x)`, its traceback, and the error that ends it."""

    def __init__(self) -> None:
        self._found: dict[str, FailingTest] = {}
        self._current: str | None = None

    def feed(self, text: str) -> None:
        """Take the next line."""
        if match := _UNITTEST.match(text):
            name, where, extra = match.groups()
            full = where if where.endswith(f".{name}") else f"{where}.{name}"
            self._current = f"{full}{extra.rstrip()}"
            self._found.setdefault(self._current, FailingTest(id=self._current))
        elif text.startswith(("=====", "Ran ")):
            self._current = None
        elif self._current is not None:
            self._detail(self._found[self._current], text)

    def _detail(self, test: FailingTest, text: str) -> None:
        if (place := _FILE.match(text)) and not _FOREIGN.search(place.group(1)):
            update: dict[str, object] = {"file": place.group(1), "line": int(place.group(2))}
        elif raised := _RAISED.match(text):
            update = {"message": raised.group(1)}
        else:
            return
        self._found[test.id] = test.model_copy(update=update)

    def found(self) -> list[FailingTest]:
        """The failing tests so far."""
        return list(self._found.values())
