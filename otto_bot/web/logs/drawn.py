"""Lines of a log as a terminal would show them: colours by name, nothing that acts, nothing hidden."""

from __future__ import annotations

import re
from typing import NamedTuple

from otto_bot.core.unseen import UNSEEN, escaped

_ESCAPES = re.compile(
    r"\x1b(?:\[(?P<sgr>[0-9;]{0,60})m|\[[0-9;:?<=>]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|[()*+][A-Za-z0-9]"
    r"|[ -/]?[0-~])?"
)
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f]")
_SGR = re.compile(r"\x1b\[([0-9;]*)m")
_NAMED = 1 << 40
"""Hidden characters are named however many there are: a line of their sum would count as a line of the log."""


class Piece(NamedTuple):
    """Words of one look; `look` are names of classes."""

    text: str
    look: str


def drawn(body: bytes) -> list[str]:
    """The lines of a part. Of escape sequences only colours are left; a redrawn line is its last drawing."""
    text = body.decode("utf-8", "replace")
    lines = text.removesuffix("\n").split("\n") if text else []
    return [one if one.isascii() and one.isprintable() else _line(one) for one in lines]


def _line(text: str) -> str:
    if "\r" in text:
        text = next((part for part in reversed(text.split("\r")) if part.strip()), "")
    if "\x1b" in text:
        text = _ESCAPES.sub(lambda m: m.group() if m["sgr"] is not None else "", text)
    text = _CONTROLS.sub("", text.expandtabs(4))
    return escaped(text, _NAMED) if UNSEEN.search(text) else text


def pieces(line: str) -> list[Piece]:
    """A drawn line in pieces of one look each. Each line begins plain."""
    if "\x1b" not in line:
        return [Piece(line, "")]
    found, look, at = [], frozenset[str](), 0
    for match in _SGR.finditer(line):
        if match.start() > at:
            found.append(Piece(line[at : match.start()], _name(look)))
        look, at = _after(look, match[1]), match.end()
    if at < len(line):
        found.append(Piece(line[at:], _name(look)))
    return found


_ON = {1: "b", 2: "f", 3: "i", 4: "u"}
_OFF = {22: ("b", "f"), 23: ("i",), 24: ("u",)}


def _after(look: frozenset[str], codes: str) -> frozenset[str]:
    """The look behind a sequence. Backgrounds and colours beyond the sixteen are left out."""
    numbers = [int(code[:4] or 0) for code in codes.split(";")]
    at = 0
    while at < len(numbers):
        code = numbers[at]
        if code in (38, 48):  # an own colour: 5;n or 2;r;g;b
            kind = numbers[at + 1] if at + 1 < len(numbers) else 0
            given = numbers[at + 2] if kind == 5 and at + 2 < len(numbers) else -1
            if code == 38:
                look = _coloured(look, given % 8 if 0 <= given < 16 else 0)
            at += {5: 3, 2: 5}.get(kind, 2)
            continue
        at += 1
        if code == 0:
            look = frozenset()
        elif code in _ON:
            look |= {_ON[code]}
        elif code in _OFF:
            look -= {*_OFF[code]}
        elif 30 <= code <= 37 or 90 <= code <= 97:
            look = _coloured(look, code % 10)
        elif code == 39:
            look = _coloured(look, 0)
    return look


def _coloured(look: frozenset[str], colour: int) -> frozenset[str]:
    """Black and white are the page's own: no ground of ours would show both."""
    plain = frozenset(one for one in look if not one.startswith("c"))
    return plain | {f"c{colour}"} if 1 <= colour <= 6 else plain


def _name(look: frozenset[str]) -> str:
    return " ".join(sorted(look))
