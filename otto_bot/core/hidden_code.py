"""Characters that a reviewer cannot see, or that show code in another order than it runs, in lines that are new. Pure.

Scripts and emoji need some of them: joiners between letters that are joined, marks of direction beside letters that are
written from the right, the flags that are made of tags. Those are let be.
"""

from __future__ import annotations

import unicodedata

_TURNING = {*range(0x202A, 0x202F), *range(0x2066, 0x206A)}
_MARKS = {0x200E, 0x200F, 0x061C}
_JOINERS = {0x200C, 0x200D}
_BLANK = {0x00AD, 0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180E, 0x200B, 0x2028, 0x2029, 0x3164, 0xFEFF, 0xFFA0,
          *range(0x2060, 0x2066), *range(0x206A, 0x2070), *range(0xFFF9, 0xFFFC), *range(0x1D173, 0x1D17B)}  # fmt: skip
_CONTROLS = {*range(0x20), *range(0x7F, 0xA0)} - {0x09, 0x0A, 0x0C, 0x0D}
_RETURN = 0x0D
"""At the end of a line it belongs there; before that, a terminal shows what follows in place of what was before."""
_FLAG = 0x1F3F4
_WITHOUT_SPACES = range(0x0E00, 0x10A0), range(0x1780, 0x1800), range(0x1980, 0x19E0)
"""Thai, Lao, Tibetan, Burmese, Khmer and their neighbours: a space without width stands between words."""
_KHMER, _MONGOLIAN = range(0x1780, 0x1800), range(0x1800, 0x18B0)


def hidden_in(line: str, *, first: bool = False) -> str | None:
    """What one line hides, in words with the character's number; None = nothing.

    `first`: it is the first line of its file, where a byte order mark may stand.
    """
    if line.isascii() and line.isprintable():
        return None
    for at, char in enumerate(line):
        code = ord(char)
        if (0x20 <= code < 0x7F) or code == 0x09 or (first and at == 0 and code == 0xFEFF):
            continue
        if (why := _why(line, at, code)) is not None:
            return f"{why} (U+{code:04X})"
    return None


def _why(line: str, at: int, code: int) -> str | None:
    if code in _TURNING:
        return "a character that turns the order in which the line is shown"
    if code in _CONTROLS or (code == _RETURN and at < len(line) - 1):
        return "a control character"
    if 0xE0100 <= code <= 0xE01EF:
        return None if _ideograph(line[at - 1 : at]) else "a variation selector that varies nothing"
    if 0xE0000 <= code <= 0xE0FFF:
        return None if code <= 0xE007F and _in_flag(line, at) else "a tag character that shows nothing"
    if code in _BLANK and not _needed(line, at, code):
        return "a character that shows nothing"
    if code in _MARKS and not any(
        unicodedata.bidirectional(char) in ("R", "AL") for char in line if ord(char) not in _MARKS
    ):
        return "a mark of direction in a line without letters that are written from the right"
    if code in _JOINERS and not _joins(line, at):
        return "a joiner where nothing is joined"
    if 0xFE00 <= code <= 0xFE0F and not _varies(line, at):
        return "a variation selector that varies nothing"
    return None


def _needed(line: str, at: int, code: int) -> bool:
    """Whether what shows nothing belongs to the writing around it, and is no row of its like."""
    before, after = ord(line[at - 1 : at] or "\0"), ord(line[at + 1 : at + 2] or "\0")
    if code == 0x200B:
        return any(before in script for script in _WITHOUT_SPACES) and any(
            after in script for script in _WITHOUT_SPACES
        )
    if code in (0x17B4, 0x17B5):
        return before in _KHMER and before not in _BLANK
    return code == 0x180E and before in _MONGOLIAN and before not in _BLANK and after in _MONGOLIAN


def _ideograph(before: str) -> bool:
    """Whether a Han character comes before, of which a selector tells one form."""
    return bool(before) and unicodedata.name(before, "").startswith("CJK ")


def _in_flag(line: str, at: int) -> bool:
    """Whether a tag belongs to a flag: at most seven stand behind the black one."""
    start = at
    while start > 0 and 0xE0000 <= ord(line[start - 1]) <= 0xE007F and at - start < 8:
        start -= 1
    return start > 0 and ord(line[start - 1]) == _FLAG and at - start < 7


def _joins(line: str, at: int) -> bool:
    before, after = line[at - 1 : at], line[at + 1 : at + 2]
    return bool(before and after) and not before.isascii() and not after.isascii() and ord(after) not in _JOINERS


def _varies(line: str, at: int) -> bool:
    """Emoji and characters of writing vary, and the keycaps; never another selector, of which a row spells bytes."""
    before = line[at - 1 : at]
    return bool(before) and (before in "0123456789#*" or not before.isascii()) and not 0xFE00 <= ord(before) <= 0xFE0F
