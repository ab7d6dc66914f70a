# ruff: noqa: ASYNC221 - nothing else runs in these tests' loops
"""Notes in a workspace: readable there, rewritten whatever was done to them, and in no tree, diff or status."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from otto_bot.git.mirror import Mirror
from otto_bot.git.notes_file import free_name
from otto_bot.git.reading import Reading
from otto_bot.git.workspace import Workspace

NOTES = "# What earlier tasks found out\n\n- the clock is UTC\n"


async def fetched(mirror: Mirror) -> str:
    return (await mirror.fetch("refs/heads/main"))["refs/heads/main"]


def names(mirror: Mirror, tree: str) -> list[str]:
    ran = subprocess.run(["git", "ls-tree", "-r", "--name-only", tree], cwd=mirror.path, capture_output=True, text=True)
    return ran.stdout.split()


async def test_they_are_there_and_in_no_snapshot_even_after_git_add(mirror: Mirror, work: Path) -> None:
    base = await fetched(mirror)
    space = await Workspace.open(mirror, base, work, notes=NOTES)
    file = work / space.notes_file
    assert (space.notes_file, file.read_text()) == (".otto/context.md", NOTES)
    empty = await space.snapshot()
    assert empty.tree == Reading(mirror.path, mirror.runner.environment()).tree_id(base)
    file.write_text("changed by the coder")
    (work / "new.py").write_text("1")
    subprocess.run(["git", "add", "-A", "-f"], cwd=work, check=True, capture_output=True)
    assert names(mirror, (await space.snapshot()).tree) == [".gitignore", "README.md", "new.py", "src/app.py"]


async def test_git_status_says_nothing_of_them(mirror: Mirror, work: Path) -> None:
    space = await Workspace.open(mirror, await fetched(mirror), work, notes=NOTES)
    said = subprocess.run(["git", "status", "--porcelain"], cwd=space.path, capture_output=True, text=True, check=True)
    assert said.stdout == ""


async def test_whatever_stands_in_their_place_is_in_no_tree_either(mirror: Mirror, work: Path) -> None:
    space = await Workspace.open(mirror, await fetched(mirror), work, notes=NOTES)
    file = work / space.notes_file
    file.unlink()
    file.mkdir()
    (file / "inside.py").write_text("1")
    (work / ".otto" / ".git").mkdir()
    (work / ".otto" / "other.txt").write_text("the coder's own")
    assert names(mirror, (await space.snapshot()).tree) == [
        ".gitignore", ".otto/other.txt", "README.md", "src/app.py",
    ]  # fmt: skip


async def test_a_restore_and_a_takeover_bring_them_back(mirror: Mirror, work: Path) -> None:
    base = await fetched(mirror)
    space = await Workspace.open(mirror, base, work, notes=NOTES)
    (work / space.notes_file).unlink()
    snapshot = await space.snapshot()
    await space.restore(snapshot.tree)
    assert (work / space.notes_file).read_text() == NOTES
    (work / space.notes_file).write_text("forged")
    again = await Workspace.open(mirror, base, work, notes=NOTES)
    assert (work / again.notes_file).read_text() == NOTES


@pytest.mark.parametrize("trap", ["folder", "file", "dangling"])
async def test_a_link_in_their_place_is_never_followed(mirror: Mirror, work: Path, tmp_path: Path, trap: str) -> None:
    base = await fetched(mirror)
    space = await Workspace.open(mirror, base, work, notes=NOTES)
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "context.md").write_text("precious")
    file = work / space.notes_file
    file.unlink()
    if trap == "folder":
        file.parent.rmdir()
        file.parent.symlink_to(outside)
    else:
        file.symlink_to(outside / ("context.md" if trap == "file" else "new.md"))
    again = await Workspace.open(mirror, base, work, notes=NOTES)
    assert [path.read_text() for path in outside.iterdir()] == ["precious"]
    assert (work / again.notes_file).read_text() == NOTES
    assert not (work / again.notes_file).is_symlink()


async def test_a_repository_with_such_a_file_keeps_it_and_its_changes(
    upstream: Any, mirror: Mirror, work: Path
) -> None:
    upstream.commit({".otto/context.md": "theirs\n", ".OTTO-2": "in the way\n"})
    base = await fetched(mirror)
    space = await Workspace.open(mirror, base, work, notes=NOTES)
    assert space.notes_file == ".otto-3/context.md"
    assert (work / ".otto/context.md").read_text() == "theirs\n"
    (work / ".otto/context.md").write_text("changed as the task asks\n")
    tree = (await space.snapshot()).tree
    reading = Reading(mirror.path, mirror.runner.environment())
    assert [change.path for change in reading.diff(base, tree)] == [".otto/context.md"]


async def test_without_notes_nothing_is_placed_and_nothing_hidden(mirror: Mirror, work: Path) -> None:
    base = await fetched(mirror)
    space = await Workspace.open(mirror, base, work)
    assert (space.notes_file, (work / ".otto").exists()) == ("", False)
    (work / ".otto").mkdir()
    (work / ".otto" / "context.md").write_text("the product's own")
    assert ".otto/context.md" in names(mirror, (await space.snapshot()).tree)
    assert await free_name(mirror, base) == ".otto/context.md"
