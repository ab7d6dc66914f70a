"""Log bytes to readable lines that keep their exact original line numbers, one at a time.

A line ends at LF. Of a line that was redrawn with bare CRs the last drawing with any text is kept, as a terminal
would show it. Memory is bounded by `LINE_LIMIT`, however long a line is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

LINE_LIMIT = 4000
"""Longest line in bytes that is looked at; the rest of it is dropped."""

_STAMP = re.compile(rb"(?:\xef\xbb\xbf)?(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)(?: |$)")
_ESCAPES = re.compile(
    r"\x1b(?:\[[0-9;:?<=>]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|[()*+][A-Za-z0-9]|[ -/]?[0-~])"
)
_PRINTED = re.compile(r"\^\[\[[0-9;]*[A-Za-z]|\^\[")
"""Escapes in a log that was kept in printable form."""
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]")


class LogLine(NamedTuple):
    """One line: 1-based number in the original, the second of writing (`2026-01-31T23:59:59` or empty), its text."""

    number: int
    at: str
    text: str


def lines(log: bytes, start: int = 0, end: int | None = None, number: int = 1) -> Iterator[LogLine]:
    """Cleaned lines of `log[start:end]`; `number` is the line number of the one that begins at `start`."""
    end = len(log) if end is None else end
    while start < end:
        stop = log.find(b"\n", start, end)
        stop = end if stop < 0 else stop
        yield clean(log[start : min(stop, start + LINE_LIMIT)], number)
        start, number = stop + 1, number + 1


def with_line_ends(log: bytes) -> bytes:
    """The log with LF for CR, byte for byte, where CR alone ends its lines."""
    return log.replace(b"\r", b"\n") if log.count(b"\r") > 20 * (log.count(b"\n") + 1) else log


def clean(raw: bytes, number: int) -> LogLine:
    """One raw line without timestamp, colours, byte order mark, redrawn parts and control characters."""
    match = _STAMP.match(raw)
    at = match.group(1).decode("ascii") if match else ""
    text = (raw[match.end() :] if match else raw).decode("utf-8", "replace")
    return LogLine(number, at, clean_text(text))


def clean_line(raw: bytes) -> str:
    """The text of one raw line, without its timestamp; see `clean`."""
    match = _STAMP.match(raw)
    return without_printed_escapes(clean_text((raw[match.end() :] if match else raw).decode("utf-8", "replace")))


def clean_text(text: str) -> str:
    """Text of one line as a terminal would show it."""
    if "\r" in text:
        text = next((part for part in reversed(text.split("\r")) if _plain(part).strip()), "")
    return _plain(text).rstrip()


def _plain(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    return _CONTROLS.sub("", _ESCAPES.sub("", text))


def without_printed_escapes(text: str) -> str:
    """The text without escapes that some program wrote as `^[[31m`."""
    return _PRINTED.sub("", text) if "^[" in text else text
