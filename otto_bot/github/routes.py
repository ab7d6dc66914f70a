"""Build request paths from templates so that no caller's string can change which endpoint is asked.

Every part is percent-encoded in full; an unencoded `#`, `?`, `/` or `..` would address something else with the
installation's token.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

MAX_PART = 1024


@dataclass(frozen=True)
class Segments:
    """A path of several parts (a file, a ref): its slashes stay, each part is quoted by itself."""

    path: str


@dataclass(frozen=True)
class Route:
    """`path` goes on the wire; `template` is what errors and logs may show."""

    template: str
    path: str


def _segment(text: str) -> str:
    if text in {"", ".", ".."}:
        raise ValueError(f"{text!r} cannot be part of a GitHub path")
    if len(text) > MAX_PART or any(ord(c) < 32 or ord(c) == 127 for c in text):
        raise ValueError("a part of a GitHub path is too long or contains control characters")
    try:
        return quote(text, safe="")
    except UnicodeEncodeError:
        raise ValueError("a part of a GitHub path is not valid Unicode text") from None


def _part(value: str | int | Segments) -> str:
    if isinstance(value, Segments):
        return "/".join(_segment(part) for part in value.path.split("/"))
    if isinstance(value, int):
        if isinstance(value, bool) or value < 0:
            raise ValueError(f"{value!r} is no GitHub id or number")
        return str(value)
    return _segment(value)


def route(template: str, *parts: str | int | Segments) -> Route:
    """Fill the `{name}` fields of `template`, in order. Raises ValueError for a part that no path may hold."""
    if not template.startswith("/") or template.startswith("//"):
        raise ValueError(f"a route starts with one slash, not {template[:40]!r}: absolute URLs are never asked")
    pieces: list[str] = []
    rest = template
    for part in parts:
        before, brace, rest = rest.partition("{")
        if not brace:
            raise ValueError(f"more parts than fields in {template}")
        pieces += [before, _part(part)]
        rest = rest.partition("}")[2]
    if "{" in rest:
        raise ValueError(f"fewer parts than fields in {template}")
    return Route(template, "".join(pieces) + rest)
