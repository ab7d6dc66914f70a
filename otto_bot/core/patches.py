"""Reads unified patches: hunks of numbered lines, whatever the text is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from otto_bot.core.values import Frozen

LONGEST_LINE = 2000
"""Characters of a line that are looked at: minified files have lines of megabytes."""
_HUNK = re.compile(r"@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@ ?(.{0,300})")


class ChangedFile(Frozen):
    """One file of a diff, as far as the heart looks at it.

    `patch` holds its unified hunks; `binary` = there are none; `cut` = they are not whole. `old_path` is set where
    the file was renamed or copied.
    """

    path: str
    status: Literal["added", "deleted", "modified", "renamed", "copied", "type_changed"] = "modified"
    old_path: str | None = None
    patch: str = ""
    binary: bool = False
    cut: bool = False


class Line(NamedTuple):
    """A line of a hunk. `sign` is `-`, `+` or a space; numbers are from 1, None on the side where it does not stand."""

    sign: str
    old: int | None
    new: int | None
    text: str

    @property
    def indent(self) -> int:
        """Width of the white space before it; a tab counts as four."""
        bare = self.text.lstrip(" \t")
        return sum(4 if char == "\t" else 1 for char in self.text[: len(self.text) - len(bare)])


class Hunk(NamedTuple):
    """Lines that stand together. `section` is the line git names above it, often the function it is in."""

    section: str
    lines: tuple[Line, ...]

    def side(self, sign: str) -> tuple[Line, ...]:
        """The old (`-`) or the new (`+`) text of this place."""
        return tuple(line for line in self.lines if line.sign in (" ", sign))

    def blocks(self) -> Iterator[tuple[tuple[Line, ...], tuple[Line, ...]]]:
        """(removed, added) of each place without an unchanged line in between."""
        removed: list[Line] = []
        added: list[Line] = []
        for line in self.lines:
            if line.sign == " ":
                if removed or added:
                    yield tuple(removed), tuple(added)
                removed, added = [], []
            else:
                (removed if line.sign == "-" else added).append(line)
        if removed or added:
            yield tuple(removed), tuple(added)


def hunks(patch: str) -> tuple[Hunk, ...]:
    """All hunks, in order. Total: what is no hunk is passed over, a cut one ends where the text ends."""
    found: list[Hunk] = []
    lines = patch.split("\n")
    at = 0
    while at < len(lines):
        head = _HUNK.match(lines[at])
        at += 1
        if head is not None:
            body, at = _body(lines, at, head)
            found.append(Hunk(head[5].strip(), body))
    return tuple(found)


def _body(lines: list[str], at: int, head: re.Match[str]) -> tuple[tuple[Line, ...], int]:
    """The header's counts say where a hunk ends: a removed line may look like anything."""
    old, new = int(head[1]), int(head[3])
    old_end = old + int(head[2] if head[2] is not None else 1)
    new_end = new + int(head[4] if head[4] is not None else 1)
    body: list[Line] = []
    while at < len(lines) and (old < old_end or new < new_end):
        sign, text = lines[at][:1] or " ", lines[at][1 : LONGEST_LINE + 1].rstrip("\r")
        if sign == "@" and _HUNK.match(lines[at]):
            break
        if sign in "+- ":
            body.append(Line(sign, old if sign != "+" else None, new if sign != "-" else None, text))
            old, new = old + (sign != "+"), new + (sign != "-")
        at += 1
    return tuple(body), at


def squeezed(text: str) -> str:
    """Text without what formatters change: white space, kind of quotes, brackets and commas at line ends."""
    bare = re.sub(r"[\s();]+", "", text.replace("'", '"').replace("`", '"'))
    return re.sub(r",(?=[\])}]|$)", "", bare)


def reformatted(removed: tuple[Line, ...], added: tuple[Line, ...]) -> bool:
    """Whether a change of lines is one of formatting alone."""
    if not removed or not added:
        return False
    return squeezed("\n".join(line.text for line in removed)) == squeezed("\n".join(line.text for line in added))
