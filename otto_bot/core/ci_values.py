"""Values of GitHub's expression language of which some are not known yet, with its operators and functions."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Sequence
from enum import Enum
from typing import Any

_PLACE = re.compile(r"\{(\d{1,3})\}")


class Unknown(Enum):
    """A value that the files do not tell; of some it is known whether they count as true."""

    MAYBE = None
    TRUE = True
    FALSE = False


class Open(dict[str, Any]):
    """A context of which more exists than is known here: a property that is missing may be anything."""


class _Each(list[Any]):
    """The result of `.*`: a further property is taken from each entry."""


def truth(value: Any) -> bool | None:
    """Whether a value counts as true; lists and objects always do."""
    if isinstance(value, Unknown):
        return value.value  # type: ignore[no-any-return]
    return True if isinstance(value, list | dict) else bool(value)


def combined(operator: str, left: Any, right: Any) -> Any:
    if operator in ("&&", "||"):
        decides = operator == "||"  # a left side of this truth is the result
        held = truth(left)
        if held is not None:
            return left if held is decides else right
        return Unknown(decides) if truth(right) is decides else Unknown.MAYBE
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return Unknown.MAYBE
    if operator in ("==", "!="):
        return _equal(left, right) is (operator == "==")
    texts = isinstance(left, str) and isinstance(right, str)
    one, other = (left.casefold(), right.casefold()) if texts else (_number(left), _number(right))
    return {"<": one < other, "<=": one <= other, ">": one > other, ">=": one >= other}[operator]


def _equal(left: Any, right: Any) -> bool:
    """Texts without regard to case; different kinds as numbers, so null equals false; lists only the same one."""
    if isinstance(left, list | dict) or isinstance(right, list | dict):
        return left is right
    if isinstance(left, str) and isinstance(right, str):
        return left.casefold() == right.casefold()
    return _number(left) == _number(right)


def _number(value: Any) -> float:
    """null is 0, true is 1, a text is the number it spells, an empty one 0; else not a number."""
    if value is None or value == "":
        return 0.0
    try:
        return float(value) if isinstance(value, str | int | float) else math.nan
    except ValueError:
        return math.nan


def text_of(value: Any) -> str:
    """A value as it stands in a text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "Array" if isinstance(value, list) else "Object" if isinstance(value, dict) else str(value)


def each(value: Any) -> Any:
    if isinstance(value, Unknown | Open):
        return Unknown.MAYBE
    return _Each(value.values() if isinstance(value, dict) else value if isinstance(value, list) else ())


def property_of(value: Any, key: Any) -> Any:
    if isinstance(value, Unknown) or isinstance(key, Unknown):
        return Unknown.MAYBE
    if isinstance(value, _Each) and isinstance(key, str):
        return _Each(property_of(entry, key) for entry in value)
    if isinstance(value, dict):
        return value.get(text_of(key).lower(), Unknown.MAYBE if isinstance(value, Open) else None)
    if isinstance(value, list) and isinstance(key, float) and 0 <= key < len(value):
        return value[int(key)]
    return None


def called(name: str, given: Sequence[Any], success: bool | None) -> Any:
    """A function's value; of one that is not known here, or with arguments that are not known, nothing is known."""
    if not given:
        known = {"always": True, "failure": False, "cancelled": False, "success": success}
        held = known.get(name)
        return Unknown.MAYBE if held is None else held
    function = _FUNCTIONS.get(name)
    if function is None or any(isinstance(one, Unknown) for one in given):
        return Unknown.MAYBE
    return function(given)


def _contains(given: Sequence[Any]) -> Any:
    search, item = given[0], given[-1]
    if isinstance(search, list):
        found = [combined("==", entry, item) for entry in search]
        return True if True in found else Unknown.MAYBE if Unknown.MAYBE in found else False
    return Unknown.MAYBE if isinstance(search, dict) else text_of(item).casefold() in text_of(search).casefold()


def _join(given: Sequence[Any]) -> Any:
    values = given[0] if isinstance(given[0], list) else [given[0]]
    if any(isinstance(value, Unknown) for value in values):
        return Unknown.MAYBE
    return (text_of(given[1]) if len(given) > 1 else ",").join(text_of(value) for value in values)


def _format(given: Sequence[Any]) -> Any:
    words = [text_of(value) for value in given[1:]]
    template = text_of(given[0])
    if "{{" in template or any(int(place) >= len(words) for place in _PLACE.findall(template)):
        return Unknown.MAYBE
    return _PLACE.sub(lambda match: words[int(match[1])], template)


def _from_json(given: Sequence[Any]) -> Any:
    try:
        return json.loads(text_of(given[0]), object_hook=lambda found: {key.lower(): found[key] for key in found})
    except (ValueError, RecursionError):
        return Unknown.MAYBE


def _to_json(given: Sequence[Any]) -> Any:
    plain = isinstance(given[0], list) and all(isinstance(entry, str) for entry in given[0])
    return json.dumps(list(given[0])) if plain else Unknown.MAYBE


_FUNCTIONS: dict[str, Callable[[Sequence[Any]], Any]] = {
    "contains": _contains,
    "startswith": lambda given: text_of(given[0]).casefold().startswith(text_of(given[-1]).casefold()),
    "endswith": lambda given: text_of(given[0]).casefold().endswith(text_of(given[-1]).casefold()),
    "join": _join,
    "format": _format,
    "fromjson": _from_json,
    "tojson": _to_json,
}
