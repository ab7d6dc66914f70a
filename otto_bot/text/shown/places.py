"""Where in a text its parts stand, and what is left out of it or stands there instead."""

from __future__ import annotations

from collections import Counter
from itertools import accumulate

BLANKS = " \t\x0b\x0c"
"""What the parser strips off lines."""


class Edits:
    """Replacements by place, and how much was left out, by kind."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.hidden: Counter[str] = Counter()
        self._made: list[tuple[int, int, str]] = []

    def put(self, start: int, end: int, words: str = "", kind: str = "") -> int:
        """`words` instead of what stands from `start` to before `end`; the number of this edit."""
        if kind:
            self.hidden[kind] += 1
        self._made.append((start, end, words))
        return len(self._made) - 1

    def instead(self, number: int, words: str) -> None:
        """Other words for an edit."""
        start, end, _ = self._made[number]
        self._made[number] = (start, end, words)

    def also(self, other: Edits, behind: int = 0) -> None:
        """What another reader leaves out as well, whose text begins `behind` the beginning of this one."""
        known = set(self._made)
        moved = [(start + behind, end + behind, words) for start, end, words in other._made]
        self._made += [edit for edit in moved if edit not in known]
        self.hidden |= other.hidden

    def result(self) -> str:
        """The text with all of them. Where two overlap, what either of them takes away is gone."""
        out: list[str] = []
        at = 0
        for start, end, words in sorted(self._made, key=lambda edit: (edit[0], -edit[1])):
            if end > at or start == end == at:
                out += [self.text[at:start], words]
                at = end
        return "".join([*out, self.text[at:]])


class Lines:
    """The lines of a text."""

    def __init__(self, text: str) -> None:
        self.lines = text.split("\n")
        self._starts = [0, *accumulate(len(line) + 1 for line in self.lines)]

    def start(self, number: int) -> int:
        """Where a line begins."""
        return self._starts[number]

    def end(self, number: int) -> int:
        """Where a line ends, before its newline."""
        return self._starts[number] + len(self.lines[number])

    def filled(self, first: int, end: int) -> int:
        """Behind the last line before `end` that holds something, but never before `first`."""
        while end - 1 > first and not self.lines[end - 1].strip():
            end -= 1
        return end

    def places(self, first: int, content: str) -> list[int] | None:
        """Where each character of a block's content stands in the text; None where that cannot be told.

        The content is that of the lines from `first` on, without what quotes and lists put before them.
        """
        found: list[int] = []
        while (
            content.strip(BLANKS + "\n") and first + 1 < len(self.lines) and not self.lines[first].strip(BLANKS + ">")
        ):
            first += 1  # the parser strips off blanks that do not end a paragraph
        for number, part in enumerate(content.split("\n"), first):
            if number >= len(self.lines):
                return found if not part else None
            base = self._base(number, part)
            if base is None:
                return None
            lead = len(part) - len(part.lstrip(BLANKS))
            found += [base] * lead + list(range(base, base + len(part) - lead)) + [self.end(number)]
        return found[: len(content)]

    def _base(self, number: int, part: str) -> int | None:
        """Where the words of this part of a line begin."""
        words = part.strip(BLANKS)
        line = self.lines[number].rstrip(BLANKS)
        if not line.endswith(words):  # a heading may end in further marks
            line = line.rstrip("#").rstrip(BLANKS)
        return self.start(number) + len(line) - len(words) if line.endswith(words) else None


def cells(line: str, start: int, end: int) -> list[list[int]]:
    """Where the characters of each cell stand in a row of a table; as the parser splits it."""
    found: list[list[int]] = [[]]
    escaped = False
    for place in range(start, end):
        char = line[place]
        if char == "|" and not escaped:
            found.append([])
        else:
            if char == "|":
                found[-1].pop()  # its backslash
            found[-1].append(place)
        escaped = char == "\\"
    found = found[1:] if found and not found[0] else found
    return found[:-1] if found and not found[-1] else found
