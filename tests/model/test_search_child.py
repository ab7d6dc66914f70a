"""Searching in a process of its own: what it finds, what it leaves out, and that nothing makes it run on."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from otto_bot.core.enclosing import plainly
from otto_bot.model import searching
from otto_bot.model.search_child import LONGEST_LINE, MOST_BYTES, Refused, answered
from otto_bot.model.searching import SearchFailed, search


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "work"
    for name in ("src", ".git", "node_modules/x"):
        (root / name).mkdir(parents=True)
    (root / "src" / "b.py").write_text("value = 2\n")
    (root / "src" / "a.py").write_text("first\nvalue = 1\n")
    (root / ".git" / "config").write_text("value\n")
    (root / "node_modules" / "x" / "c.js").write_text("value\n")
    (root / "binary").write_bytes(b"value\0\n")
    (root / "long").write_text("value" * LONGEST_LINE + "\n")
    (tmp_path / "outside").write_text("value\n")
    (root / "out").symlink_to(tmp_path)
    (root / "link").symlink_to(tmp_path / "outside")
    os.mkfifo(root / "pipe")
    return root


def test_what_is_found_and_what_is_left_out(tree: Path) -> None:
    found = answered("grep", tree, tree, "val.e")
    assert found == f"{tree}/src/a.py:2:value = 1\n{tree}/src/b.py:1:value = 2"
    assert answered("grep", tree, tree / "src" / "a.py", "^first$") == f"{tree}/src/a.py:1:first"
    assert answered("grep", tree, tree, "nowhere at all") == "no matches"
    os.utime(tree / "src" / "b.py", (1, 1))
    assert answered("glob", tree, tree, "**/*.py").split("\n") == [f"{tree}/src/a.py", f"{tree}/src/b.py"]
    assert "outside" not in answered("glob", tree, tree, "*/*")


@pytest.mark.parametrize(
    ("tool", "pattern"),
    [("grep", "("), ("glob", "/etc/*"), ("glob", "../*"), ("glob", ""), ("glob", "."), ("glob", "./"), ("glob", "a**")],
)
def test_what_is_refused(tree: Path, tool: str, pattern: str) -> None:
    with pytest.raises(Refused):
        answered(tool, tree, tree, pattern)


def test_a_long_answer_is_cut_and_says_so(tree: Path) -> None:
    (tree / "many").write_text("value and more of the same\n" * 10_000)
    found = answered("grep", tree, tree, "value")
    assert len(found) < MOST_BYTES + 200
    assert found.endswith(f"[output cut at {MOST_BYTES} bytes]")


async def test_errors_are_told_without_an_exception_of_python(tree: Path) -> None:
    assert (await search("glob", tree, tree, "src/a*", plainly)) == f"{tree}/src/a.py"
    with pytest.raises(SearchFailed, match="invalid regular expression"):
        await search("grep", tree, tree, "[", plainly)


async def test_a_search_that_does_not_end_is_ended(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "SECONDS", 0.3)
    (tree / "line").write_text("a" * 60 + "!\n")
    with pytest.raises(SearchFailed, match="stopped after"):
        await search("grep", tree, tree, "(a|a)*$", plainly)
