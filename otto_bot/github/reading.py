"""From an answer's JSON to a model, with an error that does not repeat what the server sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from otto_bot.github.errors import Unreachable

Model = TypeVar("Model", bound=BaseModel)
Plain = TypeVar("Plain", str, int)


def parse(model: type[Model], data: Any) -> Model:
    """Raises Unreachable, naming the fields: a proxy or a half answer stands between GitHub and us."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        fields = ", ".join(sorted({".".join(str(part) for part in e["loc"]) for e in error.errors()}))
    raise Unreachable(200, f"GitHub's answer does not describe a {model.__name__} (fields: {fields or 'all'})")


def parse_known(data: Any, field: str, kind: type[Plain]) -> Plain:
    """One field that must be there with that type."""
    value = data.get(field) if isinstance(data, Mapping) else None
    if isinstance(value, kind) and not isinstance(value, bool):
        return value
    raise Unreachable(200, f"GitHub's answer has no {field}")
