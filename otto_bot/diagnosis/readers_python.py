"""Reader of what pytest prints about failing tests: short summary, verbose results, sections, collection errors."""

from __future__ import annotations

import re
from typing import ClassVar

from otto_bot.core.evidence import FailingTest
from otto_bot.diagnosis.readers_base import BaseReader, Record
from otto_bot.diagnosis.readers_frames import Frame, frame_in

_SUMMARY = re.compile(
    r"^(?:\[gw\d+\] \[ *\d+%\] )?(?:FAILED|ERROR|FAIL|SUBFAIL(?:ED)?(?:[\[(].*?[\])])?) +(\S.*?\.(?:py|"
    r"ipynb|rst|md|txt)\b.*)$"
)
_VERBOSE = re.compile(
    r"^(?:\[gw\d+\] )?(\S.{0,300}?\.(?:py|ipynb)::.+?)(?: <- \S+)? (?:FAILED|ERROR|SUBFAIL(?:ED)?)(?: *\[ *\d+%\])?$"
)
_HEADER = re.compile(r"^(_+|―+) (?:ERROR (?:at \w+ of|collecting) )?(\S.*?) (_+|―+)$")
_BANNER = re.compile(r"^=+ (.+?) =+$")
_PLACE = re.compile(
    r"^(\S+\.\w+):(\d+):"
    r"(?: (in \S.*|[\w.]*(?:Error|Exception|Failure|Exit|Warning|Interrupt|Failed)\b.*|\w+)?)?$"
)
_ERROR = re.compile(r"^E {2,}(\S.*)$")
_RAISED = re.compile(r"^((?:[\w.]+\.)?\w*(?:Error|Exception|Failure|Exit|Interrupt|Warning)(?:: .*)?)$")
_FAILURES = ("FAILURES", "ERRORS")


def split_summary(rest: str) -> tuple[str, str]:
    """Node id and message of `path::test[a - b] - message`: the first ` - ` outside of brackets parts them."""
    depth, at = 0, 0
    while at < len(rest):
        char = rest[at]
        if char == "[":
            depth += 1
        elif char == "]":
            depth = max(0, depth - 1)
        elif char == " " and depth == 0 and rest.startswith(" - ", at):
            return rest[:at], rest[at + 3 :]
        at += 1
    if depth and " - " in rest:  # a bracket that never closes
        name, _, message = rest.partition(" - ")
        return name, message
    return rest.rstrip(), ""


def place_in(text: str) -> Frame | None:
    """The place in a line of pytest's traces: `file:1: in name`, `file:1: SomeError`, or Python's own form."""
    if text.startswith('  File "'):
        return frame_in(text)
    place = _PLACE.match(text)
    frame = frame_in(text) if place else None
    if place is None or frame is None:
        return None
    words = (place.group(3) or "").removeprefix("in ") if (place.group(3) or "").startswith("in ") else ""
    return Frame(frame.file, frame.line, f"{frame.file}:{frame.line} {words}".rstrip(), frame.own)


class PytestReader(BaseReader):
    """Names come from the summary and from verbose results; sections give message, place and frames."""

    marks: ClassVar[tuple[str, ...]] = (
        *(
            "= FAILURES =",
            "= ERRORS =",
            "short test summary",
            "FAILED ",
            " FAILED",
            "_ ERROR ",
            "SUBFAIL",
            "FAIL tests",
        ),
        *("FAIL test_", "E   "),
    )

    def __init__(self) -> None:
        super().__init__()
        self._named: dict[str, str] = {}
        self._sections: dict[str, list[Record]] = {}
        self._region: bool | None = None
        """Whether a banner put us among the failures (True), elsewhere (False), or none was seen (None)."""
        self._width = 0
        self._summing = False
        self._trusted: set[int] = set()

    @property
    def busy(self) -> bool:
        """Whether sections of failing tests may follow."""
        return self._current is not None or bool(self._region) or self._summing

    def feed(self, text: str) -> None:
        """Take the next line."""
        first = text[:1]
        if first == "=" and (banner := _BANNER.match(text)):
            self._summing = banner.group(1) == "short test summary info"
            self._region = banner.group(1) in _FAILURES
            self._width = len(text)
            self._current = None
        elif first in "_―" and first and self._header(text):
            return
        elif text.startswith("-----"):
            self._current = None
        elif ("FAIL" in text or "ERROR" in text) and self._name(text):
            return
        elif self._current is not None:
            self._inside(self._current, text)

    def gap(self) -> None:
        """Lines were left out."""
        super().gap()
        self._region, self._summing = None, False

    def _header(self, text: str) -> bool:
        header = _HEADER.match(text)
        if header is None or not any(char.isalnum() for char in header.group(2)):
            return False
        wide = len(header.group(1)) >= 3
        if self._region is False or (self._region is None and not wide):
            return False
        if self._region and wide and abs(len(text) - self._width) > 1:
            return False  # a header is as wide as its banner
        record = Record(header.group(2), outside_in=True)
        known = self._sections.setdefault(record.id, [])
        if len(known) < 50 and len(self._sections) < 2000:
            known.append(record)
        if self._region:
            self._trusted.add(id(record))
        self._current = record
        return True

    def _name(self, text: str) -> bool:
        if named := _SUMMARY.match(text):
            name, message = split_summary(named.group(1))
            if not _is_node(name):
                return False
        elif named := _VERBOSE.match(text):
            name, message = named.group(1), ""
        else:
            return False
        self._named[name] = self._named.get(name) or message
        self._current = None
        return True

    def _inside(self, record: Record, text: str) -> None:
        if error := _ERROR.match(text):
            record.say(error.group(1))
        elif frame := place_in(text):
            record.frame(frame)
        elif text.startswith(("import file mismatch", "Failed: ")) or (not record.message and _RAISED.match(text)):
            record.say(text)

    def found(self) -> list[FailingTest]:
        """The failing tests so far."""
        used: set[int] = set()
        tests = [self._joined(name, message, used) for name, message in self._named.items()]
        for records in self._sections.values():
            for record in records:
                if id(record) not in used and self._unnamed_counts(record):
                    tests.append(record.result())
        return tests

    def _unnamed_counts(self, record: Record) -> bool:
        """Without a summary line a section stands for a test if a banner vouches for it, or its content does."""
        if any(name.endswith(f"::{record.id.replace('.', '::')}") for name in self._named):
            return False
        return id(record) in self._trusted or bool(record.message and record.frames)

    def _joined(self, name: str, message: str, used: set[int]) -> FailingTest:
        path, _, rest = name.partition("::")
        records = (
            self._sections.get(rest.replace("::", ".")) or self._sections.get(rest) or self._sections.get(path) or []
        )
        fresh = [record for record in records if id(record) not in used]
        fitting = [record for record in fresh if any(frame.file == path for frame in record.frames)] or fresh
        if not fitting:
            return FailingTest(id=name, message=message[:500], file=path)
        used.add(id(fitting[0]))
        told = fitting[0].result()
        return told.model_copy(update={"id": name, "message": told.message or message[:500], "file": told.file or path})


def _is_node(name: str) -> bool:
    """Whether it is a node id or a bare path of a file that could not be collected; prose has spaces before `::`."""
    path, colons, _ = name.partition("::")
    return " " not in path if colons else " " not in name and name.endswith((".py", ".ipynb", ".rst", ".md", ".txt"))
