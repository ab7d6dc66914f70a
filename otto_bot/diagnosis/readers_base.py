"""What all readers of test output share: marks that wake a reader, records it fills, and one-line headings."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from typing import ClassVar

from otto_bot.core.evidence import FailingTest
from otto_bot.diagnosis.readers_frames import Frame, frame_in

MOST = 500
"""Most tests that are kept in all."""
MESSAGE_LIMIT = 500
ID_LIMIT = 1000
FRAMES = 3
_FRAMES_KEPT = 12
_DETAIL_LINES = 120
KEPT = 4 * MOST
_PACKAGE = re.compile(r"(?:^|\()([a-z]\w*\.[a-z]\w*\.)[\w.$]*[A-Z]")
_INLINE = re.compile(r"(?: at |\()([\w$-]+\.(?:scala|java|kt|groovy)):(\d{1,8})\)?$")
_WANTED = re.compile(r"^Expected\b(?!.* (?:but|got|actual|received))", re.IGNORECASE)
_GOT = re.compile(r"^\s*(?:Actual|But was|But got|Got|Received|Evaluated):", re.IGNORECASE)
_DECORATION = re.compile(
    r"^(?:[\W_]*|(?:Error Message|Stack Trace|Message|Stack|Error|Failures?|Standard Output Messages|Standard Error|"
    r"Location|Traceback \(most recent call last\)|stack backtrace|Caused by|STANDARD_\w+|# ?Subtest.*|Diff|Hint|"
    r"-+ stdout -+|\w+Source \[.*|duration_ms.*|severity.*)\s*:?)$"
)


def ending(words: str) -> tuple[str, ...]:
    """Marks for words that end their line, plain or coloured."""
    return tuple(words + end for end in ("\n", "\r", "\x1b", " \n", " \r", " \x1b"))


class Record:
    """One failing test while its lines are read. `outside_in`: traces end, not begin, with the place of the error."""

    __slots__ = ("_left", "file", "frames", "home", "id", "line", "message", "outside_in")

    def __init__(self, name: str, message: str = "", *, outside_in: bool = False) -> None:
        self.id = name[:ID_LIMIT]
        self.message = message.strip()[:MESSAGE_LIMIT]
        self.file: str | None = None
        self.line: int | None = None
        self.home: str | None = None
        """The test's file, for want of a better place."""
        self.frames: list[Frame] = []
        self.outside_in = outside_in
        self._left = _DETAIL_LINES

    def place(self, file: str | None, line: str | int | None) -> None:
        """Where the test or its failure stands, as the runner says outright; the first word holds."""
        if self.file is None and file:
            self.file = file[:ID_LIMIT]
            self.line = int(line) if line is not None and len(str(line)) < 9 else None

    def say(self, text: str) -> None:
        """The message, unless there is one."""
        if not self.message and text.strip():
            self.message = text.strip().removeprefix("=> ")[:MESSAGE_LIMIT]
            if self.file is None and not self.frames and (match := _INLINE.search(self.message)):
                self.place(match.group(1), match.group(2))

    def take(self, text: str) -> bool:
        """A line of the details: a frame, or the message. False when the details are too long to go on."""
        self._left -= 1
        if not text or text.isspace():
            return self._left > 0
        frame = frame_in(text)
        if frame is not None:
            self.frame(frame)
        elif self._goes_on(text):
            self.message = f"{self.message} {text.strip()}"[:MESSAGE_LIMIT]
        elif not self.message and not _DECORATION.match(text.strip()):
            self.say(text)
        return self._left > 0

    def _goes_on(self, text: str) -> bool:
        """Whether the line ends what the message began: `Error:` or `Expected: 1`."""
        if self.message.endswith(":"):
            return len(self.message) < 100 and not text.lstrip().startswith(("at ", "#"))
        return len(self.message) < 200 and _WANTED.match(self.message) is not None and _GOT.match(text) is not None

    def frame(self, frame: Frame) -> None:
        """One frame of the trace."""
        if not frame.own or any(known.text == frame.text for known in self.frames):
            return
        if len(self.frames) >= _FRAMES_KEPT:
            if not self.outside_in:
                return
            del self.frames[0]
        self.frames.append(frame)

    def result(self) -> FailingTest:
        """The record as evidence."""
        frames = self._nearest()
        file, line = self.file, self.line
        if file is None and frames:
            file, line = frames[0].file, frames[0].line
        file = file or self.home
        texts = tuple(frame.text for frame in frames)
        return FailingTest(id=self.id, message=self.message, file=file, line=line, frames=texts)

    def _nearest(self) -> list[Frame]:
        """The first frames; of Java's those in the packages of the test, if there are any."""
        frames = self.frames[::-1] if self.outside_in else self.frames
        package = _PACKAGE.search(self.id)
        if package is not None:
            near = [frame for frame in frames if frame.text.startswith(package.group(1))]
            frames = near or frames
        return frames[:FRAMES]


class BaseReader(ABC):
    """Keeps records by id. `marks` are the words (case matters) without which the reader need not see a line."""

    marks: ClassVar[tuple[str, ...]] = ()

    def __init__(self) -> None:
        self._found: dict[str, Record] = {}
        self._current: Record | None = None

    @property
    def busy(self) -> bool:
        """Whether the next lines still belong to a test that was named."""
        return self._current is not None

    @abstractmethod
    def feed(self, text: str) -> None:
        """Take the next line."""

    def gap(self) -> None:
        """Lines were left out: what comes next does not belong to the test before."""
        self._current = None

    def found(self) -> list[FailingTest]:
        """The failing tests so far."""
        return [record.result() for record in self._found.values()]

    def open(self, name: str, message: str = "", *, outside_in: bool = False) -> Record:
        """The record of that name, from now on the current one."""
        name = name.strip()
        record = self._found.get(name)
        if record is None:
            record = Record(name, message, outside_in=outside_in)
            if len(self._found) < KEPT:
                self._found[name] = record
        else:
            record.say(message)
        self._current = record
        return record

    def detail(self, text: str) -> None:
        """A line below the heading of the current test."""
        if self._current is not None and not self._current.take(text):
            self._current = None


class HeadReader(BaseReader):
    """For runners that name a test in one line (groups id, suite, file, line, message) and say why below it."""

    heads: ClassVar[tuple[re.Pattern[str], ...]] = ()
    words: ClassVar[tuple[str, ...]] = ()
    """Words of which one stands in every heading, where they are not the marks."""
    stop: ClassVar[re.Pattern[str] | None] = None
    joint: ClassVar[str] = "."

    def feed(self, text: str) -> None:
        """Take the next line."""
        for word in self.words or self.marks:
            if word in text:
                if self._heads(text):
                    return
                break
        if self._current is not None:
            if self.stop is not None and self.stop.match(text):
                self._current = None
            else:
                self.detail(text)

    def _heads(self, text: str) -> bool:
        for head in self.heads:
            if match := head.match(text):
                self.begin(match)
                return True
        return False

    def begin(self, match: re.Match[str]) -> None:
        """A heading was found."""
        groups = match.groupdict()
        name = groups["id"] if not groups.get("suite") else f"{groups['suite']}{self.joint}{groups['id']}"
        record = self.open(name, groups.get("message") or "")
        record.place(groups.get("file"), groups.get("line"))
