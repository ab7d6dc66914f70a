"""Reads lines of configuration (TOML, INI, YAML, JSON, XML) as keys and items, from hunks alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from otto_bot.core.patches import ChangedFile, Hunk, Line, hunks, reformatted

_SECTION = re.compile(r"\s*\[{1,2}([^\[\]\"',]{1,200})\]{1,2}\s*(?:[#;].*)?$")
_KEY = re.compile(r"\s*(?:-\s+)?([\"']?)([\w.@*$/-]{1,120})\1\s*(?::(?!:)|=>|=(?!=))\s*(.*)$")
_XML = re.compile(r"\s*<([\w.:-]{1,80})(?:\s[^<>]{0,300})?>([^<]{0,500})(?:</|$)")
_COMMENT = re.compile(r"\s*(?:#(?!\[)|;|//|/\*|\*\s|<!--)")


class Entry(NamedTuple):
    """One line of a side of a hunk. `value` is what stands behind the key, or the whole of an item's line."""

    line: Line
    section: str
    path: tuple[str, ...]
    value: str
    own: bool
    """Whether the line names its key itself; else it is an item of a list above."""

    @property
    def key(self) -> str:
        """The nearest key, empty where the hunk does not show it."""
        return self.path[-1] if self.path else ""


class Config(NamedTuple):
    """A configuration file's changed lines on both sides."""

    file: ChangedFile
    removed: tuple[Entry, ...]
    added: tuple[Entry, ...]
    lines: tuple[Line, ...]
    """All lines of its hunks, unchanged ones too."""


def said(line: Line) -> bool:
    """Whether a line says anything: no blank, no comment."""
    return bool(line.text.strip()) and _COMMENT.match(line.text) is None


def read(file: ChangedFile) -> Config:
    """The changed lines of a file that say something; what was only formatted is left out."""
    parts = hunks(file.patch)
    formatted = {
        id(line)
        for hunk in parts
        for before, after in hunk.blocks()
        if reformatted(before, after)
        for line in (*before, *after)
    }
    removed = [entry for hunk in parts for entry in _entries(hunk, "-") if id(entry.line) not in formatted]
    added = [entry for hunk in parts for entry in _entries(hunk, "+") if id(entry.line) not in formatted]
    return Config(file, tuple(removed), tuple(added), tuple(line for hunk in parts for line in hunk.lines))


def _entries(hunk: Hunk, sign: str) -> Iterator[Entry]:
    section, stack = "", list[tuple[int, str]]()
    if head := _SECTION.match(hunk.section):
        section = head[1].strip()
    elif key := _KEY.match(hunk.section):
        stack.append((0, key[2]))
    for line in hunk.side(sign):
        if not said(line):
            continue
        if head := _SECTION.match(line.text):
            section, stack = head[1].strip(), []
            if line.sign == sign:
                yield Entry(line, section, (), "", own=True)
            continue
        found = _KEY.match(line.text) or _XML.match(line.text)
        # What stands in a YAML list may begin as far to the left as the key above it.
        indent = line.indent + (2 if re.match(r"\s*-\s+\S", line.text) else 0)
        while stack and stack[-1][0] >= indent and not _closing(line.text):
            stack.pop()
        if found:
            groups = found.groups()
            stack.append((indent, groups[-2]))
        if line.sign == sign:
            value = found.groups()[-1] if found else line.text
            yield Entry(line, section, tuple(key for _, key in stack), value.strip(), own=found is not None)


def _closing(text: str) -> bool:
    return re.match(r"\s*[\])}]", text) is not None


def words(value: str) -> tuple[str, ...]:
    """The items that a value lists."""
    return tuple(re.findall(r"[^\s,\[\]\"'{}()]+", re.sub(r"\s#.*$", "", value)))
