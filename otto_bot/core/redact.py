"""Keeps secrets out of what is stored, shown or sent: registered values first, shapes of secrets as a second net.

Lines keep their numbers: a secret over several lines becomes as many lines. Colours inside a secret do not hide it.
"""

from __future__ import annotations

import base64
import bisect
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import Any, NamedTuple
from urllib.parse import quote

from otto_bot.core.private_keys import OpenKey, key_spans
from otto_bot.core.secret_shapes import FAMILIES, OWN_TOKENS, Family, Shape, Span

REDACTED = "[redacted]"
SHORTEST = 6
"""Shorter values are words, not secrets: redacting them would destroy text and tell their length."""
PIECE = 1 << 20
"""Bytes that are looked at in one go; a longer line is one piece."""
HELD_BACK = 1 << 16
"""Bytes of an endless line that wait for what follows them: longer than any secret."""
CONTEXT = 1 << 12
"""Bytes before a piece of an endless line that are read again: the words before a secret."""

_REDACTED = REDACTED.encode()
_COLOUR = re.compile(rb"\x1b(?:\[[0-9;:?]*[mKJ]|\(B)")
"""Colours and erasures. Other sequences are left in place: their last letter might be the first one of a secret."""

_URL_SAFE = str.maketrans("+/", "-_")

_OPAQUE = frozenset({"signature", "data", "id", "tool_use_id", "type", "media_type"})
"""Fields of content blocks that the API checks byte by byte; they hold no words."""


def _forms(value: str) -> set[str]:
    """Every shape in which a secret commonly turns up."""
    trimmed = value.strip()
    raw = trimmed.encode("utf-8", "surrogatepass")
    forms = {value, trimmed, quote(raw, safe=""), json.dumps(trimmed)[1:-1], escape(trimmed)}
    forms |= {raw.hex(), raw.hex().upper(), *_within_base64(raw)}
    for text in (value, trimmed, f"x-access-token:{trimmed}"):
        encoded = base64.b64encode(text.encode("utf-8", "surrogatepass")).decode()
        forms |= {encoded, encoded.rstrip("="), encoded.rstrip("=").translate(_URL_SAFE)}
    if "\n" in trimmed:
        forms |= {line.strip() for line in trimmed.splitlines() if not line.startswith("-----")}
    return {form for form in forms if len(form) >= SHORTEST}


def _within_base64(raw: bytes) -> set[str]:
    """What of a value stands in the base64 of any text that holds it, such as `NAME=value` lines: the characters that
    no neighbour has a part in, for each of the three places that it can begin at."""
    found = set()
    for before in range(3):
        bits = base64.b64encode(bytes(before) + raw).decode()
        first, last = -(-before * 8 // 6), (before + len(raw)) * 8 // 6
        found |= {bits[first:last], bits[first:last].translate(_URL_SAFE)}
    return found


class Redactor:
    """Replaces secrets in text. Register each secret when it is minted; registration only ever adds."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._values: list[bytes] = []
        for secret in secrets:
            self.register(secret)

    def register(self, secret: str) -> None:
        """Remember a secret in its raw, trimmed, URL, JSON, HTML, hexadecimal, base64 and `Basic` form, also in the
        base64 of what is around it; words like `true` are let be.

        What its shape gives away in any text takes no place: the list does not grow with every token that is minted.
        """
        if len(secret.strip()) < SHORTEST:
            return
        forms = [form.encode("utf-8", "surrogatepass") for form in _forms(secret)]
        new = {form for form in forms if _Scan(()).piece(form) != _REDACTED}
        # Longest first: a secret that contains another one must not leave its tail behind.
        self._values = sorted({*self._values, *new}, key=len, reverse=True)

    def knows(self, data: bytes) -> bool:
        """Whether a registered secret stands in it, in one of its forms; shapes alone do not count."""
        return any(value in data for value in self._values)

    def text(self, text: str) -> str:
        """The text without secrets, line for line."""
        return self.raw(text.encode("utf-8", "surrogatepass")).decode("utf-8", "surrogatepass")

    def raw(self, data: bytes) -> bytes:
        """The bytes without secrets, line for line."""
        scan = _Scan(self._values)
        return b"".join(scan.piece(piece) for piece in _pieces(data))

    def own(self, text: str) -> str:
        """The text without what was registered and without tokens of installations; other people's stay in it.

        For what is acted on: there the shape of a secret may be a test's own password.
        """
        data = text.encode("utf-8", "surrogatepass")
        scan = _Scan(self._values, OWN_TOKENS)
        return b"".join(scan.piece(piece) for piece in _pieces(data)).decode("utf-8", "surrogatepass")

    def stream(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """The same for bytes that come in chunks, cut anywhere; an endless line does not pile up."""
        scan = _Scan(self._values)
        kept, done = b"", 0
        for chunk in chunks:
            kept += chunk
            end = kept.rfind(b"\n") + 1
            if end > done:
                yield scan.piece(kept[:end], done)
                kept, done = kept[end:], 0
            elif len(kept) > PIECE:
                border = scan.border(kept, done)
                yield scan.piece(kept, done, border)
                first = max(0, border - CONTEXT)
                kept, done = kept[first:], border - first
        if len(kept) > done:
            yield scan.piece(kept, done)

    def json(self, value: Any) -> Any:
        """Plain JSON with every string redacted, keys and opaque fields left as they are."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.json(item) for item in value]
        if isinstance(value, dict):
            return {
                key: item if key in _OPAQUE and isinstance(item, str) else self.json(item)
                for key, item in value.items()
            }
        return value


def _pieces(data: bytes) -> Iterator[bytes]:
    """The data in pieces of whole lines."""
    start = 0
    while start < len(data):
        end = data.rfind(b"\n", start, start + PIECE) + 1
        if end <= start:
            end = data.find(b"\n", start) + 1 or len(data)
        yield data[start:end]
        start = end


class _Plain(NamedTuple):
    """A text without its colours, and where its parts stand in the original."""

    text: bytes
    starts: Sequence[int]
    """Offsets of the parts in `text`."""
    shifts: Sequence[int]
    """What has to be added to an offset in each part."""

    def original(self, span: Span) -> Span:
        """The span as the coloured text has it; colours within are part of it."""
        first = bisect.bisect_right(self.starts, span[0]) - 1
        last = bisect.bisect_right(self.starts, span[1] - 1) - 1
        return span[0] + self.shifts[first], span[1] + self.shifts[last]


def _plain(data: bytes) -> _Plain:
    starts, shifts, parts, end, length = [0], [0], [], 0, 0
    for match in _COLOUR.finditer(data) if b"\x1b" in data else ():
        parts.append(data[end : match.start()])
        length += match.start() - end
        end = match.end()
        starts.append(length)
        shifts.append(end - length)
    parts.append(data[end:])
    return _Plain(b"".join(parts) if len(parts) > 1 else data, starts, shifts)


class _Scan:
    """One way through a text; a private key may begin in one piece and end in another."""

    def __init__(self, values: Sequence[bytes], families: Sequence[Family] = FAMILIES) -> None:
        self._values = values
        self._families = families
        self._key: OpenKey | None = None

    def piece(self, data: bytes, start: int = 0, end: int | None = None) -> bytes:
        """`data[start:end]` without secrets; what stands around it is read, not returned."""
        spans, self._key = self._spans(data, self._key)
        end = len(data) if end is None else end
        out, at = [], start
        for first, last in spans:
            if last <= at or first >= end:
                continue
            out += [data[at : max(first, at)], _REDACTED + (b"\n" + _REDACTED) * data.count(b"\n", first, last)]
            at = last
        out.append(data[at:end])
        return b"".join(out)

    def border(self, data: bytes, done: int) -> int:
        """How far an endless line may be given out: a secret that could go on stays for the next time."""
        border = len(data) - HELD_BACK
        for first, last in self._spans(data, self._key)[0]:
            if first < border < last:
                # What is longer than everything that is held back is no token: it is hidden as far as it goes.
                border = first if first > done else len(data)
        return border

    def _spans(self, data: bytes, key: OpenKey | None) -> tuple[list[Span], OpenKey | None]:
        """Spans of secrets in order, none over another."""
        plain = _plain(data)
        found = list(_registered(plain.text, self._values))
        lowered = plain.text.lower()
        for family in self._families:
            found += _family(plain.text, lowered, family)
        if self._families is not FAMILIES:
            return _merged(plain.original(span) for span in found), None
        keys, key = key_spans(plain.text, key)
        return _merged(plain.original(span) for span in [*found, *keys]), key


def _registered(text: bytes, values: Sequence[bytes]) -> Iterator[Span]:
    for value in values:
        at = text.find(value)
        while at >= 0:
            yield at, at + len(value)
            at = text.find(value, at + len(value))


def _family(text: bytes, lowered: bytes, family: Family) -> Iterator[Span]:
    marks = family.marks if isinstance(family.marks, tuple) else (family.marks,)
    for mark in marks:
        yield from (_at_marks if family.begins else _in_lines)(text, lowered, mark, family.shapes)


def _in_lines(text: bytes, lowered: bytes, mark: bytes | re.Pattern[bytes], shapes: Sequence[Shape]) -> Iterator[Span]:
    """Secrets in lines that hold the mark."""
    at = _find(lowered, mark, 0)
    while at >= 0:
        first = lowered.rfind(b"\n", 0, at) + 1
        last = lowered.find(b"\n", at)
        last = len(lowered) if last < 0 else last
        for shape in shapes:
            for match in shape.pattern.finditer(text, first, last):
                if match["secret"] is not None and shape.holds(match):
                    yield match.span("secret")
        at = _find(lowered, mark, last)


def _at_marks(text: bytes, lowered: bytes, mark: bytes | re.Pattern[bytes], shapes: Sequence[Shape]) -> Iterator[Span]:
    """Secrets that begin with the mark; what was read is not read again."""
    at = _find(lowered, mark, 0)
    while at >= 0:
        end = at + 1
        for shape in shapes:
            if (match := shape.pattern.match(text, at)) is not None:
                end = max(end, match.end())
                if shape.holds(match):
                    yield match.span("secret")
        at = _find(lowered, mark, end)


def _find(lowered: bytes, mark: bytes | re.Pattern[bytes], start: int) -> int:
    if isinstance(mark, bytes):
        return lowered.find(mark, start)
    match = mark.search(lowered, start)
    return match.start() if match else -1


def _merged(spans: Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for first, last in sorted(spans):
        if merged and first < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return merged
