# ruff: noqa: ASYNC221 - nothing else runs in these tests' loops
"""Many blobs at once, and files added to a tree at its root."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from otto_bot.git.adding import with_files
from otto_bot.git.blobs import list_blobs, read_blobs
from otto_bot.git.commits import tree_of
from otto_bot.git.mirror import Mirror


async def test_every_path_with_its_size_and_the_contents_of_files(upstream: Any, mirror: Mirror) -> None:
    odd = "dir/two words\nand\ttab.py"
    (upstream.clone / "link.py").symlink_to("README.md")
    (upstream.clone / os.fsdecode(b"latin-\xe9.py")).write_bytes(b"old\n")
    commit = upstream.commit({odd: b"x = 1\n\0\n", "empty.py": ""})
    await mirror.fetch(commit)
    blobs = await list_blobs(mirror, commit)
    sizes = {blob.path: blob.size for blob in blobs}
    assert sizes == {
        ".gitignore": 13, "README.md": 6, odd: 8, "empty.py": 0, "link.py": None, "src/app.py": 6, "latin-\udce9.py": 4,
    }  # fmt: skip
    gone = next(blob for blob in blobs if blob.path == "README.md")
    wrong = type(gone)("gone.md", "0" * 40, 6)
    found = await read_blobs(mirror, [wrong, *blobs])
    assert found == {
        ".gitignore": b"build/\n*.log\n", "README.md": b"hello\n", odd: b"x = 1\n\0\n", "empty.py": b"",
        "src/app.py": b"x = 1\n", "latin-\udce9.py": b"old\n",
    }  # fmt: skip
    assert await read_blobs(mirror, []) == {}


async def test_files_are_added_and_nothing_is_replaced(upstream: Any, mirror: Mirror, tmp_path: Path) -> None:
    commit = upstream.commit({"Product-Spec.md": "theirs\n", "architecture.md/notes": "a folder\n"})
    await mirror.fetch(commit)
    tree = await tree_of(mirror, commit)
    made, added = await with_files(mirror, tree, {"product-spec.md": "x", "architecture.md": "y", "zebra.md": "ü\n"})
    assert added == ("zebra.md",)
    again = await with_files(mirror, tree, {"zebra.md": "ü\n"})
    assert again == (made, added)
    assert await with_files(mirror, tree, {"README.md": "no"}) == (tree, ())
    ran = subprocess.run(["git", "diff-tree", "-r", "--name-status", tree, made], cwd=mirror.path, capture_output=True)
    assert ran.stdout == b"A\tzebra.md\n"
    shown = subprocess.run(["git", "cat-file", "blob", f"{made}:zebra.md"], cwd=mirror.path, capture_output=True)
    assert shown.stdout == "ü\n".encode()
    subprocess.run(["git", "fsck", "--strict"], cwd=mirror.path, check=True, capture_output=True)


async def test_a_name_with_a_slash_is_refused(mirror: Mirror) -> None:
    commit = (await mirror.fetch("refs/heads/main"))["refs/heads/main"]
    with pytest.raises(ValueError, match="no name of a file"):
        await with_files(mirror, await tree_of(mirror, commit), {"a/b": ""})
