"""docs/events.md: every event a run's ledger can hold, from the classes: what happened, and the fields."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from functools import cache
from types import ModuleType
from typing import get_args

from pydantic import BaseModel

from otto_bot.core import events
from scripts.docs_pages.marks import cell, table

GROUPS = {
    "The run and its plan": "run_events",
    "Attempts, verification, integration": "task_events",
    "Gates": "gate_events",
    "Journeys": "journey_events",
    "Reviews": "review_events",
    "Learnings": "learning_events",
    "Money, and what is written on GitHub": "surface_events",
    "Waiting for a limit": "parking",
    "Shut out, renamed": "barring",
}
"""Sections, and the module of `core` whose events stand there."""


def every() -> tuple[type[BaseModel], ...]:
    """Every type of event, in the order of the union."""
    found: tuple[type[BaseModel], ...] = get_args(get_args(events.RunEvent)[0])
    return found


def page() -> str:
    """A section for each module. Raises ValueError where an event has no words, or no section."""
    parts, told = [], set()
    for title, module in GROUPS.items():
        here = [one for one in every() if one.__module__ == f"otto_bot.core.{module}"]
        told |= set(here)
        rows = [(f"`{one.__name__}`", cell(_words(one)), "<br>".join(_fields(one))) for one in here]
        parts.append(f"### {title}\n\n{table(('event', 'what happened', 'fields'), rows)}")
    if lost := [one.__name__ for one in every() if one not in told]:
        raise ValueError(f"GROUPS has no section for {', '.join(lost)}")
    return "\n\n".join(parts)


def _words(kind: type[BaseModel]) -> str:
    if not kind.__doc__:
        raise ValueError(f"{kind.__name__} does not say what happened")
    return kind.__doc__


def _fields(kind: type[BaseModel]) -> Iterator[str]:
    said = {name: words for base in reversed(kind.__mro__) for name, words in _of_class(base).items()}
    for name, field in kind.model_fields.items():
        if name in ("type", "at"):  # every event has them
            continue
        shown = f"`{field.alias or name}`" + ("" if field.is_required() else "?")
        yield f"{shown}: {cell(said[name])}" if name in said else shown


def _of_class(kind: type) -> dict[str, str]:
    module = inspect.getmodule(kind)
    return _said(module).get(kind.__name__, {}) if module is not None and module.__name__.startswith("otto_bot") else {}


@cache
def _said(module: ModuleType) -> dict[str, dict[str, str]]:
    """The words below each field, by class."""
    found: dict[str, dict[str, str]] = {}
    for node in ast.parse(inspect.getsource(module)).body:
        if isinstance(node, ast.ClassDef):
            found[node.name] = dict(_pairs(node))
    return found


def _pairs(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for field, after in zip(node.body, node.body[1:], strict=False):
        if not (isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)):
            continue
        if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
            yield field.target.id, str(after.value.value)
