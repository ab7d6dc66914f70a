"""Readers of what Java's runners print: Surefire and Failsafe (old and new), Gradle, ant, JUnit's console, TestNG."""

from __future__ import annotations

import re
from typing import ClassVar

from otto_bot.core.evidence import FailingTest
from otto_bot.diagnosis.readers_base import BaseReader, HeadReader, Record, ending

_PREFIX = re.compile(r"^(?:\s*\[(?:ERROR|WARNING|INFO|junit|junitlauncher|testng|java|exec)\] ?)")
_ELAPSED = re.compile(r"Time elapsed: [\d.,]+ ?s(?:ec)?\s*$")
_VERDICT = re.compile(r"^<<< (?:FAILURE|ERROR)!(?: -+ in (\S+))?")
_LABEL = re.compile(
    r"^(?:(Failed tests|Tests in error|Failures|Errors|Multiple Failures|Failed)|(Flaked tests|Flakes|"
    r"Tests run|Skipped|Warnings)):(.*)$"
)
_OLD = re.compile(r"^\s*(?P<method>[^\s(:\[]+(?:\[[^\]]*\])?)\((?P<suite>[\w.$\[\]]+)\)(?::(?: ?(?P<message>.*))|)$")
_INSTANCE = re.compile(
    r"^\s*\S+ on instance (?P<method>[^(]+)\((?P<suite>[\w.$]+)\)(?:\([\w.$]+\))?(?:: ?(?P<message>.*))?$"
)
_NEW = re.compile(
    r"^\s*(?:Run \d+: )?(?P<name>[A-Za-z_][\w$.>]*\.[\w$]+(?:\[[^\]]*\]|\([^)]*\)){0,3})"
    r"(?::(?P<line>\d+))?(?P<rest>(?:->\S+)?(?: ?(?:»|Â»|\?) ?| |$).*)$"
)
_TAIL = re.compile(r"^([^(\[]*)([(\[].*)$")
_RUN = re.compile(r"^\s*Run \d+: ")


def short(name: str) -> str:
    """`Class.method` of every way a test is named, by which mentions are joined."""
    if match := _OLD.match(name):
        return f"{match['suite'].rpartition('.')[2]}.{match['method']}"
    match = _TAIL.match(name)
    head, tail = (match.group(1), match.group(2)) if match else (name, "")
    return ".".join(head.split(".")[-2:]) + tail


class SurefireReader(BaseReader):
    """Lines with `<<< FAILURE!`, and the lists below `Failed tests:`, `Tests in error:`, `Failures:`, `Errors:`."""

    marks: ClassVar[tuple[str, ...]] = (
        *("<<< FAILURE!", "<<< ERROR!", "Failed tests:", "Tests in error:", "Multiple Failures:"),
        *(*ending("Failures:"), *ending("Errors:")),
    )

    def __init__(self) -> None:
        super().__init__()
        self._list = self._class = ""
        self._rerun: Record | None = None
        """The test whose runs are listed one by one."""
        self._flaky: set[str] = set()
        self._joined: dict[str, str] = {}

    @property
    def busy(self) -> bool:
        """Whether a list is open."""
        return bool(self._list) or self._current is not None

    def feed(self, text: str) -> None:
        """Take the next line."""
        if "<<< " in text and self._verdict(_PREFIX.sub("", text)):
            return
        plain = _PREFIX.sub("", text)
        if plain[:1] in "FTEMSW" and (match := _LABEL.match(plain)):
            self._label(match)
        elif self._list:
            self._listed(text, plain)
        elif self._current is not None:
            if plain.startswith("Tests run:") or (not plain and not self._current.message.endswith(":")):
                self._current = None
            else:
                self.detail(plain)

    def gap(self) -> None:
        """Lines were left out."""
        super().gap()
        self._list = ""

    def _verdict(self, plain: str) -> bool:
        """`name  Time elapsed: 0.1 s  <<< FAILURE! - in Class`."""
        at = plain.find("<<< ")
        match = _VERDICT.match(plain[at:])
        if match is None:
            return False
        self._list, self._current = "", None
        self._class = match.group(1) or self._class
        name = _ELAPSED.sub("", plain[:at].rstrip()).rstrip().removesuffix("--").rstrip()
        if not name or name[0].isspace() or name.startswith("Tests run:"):
            return True
        if self._class and "." not in name and "(" not in name.partition("[")[0]:
            name = f"{self._class}.{name}"
        self._add(name)
        return True

    def _label(self, match: re.Match[str]) -> None:
        kind, harmless, rest = match.groups()
        self._rerun = None
        self._list, self._current = kind or ("Flakes" if harmless and harmless.startswith("Flake") else ""), None
        if kind in ("Failures", "Errors") and rest.strip():
            self._list = ""  # `Failures: 1, Errors: 0`
        elif kind and rest.strip():
            self._listed(rest, rest)

    def _listed(self, text: str, plain: str) -> None:
        if not plain.strip():
            if text.strip() == "" and self._list in ("Failed tests", "Tests in error"):
                return
            self._list = ""
        elif self._list == "Flakes":
            self._flaky.add(short(_RUN.sub("", plain).strip()))
        elif match := _INSTANCE.match(plain) or _OLD.match(plain):
            record = self._add(f"{match['method']}({match['suite']})")
            record.say(match["message"] or "")
        elif (plain.startswith(" ") or "[ERROR] " in text or _RUN.match(plain)) and (match := _NEW.match(plain)):
            self._summary(match)

    def _summary(self, match: re.Match[str]) -> None:
        base, dot, method = match["name"].partition(">") if ">" in match["name"] else ("", "", "")
        name = f"{base}.{method.rpartition('.')[2]}" if dot else match["name"]
        runs = _RUN.match(match.string) is not None
        if runs and self._rerun is not None:
            record = self._rerun
        elif any(known.startswith((f"{short(name)}[", f"{short(name)}(")) for known in self._joined):
            return  # the parametrised cases were named
        else:
            record = self._add(name)
            self._rerun = record if not match["line"] and not match["rest"].strip() else None
        rest = re.sub(r"^->\S+", "", match["rest"]).strip()
        record.say(re.sub(r"^(?:»|Â»|\?) ?", "", rest))
        if record.line is None and match["line"]:
            record.line = int(match["line"]) if len(match["line"]) < 9 else None

    def _add(self, name: str) -> Record:
        key = short(name)
        known = self._joined.setdefault(key, name)
        record = self.open(known)
        if self._list:
            self._current = None
        return record

    def found(self) -> list[FailingTest]:
        """The failing tests so far."""
        return [test for test in super().found() if short(test.id) not in self._flaky]


class GradleReader(HeadReader):
    """Gradle's `Class > method FAILED`, and the `Test method FAILED` of the test logger plugin."""

    marks: ClassVar[tuple[str, ...]] = (*ending(" FAILED"), " FAILED (")
    words: ClassVar[tuple[str, ...]] = (" FAILED",)
    heads: ClassVar[tuple[re.Pattern[str], ...]] = (
        re.compile(
            r"^(?:Gradle Test Run \S+ > )?(?:Gradle Test Executor \d+ > )?(?P<suite>[\w.$]+(?: \S.*?)??) > "
            r"(?P<id>.+) FAILED$"
        ),
    )
    stop: ClassVar[re.Pattern[str] | None] = re.compile(r"^\S")
    _logger = re.compile(r"^\s+(?:Test |✘ |❌ )?(\S.*?) FAILED(?: \([\d.]+(?:s|ms|m [\d.]+s)\))?$")
    _class = re.compile(r"^((?:[a-z]\w*\.)*[A-Z][\w$]*(?:\.[\w$]+)*)$")

    def __init__(self) -> None:
        super().__init__()
        self._suite = ""

    def feed(self, text: str) -> None:
        """Take the next line."""
        if not text:
            return
        if text[0] != " " and "FAILED" not in text and self._class.match(text):
            self._suite, self._current = text, None
        elif text[0] == " " and " FAILED" in text and self._suite and (match := self._logger.match(text)):
            if " > " not in match.group(1) and text.lstrip().startswith("Test "):
                self.open(f"{self._suite}.{match.group(1)}")
        elif self._current is not None or text.endswith(" FAILED"):
            super().feed(text)

    def _heads(self, text: str) -> bool:
        return text.endswith(" FAILED") and super()._heads(text)

    def begin(self, match: re.Match[str]) -> None:
        """A heading was found."""
        suite, name = match["suite"], match["id"]
        if suite.startswith((">", ":")) or "Executed" in suite:
            return
        self.open(f"{suite} > {name}" if " > " in name else f"{suite}.{name}")

    def gap(self) -> None:
        """Lines were left out."""
        super().gap()
        self._suite = ""


class AntReader(HeadReader):
    """ant's `Testcase: name(Class): FAILED`, the console's `JUnit Jupiter:Class:method()`, TestNG's `FAILED: x`."""

    marks: ClassVar[tuple[str, ...]] = ("\tFAILED", "Caused an ERROR", "Failures (", "FAILED: ")
    words: ClassVar[tuple[str, ...]] = (
        "Testcase: ",
        "JUnit ",
        "FAILED",
    )
    heads: ClassVar[tuple[re.Pattern[str], ...]] = (
        re.compile(r"^Testcase: (?P<id>.+?\([\w.$]+\)):\s+(?:FAILED|Caused an ERROR)$"),
        re.compile(r"^\s+JUnit (?:Jupiter|Vintage|Platform Suite):(?P<id>\S.*)$"),
        re.compile(r"^FAILED(?: CONFIGURATION)?: (?:@\w+ )?(?P<id>[\w.$]+\.[\w$]+(?:\(.*\))?|[a-z]\w*(?:\(.*\)))$"),
    )
    stop: ClassVar[re.Pattern[str] | None] = re.compile(r"^(?:Testcase: |Test \S+ FAILED|$)")
    _bare = re.compile(r"^Testcase: (\S+) took [\d.,]+ sec$")
    _verdict = re.compile(r"^\s*(?:FAILED|Caused an ERROR)$")

    def __init__(self) -> None:
        super().__init__()
        self._suite = self._case = ""

    def feed(self, text: str) -> None:
        """Take the next line."""
        text = _PREFIX.sub("", text)
        if text.startswith("Testsuite: "):
            self._suite = text.removeprefix("Testsuite: ")
        elif match := self._bare.match(text):
            self._case, self._current = match.group(1), None
        elif self._case and self._verdict.match(text):
            self.open(f"{self._case}({self._suite})" if self._suite else self._case)
            self._case = ""
        else:
            super().feed(text)
