"""Every mutant of a file, and the text of one."""

from __future__ import annotations

import ast
from hashlib import sha256
from pathlib import Path
from typing import Any

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code

from bench.mutation.exempt import Exempt
from bench.mutation.mutant import Mutant
from bench.mutation.operators import operators


def population(root: Path) -> list[Mutant]:
    """Every mutant of the heart."""
    found = []
    for path in sorted((root / "otto_bot/core").glob("*.py")):
        found += mutants_of(str(path.relative_to(root)), path.read_text())
    return found


def mutants_of(file: str, text: str) -> list[Mutant]:
    """All mutants of a file that are no exempt ones, in the order of operators and places."""
    exempt, spans, digest = Exempt(text), _statements(text), sha256(text.encode()).hexdigest()[:12]
    bodies = _bodies(text)
    nodes = list(ast_nodes(get_ast(text)))
    found = []
    for name, operator in operators().items():
        places = [place for node in nodes for place in operator.mutation_positions(node)]
        for occurrence, (begin, _) in enumerate(places):
            if not exempt.holds(begin):
                span = _span(spans, begin[0])
                loading = not any(first <= begin[0] <= last for first, last in bodies)
                found.append(Mutant(file, name, occurrence, begin[0], begin[1], span, loading, digest))
    return found


def mutated(text: str, mutant: Mutant) -> str | None:
    """The text with the fault; None where it is the same program, or none at all."""
    operator: Any = operators()[mutant.operator]
    changed: str | None = mutate_code(text, operator, mutant.occurrence)
    if changed is None:
        return None
    try:
        same = ast.dump(ast.parse(changed)) == ast.dump(ast.parse(text))
    except SyntaxError:
        return None
    return None if same else changed


def _statements(text: str) -> list[tuple[int, int]]:
    spans = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.stmt) and not isinstance(node, ast.FunctionDef | ast.ClassDef):
            body = getattr(node, "body", None)
            last = body[0].lineno - 1 if isinstance(body, list) and body else node.end_lineno
            spans.append((node.lineno, max(node.lineno, last or node.lineno)))
    return spans


def _bodies(text: str) -> list[tuple[int, int]]:
    """The lines of functions below their heads: defaults and decorators are worked out when the file is loaded."""
    functions = [one for one in ast.walk(ast.parse(text)) if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)]
    return [(one.body[0].lineno, one.end_lineno or one.lineno) for one in functions]


def _span(spans: list[tuple[int, int]], line: int) -> tuple[int, int]:
    """The smallest statement, or head of one, around a line."""
    around = [one for one in spans if one[0] <= line <= one[1]]
    return min(around, key=lambda one: one[1] - one[0], default=(line, line))
