"""Readers for Clojure, Haskell, Julia, Dart, Lua, R and OCaml test runners, and other short forms."""

from __future__ import annotations

import re
from typing import ClassVar

from otto_bot.diagnosis.readers_base import BaseReader, HeadReader, Record, ending


class ClojureReader(BaseReader):
    """clojure.test's `FAIL in (name) (file.clj:1)`; Leiningen's `lein test :only ns/name` above has the full name."""

    marks: ClassVar[tuple[str, ...]] = ("FAIL in ", "ERROR in ")
    _only = re.compile(r"^lein test :only (\S+/\S+)$")
    _head = re.compile(r"^(?:FAIL|ERROR) in (?:\(([^()]+)\)|([\w.*+!?<>='/-]+)) \((.*?):(-?\d+)\)$")

    def __init__(self) -> None:
        super().__init__()
        self._full = ""

    def feed(self, text: str) -> None:
        """Take the next line."""
        if match := self._only.match(text):
            self._full, self._current = match.group(1), None
        elif match := self._head.match(text) if " in " in text else None:
            name = match.group(1) or match.group(2)
            record = self.open(self._full if self._full.endswith(f"/{name}") else name)
            if match.group(4).isdigit():
                record.place(match.group(3), match.group(4))
            self._full = ""
        elif self._current is not None:
            self._inside(self._current, text)

    def _inside(self, record: Record, text: str) -> None:
        stripped = text.strip()
        if not stripped or stripped.startswith(("Ran ", "lein test")):
            self._current = None
        elif stripped.startswith("expected:"):
            record.message = stripped[:500]
        elif stripped.startswith("actual:") and record.message.startswith("expected:"):
            record.message = f"{record.message} {stripped}"[:500]
        elif stripped.startswith("at ") or not record.message:
            self.detail(text)


class HaskellReader(BaseReader):
    """hspec's `1) path of titles` below `file:line:column:`; tasty's `name: FAIL` with the groups above it."""

    marks: ClassVar[tuple[str, ...]] = (*ending(" FAIL"), " FAIL (", *ending("Failures:"))
    _place = re.compile(r"^ {2}(\S+\.l?hs):(\d+):\d+: ?$")
    _entry = re.compile(r"^ {2}\d+\) (\S.*)$")
    _tasty = re.compile(r"^(\s+)(\S.*?):\s+FAIL(?: \([\d.]+s\))?$")
    _group = re.compile(r"^(\s*)(\S[^:]*)$")

    def __init__(self) -> None:
        super().__init__()
        self._at: tuple[str, str] | None = None
        self._groups: list[tuple[int, str]] = []

    def feed(self, text: str) -> None:
        """Take the next line."""
        if match := self._tasty.match(text) if "FAIL" in text else None:
            self._climb(len(match.group(1)))
            self.open(".".join([name for _, name in self._groups] + [match.group(2)]))
        elif match := self._place.match(text):
            self._at, self._current = (match.group(1), match.group(2)), None
        elif match := self._entry.match(text) if self._at else None:
            self.open(match.group(1)).place(*(self._at or ("", None)))
            self._at = None
        elif text.lstrip().startswith(("To rerun use:", "Randomized with", "Use -p ")):
            self._current = None
        elif self._current is not None:
            self.detail(text)
        elif match := self._group.match(text):
            self._climb(len(match.group(1)))
            self._groups.append((len(match.group(1)), match.group(2)))

    def _climb(self, indent: int) -> None:
        while self._groups and self._groups[-1][0] >= indent:
            self._groups.pop()
        if indent == 0:
            self._groups = []
        del self._groups[12:]

    def gap(self) -> None:
        """Lines were left out."""
        super().gap()
        self._at, self._groups = None, []


class DartReader(HeadReader):
    """`00:05 +3 -1: test/x_test.dart: group name [E]` of dart and flutter; their other `❌ path: name (failed)`."""

    marks: ClassVar[tuple[str, ...]] = (" [E]", "❌ ")
    heads: ClassVar[tuple[re.Pattern[str], ...]] = (
        re.compile(r"^\d\d:\d\d(?::\d\d)? \+\d+(?: ~\d+)? -\d+: (?:\[.*?\] )?(?P<id>\S.*?) \[E\]$"),
        re.compile(r"^❌ (?P<id>\S.*?) \(failed\)$"),
    )
    stop: ClassVar[re.Pattern[str] | None] = re.compile(r"^\d\d:\d\d(?::\d\d)? \+|^::endgroup::")
    _place = re.compile(r"^\s+((?!package:|dart:)\S+\.dart) (\d+):\d+\s")

    def detail(self, text: str) -> None:
        """A line below the heading; traces part file and line by a blank."""
        if self._current is not None and (match := self._place.match(text)):
            self._current.place(match.group(1), match.group(2))
        else:
            super().detail(text)


class LuaReader(BaseReader):
    """busted's `Failure → file @ line`, the name in the next line, the message below it."""

    marks: ClassVar[tuple[str, ...]] = ("Failure → ", "Error → ", "Failure -> ", "Error -> ")
    _head = re.compile(r"^(?:Failure|Error) (?:→|->) (\S+) @ (\d+)$")

    def __init__(self) -> None:
        super().__init__()
        self._at: tuple[str, str] | None = None

    def feed(self, text: str) -> None:
        """Take the next line."""
        if match := self._head.match(text):
            self._at, self._current = (match.group(1), match.group(2)), None
        elif self._at is not None:
            self.open(text or self._at[0]).place(*self._at)
            self._at = None
        elif not text:
            self._current = None
        elif self._current is not None:
            self._current.say(re.sub(r"^\S+:\d+: ", "", text))
            self.detail(text)


class JuliaReader(HeadReader):
    """Julia's `set: Test Failed at file:1`, R's `── Failure (file.R:1:2): name ──`, OCaml's `[FAIL] suite 0 name`."""

    marks: ClassVar[tuple[str, ...]] = (
        "Test Failed at ",
        "Error During Test at ",
        "Failure (",
        "Error (",
        ". Failure: ",
        ". Error: ",
        "[FAIL] ",
    )
    heads: ClassVar[tuple[re.Pattern[str], ...]] = (
        re.compile(r"^(?P<id>\S.{0,300}?): (?:Test Failed|Error During Test) at (?P<file>.+?):(?P<line>\d+)$"),
        re.compile(r"^(?:Test Failed|Error During Test) at (?P<id>(?P<file>\S+?):(?P<line>\d+))$"),
        re.compile(r"^── (?:\d+\. )?(?:Failure|Error) \((?P<file>[^():]+):(?P<line>\d+)(?::\d+)?\): (?P<id>.+?) ─*$"),
        re.compile(r"^── \d+\. (?:Failure|Error): (?P<id>.+?) \(@(?P<file>[^#()]+)#(?P<line>\d+)\) *─*$"),
        re.compile(r"^.?\s*\[FAIL\]\s+(?P<suite>\S.*?)\s+\d+\s+(?P<id>\S.*?)\.?\s*│?$"),
    )
    joint: ClassVar[str] = " > "
    stop: ClassVar[re.Pattern[str] | None] = re.compile(r"^(?:Test Summary|Stacktrace:|ERROR: |══|\[ FAIL \d|$)")
