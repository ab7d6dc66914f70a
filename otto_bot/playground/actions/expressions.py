"""Evaluate GitHub's `${{ … }}` expressions, for what is decided before a job starts: `if`, names, groups, matrices.

Steps are evaluated by act. A context that is not given is an error, as on GitHub; a missing property is null.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from otto_bot.playground.actions.values import FUNCTIONS, ExpressionError, equal, less, number_of, text_of, truthy

_TOKEN = re.compile(
    r"\s*(?:(?P<number>-?(?:0x[0-9a-fA-F]+|\d+\.?\d*(?:[eE][-+]?\d+)?))|(?P<string>'(?:[^']|'')*')"
    r"|(?P<name>[A-Za-z_][\w-]*)|(?P<op>&&|\|\||==|!=|<=|>=|[<>!()\[\].,*]))"
)
_EMBEDDED = re.compile(r"\$\{\{((?:[^'}]|'(?:[^']|'')*'|\}(?!\}))*)\}\}")
_STATUS_CALL = re.compile(r"\b(success|failure|always|cancelled)\s*\(", re.IGNORECASE)
_CONSTANTS: dict[str, Any] = {"true": True, "false": False, "null": None, "nan": float("nan"), "infinity": float("inf")}
_LEVELS = (("||",), ("&&",), ("==", "!="), ("<", "<=", ">", ">="))
_MAX_LENGTH = 21_000
_MAX_DEPTH = 50


class _Filtered(list[Any]):
    """The result of `.*`: a further property is taken from each entry."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What an expression may name: contexts by their lower-case name, and the status functions."""

    contexts: Mapping[str, Any]
    status: Mapping[str, bool] = field(default_factory=dict)


def evaluate(expression: str, scope: Scope) -> Any:
    """The value of one expression, without `${{ }}` around it. Raises `ExpressionError`."""
    if len(expression) > _MAX_LENGTH:
        raise ExpressionError(f"an expression may have {_MAX_LENGTH} characters, this one has {len(expression)}")
    parser = _Parser(_tokens(expression), expression, scope)
    value = parser.level(0, 0)
    parser.expect_end()
    return list(value) if isinstance(value, _Filtered) else value


def interpolate(template: str, scope: Scope) -> Any:
    """Replace every `${{ }}`; a template that is one expression and nothing else keeps its value's type."""
    whole = _EMBEDDED.fullmatch(template.strip())
    if whole:
        return evaluate(whole[1], scope)
    return _EMBEDDED.sub(lambda match: text_of(evaluate(match[1], scope)), template)


def interpolate_deep(value: Any, scope: Scope) -> Any:
    """`interpolate` for every text within lists and mappings; keys stay."""
    if isinstance(value, str):
        return interpolate(value, scope)
    if isinstance(value, list):
        return [interpolate_deep(entry, scope) for entry in value]
    if isinstance(value, dict):
        return {key: interpolate_deep(entry, scope) for key, entry in value.items()}
    return value


def condition(raw: object, scope: Scope) -> bool:
    """The value of an `if:`; without a status function in it, `success()` must hold as well."""
    if raw is None or raw == "":
        return scope.status.get("success", True)
    text = text_of(raw)
    whole = _EMBEDDED.fullmatch(text.strip())
    if whole:
        text = whole[1]
    elif _EMBEDDED.search(text):
        return truthy(interpolate(text, scope)) and _implied_success(text, scope)
    return _implied_success(text, scope) and truthy(evaluate(text, scope))


def _implied_success(text: str, scope: Scope) -> bool:
    return bool(_STATUS_CALL.search(text)) or scope.status.get("success", True)


def _tokens(expression: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    at, text = 0, expression.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise ExpressionError(f"Unexpected symbol {text[at:].strip()[:20]!r} in expression {expression.strip()!r}")
        found.append((match.lastgroup, match[match.lastgroup]))
        at = match.end()
    return found


class _Parser:
    """Recursive descent that evaluates as it reads; `&&` and `||` give an operand, as on GitHub."""

    def __init__(self, tokens: list[tuple[str, str]], source: str, scope: Scope) -> None:
        self._tokens = tokens
        self._at = 0
        self._source = source.strip()
        self._scope = scope

    def expect_end(self) -> None:
        if self._at < len(self._tokens):
            raise self._fail(f"Unexpected symbol {self._tokens[self._at][1]!r}")

    def level(self, index: int, depth: int) -> Any:
        if depth > _MAX_DEPTH:
            raise self._fail("Too deeply nested")
        if index == len(_LEVELS):
            return self._unary(depth)
        left = self.level(index + 1, depth)
        while (operator := self._take_op(*_LEVELS[index])) is not None:
            left = _apply(operator, left, self.level(index + 1, depth))
        return left

    def _unary(self, depth: int) -> Any:
        if self._take_op("!") is not None:
            if depth > _MAX_DEPTH:
                raise self._fail("Too deeply nested")
            return not truthy(self._unary(depth + 1))
        return self._postfix(self._primary(depth), depth)

    def _primary(self, depth: int) -> Any:
        if self._take_op("(") is not None:
            value = self.level(0, depth + 1)
            self._need(")")
            return value
        kind, text = self._next()
        if kind == "number":
            return number_of(text)
        if kind == "string":
            return text[1:-1].replace("''", "'")
        if kind == "name":
            return self._name(text, depth)
        raise self._fail(f"Unexpected symbol {text!r}")

    def _name(self, name: str, depth: int) -> Any:
        lowered = name.lower()
        if self._take_op("(") is not None:
            return self._call(name, self._arguments(depth))
        if lowered in _CONSTANTS:
            return _CONSTANTS[lowered]
        if lowered not in self._scope.contexts:
            raise self._fail(f"Unrecognized named-value: {name!r}")
        return self._scope.contexts[lowered]

    def _arguments(self, depth: int) -> list[Any]:
        found: list[Any] = []
        if self._take_op(")") is not None:
            return found
        while True:
            found.append(self.level(0, depth + 1))
            if self._take_op(",") is None:
                self._need(")")
                return found

    def _call(self, name: str, arguments: list[Any]) -> Any:
        lowered = name.lower()
        if lowered in self._scope.status and not arguments:
            return self._scope.status[lowered]
        if lowered not in FUNCTIONS:
            raise self._fail(f"Unrecognized function: {name!r}")
        function, fewest, most = FUNCTIONS[lowered]
        if not fewest <= len(arguments) <= most:
            raise self._fail(f"{name} takes other than {len(arguments)} arguments")
        return _call_plain(function, arguments)

    def _postfix(self, value: Any, depth: int) -> Any:
        while (operator := self._take_op(".", "[")) is not None:
            if self._take_op("*") is not None:
                value = _entries(value)
            elif operator == ".":
                value = _property(value, self._next()[1])
            else:
                value = _property(value, self.level(0, depth + 1))
            if operator == "[":
                self._need("]")
        return value

    def _take_op(self, *wanted: str) -> str | None:
        if self._at < len(self._tokens):
            kind, text = self._tokens[self._at]
            if kind == "op" and text in wanted:
                self._at += 1
                return text
        return None

    def _need(self, wanted: str) -> None:
        if self._take_op(wanted) is None:
            raise self._fail(f"{wanted!r} is missing")

    def _next(self) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            raise self._fail("Unexpected end")
        self._at += 1
        return self._tokens[self._at - 1]

    def _fail(self, reason: str) -> ExpressionError:
        return ExpressionError(f"{reason} in expression {self._source[:200]!r}")


def _call_plain(function: Callable[..., Any], arguments: list[Any]) -> Any:
    return function(*(list(entry) if isinstance(entry, _Filtered) else entry for entry in arguments))


_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "||": lambda left, right: left if truthy(left) else right,
    "&&": lambda left, right: right if truthy(left) else left,
    "==": equal,
    "!=": lambda left, right: not equal(left, right),
    "<": less,
    ">": lambda left, right: less(right, left),
    "<=": lambda left, right: less(left, right) or equal(left, right),
    ">=": lambda left, right: less(right, left) or equal(left, right),
}


def _apply(operator: str, left: Any, right: Any) -> Any:
    return _OPERATORS[operator](left, right)


def _entries(value: Any) -> _Filtered:
    if isinstance(value, dict):
        return _Filtered(value.values())
    return _Filtered(value) if isinstance(value, list) else _Filtered()


def _property(value: Any, key: Any) -> Any:
    if isinstance(value, _Filtered):
        return _Filtered(found for found in (_property(entry, key) for entry in value) if found is not None)
    if isinstance(value, dict):
        wanted = text_of(key).casefold()
        return next((entry for name, entry in value.items() if str(name).casefold() == wanted), None)
    if isinstance(value, list):
        index = number_of(key)
        return value[int(index)] if index.is_integer() and 0 <= index < len(value) else None
    return None
