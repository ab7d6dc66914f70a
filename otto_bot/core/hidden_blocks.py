"""The blocks of a text on GitHub: fenced code, raw HTML, and words; code only where it is surely shown as code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

Kind = Literal["code", "markup", "words"]
_BOX = r"(?:>[ \t]{0,4}|(?:[-*+]|\d{1,9}[.)])[ \t]{1,4}){0,50}"
"""Marks of quotes and lists."""
FENCE_LIKE = re.compile(rf"[ \t]*{_BOX}[ \t]*(?:`{{3,}}|~{{3,}})")
_FENCE = re.compile(r"(`{3,}(?=[^`]*$)|~{3,})")
_HTML = re.compile(rf"[ \t]{{0,3}}{_BOX}<(?=[A-Za-z/!?])")
_ENDS = (
    (re.compile(rf"[ \t]{{0,3}}{_BOX}<!--"), re.compile("-->")),
    (re.compile(rf"[ \t]{{0,3}}{_BOX}<\?"), re.compile(r"\?>")),
    (re.compile(rf"[ \t]{{0,3}}{_BOX}<!\[CDATA\["), re.compile(r"\]\]>")),
    (re.compile(rf"[ \t]{{0,3}}{_BOX}<![A-Za-z]"), re.compile(">")),
    (
        re.compile(r".*<(?:pre|script|style|textarea)(?=[\s>]|$)", re.IGNORECASE),
        re.compile(r"</(?:pre|script|style|text)", re.IGNORECASE),
    ),
)
"""How raw HTML begins that goes on over empty lines, and where it ends."""


def blocks(text: str) -> list[tuple[Kind, str]]:
    """Kind and text of each block, in order; joined by newlines they are the text.

    Where any fence stands in a list, a quote or HTML, GitHub may read what follows otherwise than we do, and nothing
    of the text is taken for code.
    """
    found = list(_Blocks(text.split("\n")))
    unclear = any(kind != "code" and any(map(FENCE_LIKE.match, body.split("\n"))) for kind, body in found)
    return [("markup", text)] if unclear else found


class _Blocks:
    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self._at = 0

    def __iter__(self) -> Iterator[tuple[Kind, str]]:
        while self._at < len(self._lines):
            line = self._lines[self._at]
            if fence := _FENCE.match(line):
                yield "code", "\n".join(self._fenced(fence.group(1)))
            elif _HTML.match(line):
                yield "markup", "\n".join(self._markup())
            else:
                yield "words", "\n".join(self._words())

    def _fenced(self, ticks: str) -> list[str]:
        end = re.compile(rf" {{0,3}}{ticks[0]}{{{len(ticks)},}}[ \t]*$")
        took = [self._take()]
        while self._at < len(self._lines):
            took.append(self._take())
            if end.match(took[-1]):
                break
        return took

    def _markup(self) -> list[str]:
        first = self._take()
        took = [first]
        for opening, closing in _ENDS:
            if begun := opening.match(first):
                within = _same_box(begun.group())
                ended = closing.search(first, begun.end())
                while not ended and self._at < len(self._lines) and within.match(self._lines[self._at]):
                    took.append(self._take())
                    ended = closing.search(took[-1])
                return took
        while self._at < len(self._lines) and self._lines[self._at].strip():
            took.append(self._take())
        return took

    def _words(self) -> list[str]:
        """Up to a fence, a line of HTML, or the line behind an empty one."""
        took = [self._take()]
        while self._at < len(self._lines):
            line = self._lines[self._at]
            if _FENCE.match(line) or _HTML.match(line) or (not took[-1].strip() and line.strip()):
                break
            took.append(self._take())
        return took

    def _take(self) -> str:
        self._at += 1
        return self._lines[self._at - 1]


def _same_box(opening: str) -> re.Pattern[str]:
    """How the next line begins if it still stands in the quote or list of this one; where that is hard to say, none."""
    marks = opening.partition("<")[0]
    if not marks.strip():
        return re.compile("")
    if re.fullmatch(r" {0,3}>[ \t]*", marks):
        return re.compile(" {0,3}>")
    if re.fullmatch(r" {0,3}(?:[-*+]|\d{1,9}[.)])[ \t]+", marks):
        return re.compile(rf" {{{len(marks)}}}|[ \t]*$")
    return re.compile(r"(?!)")
