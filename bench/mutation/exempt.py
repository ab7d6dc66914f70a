"""Where a fault would be none, or one that only a reader could see: places that no mutant is made of."""

from __future__ import annotations

import ast
from collections.abc import Iterator

Place = tuple[int, int]
"""Line from 1, column in characters from 0."""


class Exempt:
    """The places of one file, by rule:

    * annotations, and assignments that only name a type;
    * what stands inside `raise` (the words of an error) and inside `assert` (what cannot be otherwise);
    * `strict=` of zip, for the same reason; caches (`lru_cache` and its size): without them all is only slower;
    * `if TYPE_CHECKING`.

    Docstrings, comments and words need no rule: no operator touches text.
    """

    def __init__(self, source: str) -> None:
        """Raises SyntaxError where `source` is no Python."""
        self._lines = source.splitlines()
        self._spans = [self._span(node) for node in _nodes(ast.parse(source))]

    def holds(self, begin: Place) -> bool:
        """Whether a mutant that begins there is left out."""
        return any(first <= begin < last for first, last in self._spans)

    def _span(self, node: ast.expr | ast.stmt | ast.keyword) -> tuple[Place, Place]:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self._place(node.lineno, node.col_offset), self._place(node.end_lineno, node.end_col_offset)

    def _place(self, line: int, offset: int) -> Place:
        text = self._lines[line - 1].encode() if line <= len(self._lines) else b""
        return line, len(text[:offset].decode())


def _nodes(tree: ast.Module) -> Iterator[ast.expr | ast.stmt | ast.keyword]:
    for node in ast.walk(tree):
        match node:
            case ast.Raise() | ast.Assert() | ast.keyword(arg="strict"):
                yield node
            case ast.AnnAssign(annotation=annotation):
                yield annotation
            case ast.arg(annotation=ast.expr() as annotation):
                yield annotation
            case ast.Assign(value=ast.BinOp(op=ast.BitOr()) | ast.Subscript()) if _names_a_type(node):
                yield node
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                yield node
            case ast.FunctionDef(returns=returns, decorator_list=decorators):
                yield from [returns] if returns is not None else []
                yield from (one for one in decorators if "lru_cache" in ast.dump(one) or "'cache'" in ast.dump(one))
            case _:
                pass


def _names_a_type(node: ast.Assign) -> bool:
    target = node.targets[0]
    return isinstance(target, ast.Name) and target.id[:1].isupper() and not target.id.isupper()
