"""Readers of mocha's kin: mocha (and cypress, which prints like it), karma with its reporters, jasmine."""

from __future__ import annotations

import re
from typing import ClassVar

from otto_bot.diagnosis.readers_base import BaseReader, HeadReader, ending

_FAILING = re.compile(r"^\s*(?:✖ )?(\d+) (?:failing|of \d+ tests? failed)\b")
_ENTRY = re.compile(r"^ {0,4}(\d+)\) ?(.*)$")
_OVER = re.compile(r"^(?:npm ERR!|##\[|error Command failed|The command )")


class MochaReader(BaseReader):
    """The list below `N failing`: numbered titles, one level a line, the last ended by a colon."""

    marks: ClassVar[tuple[str, ...]] = (" failing", " tests failed", " test failed")

    def __init__(self) -> None:
        super().__init__()
        self._left = 0
        self._next = 1
        self._titles: list[str] | None = None

    @property
    def busy(self) -> bool:
        """Whether tests are still to be listed."""
        return self._left > 0 or self._current is not None

    def feed(self, text: str) -> None:
        """Take the next line."""
        if match := _FAILING.match(text):
            self._left, self._next, self._titles, self._current = min(int(match.group(1)), 5000), 1, None, None
        elif self._titles is not None:
            self._title(text)
        elif self._left and (match := _ENTRY.match(text)) and int(match.group(1)) == self._next:
            self._left -= 1
            self._next += 1
            self._current = None
            self._titles = [match.group(2).strip()] if match.group(2).strip() else []
        elif self._current is not None:
            if _OVER.match(text):
                self._current, self._left = None, 0
            else:
                self.detail(text)

    def gap(self) -> None:
        """Lines were left out."""
        super().gap()
        self._left, self._titles = 0, None

    def _title(self, text: str) -> None:
        titles = self._titles or []
        indent = len(text) - len(text.lstrip())
        if text and indent >= 7 and len(titles) < 30:
            titles.append(text.strip())
            self._titles = titles
            return
        if not text and not titles:
            return
        self._titles = None
        if titles:
            self.open(" ".join(titles).removesuffix(":").strip())
            self.detail(text)


class KarmaReader(HeadReader):
    """`Chrome 80.0 (Linux) suite test FAILED`."""

    marks: ClassVar[tuple[str, ...]] = ending(" FAILED")
    words: ClassVar[tuple[str, ...]] = (" FAILED",)
    heads: ClassVar[tuple[re.Pattern[str], ...]] = (
        re.compile(
            r"^(?:[\d :.]{5,25}: ?)?(?:Headless|Mobile |Chrome|Firefox|Safari|Edge|IE|Phantom|Opera|jsdom|Node|"
            r"Electron|Android|"
            r"Chromium|WebKit|Puppeteer)[\w ]{0,30} [\d.]+ \([^()]{1,60}(?:\([^()]*\)[^()]*)?\):? (?!ERROR|LOG|"
            r"WARN|Executed)(?P<id>.+) FAILED$"
        ),
    )
    stop: ClassVar[re.Pattern[str] | None] = re.compile(r"^\S.*(?:Executed \d+ of|\bLOG:|\bWARN:)|^$")


class KarmaTreeReader(BaseReader):
    """karma-mocha-reporter's `FAILED TESTS:`, where each level of a title is a line further to the right."""

    marks: ClassVar[tuple[str, ...]] = ("FAILED TESTS:", "Failed Tests:", "Failed tests:")
    _browser = re.compile(r"^\s+[A-Z][\w ]+ [\d.]+ \(.*\)$")
    _leaf = re.compile(r"^(\s*)(?:✖|✗|×) (.+)$")

    def __init__(self) -> None:
        super().__init__()
        self._on = False
        self._levels: list[tuple[int, str]] = []

    @property
    def busy(self) -> bool:
        """Whether the tree goes on."""
        return self._on

    def feed(self, text: str) -> None:
        """Take the next line."""
        if text.strip() in ("FAILED TESTS:", "Failed Tests:"):
            self._on, self._levels = True, []
        elif not self._on or not text:
            self._current = None if not text else self._current
        elif match := self._leaf.match(text):
            self._climb(len(match.group(1)))
            self.open(" ".join([title for _, title in self._levels] + [match.group(2)]))
        elif not text.startswith(" "):
            self._on, self._current = False, None
        elif self._current is not None:
            if not self._browser.match(text):
                self.detail(text)
        else:
            indent = len(text) - len(text.lstrip())
            self._climb(indent)
            self._levels.append((indent, text.strip()))

    def _climb(self, indent: int) -> None:
        while self._levels and self._levels[-1][0] >= indent:
            self._levels.pop()

    def gap(self) -> None:
        """Lines were left out."""
        super().gap()
        self._on = False


class JasmineReader(BaseReader):
    """jasmine's own list: `1) suite test`, `Message:`, `Stack:`; also jasmine-spec-reporter's, with dashes."""

    marks: ClassVar[tuple[str, ...]] = (*ending("Failures:"), "Failures  ")
    _entry = re.compile(r"^(\d+)\) (\S.*)$")

    def __init__(self) -> None:
        super().__init__()
        self._candidate = ""

    def feed(self, text: str) -> None:
        """Take the next line."""
        if match := self._entry.match(text):
            self._candidate, self._current = match.group(2), None
        elif self._candidate:
            if text.strip() == "Message:" or text.startswith(("  - ", "  \x1b", "- ")):
                self.open(self._candidate)
                if text.strip() != "Message:":
                    self.detail(text.strip().removeprefix("- "))
            self._candidate = ""
        elif self._current is not None:
            if _OVER.match(text) or re.match(r"^(?:\d+ specs?, |Pending|Executed )", text):
                self._current = None
            else:
                self.detail(text)

    def gap(self) -> None:
        """Lines were left out."""
        super().gap()
        self._candidate = ""
