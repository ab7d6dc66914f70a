"""GitHub's filter patterns for branches, tags and paths: `*`, `**`, `?`, `+`, `[…]`, and `!` in order."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

_MAX_PATTERN = 1_000


@lru_cache(maxsize=512)
def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern as a regular expression for the whole name. `?` and `+` repeat the character before them.

    Raises `ValueError` for a pattern that is no pattern.
    """
    if len(pattern) > _MAX_PATTERN:
        raise ValueError(f"a filter pattern may have {_MAX_PATTERN} characters")
    parts: list[str] = []
    at = 0
    while at < len(pattern):
        part, at = _part(pattern, at, bool(parts))
        parts.append(part)
    try:
        return re.compile("".join(parts), re.DOTALL)
    except re.error as error:
        raise ValueError(f"the filter pattern {pattern!r} is invalid: {error}") from error


def _part(pattern: str, at: int, has_before: bool) -> tuple[str, int]:
    if pattern.startswith("**/", at) and (at == 0 or pattern[at - 1] == "/"):
        return "(?:.*/)?", at + 3
    if pattern.startswith("**", at):
        return ".*", at + 2
    sign = pattern[at]
    if sign == "*":
        return "[^/]*", at + 1
    if sign in "?+" and has_before:
        return sign, at + 1
    if sign == "[" and (end := pattern.find("]", at + 2)) > 0:
        return "[" + pattern[at + 1 : end].replace("\\", "\\\\").replace("[", "\\[") + "]", end + 1
    if sign == "\\" and at + 1 < len(pattern):
        return re.escape(pattern[at + 1]), at + 2
    return re.escape(sign), at + 1


def passes(name: str, patterns: Sequence[str]) -> bool:
    """Whether the last pattern that fits the name lets it in; `!` patterns put it out again."""
    let_in = False
    for pattern in patterns:
        if pattern.startswith("!"):
            let_in = let_in and not compiled(pattern[1:]).fullmatch(name)
        else:
            let_in = let_in or bool(compiled(pattern).fullmatch(name))
    return let_in


def any_passes(names: Iterable[str], patterns: Sequence[str]) -> bool:
    """Whether at least one name passes."""
    return any(passes(name, patterns) for name in names)
