"""Contents that git calls binary, as text where they are some: UTF-16, a stray NUL, too long for git. Pure."""

from __future__ import annotations

import codecs

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"), (codecs.BOM_UTF8, "utf-8-sig"),
)  # fmt: skip
_LOOKED_AT = 4096


def as_text(data: bytes) -> str | None:
    """The text, None where a person could not read it as one. NULs in the midst of text are kept."""
    kind = next((name for mark, name in _MARKS if data.startswith(mark)), None) or _without_mark(data)
    try:
        text = data.decode(kind)
    except UnicodeDecodeError:
        return None
    head = text[:_LOOKED_AT]
    odd = sum(1 for char in head if ord(char) < 0x20 and char not in "\t\n\r\f\x1b")
    return text if odd * 10 <= len(head) else None


def _without_mark(data: bytes) -> str:
    """Every other byte NUL: UTF-16 of plain letters."""
    head = data[:_LOOKED_AT]
    even, odd = head[::2].count(0), head[1::2].count(0)
    if odd * 2 > len(head) // 2 and even * 10 < len(head):
        return "utf-16-le"
    if even * 2 > len(head) // 2 and odd * 10 < len(head):
        return "utf-16-be"
    return "utf-8"


def new_lines(after: str, before: str) -> list[tuple[int, str]]:
    """(number from 1, text) of each line of `after` that stands nowhere in `before`."""
    known = set(before.split("\n"))
    return [(number, line.rstrip("\r")) for number, line in enumerate(after.split("\n"), 1) if line not in known]
