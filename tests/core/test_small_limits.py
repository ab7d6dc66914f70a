"""Every limit and default of the heart, at one place: one that changes is seen by whoever reviews the change.

People rely on many of them (docs/configure.md), ledgers on more: a default stands for what older events do not say.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
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
        rows = sorted(str(plain(one)) for one in value)
        return f"{{{', '.join(rows)}}}" if "None" not in rows else None
    if isinstance(value, tuple | list):
        rows = [str(plain(one)) for one in value]
        return f"({', '.join(rows)})" if "None" not in rows else None
    if isinstance(value, dict):
        rows = [f"{plain(key)}: {plain(one)}" for key, one in value.items()]
        return f"{{{', '.join(rows)}}}" if not any("None" in row for row in rows) else None
    if isinstance(value, BaseModel):
        return ordered(value)
    return None


def ordered(value: object) -> str:
    """As `repr` says it, but sets in order: they have another one in each process."""
    if isinstance(value, BaseModel):
        return f"{type(value).__name__}({', '.join(f'{name}={ordered(one)}' for name, one in value)})"
    if isinstance(value, frozenset) and value:
        return f"frozenset({{{', '.join(sorted(map(repr, value)))}}})"
    return repr(value)


def limits(module: ModuleType) -> Iterator[str]:
    """Constants, fields with their defaults and bounds, and defaults of arguments."""
    for name, value in vars(module).items():
        own = getattr(value, "__module__", module.__name__) == module.__name__
        if inspect.isclass(value) and own and issubclass(value, BaseModel):
            yield from (f"{name}.{line}" for line in fields(value))
        elif inspect.isfunction(value) and own:
            yield from (f"{name}({line})" for line in arguments(value))
        elif name.isupper() and (said := plain(value)) is not None:
            yield f"{name} = {said}"


def fields(model: type[BaseModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        if name in model.__annotations__:
            said = "" if field.is_required() else f" = {plain(field.default)}"
            yield f"{name}{said}{f' {field.metadata}' if field.metadata else ''}"


def arguments(function: Any) -> Iterator[str]:
    for name, one in inspect.signature(inspect.unwrap(function)).parameters.items():
        if one.default is not one.empty:
            yield f"{name} = {plain(one.default)}"


@pytest.mark.parametrize("name", MODULES)
def test_limits_and_defaults_stay_as_they_are(name: str, snapshot: SnapshotAssertion) -> None:
    assert "\n".join(limits(importlib.import_module(f"otto_bot.core.{name}"))) == snapshot
