"""Each verb says which permissions it needs; the App's manifest and the tokens' scopes follow from the table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Literal, TypeVar

Level = Literal["read", "write"]
Verb = TypeVar("Verb", bound=Callable[..., object])

NEEDS_ATTRIBUTE = "__github_needs__"


def needs(**permissions: Level) -> Callable[[Verb], Verb]:
    """Mark a verb with the repository permissions that its requests use, e.g. `@needs(issues="write")`."""

    def mark(verb: Verb) -> Verb:
        setattr(verb, NEEDS_ATTRIBUTE, MappingProxyType(dict(permissions)))
        return verb

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
