"""Readers of unittest's kin (Django, nose, trial, stestr), and of behave, cucumber, behat and robot."""

from __future__ import annotations

import re
from typing import ClassVar

from otto_bot.diagnosis.readers_base import BaseReader, HeadReader, Record
from otto_bot.diagnosis.readers_frames import frame_in

_HEAD = re.compile(r"^(?:FAIL|ERROR): (\S.*)$")
_CASE = re.compile(r"^([\w.]+) \(([\w.]+)\)(.*)$")
_LINE = re.compile(r"^(?:(\w+) \(([\w.]+)\)|([\w.]+\.\w+(?:\(.*\))?))(?: \.\.\.|\s\.{3}) (?:FAIL|ERROR)$")
_STESTR = re.compile(r"^(?:\{\d+\} )?([\w.]+\.\w+(?:[\[(].*?[\])])?) \[[\d.]+s\] \.\.\. FAILED$")
_TRIAL_NAME = re.compile(r"^((?:\w+\.){2,}\w+)$")
_RAISED = re.compile(r"^([\w.]*[A-Z]\w*(?::.*)?)$")
_FAILED_IMPORT = "unittest.loader._FailedTest"


def case_name(text: str) -> str:
    """`mod.Class.test` of `test (mod.Class)` and of `test (mod.Class.test)`; other spellings as printed."""
    match = _CASE.match(text)
    if match is None:
        return text.strip()
    name, where, extra = match.groups()
    if where.startswith(_FAILED_IMPORT):
        return name if where == _FAILED_IMPORT else where.removeprefix(f"{_FAILED_IMPORT}.")
    if extra and not extra.startswith((" ", "[", "(")):
        return text.strip()
    full = where if where.endswith(f".{name}") else f"{where}.{name}"
    return f"{full}{extra.rstrip()}"


class UnittestReader(BaseReader):
    """`FAIL: …` under a double rule, its traceback, and the error that ends it."""

    marks: ClassVar[tuple[str, ...]] = ("FAIL: ", "ERROR: ", "... FAIL", "... ERROR", "[FAIL]", "[ERROR]")

    def __init__(self) -> None:
        super().__init__()
        self._ruled = False
        self._trial: Record | None = None
        self._rules = 0

    def feed(self, text: str) -> None:
        """Take the next line."""
        if text.startswith("====="):
            self._ruled, self._current, self._trial = True, None, None
            return
        ruled, self._ruled = self._ruled, False
        if text.startswith(("FAIL: ", "ERROR: ")) and (head := _HEAD.match(text)):
            if ruled or _CASE.match(head.group(1)):
                self.open(self._imported(case_name(head.group(1))), outside_in=True)
                self._rules = 0
        elif ruled and text in ("[FAIL]", "[ERROR]"):
            self._trial = Record("", outside_in=True)
        elif text.endswith((" FAIL", " ERROR", " FAILED")):
            self._verbose(text)
        elif self._trial is not None:
            self._of_trial(self._trial, text)
        elif self._current is not None:
            self._inside(self._current, text)

    def gap(self) -> None:
        """Lines were left out."""
        super().gap()
        self._trial, self._ruled = None, False

    def _imported(self, name: str) -> str:
        """nose names every module it could not import alike: number them."""
        if not name.startswith("Failure: "):
            return name
        same = sum(1 for known in self._found if known == name or known.startswith(f"{name} #"))
        return f"{name} #{same + 1}" if same else name

    def _verbose(self, text: str) -> None:
        if match := _LINE.match(text):
            self.open(
                case_name(f"{match.group(1)} ({match.group(2)})") if match.group(1) else match.group(3), outside_in=True
            )
        elif match := _STESTR.match(text):
            self.open(match.group(1), outside_in=True)
        self._current = None

    def _inside(self, record: Record, text: str) -> None:
        if text.startswith("-----"):
            self._rules += 1
            if self._rules > 1 and record.message:  # output that was caught, or the end
                self._current = None
        elif text.startswith("Ran "):
            self._current = None
        elif frame := frame_in(text) if text.startswith("  ") else None:
            record.frame(frame)
        elif (raised := _RAISED.match(text)) and not text.startswith("Traceback"):
            record.message = raised.group(1)[:500] if not record.message or record.frames else record.message
            self._rules = max(self._rules, 1)

    def _of_trial(self, record: Record, text: str) -> None:
        if name := _TRIAL_NAME.match(text):
            kept = self.open(name.group(1), record.message, outside_in=True)
            kept.frames = kept.frames or record.frames
            self._current = None
        elif frame := frame_in(text) if text.startswith("  ") else None:
            record.frame(frame)
        elif (raised := _RAISED.match(text)) and not record.message:
            record.message = raised.group(1)[:500]


class ScenarioReader(HeadReader):
    """Scenarios in plain words: cucumber's, behave's and behat's lists of failing scenarios, robot's `| FAIL |`."""

    marks: ClassVar[tuple[str, ...]] = ("| FAIL |", "Failing ", "Failed scenarios:")
    words: ClassVar[tuple[str, ...]] = (
        "cucumber ",
        "| FAIL |",
    )
    heads: ClassVar[tuple[re.Pattern[str], ...]] = (
        re.compile(
            r"^cucumber (?:-p \S+ )*(?P<file>\S+\.feature):(?P<line>\d+) # (?:Scenario(?: Outline)?: )?(?P<id>.+)$"
        ),
        re.compile(r"^(?P<id>\S.*?)(?: :: .*?)? +\| FAIL \|$"),
    )
    _listed = re.compile(r"^\s+(\S+\.feature):(\d+)(?:\s+(\S.*))?$")

    def __init__(self) -> None:
        super().__init__()
        self._listing = False

    def feed(self, text: str) -> None:
        """Take the next line."""
        if "scenarios:" in text and ("Failing" in text or "Failed" in text):
            self._listing = True
        elif self._listing and text:
            if match := self._listed.match(text):
                self.open(match.group(3) or f"{match.group(1)}:{match.group(2)}").place(match.group(1), match.group(2))
            elif not text.startswith(" "):
                self._listing = False
            self._current = None
        else:
            super().feed(text)

    def gap(self) -> None:
        """Lines were left out."""
        super().gap()
        self._listing = False
