"""Fitting text into a budget: even shares, cuts that keep the first error, and words for what was cut."""

from __future__ import annotations

import re
from collections.abc import Sequence

from otto_bot.core.evidence import Excerpt

SMALLEST = 300
"""Characters below which a piece of evidence says nothing any more."""

_ERROR = re.compile(
    r"##\[error\]|\berror\b|\bfail(?:ed|ure|ing)?\b|exception|traceback|assert|not_met|\bpanic", re.IGNORECASE
)


def share(total: int, sizes: Sequence[int]) -> list[int]:
    """An even split of `total` where nobody gets more than its size; what one leaves goes to the others."""
    given = [0] * len(sizes)
    left, order = max(0, total), sorted(range(len(sizes)), key=lambda index: sizes[index])
    for place, index in enumerate(order):
        given[index] = min(sizes[index], left // (len(order) - place))
        left -= given[index]
    return given


def clip(text: str, limit: int) -> str:
    """Text of at most `limit` characters and a note; its beginning stays."""
    if len(text) <= limit:
        return text
    return f"{text[:limit]}\n[… {len(text) - limit} characters cut …]"


def clip_all(parts: Sequence[tuple[str, str]], total: int) -> list[tuple[str, str]]:
    """Named texts within a total, split evenly; a part that would get next to nothing is left out and named."""
    most = max(1, total // SMALLEST)
    kept = list(parts[:most])
    shares = share(total, [len(text) for _, text in kept])
    result = [(name, clip(text, given)) for (name, text), given in zip(kept, shares, strict=True)]
    if len(parts) > most:
        names = ", ".join(name for name, _ in parts[most : most + 20])
        result.append(("left out", f"{len(parts) - most} more were left out for space: {names}"))
    return result


def bullets(items: Sequence[str], total: int) -> str:
    """A list within a total of characters; how many were left out is said."""
    lines: list[str] = []
    size = 0
    for item in items:
        line = f"- {item}"
        if size + len(line) > total:
            break
        lines.append(line)
        size += len(line) + 1
    if len(lines) < len(items):
        lines.append(f"[… {len(items) - len(lines)} more left out for space …]")
    return "\n".join(lines) or "none"


def narrow(excerpt: Excerpt, limit: int) -> Excerpt:
    """The excerpt cut to one contiguous piece of about `limit` characters that holds its first error."""
    if len(excerpt.text) <= limit:
        return excerpt
    lines = excerpt.text.split("\n")
    anchor = next((index for index, line in enumerate(lines) if _ERROR.search(line)), 0)
    if len(lines[anchor]) >= limit:
        match = _ERROR.search(lines[anchor])
        start = max(0, (match.start() if match else 0) - limit // 4)
        return _piece(excerpt, anchor, anchor, lines[anchor][start : start + limit])
    first = last = anchor
    size = len(lines[anchor])
    for step in ([-1] * 3, [1] * len(lines), [-1] * len(lines)):
        for direction in step:
            index = first - 1 if direction < 0 else last + 1
            if not 0 <= index < len(lines) or size + len(lines[index]) + 1 > limit:
                break
            size += len(lines[index]) + 1
            first, last = min(first, index), max(last, index)
    return _piece(excerpt, first, last, "\n".join(lines[first : last + 1]))


def _piece(excerpt: Excerpt, first: int, last: int, text: str) -> Excerpt:
    """Lines `first` to `last` (0-based, of the excerpt) with their numbers in the original."""
    base = excerpt.first_line
    numbers = {} if base is None else {"first_line": base + first, "last_line": base + last}
    return excerpt.model_copy(update={"text": text, **numbers})
