"""Which secrets the expressions of a workflow read, by any spelling that GitHub understands."""

from __future__ import annotations

import re
from collections.abc import Iterator

ALL = "all"
"""Stands for every secret: an expression takes the whole context, or picks one by a name that is not written there."""

_EXPRESSION = re.compile(r"\$\{\{(.*?)(?:\}\}|\Z)", re.DOTALL)
# A text in quotes is no context, so it is taken first. What stands behind `.` or `-` is a property of something else.
_CONTEXT = re.compile(
    r"'(?:[^']|'')*'"
    r"|(?<![\w.\-])(?P<secrets>secrets)(?![\w\-])"
    r"(?:\s*\.\s*(?P<name>[A-Za-z_][A-Za-z0-9_\-]*)|\s*\[\s*'(?P<index>(?:[^']|'')*)'\s*\])?",
    re.IGNORECASE,
)


def secrets_read(value: object) -> frozenset[str]:
    """Names of the secrets that expressions anywhere in a parsed YAML value read, upper case; ALL for any of them.

    The token is left out: what it may do is said by its permissions. Values that stand in several places are read once.
    """
    return frozenset(name for text in _expressions(value) for name in _names(text))


def _names(expression: str) -> Iterator[str]:
    for found in _CONTEXT.finditer(expression):
        if found["secrets"] is None:
            continue
        name = (found["name"] or found["index"] or "").upper()
        if not name:
            yield ALL
        elif name != "GITHUB_TOKEN":
            yield name


def _expressions(root: object) -> Iterator[str]:
    """Every expression; the value of an `if:` is one as a whole."""
    seen: set[int] = set()
    todo: list[tuple[object, bool]] = [(root, False)]
    while todo:
        value, whole = todo.pop()
        if isinstance(value, str):
            yield from [value] if whole else _EXPRESSION.findall(value)
        elif isinstance(value, (dict, list)) and id(value) not in seen:
            seen.add(id(value))
            if isinstance(value, dict):
                todo += [(key, False) for key in value]
                todo += [(part, key == "if") for key, part in value.items()]
            else:
                todo += [(part, False) for part in value]
