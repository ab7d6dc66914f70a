"""Lines on a terminal: others' words made harmless, wrapped to the width, coloured where colours are wanted."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from otto_bot.text.markdown import clean

NARROWEST = 30
_COLOUR = re.compile(r"\x1b\[\d*m")
_INVISIBLE = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
"""Unicode categories that show nothing or turn what is around them."""


class Look(NamedTuple):
    """How to show: the width in columns (None: as long as lines are), and whether in colour."""

    width: int | None = None
    colour: bool = False

    def bold(self, text: str) -> str:
        """Our own words, or others' after `shown`."""
        return self._in("1", text)

    def dim(self, text: str) -> str:
        """The same, in the background."""
        return self._in("2", text)

    def red(self, text: str) -> str:
        """The same, for what is wrong."""
        return self._in("31", text)

    def quoted(self, head: str, text: str) -> Iterator[str]:
        """A quoted line behind `head`; where it is wider than the screen it goes on below itself."""
        room = None if self.width is None else max(10, self.width - len(head))
        blank = " " * (len(head) - 2) + head[-2:]
        for number, piece in enumerate(_pieces(text, room)):
            yield f"{self.dim(head if number == 0 else blank)}{piece}".rstrip()

    def _in(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour and text else text


def shown(text: str, limit: int = 300, *, keep_spaces: bool = False) -> str:
    """Someone's words on one line, cut at `limit` characters; no character of theirs moves a cursor or hides."""
    text = text[: limit * 8]
    if not (text.isascii() and text.isprintable()):
        text = clean(text).replace("\n", " ").expandtabs(4)
        text = "".join(c for c in text if unicodedata.category(c) not in _INVISIBLE)
    text = text.rstrip() if keep_spaces else " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def wrapped(text: str, look: Look, indent: int = 0) -> list[str]:
    """Words over as many lines as the screen needs, the later ones indented. Colours may stand in `text`."""
    if look.width is None:
        return [text]
    room = max(look.width, NARROWEST)
    lines: list[str] = []
    line = text[: len(text) - len(text.lstrip())]
    for word in text.split():
        first, *rest = _pieces(word, room - max(indent, len(line) if not line.strip() else 0))
        gap = " " if line.strip() else ""
        if gap and columns(line) + 1 + columns(first) > room:
            lines.append(line)
            line = " " * indent
            gap = ""
        line += gap + first
        for piece in rest:
            lines.append(line)
            line = " " * indent + piece
    return [*lines, line]


def fitted(text: str, look: Look) -> str:
    """One line, cut where the screen ends."""
    if look.width is None or columns(text) <= look.width:
        return text
    return next(_pieces(text, max(look.width, NARROWEST) - 1)) + "…"


def columns(text: str) -> int:
    """Width on a terminal: colours take none, East Asian wide characters two."""
    plain = _COLOUR.sub("", text)
    return len(plain) if plain.isascii() else sum(map(_cell, plain))


def _cell(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _pieces(text: str, room: int | None) -> Iterator[str]:
    """The text in pieces of at most `room` columns; colours are not counted. At least one."""
    if room is None or columns(text) <= room:
        yield text
        return
    piece, length = "", 0
    for part in re.findall(r"\x1b\[\d*m|.", text, re.DOTALL):
        space = 0 if part.startswith("\x1b") else _cell(part)
        if length + space > room and piece:
            yield piece
            piece, length = "", 0
        piece += part
        length += space
    if piece:
        yield piece
