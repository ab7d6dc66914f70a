"""Failing tests by what test runners print, of every usual language; only the parts with a runner's words are read.

A log is taken in pieces. A piece without any of `_COARSE` is skipped unread; the others are read by those readers whose
marks they hold. A reader that is in the middle of a test goes on in the next piece. At most `MOST` tests are kept.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Sequence
from mmap import mmap

from otto_bot.core.evidence import FailingTest
from otto_bot.diagnosis import readers_beam, readers_build, readers_more, readers_native, readers_python
from otto_bot.diagnosis.clean import LINE_LIMIT, clean
from otto_bot.diagnosis.readers_apple import XctestReader
from otto_bot.diagnosis.readers_base import MESSAGE_LIMIT, MOST, BaseReader
from otto_bot.diagnosis.readers_dotnet import DotnetReader
from otto_bot.diagnosis.readers_go import GinkgoReader, GoJsonReader, GoReader
from otto_bot.diagnosis.readers_jvm import AntReader, GradleReader, SurefireReader
from otto_bot.diagnosis.readers_mocha import JasmineReader, KarmaReader, KarmaTreeReader, MochaReader
from otto_bot.diagnosis.readers_node import AvaReader, BunDenoReader, JestReader, PlaywrightReader
from otto_bot.diagnosis.readers_php import PestReader, PhpunitReader
from otto_bot.diagnosis.readers_ruby import MinitestReader, RspecReader
from otto_bot.diagnosis.readers_rust import CargoReader
from otto_bot.diagnosis.readers_scala import MunitReader, ScalaTestReader
from otto_bot.diagnosis.readers_tap import ProveReader, TapReader
from otto_bot.diagnosis.readers_unittest import ScenarioReader, UnittestReader

__all__ = ["MESSAGE_LIMIT", "MOST", "TestsFound", "failing_tests_in", "failing_tests_of", "merged"]

PIECE = 16 * 1024
_BEFORE = 4 * 1024
_AROUND = 32
"""Bytes on either side of a coarse word in which its mark stands."""
_TEXT_LIMIT = 2000
"""Most characters of a line that readers see: no test has a longer name, and their patterns stay quick."""
_FOLLOW = 64
"""Pieces without marks that a reader in the middle of a test is still given."""
_COARSE = (
    *(
        "FAIL",
        "ail",
        "rror",
        "ERROR",
        "TIMEOUT",
        "not ok",
        "panic",
        ") test ",
        "E   ",
        " [E]",
        "[-] ",
        "==> X",
        "short test summary",
        ".phpt]",
    ),
    *("✖", "✗", "✘", "●", "❌", "›"),
)
"""Words of which one stands in every mark."""

_CARET = re.compile(r"\^\[\[[0-9;]*[A-Za-z]")
_JAVA = re.compile(r"^([^\s()]+)\(([\w.$]+)\)$")

READERS: tuple[type[BaseReader], ...] = (
    readers_python.PytestReader,
    UnittestReader,
    ScenarioReader,
    TapReader,
    ProveReader,
    JestReader,
    MochaReader,
    KarmaReader,
    KarmaTreeReader,
    JasmineReader,
    AvaReader,
    PlaywrightReader,
    BunDenoReader,
    GoReader,
    GoJsonReader,
    GinkgoReader,
    CargoReader,
    SurefireReader,
    GradleReader,
    AntReader,
    ScalaTestReader,
    MunitReader,
    RspecReader,
    MinitestReader,
    PhpunitReader,
    PestReader,
    DotnetReader,
    readers_native.CtestReader,
    readers_native.GtestReader,
    readers_native.CatchReader,
    readers_native.CheckReader,
    readers_build.BazelReader,
    readers_build.AutomakeReader,
    XctestReader,
    readers_beam.ExunitReader,
    readers_beam.ErlangReader,
    readers_more.ClojureReader,
    readers_more.HaskellReader,
    readers_more.DartReader,
    readers_more.LuaReader,
    readers_more.JuliaReader,
)


@functools.cache
def _groups() -> tuple[tuple[bytes, tuple[tuple[bytes, int], ...]], ...]:
    """Coarse words, each with the marks that hold it and the place of their reader in `READERS`."""
    groups: dict[str, list[tuple[bytes, int]]] = {word: [] for word in _COARSE}
    for at, make in enumerate(READERS):
        for mark in make.marks:
            groups[next(word for word in _COARSE if word in mark)].append((mark.encode(), at))
    return tuple((word.encode(), tuple(marks)) for word, marks in groups.items())


def _readers_of(raw: bytes) -> set[int]:
    """Which readers have a mark in these bytes."""
    found: set[int] = set()
    for word, marks in _groups():
        if word in raw:
            near = _near(raw, word)
            found.update(at for mark, at in marks if at not in found and mark in near)
    return found


def _near(raw: bytes, word: bytes) -> bytes:
    """What stands around the word, each time it occurs; everything where it occurs often."""
    parts: list[bytes] = []
    at = raw.find(word)
    while at >= 0:
        if len(parts) >= 100:
            return raw
        parts.append(raw[max(0, at - _AROUND) : at + len(word) + _AROUND])
        at = raw.find(word, at + len(word))
    return b"\0".join(parts)


class TestsFound:
    """All readers side by side over one step's lines, or over one log's bytes."""

    __test__ = False

    def __init__(self) -> None:
        self._readers = [make() for make in READERS]
        self._idle = [_FOLLOW] * len(self._readers)
        """For each reader, pieces since its last mark; from `_FOLLOW` on it sleeps."""
        self._waiting: list[str] = []
        self._size = 0
        self._before: list[str] = []

    def feed(self, text: str) -> None:
        """Take the next cleaned line."""
        self._waiting.append(text[:_TEXT_LIMIT])
        self._size += len(text) + 1
        if self._size >= PIECE:
            self._flush()

    def take(self, raw: bytes, before: bytes = b"") -> None:
        """Take whole raw lines; `before` is what stood before them, for readers that wake here."""
        active, woken = self._active(raw)
        if active:
            texts = _texts(raw)
            self._read(active, woken, texts, _texts(before) if woken else [])

    def result(self) -> tuple[FailingTest, ...]:
        """Failing tests, each once, in the order they were printed."""
        self._flush()
        return merged(test for reader in self._readers for test in reader.found())

    def _flush(self) -> None:
        if self._waiting:
            texts, self._waiting, self._size = self._waiting, [], 0
            active, woken = self._active(("\n".join(texts) + "\n").encode("utf-8", "replace"))
            self._read(active, woken, texts, self._before)
            self._before = texts[-40:]

    def _active(self, raw: bytes) -> tuple[list[int], set[int]]:
        """Readers to be given this piece, and those of them that slept until now."""
        marked = _readers_of(raw)
        active: list[int] = []
        woken: set[int] = set()
        for at, reader in enumerate(self._readers):
            idle = self._idle[at]
            if at in marked:
                if idle >= _FOLLOW:
                    woken.add(at)
                self._idle[at] = 0
                active.append(at)
            elif idle < _FOLLOW:
                if reader.busy or idle == 0:
                    self._idle[at] = idle + 1
                    active.append(at)
                else:
                    self._idle[at] = _FOLLOW
                    reader.gap()
        return active, woken

    def _read(self, active: Sequence[int], woken: set[int], texts: Sequence[str], before: Sequence[str]) -> None:
        for at in active:
            feed = self._readers[at].feed
            if at in woken:
                self._readers[at].gap()
                for text in before:
                    feed(text)
            for text in texts:
                feed(text)


def _texts(raw: bytes) -> list[str]:
    """Cleaned lines; a colour escape that was stored in caret notation is taken off, too."""
    lines = raw.replace(b"\r\n", b"\n").split(b"\n")
    if len(lines) < 3 and raw.count(b"\r") > 20:  # written with bare CRs for line ends
        lines = raw.split(b"\r")
    texts = [clean(line[:LINE_LIMIT], 0).text[:_TEXT_LIMIT] for line in lines]
    if raw.endswith(b"\n"):
        texts.pop()
    if b"^[[" in raw:
        texts = [_CARET.sub("", text) for text in texts]
    return texts


def failing_tests_of(
    log: bytes | mmap, start: int = 0, end: int | None = None, first_line: int = 1
) -> tuple[FailingTest, ...]:
    """The failing tests that `log[start:end]` tells of: raw bytes as a CI system keeps them, `start` at a line's begin.

    `first_line`, the line number at `start`, is not needed to name tests. Memory is bounded whatever the log's size.
    """
    found = TestsFound()
    before = b""
    for raw in _pieces(log, start, len(log) if end is None else end):
        found.take(raw, before)
        before = raw[raw.find(b"\n", max(0, len(raw) - _BEFORE)) + 1 :]
    return found.result()


def _pieces(log: bytes | mmap, start: int, end: int) -> Iterator[bytes]:
    """Pieces of about `PIECE` bytes that end with a line; of a longer line the rest is left out."""
    while start < end:
        stop = log.find(b"\n", min(end, start + PIECE), end)
        stop = end if stop < 0 else stop + 1
        if stop - start > PIECE + LINE_LIMIT and (bare := log.rfind(b"\r", start, start + PIECE)) >= 0:
            stop = bare + 1
        piece = bytes(log[start : min(stop, start + PIECE + LINE_LIMIT)])
        yield piece
        start = stop


def merged(tests: Iterable[FailingTest]) -> tuple[FailingTest, ...]:
    """Each test once; what one mention lacks another may add."""
    found: dict[str, FailingTest] = {}
    for test in tests:
        key = _key(test.id)
        known = found.get(key)
        if known is None:
            if test.id and len(found) < MOST:
                found[key] = test.model_copy(update={"message": test.message[:MESSAGE_LIMIT]})
            continue
        update: dict[str, object] = {"message": known.message or test.message[:MESSAGE_LIMIT]}
        update["frames"] = known.frames or test.frames
        if known.file is None or (known.file == test.file and known.line is None):
            update |= {"file": test.file, "line": known.line if known.line is not None else test.line}
        found[key] = known.model_copy(update=update)
    return tuple(found.values())


def _key(name: str) -> str:
    """Java's `test(Class)` and `Class.test` are the same test."""
    match = _JAVA.match(name)
    return f"{match.group(2)}.{match.group(1)}" if match else name


def failing_tests_in(texts: Iterable[str]) -> tuple[FailingTest, ...]:
    """The failing tests in these cleaned lines."""
    found = TestsFound()
    for text in texts:
        found.feed(text)
    return found.result()
