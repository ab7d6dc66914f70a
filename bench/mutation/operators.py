"""What a fault looks like: cosmic-ray's operators, one change a place, and three that its set lacks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import parso
from cosmic_ray.operators.operator import Operator
from cosmic_ray.plugins import get_operator

Position = tuple[tuple[int, int], tuple[int, int]]
_COMPARED = {
    "Eq": ("NotEq",),
    "NotEq": ("Eq",),
    "Is": ("IsNot",),
    "IsNot": ("Is",),
    "Lt": ("LtE", "GtE"),
    "LtE": ("Lt", "Gt"),
    "Gt": ("GtE", "LtE"),
    "GtE": ("Gt", "Lt"),
}
"""The opposite, and the neighbour at the boundary. The rest (`==` to `<`) is either the same or fails at once."""
_COUNTED = {"Add": "Sub", "Sub": "Add", "Mul": "FloorDiv", "Div": "Mul", "FloorDiv": "Mul", "Mod": "Mul"}
_COUNTED |= {"BitOr": "BitAnd", "BitAnd": "BitOr"}
_PLAIN = (
    "AddNot",
    "ExceptionReplacer",
    "NumberReplacer",
    "RemoveDecorator",
    "ReplaceAndWithOr",
    "ReplaceBreakWithContinue",
    "ReplaceContinueWithBreak",
    "ReplaceFalseWithTrue",
    "ReplaceOrWithAnd",
    "ReplaceTrueWithFalse",
    "ReplaceUnaryOperator_Delete_Not",
    "ReplaceUnaryOperator_USub_UAdd",
    "ZeroIterationForLoop",
)


class Own(Operator):  # type: ignore[misc]
    """An operator that finds nodes with one test and changes each in one way."""

    def fits(self, node: Any) -> bool:
        """Whether a parso node is changed."""
        raise NotImplementedError

    def changed(self, code: str) -> str:
        """The code of the node after the change."""
        raise NotImplementedError

    def mutation_positions(self, node: Any) -> Iterator[Position]:
        """At most one place a node."""
        if self.fits(node):
            yield node.start_pos, node.end_pos

    def mutate(self, node: Any, index: int) -> Any:
        """The changed node; what stood before it (blanks, comments) stays."""
        first = node.get_first_leaf()
        code = node.get_code(include_prefix=False)
        new = parso.parse(self.changed(code))
        new.get_first_leaf().prefix = first.prefix
        return new

    @classmethod
    def examples(cls) -> tuple[()]:
        """None: tests/bench holds them."""
        return ()


class InWithNotIn(Own):
    """`x in y` becomes `x not in y`."""

    def fits(self, node: Any) -> bool:
        """An `in` between two values; not the one of a loop."""
        return bool(node.type == "keyword" and node.value == "in" and node.parent.type == "comparison")

    def changed(self, code: str) -> str:
        """The opposite."""
        return "not in"


class NotInWithIn(Own):
    """`x not in y` becomes `x in y`."""

    def fits(self, node: Any) -> bool:
        """Two words, one node."""
        return bool(node.type == "comp_op" and node.get_code(include_prefix=False).split() == ["not", "in"])

    def changed(self, code: str) -> str:
        """The opposite."""
        return "in"


class ForgottenUpdate(Own):
    """One field of `model_copy(update={...})` keeps its old value."""

    def fits(self, node: Any) -> bool:
        """The dictionary of an update, once for each of its fields."""
        parent = node.parent
        if node.type != "atom" or node.children[0].value != "{" or parent.type != "argument":
            return False
        return bool(parent.children[0].get_code().strip() == "update") and bool(self._entries(node))

    def mutation_positions(self, node: Any) -> Iterator[Position]:
        """One place a field."""
        if hasattr(node, "children") and hasattr(node.children[0], "value") and self.fits(node):
            for key, value in self._entries(node):
                yield key.start_pos, value.end_pos

    def mutate(self, node: Any, index: int) -> Any:
        """The dictionary without that field, on as many lines as before."""
        kept = [one for at, one in enumerate(self._entries(node)) if at != index]
        lines = node.get_code(include_prefix=False).count("\n")
        inner = ", ".join(f"{_code(key)}: {_code(value)}" for key, value in kept)
        new = parso.parse("{" + inner + "\n" * lines + "}")
        new.get_first_leaf().prefix = node.get_first_leaf().prefix
        return new

    def _entries(self, node: Any) -> list[tuple[Any, Any]]:
        inner = node.children[1]
        parts = inner.children if inner.type == "dictorsetmaker" else []
        if any(part.type == "operator" and part.value == "**" for part in parts):
            return []
        return [(parts[at - 1], parts[at + 1]) for at, one in enumerate(parts) if getattr(one, "value", "") == ":"]


def _code(node: Any) -> str:
    return str(node.get_code(include_prefix=False))


def operators() -> Mapping[str, Any]:
    """Name to operator, in one order always."""
    names = [f"ReplaceComparisonOperator_{one}_{to}" for one, many in _COMPARED.items() for to in many]
    names += [f"ReplaceBinaryOperator_{one}_{to}" for one, to in _COUNTED.items()]
    found = {name: get_operator(f"core/{name}")() for name in (*names, *_PLAIN)}
    return found | {"InWithNotIn": InWithNotIn(), "NotInWithIn": NotInWithIn(), "ForgottenUpdate": ForgottenUpdate()}
