"""Every file says what it is for, and stays small enough to be read at one go."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LONGEST = 400


def files(*folders: str) -> list[Path]:
    """Our own Python files, without the repositories that scenarios carry."""
    found = (path.relative_to(ROOT) for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return sorted(path for path in found if "scenarios" not in path.parts)


def purpose(source: str) -> str:
    """The first line of the module's docstring."""
    return (ast.get_docstring(ast.parse(source)) or "").partition("\n")[0]


def test_a_module_says_its_purpose_in_one_sentence() -> None:
    """The first line of the docstring is a sentence of at least three words."""
    first_lines = {str(path): purpose((ROOT / path).read_text()) for path in files("otto_bot")}
    silent = {path: line for path, line in first_lines.items() if not line.endswith(".") or len(line.split()) < 3}

    assert len(first_lines) > 10
    assert not silent


def test_a_file_is_short_enough_to_be_read() -> None:
    """One purpose fits on a few screens."""
    lengths = {str(path): len((ROOT / path).read_text().splitlines()) for path in files("otto_bot", "scripts", "bench")}

    assert not {path: lines for path, lines in lengths.items() if lines > LONGEST}
