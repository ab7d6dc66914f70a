"""Readers of what Elixir's and Erlang's runners print: ExUnit, EUnit, Common Test."""

from __future__ import annotations

import re
from typing import ClassVar

from otto_bot.diagnosis.readers_base import BaseReader, HeadReader


class ExunitReader(BaseReader):
    """`1) test name (Module)`, its place in the next line, then what went wrong."""

    marks: ClassVar[tuple[str, ...]] = (") test ", ": failure on setup_all", "Failed with generated", "Doctest failed")
    _head = re.compile(
        r"^\s{1,4}\d+\) ((?:test|property|doctest|feature) .+ \([\w.]+\))$|^\s{1,4}\d+\) ([\w.]+): failure on setup_all"
    )
    _place = re.compile(r"^ {5}(\S+\.exs?):(\d+)$")

    def feed(self, text: str) -> None:
        """Take the next line."""
        if ") " in text and (match := self._head.match(text)):
            self.open(match.group(1) or match.group(2))
        elif self._current is None:
            return
        elif match := self._place.match(text):
            self._current.place(match.group(1), match.group(2))
        elif text.startswith("Finished in"):
            self._current = None
        else:
            self.detail(text)


class ErlangReader(HeadReader):
    """EUnit's `mod:test/0...*failed*` (rebar3: `mod:test/0 … failed`), Common Test's `mod_SUITE ==> case: FAILED`."""

    marks: ClassVar[tuple[str, ...]] = ("*failed*", ": FAILED")
    words: ClassVar[tuple[str, ...]] = (
        "*failed*",
        ": FAILED",
    )
    heads: ClassVar[tuple[re.Pattern[str], ...]] = (
        re.compile(r"^\s*(?:\S+\.erl:\d+:\s*)?(?P<id>[a-z]\w*: ?\S.*?)\.\.\.(?:\[[\d.]+ s\] ?)?\*failed\*"),
        re.compile(r"^\s*(?:\w+\.erl:\d+: ?)?(?P<id>[a-z]\w*(?: \(.*\))?)\.\.\.(?:\[[\d.]+ s\] ?)?\*failed\*"),
        re.compile(r"^%*\s*(?P<suite>\w+_SUITE)(?: ==> (?:\w+\.)*)(?P<id>\w+)(?: \(.*\))?: FAILED"),
    )
    joint: ClassVar[str] = ":"
    stop: ClassVar[re.Pattern[str] | None] = re.compile(r"^(?:\s*output:|=====)")
    _place = re.compile(r"^in (?:function|call from) .*\((\S+\.erl), line (\d+)\)")

    def detail(self, text: str) -> None:
        """A line below the heading; the functions come before the error."""
        if self._current is not None and (match := self._place.match(text)):
            self._current.place(match.group(1), match.group(2))
        else:
            super().detail(text.removeprefix("%%% "))
