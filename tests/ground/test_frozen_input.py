"""What a run works on is in its ledger: no job and no agent reads the issue or its comments from GitHub."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "otto_bot"
READS = frozenset({"issue", "issue_history", "comments", "labelled_issues"})
"""Verbs that bring people's words."""
FILES = sorted([*(PACKAGE / "jobs").rglob("*.py"), *(PACKAGE / "agents").rglob("*.py")])


def read_in(source: str) -> set[str]:
    """Verbs of READS that a file calls on GitHub."""
    calls = [node.func for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    return {call.attr for call in calls if isinstance(call, ast.Attribute)} & READS


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_no_job_reads_what_people_wrote_later(file: Path) -> None:
    assert not read_in(file.read_text())


def test_the_look_finds_what_it_looks_for() -> None:
    assert read_in("async def f(r): return (await r.issue(1)).body, await r.comments(1)") == {"issue", "comments"}
    assert read_in((PACKAGE / "intake" / "desk.py").read_text()) == {"issue"}
