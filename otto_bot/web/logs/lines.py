"""Where lines stand in a large file: a sparse index that grows with the file, and parts of whole lines."""

from __future__ import annotations

import bisect
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, NamedTuple

STEP = 64 * 1024
"""Bytes between two marks of the index: what is read at most to find a line, where lines are short."""
SEEK = 1024 * 1024
"""Bytes that are searched in one go."""


@dataclass
class LineIndex:
    """The offset of one line start in each stretch of a file, and how much there is in all."""

    offsets: list[int] = field(default_factory=lambda: [0])
    numbers: list[int] = field(default_factory=lambda: [1])
    size: int = 0
    breaks: int = 0
    open: bool = False
    """Whether the last line has not ended."""

    @property
    def lines(self) -> int:
        """How many lines there are."""
        return self.breaks + self.open

    def grow(self, piece: bytes) -> None:
        """So much was written behind the rest."""
        if not piece:
            return
        found = piece.count(b"\n")
        last = piece.rfind(b"\n")
        if found and self.size + last + 1 - self.offsets[-1] >= STEP:
            self.numbers.append(self.breaks + found + 1)
            self.offsets.append(self.size + last + 1)
        self.breaks += found
        self.open = last != len(piece) - 1
        self.size += len(piece)

    def before_line(self, number: int) -> tuple[int, int]:
        """The last mark at or before a line: its offset and its line."""
        place = max(0, bisect.bisect_right(self.numbers, number) - 1)
        return self.offsets[place], self.numbers[place]

    def before(self, offset: int) -> tuple[int, int]:
        """The last mark at or before an offset."""
        place = max(0, bisect.bisect_right(self.offsets, offset) - 1)
        return self.offsets[place], self.numbers[place]


class Part(NamedTuple):
    """Some whole lines; `line` is the number of the first. One that is longer than a part comes in several."""

    start: int
    end: int
    line: int
    body: bytes


class Found(NamedTuple):
    """Matches as pairs of offset and line, and where to go on looking; None where all of it was looked at."""

    matches: tuple[tuple[int, int], ...]
    following: int | None


class LogFile:
    """A log as a file that may still grow. Reads open it anew: nothing is held between two requests."""

    def __init__(self, path: Path, index: LineIndex) -> None:
        self.path, self.index = path, index
        self.later: Path | None = None
        """Where it is moved to when it is whole."""

    def _open(self) -> BinaryIO:
        try:
            return self.path.open("rb")
        except FileNotFoundError:
            if self.later is None:
                raise
            return self.later.open("rb")

    @property
    def size(self) -> int:
        """Bytes that may be read."""
        return self.index.size

    def part(self, start: int, most: int, *, final: bool = True) -> Part:
        """Lines from `start` on, at most `most` bytes; while the log grows, none that has not ended.

        `start` is where a line begins, or where a part of it ended.
        """
        with self._open() as file:
            start = max(0, min(start, self.size))
            read = _read(file, start, min(most, self.size - start))
            body = _whole_characters(read)
            start += len(read) - len(body)
            whole = start + len(body) >= self.size and final
            body = body if whole else _to_last_break(body, most)
            return Part(start, start + len(body), self._number(file, start), body)

    def part_before(self, end: int, most: int) -> Part:
        """The lines that end at `end`."""
        with self._open() as file:
            end = max(0, min(end, self.size))
            first = max(0, end - most)
            body = _read(file, first, end - first)
            if first:
                cut = body.find(b"\n", 0, len(body) - 1) + 1
                body = body[cut:] if cut else _whole_characters(body)
            return Part(end - len(body), end, self._number(file, end - len(body)), body)

    def offset_of(self, number: int) -> int:
        """Where a line begins; the last one's beginning for a number that is too large."""
        number = max(1, min(number, max(1, self.index.lines)))
        offset, at = self.index.before_line(number)
        with self._open() as file:
            while at < number:
                block = _read(file, offset, min(STEP, self.size - offset))
                if not block:
                    break
                here = block.count(b"\n")
                if at + here < number:
                    offset, at = offset + len(block), at + here
                    continue
                place = -1
                for _ in range(number - at):
                    place = block.index(b"\n", place + 1)
                return offset + place + 1
        return offset

    def find(self, words: str, start: int, room: int, most: int) -> Found:
        """Where words stand, small and large letters alike, in at most `room` bytes from `start` on."""
        needle = words.encode("utf-8", "replace").lower()
        found: list[tuple[int, int]] = []
        at, limit = max(0, start), min(self.size, max(0, start) + room)
        if not needle:
            return Found((), None)
        with self._open() as file:
            while at < limit:
                block = _read(file, at, min(SEEK, self.size - at)).lower()
                place = block.find(needle)
                while place >= 0:
                    found.append((at + place, self._number(file, at + place)))
                    if len(found) == most:
                        return Found(tuple(found), at + place + 1)
                    place = block.find(needle, place + len(needle))
                if len(block) < SEEK:
                    at = self.size
                    break
                at += len(block) - len(needle) + 1
        return Found(tuple(found), at if at < self.size else None)

    def _number(self, file: BinaryIO, offset: int) -> int:
        """The line that an offset lies in."""
        at, number = self.index.before(offset)
        while at < offset:
            block = _read(file, at, min(STEP, offset - at))
            if not block:
                break
            number, at = number + block.count(b"\n"), at + len(block)
        return number


def _read(file: BinaryIO, offset: int, size: int) -> bytes:
    file.seek(offset)
    return file.read(max(0, size))


def _to_last_break(body: bytes, most: int) -> bytes:
    cut = body.rfind(b"\n") + 1
    if cut:
        return body[:cut]
    return _whole_end(body) if len(body) >= most else b""


def _whole_end(body: bytes) -> bytes:
    """Without the first bytes of a character that ends elsewhere."""
    for back in range(1, min(4, len(body)) + 1):
        byte = body[-back]
        if byte >= 0xC0:
            needs = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return body[:-back] if needs > back else body
        if byte < 0x80:
            break
    return body


def _whole_characters(body: bytes) -> bytes:
    """Without the last bytes of a character that began elsewhere."""
    skip = 0
    while skip < min(3, len(body)) and 0x80 <= body[skip] < 0xC0:
        skip += 1
    return body[skip:]
