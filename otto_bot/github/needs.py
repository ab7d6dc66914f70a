"""Each verb says which permissions it needs: its token may do that and no more, and the App's manifest follows."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Literal, Protocol, Self, TypeVar, cast

Level = Literal["read", "write"]
Verb = TypeVar("Verb", bound=Callable[..., object])

NEEDS_ATTRIBUTE = "__github_needs__"


class _Narrows(Protocol):
    def with_only(self, permissions: Mapping[str, str]) -> Self: ...


def needs(**permissions: Level) -> Callable[[Verb], Verb]:
    """Mark an async verb with the repository permissions that its requests use, e.g. `@needs(issues="write")`.

    All its requests carry a token with these permissions, also those of verbs that it calls. What needs none (and
    asks nothing) is left as it is.
    """
    given = MappingProxyType(dict(permissions))

    def mark(verb: Verb) -> Verb:
        if not given:
            setattr(verb, NEEDS_ATTRIBUTE, given)
            return verb

        @functools.wraps(verb)
        async def narrowed(self: _Narrows, *args: Any, **kwargs: Any) -> Any:
            return await cast("Callable[..., Any]", verb)(self.with_only(given), *args, **kwargs)

        setattr(narrowed, NEEDS_ATTRIBUTE, given)
        return cast("Verb", narrowed)

    return mark


def table(*holders: type) -> dict[str, dict[str, Level]]:
    """Verb name → permissions, for every public method. Raises TypeError for one that declares nothing."""
    found: dict[str, dict[str, Level]] = {}
    for holder in holders:
        for name in dir(holder):
            verb = getattr(holder, name)
            if name.startswith("_") or not callable(verb):
                continue
            declared = getattr(verb, NEEDS_ATTRIBUTE, None)
            if declared is None:
                raise TypeError(f"{holder.__name__}.{name} does not declare the permissions it needs")
            found[name] = dict(declared)
    return found


def union(verbs: Mapping[str, Mapping[str, Level]]) -> dict[str, Level]:
    """The least set of permissions with which every verb of the table works."""
    result: dict[str, Level] = {}
    for declared in verbs.values():
        for permission, level in declared.items():
            if level == "write" or permission not in result:
                result[permission] = level
    return dict(sorted(result.items()))
