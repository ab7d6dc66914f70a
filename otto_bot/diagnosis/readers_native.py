"""Readers of what go test, cargo test and the JVM's runners (Maven, Gradle) print about failing tests."""

from __future__ import annotations

import re

from otto_bot.core.evidence import FailingTest

_GO_FAIL = re.compile(r"^\s*--- FAIL: (\S+) \([\d.]+s\)$")
_GO_PACKAGE = re.compile(r"^(?:FAIL|ok  )\t(\S+)(?:\t.*)?$")
_GO_LINE = re.compile(r"^\s+(\S+_test\.go):(\d+): (.*)$")
_CARGO_FAIL = re.compile(r"^test (\S+)(?: - .*)? \.\.\. FAILED$")
_CARGO_HEAD = re.compile(r"^---- (\S+) stdout ----$")
_CARGO_PANIC = re.compile(r"^thread '.*' (?:\(\d+\) )?panicked at (?:'(.*)', )?(\S+?):(\d+):\d+:?$")
_MAVEN = re.compile(r"^\[ERROR\]\s+(?:Run \d+: )?([A-Z][\w$.]*)\.(\w+):(\d+)(?:->\S+)? ?(.*)$")
_SUREFIRE = re.compile(
    r"^(?:\[ERROR\] )?(?:(\w+)\(([\w.$]+)\)|([\w.$]+\.\w+))\s+(?:-- )?Time elapsed: .*<<< (?:FAILURE|ERROR)!$"
)
_GRADLE = re.compile(r"^(\S+) > (.+?) FAILED$")


class GoReader:
    """`--- FAIL: Test` with the package that is named after its tests; parents of failing subtests are left out."""

    def __init__(self) -> None:
        self._open: dict[str, FailingTest] = {}
        self._done: list[FailingTest] = []
        self._current: str | None = None
        self._before: tuple[str, int, str] | None = None

    def feed(self, text: str) -> None:
        """Take the next line."""
        if match := _GO_FAIL.match(text):
            self._current = match.group(1)
            self._open[self._current] = FailingTest(id=self._current)
            if self._before is not None:  # `go test -v` prints the message above the verdict
                self._place(*self._before)
        elif match := _GO_PACKAGE.match(text):
            self._close(match.group(1))
        elif match := _GO_LINE.match(text):
            self._before = (match.group(1), int(match.group(2)), match.group(3))
            self._place(*self._before)
        elif text.startswith("=== RUN"):
            self._before = self._current = None

    def _place(self, file: str, line: int, message: str) -> None:
        test = self._open.get(self._current or "")
        if test is not None and test.file is None:
            update = {"file": file, "line": line, "message": message}
            self._open[test.id] = test.model_copy(update=update)

    def _close(self, package: str) -> None:
        names = list(self._open)
        for name, test in self._open.items():
            if not any(other.startswith(f"{name}/") for other in names):
                self._done.append(test.model_copy(update={"id": f"{package}.{name}" if package else name}))
        self._open.clear()
        self._current = self._before = None

    def found(self) -> list[FailingTest]:
        """The failing tests so far."""
        self._close("")
        return list(self._done)


class CargoReader:
    """`test path ... FAILED` and the panic in `---- path stdout ----`."""

    def __init__(self) -> None:
        self._found: dict[str, FailingTest] = {}
        self._current: str | None = None
        self._message_next = False

    def feed(self, text: str) -> None:
        """Take the next line."""
        if match := _CARGO_FAIL.match(text) or _CARGO_HEAD.match(text):
            name = match.group(1)
            self._current = name if match.re is _CARGO_HEAD else None
            self._found.setdefault(name, FailingTest(id=name))
        elif self._current is None:
            return
        elif match := _CARGO_PANIC.match(text):
            update = {"file": match.group(2), "line": int(match.group(3)), "message": match.group(1) or ""}
            self._found[self._current] = self._found[self._current].model_copy(update=update)
            self._message_next = match.group(1) is None
        elif self._message_next and text.strip():
            test = self._found[self._current]
            self._found[self._current] = test.model_copy(update={"message": text.strip()})
            self._message_next = False

    def found(self) -> list[FailingTest]:
        """The failing tests so far."""
        return list(self._found.values())


class JvmReader:
    """Maven's `[ERROR] Class.method:line message`, Surefire's `<<< FAILURE!`, Gradle's `Class > method FAILED`."""

    def __init__(self) -> None:
        self._found: dict[str, FailingTest] = {}

    def feed(self, text: str) -> None:
        """Take the next line."""
        if match := _MAVEN.match(text):
            name, method, line, message = match.groups()
            self._add(FailingTest(id=f"{name}.{method}", message=message, line=int(line)))
        elif match := _SUREFIRE.match(text):
            name = match.group(3) or f"{match.group(2)}.{match.group(1)}"
            self._add(FailingTest(id=name))
        elif match := _GRADLE.match(text):
            self._add(FailingTest(id=f"{match.group(1)}.{match.group(2)}"))

    def _add(self, test: FailingTest) -> None:
        for known in list(self._found):
            if known.endswith(f".{test.id}") or known == test.id:
                update = {"message": test.message, "line": test.line}
                self._found[known] = self._found[known].model_copy(update=update)
                return
        self._found[test.id] = test

    def found(self) -> list[FailingTest]:
        """The failing tests so far."""
        return list(self._found.values())
