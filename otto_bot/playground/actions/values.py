"""Values of GitHub's expression language: truth, comparison, text, and its functions.

Values are JSON values: `None`, `bool`, `float | int`, `str`, `list`, `dict`. Nothing here reads files or the clock.
"""

import json
import math
import re
from collections.abc import Callable
from typing import Any

_INDEX = re.compile(r"\{\{|\}\}|\{(\d+)\}")


class ExpressionError(ValueError):
    """An expression that GitHub would refuse; the text names the expression."""


def truthy(value: Any) -> bool:
    """Whether `if:` takes the value as true. Lists and objects always are."""
    if isinstance(value, list | dict):
        return True
    if isinstance(value, float) and math.isnan(value):
        return False
    return bool(value)


def text_of(value: Any) -> str:
    """The value as it appears inside a string."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "Array"
    if isinstance(value, dict):
        return "Object"
    number = float(value)
    return str(int(number)) if number.is_integer() else repr(number)


def number_of(value: Any) -> float:
    """The value as a number; NaN where there is none."""
    if value is None:
        return 0.0
    if isinstance(value, bool | int | float):
        return float(value)
    if isinstance(value, str):
        return _parse_number(value.strip())
    return math.nan


def _parse_number(text: str) -> float:
    if not text:
        return 0.0
    try:
        if text[:2].lower() in ("0x", "0o"):
            return float(int(text, 0))
        return float(text) if re.fullmatch(r"[-+]?[\d.]+([eE][-+]?\d+)?", text) else math.nan
    except ValueError:
        return math.nan


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float):
        return "number"
    return type(value).__name__


def equal(left: Any, right: Any) -> bool:
    """`==`: texts without regard to case, different kinds as numbers, lists and objects only if the same one."""
    if _kind(left) != _kind(right):
        return number_of(left) == number_of(right)
    if isinstance(left, str):
        return left.casefold() == str(right).casefold()
    if isinstance(left, list | dict):
        return left is right
    return bool(left == right)


def less(left: Any, right: Any) -> bool:
    """`<`, with the same widening as `==`."""
    if isinstance(left, str) and isinstance(right, str):
        return left.casefold() < right.casefold()
    return number_of(left) < number_of(right)


def _contains(search: Any, item: Any) -> bool:
    if isinstance(search, list):
        return any(equal(entry, item) for entry in search)
    return text_of(item).casefold() in text_of(search).casefold()


def _starts_with(text: Any, start: Any) -> bool:
    return text_of(text).casefold().startswith(text_of(start).casefold())


def _ends_with(text: Any, end: Any) -> bool:
    return text_of(text).casefold().endswith(text_of(end).casefold())


def _format(template: Any, *values: Any) -> str:
    def fill(match: re.Match[str]) -> str:
        if match[1] is None:
            return match[0][0]
        index = int(match[1])
        if index >= len(values):
            raise ExpressionError(f"format: there is no argument {{{index}}} in {text_of(template)!r}")
        return text_of(values[index])

    return _INDEX.sub(fill, text_of(template))


def _join(values: Any, separator: Any = ",") -> str:
    if isinstance(values, list):
        return text_of(separator).join(text_of(value) for value in values)
    return text_of(values)


def _to_json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _from_json(text: Any) -> Any:
    try:
        return json.loads(text_of(text))
    except ValueError as error:
        raise ExpressionError(f"fromJSON: not JSON: {error}") from error


def _hash_files(*_patterns: Any) -> str:
    """Only cache keys need it, and the playground has no cache: as if no file fitted."""
    return ""


FUNCTIONS: dict[str, tuple[Callable[..., Any], int, int]] = {
    "contains": (_contains, 2, 2),
    "startswith": (_starts_with, 2, 2),
    "endswith": (_ends_with, 2, 2),
    "format": (_format, 1, 255),
    "join": (_join, 1, 2),
    "tojson": (_to_json, 1, 1),
    "fromjson": (_from_json, 1, 1),
    "hashfiles": (_hash_files, 1, 255),
}
"""Name in lower case → function, fewest and most arguments."""
