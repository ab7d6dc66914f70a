"""Fitting text into a budget of bytes: even shares, cuts that keep the first error, words for what was cut.

Bytes are counted because tokens can only be estimated, and from bytes (`BYTES_PER_TOKEN`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from otto_bot.core.evidence import Excerpt

BYTES_PER_TOKEN = 2
"""A lower bound: code in the newest tokenizers comes near 2.5 bytes a token, prose near 4."""

SMALLEST = 300
"""Bytes below which a piece of evidence says nothing any more."""

_ERROR = re.compile(
    r"##\[error\]|\berror\b|\bfail(?:ed|ure|ing)?\b|exception|traceback|assert|not_met|\bpanic", re.IGNORECASE
)

_LITERALS = ("error", "fail", "exception", "traceback", "assert", "not_met", "panic")
"""Each match of the pattern above holds one of these."""


def size(text: str) -> int:
    """Bytes of a text in UTF-8."""
    return len(text.encode("utf-8", "surrogatepass"))


def head(text: str, limit: int) -> str:
    """The beginning of a text, of at most `limit` bytes and without half a character."""
    if len(text) <= limit and size(text) <= limit:
        return text
    return text[: max(0, limit)].encode("utf-8", "surrogatepass")[: max(0, limit)].decode("utf-8", "ignore")


def share(total: int, sizes: Sequence[int]) -> list[int]:
    """An even split of `total` where nobody gets more than its size; what one leaves goes to the others."""
    given = [0] * len(sizes)
    left, order = max(0, total), sorted(range(len(sizes)), key=lambda index: sizes[index])
    for place, index in enumerate(order):
        given[index] = min(sizes[index], left // (len(order) - place))
        left -= given[index]
    return given


def clip(text: str, limit: int) -> str:
    """Text of at most `limit` bytes and a note; its beginning stays."""
    kept = head(text, limit)
    return text if kept == text else f"{kept}\n[… {len(text) - len(kept)} characters cut …]"


def clip_all(parts: Sequence[tuple[str, str]], total: int) -> list[tuple[str, str]]:
    """Named texts within a total, split evenly; a part that would get next to nothing is left out and named."""
    most = max(1, total // SMALLEST)
    kept = list(parts[:most])
    shares = share(total, [size(text) for _, text in kept])
    result = [(name, clip(text, given)) for (name, text), given in zip(kept, shares, strict=True)]
    if len(parts) > most:
        names = ", ".join(head(name, 100) for name, _ in parts[most : most + 20])
        result.append(("left out", f"{len(parts) - most} more were left out for space: {names}"))
    return result


def bullets(items: Sequence[str], total: int) -> str:
    """A list within a total of bytes; how many were left out is said."""
    lines: list[str] = []
    used = 0
    for item in items:
        line = f"- {item}"
        if used + size(line) > total:
            break
        lines.append(line)
        used += size(line) + 1
    if len(lines) < len(items):
        lines.append(f"[… {len(items) - len(lines)} more left out for space …]")
    return "\n".join(lines) or "none"


def narrow(excerpt: Excerpt, limit: int) -> Excerpt:
    """The excerpt cut to one contiguous piece of at most `limit` bytes that holds its first error."""
    if size(excerpt.text) <= limit:
        return excerpt
    lines, before = _near(excerpt.text, limit)
    anchor = next((index for index, line in enumerate(lines) if _ERROR.search(line)), 0)
    if size(lines[anchor]) >= limit:
        match = _ERROR.search(lines[anchor])
        start = max(0, (match.start() if match else 0) - limit // 8)
        return _piece(excerpt, before + anchor, before + anchor, head(lines[anchor][start:], limit))
    first = last = anchor
    used = size(lines[anchor])
    for step in ([-1] * 3, [1] * len(lines), [-1] * len(lines)):
        for direction in step:
            index = first - 1 if direction < 0 else last + 1
            if not 0 <= index < len(lines) or used + size(lines[index]) + 1 > limit:
                break
            used += size(lines[index]) + 1
            first, last = min(first, index), max(last, index)
    return _piece(excerpt, before + first, before + last, "\n".join(lines[first : last + 1]))


def _near(text: str, limit: int) -> tuple[list[str], int]:
    """The lines around the first error, and how many stand before them: a log of megabytes is not taken apart."""
    at = _first_error(text)
    start = text.rfind("\n", 0, max(0, at - limit)) + 1
    end = text.find("\n", at + limit)
    return text[start : len(text) if end < 0 else end].split("\n"), text.count("\n", 0, start)


def _first_error(text: str) -> int:
    """Where the first error begins, 0 where there is none. Literals are looked for first: they are found far faster."""
    begin = 0
    if text.isascii():
        lowered = text.lower()
        found = [at for word in _LITERALS if (at := lowered.find(word)) >= 0]
        if not found:
            return 0
        begin = max(0, min(found) - 10)
    match = _ERROR.search(text, begin)
    return match.start() if match else 0


def _piece(excerpt: Excerpt, first: int, last: int, text: str) -> Excerpt:
    """Lines `first` to `last` (0-based, of the excerpt) with their numbers in the original."""
    base = excerpt.first_line
    numbers = {} if base is None else {"first_line": base + first, "last_line": base + last}
    return excerpt.model_copy(update={"text": text, **numbers})
