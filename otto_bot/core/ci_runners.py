"""Which machines a job may run on, and whether all of them are GitHub's own, thrown away after the job."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

HOSTED = frozenset(
    {
        "ubuntu-latest", "ubuntu-slim", "ubuntu-26.04", "ubuntu-24.04", "ubuntu-22.04", "ubuntu-26.04-arm",
        "ubuntu-24.04-arm", "ubuntu-22.04-arm", "windows-latest", "windows-2025", "windows-2025-vs2026",
        "windows-2022", "windows-11-arm", "macos-latest", "macos-latest-large", "macos-latest-xlarge",
        *(f"macos-{version}{size}" for version in (14, 15, 26) for size in ("", "-intel", "-large", "-xlarge")),
    }
)  # fmt: skip
"""https://docs.github.com/en/actions/reference/runners/github-hosted-runners

A larger runner and a self-hosted one may have any other name, also one that begins with `ubuntu-`. A label of a retired
image is not here: GitHub serves it no more, so that only somebody's own runner can take the job.
"""
_ANY_EXPRESSION = re.compile(r"\$\{\{")
_MATRIX = re.compile(r"\$\{\{\s*matrix((?:\.[A-Za-z_][A-Za-z0-9_\-]*)+)\s*\}\}")
MOST_LABELS = 50


def foreign_runners(job: dict[str, Any]) -> tuple[str, ...]:
    """Labels and groups of a job that are not known to be GitHub's own machines; what cannot be read is among them."""
    return tuple(dict.fromkeys(_foreign(job)))[:MOST_LABELS]


def _foreign(job: dict[str, Any]) -> Iterator[str]:
    runs_on = job.get("runs-on")
    if isinstance(runs_on, dict):
        if "group" in runs_on:
            yield f"group {str(runs_on['group'])[:100]}"
        runs_on = runs_on.get("labels", [])
    elif runs_on is None:
        yield "none is named"
    for label in runs_on if isinstance(runs_on, list) else [runs_on]:
        if label is not None:
            yield from (name for name in _names(label, job) if name.lower() not in HOSTED)


def _names(label: object, job: dict[str, Any]) -> Iterator[str]:
    """The labels that one stands for: itself, or what the job's matrix lists for it."""
    if not isinstance(label, str):
        yield str(label)[:100]
        return
    found = _MATRIX.search(label)
    if found is None or len(_ANY_EXPRESSION.findall(label)) > 1:
        yield label[:200]
        return
    values = _listed(job, found[1][1:].split("."))
    if values is None:
        yield label[:200]
        return
    for value in values:
        yield label.replace(found[0], value)[:200]


def _listed(job: dict[str, Any], path: list[str]) -> list[str] | None:
    """What a matrix written out in full has at a place; None where it is not all written out."""
    strategy = job.get("strategy")
    matrix = strategy.get("matrix") if isinstance(strategy, dict) else None
    if not isinstance(matrix, dict):
        return None
    axis, include = matrix.get(path[0], []), matrix.get("include", [])
    if not isinstance(axis, list) or not isinstance(include, list):
        return None
    values: list[str] = []
    rows = [one.get(path[0]) if isinstance(one, dict) else one for one in include]
    for entry in [*axis, *(row for row in rows if row is not None)]:
        value = entry
        for name in path[1:]:
            value = value.get(name) if isinstance(value, dict) else None
        if not isinstance(value, (str, int, float)) or "${{" in str(value):
            return None
        values.append(str(value))
    # Without an axis of that name a row may lack it, and the label is then what is left of the text.
    complete = bool(axis) or all(row is not None for row in rows)
    return values if values and complete else None
