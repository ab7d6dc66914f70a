"""What Otto's code can ask of GitHub's REST API, read from its source: method and path of every verb."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

VERBS = Path(__file__).resolve().parents[1] / "otto_bot" / "github"
BELOW = "/repos/{owner}/{repo}"
ASKS = {"_json": "GET", "_pages": "GET", "_kept": "GET", "pages": "GET"}
FRAME = ("repository.py", "session.py", "client.py")
"""They pass on what verbs ask. What two of them ask themselves stands in OWN."""
OWN = frozenset({"GET /repositories/{id}", "POST /app/installations/{installation_id}/access_tokens"})
ELSEWHERE = frozenset({"POST /login/oauth/access_token", "POST /graphql"})
"""Of the site and of GraphQL: no description of REST has them."""


@cache
def operations() -> frozenset[str]:
    """`METHOD /path/{part}` of everything that a verb asks."""
    found = set(OWN)
    for file in sorted(VERBS.glob("*.py")):
        if file.name not in FRAME:
            found.update(_Asked(ast.parse(file.read_text(encoding="utf-8"))).all())
    return frozenset(found) - ELSEWHERE


class _Asked:
    """One file. Raises LookupError for a path that cannot be read from the source: it would be missing unseen."""

    def __init__(self, tree: ast.Module) -> None:
        self._tree = tree

    def all(self) -> Iterator[str]:
        """Every operation."""
        for function in ast.walk(self._tree):
            if isinstance(function, ast.AsyncFunctionDef | ast.FunctionDef):
                for node in ast.walk(function):
                    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                        yield from self._asked(node, node.func.attr, function)

    def _asked(self, node: ast.Call, name: str, function: ast.AST) -> Iterator[str]:
        if name in ("call", "_call"):
            method, where, above = node.args[0], node.args[1], BELOW if name == "_call" else ""
            if not isinstance(method, ast.Constant):
                raise LookupError(ast.unparse(node))
            said = str(method.value)
        elif name in ASKS and node.args:
            said, where, above = ASKS[name], node.args[0], "" if name == "pages" else BELOW
        else:
            return
        paths = [path for path in self._paths(where, function) if path is not None]
        if not paths and not _is_parameter(where, function):
            raise LookupError(ast.unparse(node))
        yield from (f"{said} {above}{path}".replace("{owner}/{name}", "{owner}/{repo}") for path in paths)

    def _paths(self, where: ast.expr, function: ast.AST) -> Iterator[str | None]:
        if isinstance(where, ast.Constant) and isinstance(where.value, str):
            yield where.value
        elif isinstance(where, ast.Call):  # route("/path", …)
            yield from self._paths(where.args[0], function)
        elif isinstance(where, ast.Subscript):
            yield from self._table(where)
        elif isinstance(where, ast.Name):
            for value in (*_assigned(where.id, ast.walk(function)), *_assigned(where.id, self._tree.body)):
                yield from self._paths(value, function)

    def _table(self, where: ast.Subscript) -> Iterator[str | None]:
        for node in ast.walk(self._tree):
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
            named = any(isinstance(one, ast.Name) and one.id == ast.unparse(where.value) for one in targets)
            if named and isinstance(value := getattr(node, "value", None), ast.Dict):
                for part in value.values:
                    yield from self._paths(part, node)


def _assigned(name: str, nodes: Iterable[ast.AST]) -> Iterator[ast.expr]:
    """What a name stands for, wherever it is given a value."""
    for node in nodes:
        if not isinstance(node, ast.Assign):
            continue
        target, value = node.targets[0], node.value
        if isinstance(target, ast.Name) and target.id == name:
            yield value
        elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            yield from (part for one, part in zip(target.elts, value.elts, strict=True) if ast.unparse(one) == name)


def _is_parameter(where: ast.expr, function: ast.AST) -> bool:
    """Whether the caller says it, whose own call is read."""
    given = function.args.args if isinstance(function, ast.AsyncFunctionDef | ast.FunctionDef) else []
    return isinstance(where, ast.Name) and where.id in {one.arg for one in given}


def pattern(operation: str) -> re.Pattern[str]:
    """What a request of this operation looks like: `GET /repos/octo/demo/issues/7`."""
    parts = re.split(r"\{(\w+)\}", operation)
    texts = [
        re.escape(part) if i % 2 == 0 else (".+" if part in ("path", "ref", "base", "head", "branch") else "[^/]+")
        for i, part in enumerate(parts)
    ]
    return re.compile("".join(texts))


def sample(operation: str) -> str:
    """A path of it, to be looked up."""
    return re.sub(r"\{\w+\}", "1", operation.partition(" ")[2])
