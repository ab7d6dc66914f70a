"""Failing tests from JUnit XML, as files or in an artifact's zip; both are untrusted.

XML is read as a stream by expat: no tree, no entities, no document type, no token larger than `TOKEN_LIMIT`. What was
read before a file breaks off still counts. A file that control characters or a wrong encoding break is cleaned and read
again. Nothing here raises for what the bytes hold.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple
from xml.parsers import expat

from otto_bot.core.evidence import FailingTest
from otto_bot.diagnosis.readers_base import MOST, Record
from otto_bot.diagnosis.readers_frames import frame_in
from otto_bot.diagnosis.readers_junit import Case, name_of
from otto_bot.diagnosis.readers_python import place_in
from otto_bot.diagnosis.tests_found import merged

FILE_LIMIT = 128 * 1024 * 1024
"""Bytes of one report that are read."""
ZIP_LIMIT = 256 * 1024 * 1024
"""Unpacked bytes of one archive that are read."""
ENTRY_LIMIT = 20_000
"""Most entries an archive may have to be looked at."""
REPORTS = 5_000
TOKEN_LIMIT = 2 * 1024 * 1024
AGAIN_LIMIT = 8 * 1024 * 1024
"""Largest report that is cleaned in memory and read again."""
_CHUNK = 64 * 1024
_TEXT_LIMIT = 16 * 1024
_SNIFF = 8 * 1024
_DEPTH = 200
_KEPT = 4 * MOST
_CUT_OFF = tuple(
    expat.errors.codes[what]
    for what in (
        expat.errors.XML_ERROR_NO_ELEMENTS,
        expat.errors.XML_ERROR_UNCLOSED_TOKEN,
        expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
        expat.errors.XML_ERROR_PARTIAL_CHAR,
    )
)
"""Errors of files that only end too early: reading them again would not help."""
_ROOTS = ("testsuites", "testsuite")
_FAILED = ("failure", "error")
_ILLEGAL = re.compile(
    "[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
    "|&#(?:[0-8]|1[124-9]|2[0-9]|3[01]|x0*(?:[0-8bcef]|1[0-9a-f]));",
    re.IGNORECASE,
)
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_LOOKS = re.compile(
    rb"<\s*(?:\w+:)?testsuites?[\s>/]|<\x00t\x00e\x00s\x00t\x00s\x00u|\x00<\x00t\x00e\x00s\x00t\x00s\x00u"
)


class _Refused(ValueError):
    """Not a JUnit report, or one that would do harm."""


class _Report:
    """Takes expat's events and keeps the cases that failed, and of the others as many as are wanted."""

    def __init__(self, others: int = 0) -> None:
        self.failed: dict[tuple[str, str, str], Case] = {}
        self.passed: dict[tuple[str, str, str], Case] = {}
        self.skipped: dict[tuple[str, str, str], Case] = {}
        self._others = others
        self._path: list[str] = []
        self._tool = ""
        self._suites: list[dict[str, str]] = []
        self._case: dict[str, str] | None = None
        self._problem: tuple[str, str] | None = None
        self._reruns = False
        self._text: list[str] = []
        self._size = 0
        self._taking = self._skipped = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        tag = tag.rpartition(":")[2]
        if not self._path and tag not in _ROOTS:
            raise _Refused(f"the root element is {tag[:50]!r}")
        if len(self._path) >= _DEPTH:
            raise _Refused("elements are nested too deep")
        self._path.append(tag)
        if tag in _ROOTS:
            self._tool = self._tool or attributes.get("name", "")[:200]
            self._suites.append(
                {key: value[:1000] for key, value in attributes.items() if key in ("name", "file", "filepath")}
            )
        elif tag == "testcase":
            self._case = {key: value[:1000] for key, value in attributes.items()}
            self._problem, self._text, self._size, self._skipped = None, [], 0, False
        elif tag == "skipped" and self._path[-2:-1] == ["testcase"]:
            self._skipped = True  # some runners report what fails as planned, too
        elif tag in _FAILED and self._problem is None and self._path[-2:-1] == ["testcase"]:
            self._problem = (attributes.get("message", "")[:2000], attributes.get("type", "")[:300])
            self._taking = True

    def end(self, tag: str) -> None:
        """An element ends."""
        tag = tag.rpartition(":")[2]
        self._path.pop()
        if tag in _ROOTS:
            self._suites.pop()
        elif tag == "testcase":
            self.close()
        elif tag in _FAILED:
            self._taking = False

    def text(self, data: str) -> None:
        """Text; only that of failures is kept, and not all of it."""
        if self._taking and self._size < _TEXT_LIMIT:
            self._text.append(data[:_TEXT_LIMIT])
            self._size += len(data)

    def close(self) -> None:
        """The case is complete, or the file broke off in it."""
        case, self._case, self._taking = self._case, None, False
        if case is None:
            return
        suite = self._suites[-1] if self._suites else {}
        key = (suite.get("name", ""), case.get("classname", case.get("class", "")), case.get("name", ""))
        if self._problem is None or self._skipped:
            self.failed.pop(key, None)  # it failed before and passed when it was tried again
            kept = self.skipped if self._skipped else self.passed
            if len(self.passed) + len(self.skipped) < self._others:
                kept[key] = Case(self._tool, suite, case, "", "", "")
        elif len(self.failed) < _KEPT or key in self.failed:
            message, kind = self._problem
            self.failed[key] = Case(self._tool, suite, case, message, kind, "".join(self._text)[:_TEXT_LIMIT])


class Read(NamedTuple):
    """One report: the cases that failed, whether it is broken, and others as far as they were wanted."""

    cases: tuple[Case, ...]
    broken: bool
    passed: tuple[Case, ...] = ()
    skipped: tuple[Case, ...] = ()


def failing_tests_in_xml(data: bytes) -> tuple[FailingTest, ...]:
    """The failing tests of one JUnit XML file; none where it is something else."""
    return merged(_tests(_cases(lambda: _slices(data), len(data)).cases))


def failing_tests_in_zip(data: bytes) -> tuple[FailingTest, ...]:
    """The failing tests of all JUnit XML files in a zip archive; none where it is no archive."""
    return merged(_tests(case for read in reports_in(data) for case in read.cases))


def _slices(data: bytes) -> Iterator[bytes]:
    for start in range(0, min(len(data), FILE_LIMIT), _CHUNK):
        yield data[start : start + _CHUNK]


def reports_in(data: bytes, others: int = 0) -> Iterator[Read]:
    """What each report of an archive says, with at most `others` cases that did not fail.

    Archives that are broken, encrypted or packed in an unknown way end early.
    """
    if data.count(b"PK\x01\x02") > ENTRY_LIMIT:
        return
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = [
                info for info in archive.infolist() if info.filename.lower().endswith(".xml") and not info.is_dir()
            ]
            budget = _Budget(ZIP_LIMIT)
            for info in sorted(names, key=lambda info: info.file_size)[:REPORTS]:  # a bomb comes last
                yield _entry(archive, info, budget, others)
    except (zipfile.BadZipFile, OSError, EOFError, ValueError, NotImplementedError, RuntimeError):
        return  # nothing more can be read: the caller still has what came before


class _Budget:
    """Bytes that may still be unpacked."""

    def __init__(self, left: int) -> None:
        self.left = left


def _entry(archive: zipfile.ZipFile, info: zipfile.ZipInfo, budget: _Budget, others: int) -> Read:
    def chunks() -> Iterator[bytes]:
        left = FILE_LIMIT
        with archive.open(info) as file:
            while left > 0 and budget.left > 0 and (chunk := file.read(_CHUNK)):
                left -= len(chunk)
                budget.left -= len(chunk)
                yield chunk

    try:
        return _cases(chunks, info.file_size, others)
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError):
        return Read((), broken=True)  # one broken entry does not spoil the others


def _cases(chunks: Callable[[], Iterator[bytes]], size: int, others: int = 0) -> Read:
    """The cases; once more from cleaned text where the file is broken and small enough."""
    first = _parse(chunks(), None, others)
    if not first.broken or size > AGAIN_LIMIT:
        return first
    raw = b"".join(chunks())[:AGAIN_LIMIT]
    text = _DECLARATION.sub("", _ILLEGAL.sub("\ufffd", _decoded(raw)), count=1)
    again = _parse(_slices(text.encode("utf-8", "replace")), "utf-8", others)
    return again if len(again.cases) >= len(first.cases) else first


def _decoded(raw: bytes) -> str:
    for mark, name in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig")):
        if raw.startswith(mark):
            return raw.decode(name, "replace")
    return raw.decode("utf-8", "replace")


def _parse(chunks: Iterator[bytes], encoding: str | None, others: int = 0) -> Read:
    parser = expat.ParserCreate(encoding)
    report = _Report(others)
    parser.buffer_text = True
    parser.StartElementHandler = report.start
    parser.EndElementHandler = report.end
    parser.CharacterDataHandler = report.text
    parser.StartDoctypeDeclHandler = _no_doctype
    fed, first = 0, True
    try:
        for chunk in chunks:
            if first and not _LOOKS.search(chunk[:_SNIFF]):
                return Read((), broken=False)
            first = False
            parser.Parse(chunk, False)
            fed += len(chunk)
            _check_token(fed - parser.CurrentByteIndex)
        parser.Parse(b"", True)
    except _Refused:
        return _read(report, broken=False)
    except expat.ExpatError as error:
        report.close()
        return _read(report, broken=error.code not in _CUT_OFF)
    except (ValueError, LookupError):  # an encoding nobody knows
        return _read(report, broken=True)
    return _read(report, broken=False)


def _read(report: _Report, *, broken: bool) -> Read:
    groups = (report.passed, report.skipped)
    passed, skipped = (tuple(case for key, case in group.items() if key not in report.failed) for group in groups)
    return Read(tuple(report.failed.values()), broken, passed, skipped)


def _check_token(size: int) -> None:
    if size > TOKEN_LIMIT:  # expat would keep all of it, and older versions scan it anew with each chunk
        raise _Refused("one token is too large")


def _no_doctype(*_: object) -> None:
    raise _Refused("reports have no document type, and entities are not expanded")


def _tests(cases: Iterable[Case]) -> Iterator[FailingTest]:
    """Each case as evidence; a Go test whose subtests failed is left out, as in logs."""
    tests = [_test(case) for case in cases]
    parents = {test.id.rpartition("/")[0] for test in tests if "/" in test.id}
    return (test for test in tests if test.id not in parents)


def _message(case: Case, pytest: bool, lines: Sequence[str]) -> str:
    """The first line of what went wrong; pytest says of fixtures and modules only there that they failed."""
    first = next((line for line in case.message.splitlines() if line.strip()), "")
    if pytest and first.startswith(("collection failure", "failed on ")):
        return next((line[1:] for line in lines if line.startswith("E   ")), first)
    return first


def _test(case: Case) -> FailingTest:
    name = name_of(case)
    lines = case.text.splitlines()[:400]
    record = Record(name.id, outside_in=name.python or "Traceback (most recent call last)" in case.text)
    record.say(_message(case, name.python, lines))
    record.home = name.file
    for line in lines:
        frame = place_in(line) if name.python else frame_in(line)
        if frame is not None:
            record.frame(frame)
        elif not record.message:
            record.take(line.removeprefix("E  "))
    record.say(case.kind)
    told = record.result()
    if told.line is None and told.file == name.file:
        return told.model_copy(update={"line": name.line})
    return told
