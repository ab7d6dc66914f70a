"""Which secrets the expressions of a workflow read, by any spelling that GitHub understands."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

ALL = "all"
"""Stands for every secret: an expression takes the whole context, or picks one by a name that is not written there."""

_EXPRESSION = re.compile(r"\$\{\{((?:'[^']*(?:'|\Z)|[^'])*?)(?:\}\}|\Z)")
"""Braces in a quoted text end nothing. A text whose quote stays open goes on to the end, like an open expression."""
# A text in quotes is no context, so it is taken first. What stands behind `.` or `-` is a property of something else.
_CONTEXT = re.compile(
    r"'(?:[^']|'')*'"
    r"|(?<![\w.\-])(?P<secrets>secrets)(?![\w\-])"
    r"(?:\s*\.\s*(?P<name>[A-Za-z_][A-Za-z0-9_\-]*)|\s*\[\s*'(?P<index>(?:[^']|'')*)'\s*\])?",
    re.IGNORECASE,
)

Known = dict[tuple[str, bool], frozenset[str]]
"""What was found in a text, so that one that stands in many places is looked through once."""


def secrets_read(value: object, known: Known | None = None) -> frozenset[str]:
    """Names of the secrets that expressions anywhere in a parsed YAML value read, upper case; ALL for any of them.

    The token is left out: what it may do is said by its permissions. Values that stand in several places are read once.
    """
    known = {} if known is None else known
    found: set[str] = set()
    for text in _texts(value):
        if text not in known:
            known[text] = frozenset(name for one in _expressions(*text) for name in _names(one))
        found |= known[text]
    return frozenset(found)


def secrets_by_job(data: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Each secret that a workflow reads, sorted, and the jobs that do; () = it is for all, or no job can be told."""
    known: Known = {}
    jobs = data.get("jobs")
    readers: dict[str, list[str]] = {}
    for key, job in jobs.items() if isinstance(jobs, dict) else ():
        for name in secrets_read(job, known):
            readers.setdefault(name, []).append(str(key))
    for_all = secrets_read({key: value for key, value in data.items() if key != "jobs"}, known)
    whole = secrets_read(data, known)
    return {name: () if name in for_all else tuple(readers.get(name, ())) for name in sorted(whole)}


def _names(expression: str) -> Iterator[str]:
    for found in _CONTEXT.finditer(expression):
        if found["secrets"] is None:
            continue
        name = (found["name"] or found["index"] or "").upper()
        if not name:
            yield ALL
        elif name != "GITHUB_TOKEN":
            yield name


def _expressions(text: str, whole: bool) -> list[str]:
    found: list[str] = _EXPRESSION.findall(text)
    return [text, *found] if whole else found


def _texts(root: object) -> Iterator[tuple[str, bool]]:
    """Every text, and whether all of it is an expression: the value of an `if:` is."""
    seen: set[int] = set()
    todo: list[tuple[object, bool]] = [(root, False)]
    while todo:
        value, whole = todo.pop()
        if isinstance(value, str):
            yield value, whole
        elif isinstance(value, (dict, list)) and id(value) not in seen:
            seen.add(id(value))
            if isinstance(value, dict):
                todo += [(key, False) for key in value]
                todo += [(part, key == "if") for key, part in value.items()]
            else:
                todo += [(part, False) for part in value]
