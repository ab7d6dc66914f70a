"""Every limit and default of the heart, at one place: one that changes is seen by whoever reviews the change.

People rely on many of them (docs/configure.md), ledgers on more: a default stands for what older events do not say.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Iterable, Iterator
from datetime import timedelta
from enum import Enum
from types import ModuleType
from typing import Any

import pytest
from pydantic import BaseModel
from syrupy.assertion import SnapshotAssertion

import otto_bot.core

SIMPLE = (bool, int, float, str, timedelta, type(None))
SHORT = 40
MODULES = sorted(one.name for one in pkgutil.iter_modules(otto_bot.core.__path__))


def plain(value: object) -> str | None:
    """A value as it is written; None for what is no number, word or row of them."""
    if isinstance(value, Enum):
        return str(value)
    if isinstance(value, str) and len(value) > SHORT:
        return f"{len(value)} characters"
    if isinstance(value, SIMPLE):
        return repr(value)
    if isinstance(value, frozenset | set):
        rows = whole(plain(one) for one in value)
        return f"{{{', '.join(sorted(rows))}}}" if rows is not None else None
    if isinstance(value, tuple | list):
        rows = whole(plain(one) for one in value)
        return f"({', '.join(rows)})" if rows is not None else None
    if isinstance(value, dict):
        rows = whole(plain(one) for pair in value.items() for one in pair)
        if rows is None:
            return None
        return f"{{{', '.join(f'{key}: {one}' for key, one in zip(rows[::2], rows[1::2], strict=True))}}}"
    if isinstance(value, BaseModel):
        return ordered(value)
    return None


def whole(rows: Iterable[str | None]) -> list[str] | None:
    """The rows; None where one of them cannot be written."""
    found = list(rows)
    known = [row for row in found if row is not None]
    return known if len(known) == len(found) else None


def said(value: object) -> str:
    """A default, by its type alone where it is no number, word or row of them."""
    return plain(value) or type(value).__name__


def ordered(value: object) -> str:
    """As `repr` says it, but sets in order: they have another one in each process."""
    if isinstance(value, BaseModel):
        return f"{type(value).__name__}({', '.join(f'{name}={ordered(one)}' for name, one in value)})"
    if isinstance(value, frozenset) and value:
        return f"frozenset({{{', '.join(sorted(map(repr, value)))}}})"
    return repr(value)


def assigned(module: ModuleType) -> frozenset[str]:
    """Names that a module gives values to itself: what it imports is listed where it is made."""
    tree = ast.parse(inspect.getsource(module))
    targets = [one for node in tree.body if isinstance(node, ast.Assign) for one in node.targets]
    targets += [node.target for node in tree.body if isinstance(node, ast.AnnAssign)]
    return frozenset(one.id for target in targets for one in ast.walk(target) if isinstance(one, ast.Name))


def limits(module: ModuleType) -> Iterator[str]:
    """Constants, fields with their defaults and bounds, and defaults of arguments."""
    made = assigned(module)
    for name, value in vars(module).items():
        own = getattr(value, "__module__", module.__name__) == module.__name__
        if inspect.isclass(value) and own and issubclass(value, BaseModel):
            yield from (f"{name}.{line}" for line in fields(value))
        elif inspect.isfunction(value) and own:
            yield from (f"{name}({line})" for line in arguments(value))
        elif name.isupper() and name in made and (written := plain(value)) is not None:
            yield f"{name} = {written}"


def fields(model: type[BaseModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        if name in model.__annotations__:
            default = "" if field.is_required() else f" = {said(field.get_default(call_default_factory=True))}"
            yield f"{name}{default}{f' {field.metadata}' if field.metadata else ''}"


def arguments(function: Any) -> Iterator[str]:
    for name, one in inspect.signature(inspect.unwrap(function)).parameters.items():
        if one.default is not one.empty:
            yield f"{name} = {said(one.default)}"


@pytest.mark.parametrize("name", MODULES)
def test_limits_and_defaults_stay_as_they_are(name: str, snapshot: SnapshotAssertion) -> None:
    assert "\n".join(limits(importlib.import_module(f"otto_bot.core.{name}"))) == snapshot


def test_a_table_with_a_none_is_written_and_one_with_something_else_is_not() -> None:
    assert plain({"None": (None, 1), "b": {2}}) == "{'None': (None, 1), 'b': {2}}"
    assert plain(((None,), frozenset({"b", "a"}))) == "((None), {'a', 'b'})"
    assert plain({"a": object()}) is plain((object(),)) is plain({object()}) is None
    assert said(()) == "()"
    assert said(object()) == "object"
