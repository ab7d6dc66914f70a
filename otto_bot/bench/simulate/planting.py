"""Changes one function of the product in the running process, wherever it is held, and puts it back afterwards."""

from __future__ import annotations
import __future__

import hashlib
import importlib
import inspect
import linecache
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any

OURS = "otto_bot."


@dataclass(frozen=True)
class Change:
    """`right` stands exactly once in the source of `function` (`name` or `Class.name`) and becomes `wrong`."""

    module: str
    function: str
    right: str
    wrong: str


@contextmanager
def in_place(change: Change) -> Iterator[None]:
    """The product with this change, in every module that has the function; as it was afterwards.

    Raises ValueError where the source is not what the change was written for.
    """
    module = importlib.import_module(change.module)
    owner, _, method = change.function.rpartition(".")
    place: Any = getattr(module, owner) if owner else module
    right = getattr(place, method)
    wrong = changed(change, module, right)
    _swap(place, method, right, wrong)
    try:
        yield
    finally:
        _swap(place, method, wrong, right)


def changed(change: Change, module: ModuleType, right: Any) -> Any:
    """The function with the change. Raises ValueError where the source is not what the bug was written for."""
    source = textwrap.dedent(inspect.getsource(right))
    if source.count(change.right) != 1:
        raise ValueError(
            f"{change.module}.{change.function} has not exactly one {change.right!r}; write the change anew"
        )
    names: dict[str, Any] = {}
    late = __future__.annotations.compiler_flag
    wrong = source.replace(change.right, change.wrong)
    place = f"<{change.module}.{change.function} changed {hashlib.sha256(wrong.encode()).hexdigest()[:12]}>"
    # A second change of the same function looks its source up in the same way.
    linecache.cache[place] = (len(wrong), None, wrong.splitlines(keepends=True), place)
    code = compile(wrong, place, "exec", flags=late, dont_inherit=True)
    exec(code, vars(module), names)  # noqa: S102 - our own source with one planted change
    return names[change.function.rpartition(".")[2]]


def _swap(place: Any, name: str, old: Any, new: Any) -> None:
    """Also where others imported it by name, and in the tables that hold it."""
    if not isinstance(place, ModuleType):
        setattr(place, name, new)
        return
    for module in [one for key, one in list(sys.modules.items()) if key.startswith(OURS)]:
        for attribute, value in list(vars(module).items()):
            if value is old:
                setattr(module, attribute, new)
            elif isinstance(value, dict) and attribute.isupper():
                held = list(value.items())  # another thread may fill it meanwhile
                value.update({key: made for key, one in held if (made := _other(one, old, new)) is not one})
            elif isinstance(value, tuple) and attribute.isupper() and any(one is old for one in value):
                setattr(module, attribute, tuple(new if one is old else one for one in value))


def _other(value: Any, old: Any, new: Any) -> Any:
    if isinstance(value, tuple) and any(one is old for one in value):
        return tuple(new if one is old else one for one in value)
    return new if value is old else value
