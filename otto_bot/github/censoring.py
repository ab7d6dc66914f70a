"""The last look at what leaves for GitHub: no secret goes into a comment, check, pull request or workflow's input."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Censor = Callable[[str], str]
"""Gives a text back without secrets; one that has none comes back as it was."""


def censored(body: Any, censor: Censor) -> Any:
    """A request's JSON with every string censored, names of fields too."""
    if isinstance(body, str):
        return censor(body)
    if isinstance(body, (list, tuple)):
        return [censored(item, censor) for item in body]
    if isinstance(body, dict):
        return {censored(name, censor): censored(item, censor) for name, item in body.items()}
    return body
