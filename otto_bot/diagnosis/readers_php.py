"""Readers of what PHP's test runners print: PHPUnit, Pest (and Collision), Codeception, php-src's run-tests."""

from __future__ import annotations

import re
from typing import ClassVar

from otto_bot.diagnosis.readers_base import BaseReader, HeadReader, ending

_THERE = re.compile(r"^There (?:was|were) \d+ ((?:PHPUnit )?(?:error|failure))s?:?$")
_OTHER = re.compile(r"^(?:There (?:was|were) \d+ |\d+ tests? triggered |(?:FAILURES|ERRORS|OK|WARNINGS)\b.*$)")
_ENTRY = re.compile(r"^(\d+)\) (\S.*)$")
_NAME = re.compile(r"^[\w\\]+(?:::| *: )\S")


class PhpunitReader(BaseReader):
    """The numbered entries below `There was 1 failure:` or `error:`; risky, skipped and warned tests do not fail."""

    marks: ClassVar[tuple[str, ...]] = (
        *ending(" failure:"),
        *ending(" failures:"),
        *ending(" error:"),
        *ending(" errors:"),
    )

    def __init__(self) -> None:
        super().__init__()
        self._on = False

    @property
    def busy(self) -> bool:
        """Whether entries may follow."""
        return self._on

    def feed(self, text: str) -> None:
        """Take the next line."""
        if text.startswith(("There ", "FAILURES", "ERRORS", "OK", "WARNINGS", "--")) or "triggered" in text:
            if _THERE.match(text):
                self._on, self._current = True, None
                return
            if _OTHER.match(text):
                self._on = False
                self._current = None
                return
        if text == "--":
            self._current = None
        elif self._on and (match := _ENTRY.match(text)) and _NAME.match(match.group(2)):
            self.open(match.group(2))
        elif self._current is not None:
            self.detail(text)

    def gap(self) -> None:
        """Lines were left out."""
        super().gap()
        self._on = False


class PestReader(HeadReader):
    """Pest's `FAILED  Tests\\FooTest > it works  Error` and `• Tests\\FooTest > it works`; `FAIL name [x.phpt]`."""

    marks: ClassVar[tuple[str, ...]] = ("FAILED  ", ".phpt]")
    words: ClassVar[tuple[str, ...]] = (
        "FAILED  ",
        "• ",
        ".phpt]",
    )
    heads: ClassVar[tuple[re.Pattern[str], ...]] = (
        re.compile(r"^\s*(?:FAILED  |• )(?P<id>[A-Z][\w\\]* (?:>|›|→) .+?)(?:\s{2,}(?P<message>\S.*))?$"),
        re.compile(r"^FAIL (?P<id>\S.*?) \[(?P<file>\S+\.phpt)\]\s*$"),
    )
    stop: ClassVar[re.Pattern[str] | None] = re.compile(r"^\s*(?:Tests: |PASS |SKIP |[─━]{5,}|TEST \d+/)")
