"""The file tools stay in their folder, whatever they are asked for."""

import os
from pathlib import Path

import pytest

from otto_bot.model.toolset import OUTPUT_CAP, FileTools, cap


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "work"
    (root / "src").mkdir(parents=True)
    (root / "src" / "a.py").write_text("value = 1\n")
    (root / ".git").mkdir()
    (root / ".git" / "config").write_text("[core] value\n")
    (root / "out").symlink_to("/etc")
    (root / "dangling").symlink_to(tmp_path / "not-there")
    (root / "g").symlink_to(".git")
    (tmp_path / "outside.txt").write_text("value outside\n")
    return root


@pytest.fixture
def tools(tree: Path) -> FileTools:
    return FileTools(tree)


async def test_reading_writing_editing_and_finding(tools, tree):
    assert (await tools.call("read", {"file_path": "src/a.py"})).text == "value = 1\n"
    assert not (await tools.call("write", {"file_path": "new/b.py", "content": "other = 2\n"})).is_error
    edited = await tools.call("edit", {"file_path": "src/a.py", "old_string": "1", "new_string": "3"})
    assert not edited.is_error
    assert (tree / "src" / "a.py").read_text() == "value = 3\n"
    assert set((await tools.call("glob", {"pattern": "**/*.py"})).text.split("\n")) == {"new/b.py", "src/a.py"}
    assert (await tools.call("grep", {"pattern": "val.e"})).text == "src/a.py:1:value = 3"
    assert {tool["name"] for tool in tools.definitions} == {"read", "write", "edit", "glob", "grep"}


ESCAPES = [
    "../outside.txt",
    "/etc/passwd",
    "out/passwd",
    "dangling",
    "src/../../outside.txt",
    ".git/config",
    ".GIT/config",
    "./.git/hooks/pre-commit",
    "g/config",
    "src/.git",
    ".git",
    "a" + chr(0) + "b",
]


def _arguments(tool: str, path: str) -> dict[str, str]:
    return {
        "read": {"file_path": path},
        "write": {"file_path": path, "content": "x"},
        "edit": {"file_path": path, "old_string": "value", "new_string": "x"},
        "grep": {"pattern": "value", "path": path},
        "glob": {"pattern": "*", "path": path},
    }[tool]


@pytest.mark.parametrize("tool", ["read", "write", "edit", "grep", "glob"])
async def test_no_path_leads_out_or_into_git(tools, tmp_path, tool):
    before = {item: item.read_bytes() for item in tmp_path.rglob("*") if item.is_file()}
    for path in ESCAPES:
        result = await tools.call(tool, _arguments(tool, path))
        assert result.is_error, path
        assert str(tmp_path) not in result.text, path
    assert {item: item.read_bytes() for item in tmp_path.rglob("*") if item.is_file()} == before


async def test_searches_see_neither_git_nor_what_links_point_to(tools):
    found = await tools.call("grep", {"pattern": "value|root"})
    assert found.text == "src/a.py:1:value = 1"
    listed = (await tools.call("glob", {"pattern": "**/*"})).text
    assert not any(line.startswith((".git", "out/", "/")) for line in listed.split("\n"))
    for pattern in ("../*", "/etc/*", ".git/*", "**/.git/config"):
        assert (await tools.call("glob", {"pattern": pattern})).is_error
    assert "config" not in (await tools.call("glob", {"pattern": ".gi[t]/*"})).text


@pytest.mark.parametrize("arguments", [None, [], "x", {}, {"file_path": 3}, {"file_path": "a", "bogus": 1}])
async def test_arguments_that_make_no_sense_are_told(tools, arguments):
    result = await tools.call("read", arguments)
    assert result.is_error
    assert result.text.startswith("read: ")


async def test_binary_missing_and_special_files_are_errors(tools, tree):
    (tree / "x.png").write_bytes(bytes([137, 80, 78, 71, 13, 10]))
    (tree / "x.bin").write_bytes(bytes([255, 254, 0]))
    os.mkfifo(tree / "pipe")
    for path in ("x.png", "x.bin", "pipe", "missing", "src"):
        assert (await tools.call("read", {"file_path": path})).is_error


async def test_output_is_capped_and_says_so(tools, tree):
    (tree / "big.txt").write_text("line of text\n" * 15_000)
    result = await tools.call("read", {"file_path": "big.txt"})
    assert len(result.text) < OUTPUT_CAP + 100
    assert "characters cut" in result.text
    assert cap("short") == "short"


async def test_unseen_characters_are_shown_by_name_and_an_edit_may_name_them(tools, tree):
    path = tree / "src" / "b.py"
    path.write_text("# \u202eadmins\u2066 only, \U0001f468\u200d\U0001f4bb\nx = 1\n", encoding="utf-8")
    shown = (await tools.call("read", {"file_path": "src/b.py"})).text
    assert shown.startswith("# ⟦U+202E⟧admins⟦U+2066⟧ only, \U0001f468\u200d\U0001f4bb")
    assert "⟦U+2066⟧" in (await tools.call("grep", {"pattern": "only"})).text
    given = {
        "file_path": "src/b.py",
        "old_string": "# ⟦U+202E⟧admins⟦U+2066⟧",
        "new_string": "# ⟦U+2066⟧admins ⟦U+200B⟧",
    }
    assert not (await tools.call("edit", given)).is_error
    assert path.read_text(encoding="utf-8").startswith("# \u2066admins ⟦U+200B⟧ only")
    whole = {"file_path": "src/b.py", "content": "⟦U+2066⟧ y = 2\n"}
    assert not (await tools.call("write", whole)).is_error
    assert path.read_text(encoding="utf-8") == "\u2066 y = 2\n"
    new = {"file_path": "src/c.py", "content": "⟦U+2066⟧"}
    assert not (await tools.call("write", new)).is_error
    assert (tree / "src" / "c.py").read_text(encoding="utf-8") == "⟦U+2066⟧"
