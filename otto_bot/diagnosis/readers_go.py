"""Readers of what Go's test runners print: go test (also -v and -json), gotestsum, ginkgo, gocheck."""

from __future__ import annotations

import json
import re
from typing import ClassVar

from otto_bot.core.evidence import FailingTest
from otto_bot.diagnosis.readers_base import KEPT, BaseReader, HeadReader, Record

_FAIL = re.compile(r"^\s*--- FAIL: (\S.*?) \([\d.]+s\)$")
_SUM = re.compile(r"^=== FAIL: (\S+) (\S.*?)(?: \([\d.]+s\))?(?: \(re-run \d+\))?$")
_PACKAGE = re.compile(r"^(?:FAIL|ok)\s+([\w.~-]+(?:/[\w.~+-]+)*)\s+(?:[\d.]+s|\(cached\)|\[.*\])(?:\s.*)?$")
_PLACE = re.compile(r"^\s+([\w./-]+\.go):(\d+): ?(.*)$")
_PANIC = re.compile(r"^(?:\s*)panic: (.+?)(?: \[recovered\].*)?$")
_TRACE = re.compile(r"^\s*(?:Error Trace:\s*)?(/?[\w./@~+-]+\.go):(\d+)(?: \+0x[0-9a-f]+)?$")
_TIMEOUT = re.compile(r"^panic: test timed out after ")
_RUNNING = re.compile(r"^\t(Test\S+|Example\S+|Fuzz\S+) \([\dhms.]+\)$")
_TESTIFY = re.compile(r"^\s+(?:Error|Messages?):\s+(\S.*)$")
_SAME_NAME = 100


class GoReader(BaseReader):
    """`--- FAIL: Test` with the package that is named after its tests; parents of failing subtests are left out."""

    marks: ClassVar[tuple[str, ...]] = ("--- FAIL: ", "=== FAIL: ", "panic: test", "FAIL\t")

    def __init__(self) -> None:
        super().__init__()
        self._done: dict[str, list[FailingTest]] = {}
        """By the bare names of tests, for these may be told with and without a package."""
        self._summed: dict[str, Record] = {}
        """What gotestsum repeats at the end, by its own short package names."""
        self._names: dict[str, str] = {}
        self._before: tuple[str, str, str] | None = None
        self._timeout = ""

    @property
    def busy(self) -> bool:
        """Whether the package of tests that failed is still to come."""
        return bool(self._found) or bool(self._timeout)

    def feed(self, text: str) -> None:
        """Take the next line."""
        if "FAIL" in text and (self._verdict(text) or self._package(text)):
            return
        if text.startswith("ok") and self._package(text):
            return
        if text.startswith(("=== RUN", "=== CONT", "=== NAME")):
            self._before = self._current = None
        elif ".go:" in text and (match := _PLACE.match(text)):
            self._before = (match.group(1), match.group(2), match.group(3))
            if self._current is not None:
                self._say(self._current)
        elif match := _PANIC.match(text) if "panic: " in text else None:
            self._panicked(text, match)
        elif self._timeout and (match := _RUNNING.match(text)):
            self.open(match.group(1), self._timeout)
        elif self._current is not None:
            self._detail(self._current, text)

    def _verdict(self, text: str) -> bool:
        if match := _FAIL.match(text):
            self.open(match.group(1))
        elif match := _SUM.match(text):
            self._before = None
            name = f"{match.group(1)}.{match.group(2)}"
            if len(self._summed) < KEPT:
                self._names[name] = match.group(2)
                self._current = self._summed.setdefault(name, Record(name))
        else:
            return False
        if self._before is not None and self._current is not None:  # `go test -v` prints the message above the verdict
            self._say(self._current)
        return True

    def _say(self, record: Record) -> None:
        if self._before is not None:
            file, line, message = self._before
            if record.file is None:
                record.place(file, line)
                record.say(message)

    def _panicked(self, text: str, match: re.Match[str]) -> None:
        if _TIMEOUT.match(text):
            self._timeout = match.group(1)
        elif self._current is not None:
            self._current.message = f"panic: {match.group(1)}"[:500]

    def _detail(self, record: Record, text: str) -> None:
        if match := _TRACE.match(text):
            if (
                not record.message.startswith("panic")
                or "/src/" not in match.group(1)
                or "/go/src/" not in match.group(1)
            ):
                record.take(f"{match.group(1)}:{match.group(2)}")
        elif (match := _TESTIFY.match(text)) and not record.message:
            record.say(match.group(1))

    def _package(self, text: str) -> bool:
        match = _PACKAGE.match(text)
        if match is None:
            return False
        self._close(match.group(1))
        return True

    def _close(self, package: str) -> None:
        parents = {name.rpartition("/")[0] for name in self._found}
        for name, record in self._found.items():
            if name not in parents:
                test = record.result()
                self._finish(name, test.model_copy(update={"id": f"{package}.{name}" if package else name}))
        self._found = {}
        self._current = self._before = None
        self._timeout = ""

    def _finish(self, name: str, test: FailingTest) -> None:
        known = self._done.get(name)
        if known is None and len(self._done) < KEPT:
            self._done[name] = [test]
        elif known is not None and len(known) < _SAME_NAME and not any(_same(other.id, test.id) for other in known):
            known.append(test)

    def found(self) -> list[FailingTest]:
        """The failing tests so far."""
        self._close("")
        for id_, record in self._summed.items():
            self._finish(self._names[id_], record.result())
        return [test for tests in self._done.values() for test in tests]


def _same(one: str, other: str) -> bool:
    """`example.com/x/calc.TestAdd` and gotestsum's `calc.TestAdd`, or the bare name."""
    long, short = (one, other) if len(one) >= len(other) else (other, one)
    return long == short or long.endswith((f".{short}", f"/{short}"))


class GoJsonReader(BaseReader):
    """`go test -json`: one event a line."""

    marks: ClassVar[tuple[str, ...]] = ('"Action":"fail"',)

    def feed(self, text: str) -> None:
        """Take the next line."""
        if not (text.startswith("{") and '"Action":' in text and '"Test":' in text):
            return
        try:
            event = json.loads(text)
        except (ValueError, RecursionError):
            return  # a cut or mixed line is no event
        package, test = event.get("Package"), event.get("Test")
        if not isinstance(package, str) or not isinstance(test, str):
            return
        name = f"{package}.{test}"
        if event.get("Action") == "fail":
            self._failed(name)
        elif event.get("Action") == "output" and (match := _PLACE.match(str(event.get("Output", "")).rstrip())):
            self._said(name, match)

    def __init__(self) -> None:
        super().__init__()
        self._outputs: dict[str, tuple[str, str, str]] = {}
        self._parents: set[str] = set()

    def _said(self, name: str, match: re.Match[str]) -> None:
        if len(self._outputs) > 5000:
            self._outputs.clear()
        self._outputs.setdefault(name, (match.group(1), match.group(2), match.group(3)))

    def _failed(self, name: str) -> None:
        if name in self._parents:
            return
        self._parents.add(name.rpartition("/")[0])
        record = self.open(name)
        file, line, message = self._outputs.pop(name, (None, None, ""))
        record.place(file, line)
        record.say(message)
        self._current = None


class GinkgoReader(HeadReader):
    """ginkgo's `[FAIL] suite [It] spec` and the place below it; gocheck's `FAIL: file.go:1: Suite.Test`.

    What ginkgo says of a spec stands earlier, by the same place.
    """

    marks: ClassVar[tuple[str, ...]] = ("[Fail] ", "[FAIL] ", "FAIL! --", "FAIL: ")
    words: ClassVar[tuple[str, ...]] = (
        "[Fail]",
        "[FAIL]",
        "[PANICKED!]",
        "[Panic!]",
        "[TIMEDOUT]",
        "FAIL: ",
        "PANIC: ",
    )
    heads: ClassVar[tuple[re.Pattern[str], ...]] = (
        re.compile(
            r"^\s*\[(?:Fail|FAIL|PANICKED!|Panic!|TIMEDOUT)\] (?P<id>.*\[(?:It|BeforeEach|AfterEach|"
            r"JustBeforeEach|BeforeSuite|"
            r"AfterSuite|BeforeAll|AfterAll|DeferCleanup \(\w+\)|Measurement)\].*)$"
        ),
        re.compile(r"^(?:FAIL|PANIC): (?P<file>\S+\.go):(?P<line>\d+): (?P<id>[\w.]+)$"),
    )
    stop: ClassVar[re.Pattern[str] | None] = re.compile(r"^(?:Ran \d+ of |OOPS|-{10,}|$)")
    _said = re.compile(r"^\s+\[(?:FAILED|PANICKED|TIMEDOUT|Failed)\]!? (.+)$")
    _where = re.compile(r"^\s+In \[\w+[^\]]*\] at: (\S+\.go:\d+)")

    def __init__(self) -> None:
        super().__init__()
        self._words: dict[str, str] = {}
        self._last = ""

    def feed(self, text: str) -> None:
        """Take the next line."""
        if match := self._said.match(text) if "[" in text[:8] else None:
            self._last = match.group(1)
        elif (match := self._where.match(text) if "] at: " in text else None) and len(self._words) < 1000:
            self._words[match.group(1)] = self._last
        else:
            super().feed(text)

    def found(self) -> list[FailingTest]:
        """The failing tests so far."""
        tests = super().found()
        return [
            test.model_copy(update={"message": self._words.get(f"{test.file}:{test.line}") or test.message})
            for test in tests
        ]
