"""YAML written from plain values, so that every reader gets exactly these values back. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from otto_bot.core.values import writable

Value = str | int | float | bool | None | Sequence["Value"] | Mapping[str, "Value"]

_PLAIN = re.compile(r"[A-Za-z./][A-Za-z0-9_./@ +=-]*(?<! )")
"""Words that no reader takes for anything but a string, unless they are one of RESERVED or look like a number."""
_RESERVED = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", ".inf", ".nan", ".", "..."})
_DIGITS = re.compile(r"[./+-]*[0-9]")
_BLOCK = re.compile(r"[^\x00-\x08\x0b-\x1f\x7f-\xa0\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff\t]*")
"""Text that a literal block carries unharmed."""
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r", "\0": "\\0"}


def scalar(value: str | int | float | bool | None) -> str:
    """One value on one line: a plain word where that is safe, else in double quotes.

    Halves of surrogate pairs, which no encoding can hold, and NUL become U+FFFD.
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    plain = _PLAIN.fullmatch(value) and value.lower() not in _RESERVED and not _DIGITS.match(value)
    return value if plain else f'"{"".join(_escaped(one) for one in writable(value))}"'


def _escaped(one: str) -> str:
    if one in _ESCAPES:
        return _ESCAPES[one]
    code = ord(one)
    if one.isprintable() and code not in (0xFEFF, 0x85):
        return one
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def lines(value: Mapping[str, Value], depth: int = 0) -> Iterator[str]:
    """A mapping in block style, two spaces a level, without a final line break."""
    for key, one in value.items():
        yield from _entry(f"{'  ' * depth}{scalar(key)}:", one, depth)


def _entry(head: str, value: Value, depth: int) -> Iterator[str]:
    """What stands at `head`, which ends with `:` or `-`."""
    if isinstance(value, Mapping):
        if not value:
            yield f"{head} {{}}"
            return
        yield head
        yield from lines(value, depth + 1)
    elif isinstance(value, str) or not isinstance(value, Sequence):
        yield from _word(head, value, depth)
    elif not value:
        yield f"{head} []"
    else:
        yield head
        for one in value:
            yield from _item(one, depth + 1)


def _item(value: Value, depth: int) -> Iterator[str]:
    dash = f"{'  ' * depth}-"
    if isinstance(value, Mapping) and value:
        inner = list(lines(value, depth + 1))
        yield f"{dash} {inner[0].lstrip(' ')}"
        yield from inner[1:]
    else:
        yield from _entry(dash, value, depth)


def _word(head: str, value: str | int | float | bool | None, depth: int) -> Iterator[str]:
    if isinstance(value, str) and "\n" in value and _as_block(value):
        yield f"{head} |-"
        for line in value.split("\n"):
            yield f"{'  ' * (depth + 1)}{line}" if line else ""
    else:
        yield f"{head} {scalar(value)}"


def _as_block(value: str) -> bool:
    """Whether a literal block gives the text back: no odd characters, no indent or emptiness at either end."""
    first, last = value[:1], value[-1:]
    return first not in (" ", "\n", "") and last not in ("\n", " ") and _BLOCK.fullmatch(value) is not None
