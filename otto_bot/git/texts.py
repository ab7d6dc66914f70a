"""Contents that git calls binary, as text where they are some: UTF-16, a stray NUL, too long for git. Pure."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"), (codecs.BOM_UTF8, "utf-8-sig"),
)  # fmt: skip
_LOOKED_AT = 4096
_RUN = re.compile(rb"[\t\x20-\x7e]{6,}")
_WIDE_RUN = re.compile(rb"(?:[\t\x20-\x7e]\0){6,}")
"""The same in UTF-16, whichever of its bytes comes first."""


def as_text(data: bytes) -> str | None:
    """The text, None where a person could not read it as one. NULs in the midst of text are kept."""
    kind = _marked(data) or _without_mark(data)
    try:
        text = data.decode(kind)
    except UnicodeDecodeError:
        return None
    head = text[:_LOOKED_AT]
    odd = sum(1 for char in head if ord(char) < 0x20 and char not in "\t\n\r\f\x1b")
    return text if odd * 10 <= len(head) else None


def as_programs_read_it(data: bytes) -> str:
    """The text as a program takes it that looks at a byte order mark at most: what is no UTF-8 becomes U+FFFD.

    One bad byte makes no difference to what npm or pip do with the rest, and so to nobody who looks for it.
    """
    return data.decode(_marked(data) or "utf-8", "replace")


def words_within(data: bytes) -> Iterator[str]:
    """The runs of plain characters in what nobody can read as text."""
    yield from (run.decode("ascii") for run in _RUN.findall(data))
    yield from (run.replace(b"\0", b"").decode("ascii") for run in _WIDE_RUN.findall(data))


def _marked(data: bytes) -> str | None:
    return next((name for mark, name in _MARKS if data.startswith(mark)), None)


def _without_mark(data: bytes) -> str:
    """Every other byte NUL, in the whole and not in a part that was put first: UTF-16 of plain letters."""
    even, odd = data[::2].count(0), data[1::2].count(0)
    if odd * 4 > len(data) and even * 10 < len(data):
        return "utf-16-le"
    if even * 4 > len(data) and odd * 10 < len(data):
        return "utf-16-be"
    return "utf-8"


def new_lines(after: str, before: str) -> list[tuple[int, str]]:
    """(number from 1, text) of each line of `after` that stands nowhere in `before`."""
    known = set(before.split("\n"))
    return [(number, line.rstrip("\r")) for number, line in enumerate(after.split("\n"), 1) if line not in known]
