"""Put a mutant into functions that are loaded already: a trial then costs no import and no collection."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from types import CodeType, FunctionType

Functions = dict[tuple[str, str, int], list[FunctionType]]
"""File, qualified name and first line, to what was made of it: a function may have been made several times."""


def loaded(files: set[str]) -> Functions:
    """Every living function of these files (absolute paths), also the one inside a property or a validator."""
    found: Functions = {}
    for one in gc.get_objects():
        if type(one) is FunctionType and one.__code__.co_filename in files:
            code = one.__code__
            found.setdefault((code.co_filename, code.co_qualname, code.co_firstlineno), []).append(one)
    return found


def swapped(functions: Functions, file: str, before: str, after: str) -> bool:
    """Whether the fault could be put in place. Not where it changes what a module or a class does when it is loaded."""
    pairs = list(_pairs(compile(before, file, "exec"), compile(after, file, "exec")))
    if any(old is None or new is None for old, new in pairs):
        return False
    changes: list[tuple[FunctionType, CodeType]] = []
    for old, new in pairs:
        assert old is not None
        assert new is not None
        found = functions.get((file, old.co_qualname, old.co_firstlineno), [])
        changes.extend((one, new) for one in found if one.__code__.co_freevars == new.co_freevars)
    for function, code in changes:
        function.__code__ = code
    return bool(changes)


def _pairs(old: CodeType, new: CodeType) -> Iterator[tuple[CodeType | None, CodeType | None]]:
    """The functions that differ; a pair of None where more than functions does."""
    inner = list(zip(_codes(old), _codes(new), strict=False))
    if len(_codes(old)) != len(_codes(new)) or (not _function(old) and _own(old) != _own(new)):
        yield None, None
        return
    if _function(old) and old != new:
        yield old, new
    for one, other in inner:
        yield from _pairs(one, other)


def _codes(code: CodeType) -> list[CodeType]:
    return [one for one in code.co_consts if isinstance(one, CodeType)]


def _own(code: CodeType) -> tuple[object, ...]:
    rest = tuple(repr(one) for one in code.co_consts if not isinstance(one, CodeType))
    return code.co_code, code.co_names, code.co_varnames, rest


def _function(code: CodeType) -> bool:
    return bool(code.co_flags & 0x2)  # CO_NEWLOCALS: functions, lambdas and comprehensions; no module, no class
