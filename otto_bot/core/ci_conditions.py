"""What an `if:` of a workflow says of an event that has not happened yet: yes, no, or the files do not tell.

The language is GitHub's: https://docs.github.com/en/actions/reference/workflows-and-actions/expressions
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from otto_bot.core.ci_values import Unknown, called, combined, each, property_of, text_of, truth

LONGEST = 2_000
"""Characters of a condition; of a longer one nothing is known. Each is read once an event."""
DEEPEST = 30

_TOKEN = re.compile(
    r"\s*(?:(?P<number>-?\d+(?:\.\d+)?)|(?P<string>'(?:[^']|'')*')|(?P<name>[A-Za-z_][\w-]*)"
    r"|(?P<op>&&|\|\||==|!=|<=|>=|[<>!()\[\].,*]))"
)
_WHOLE = re.compile(r"\$\{\{((?:[^'}]|'(?:[^']|'')*'|\}(?!\}))*)\}\}")
_STATUS_CALL = re.compile(r"\b(?:success|failure|always|cancelled)\s*\(", re.IGNORECASE)
_CONSTANTS: dict[str, Any] = {"true": True, "false": False, "null": None}
_LEVELS = (("||",), ("&&",), ("==", "!="), ("<", "<=", ">", ">="))


class _UnreadableError(ValueError):
    """The condition is none of the language, or beyond the limits."""


@dataclass(frozen=True)
class Scope:
    """What a condition may name, by lower-case name, and what `success()` gives. Every other context is not known."""

    contexts: Mapping[str, Any] = field(default_factory=dict)
    success: bool | None = True


def says(condition: object, scope: Scope) -> bool | None:
    """Whether the condition holds; None = the files do not tell. Without a status function `success()` must hold, too.

    Text around `${{ }}` makes all of it a text, and a text that is not empty counts as true: GitHub's own trap.
    """
    if condition is None or condition == "":
        return scope.success
    text = ("true" if condition else "false") if isinstance(condition, bool) else str(condition)
    if len(text) > LONGEST:
        return None
    whole = _WHOLE.fullmatch(text)
    held: bool | None = True
    if whole or "${{" not in text:
        try:
            held = truth(_Reader(whole[1] if whole else text, scope).value())
        except _UnreadableError:
            return None
    return held if _STATUS_CALL.search(text) else both(held, scope.success)


def rendered(template: str, scope: Scope) -> str | None:
    """The text with each `${{ }}` as its value; None = the files do not tell."""
    if len(template) > LONGEST:
        return None
    parts, at = [], 0
    for match in _WHOLE.finditer(template):
        try:
            value = _Reader(match[1], scope).value()
        except _UnreadableError:
            return None
        if isinstance(value, Unknown | list | dict):
            return None
        parts += [template[at : match.start()], text_of(value)]
        at = match.end()
    return "".join([*parts, template[at:]])


def both(one: bool | None, other: bool | None) -> bool | None:
    """`and` of two answers of which each may be unknown."""
    if one is False or other is False:
        return False
    return None if one is None or other is None else True


class _Reader:
    """Reads and evaluates at once; both sides of `&&` and `||` are read, as nothing has an effect."""

    def __init__(self, text: str, scope: Scope) -> None:
        self._tokens = _tokens(text)
        self._at = 0
        self._scope = scope

    def value(self) -> Any:
        value = self._level(0, 0)
        if self._at < len(self._tokens):
            raise _UnreadableError
        return value

    def _level(self, index: int, depth: int) -> Any:
        if depth > DEEPEST:
            raise _UnreadableError
        if index == len(_LEVELS):
            return self._unary(depth)
        left = self._level(index + 1, depth)
        while (operator := self._take(*_LEVELS[index])) is not None:
            left = combined(operator, left, self._level(index + 1, depth))
        return left

    def _unary(self, depth: int) -> Any:
        negated = 0
        while self._take("!") is not None:
            negated += 1
        value = self._postfix(self._primary(depth), depth)
        for _ in range(negated):
            held = truth(value)
            value = Unknown.MAYBE if held is None else not held
        return value

    def _primary(self, depth: int) -> Any:
        if self._take("(") is not None:
            value = self._level(0, depth + 1)
            self._need(")")
            return value
        kind, text = self._next()
        if kind == "number":
            return float(text)
        if kind == "string":
            return text[1:-1].replace("''", "'")
        if kind != "name":
            raise _UnreadableError
        name = text.lower()
        if self._take("(") is not None:
            return called(name, self._arguments(depth), self._scope.success)
        if name in _CONSTANTS:
            return _CONSTANTS[name]
        return self._scope.contexts.get(name, Unknown.MAYBE)

    def _arguments(self, depth: int) -> list[Any]:
        found: list[Any] = []
        if self._take(")") is not None:
            return found
        while True:
            found.append(self._level(0, depth + 1))
            if self._take(",") is None:
                self._need(")")
                return found

    def _postfix(self, value: Any, depth: int) -> Any:
        while (operator := self._take(".", "[")) is not None:
            if self._take("*") is not None:
                value = each(value)
            elif operator == ".":
                value = property_of(value, self._next()[1])
            else:
                value = property_of(value, self._level(0, depth + 1))
            if operator == "[":
                self._need("]")
        return value

    def _take(self, *wanted: str) -> str | None:
        if self._at < len(self._tokens) and self._tokens[self._at][1] in wanted:
            kind, text = self._tokens[self._at]
            if kind == "op":
                self._at += 1
                return text
        return None

    def _need(self, wanted: str) -> None:
        if self._take(wanted) is None:
            raise _UnreadableError

    def _next(self) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            raise _UnreadableError
        self._at += 1
        return self._tokens[self._at - 1]


def _tokens(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    at, text = 0, text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise _UnreadableError
        found.append((match.lastgroup, match[match.lastgroup]))
        at = match.end()
    return found
