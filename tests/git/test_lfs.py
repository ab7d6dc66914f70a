"""Git LFS in a repository: no filter of it runs here, and what a push would bring is known to belong to it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from otto_bot.git.blobs import list_blobs
from otto_bot.git.commits import Author
from otto_bot.git.diff_gate import Looked, inspect
from otto_bot.git.mirror import Mirror
from otto_bot.git.new_commits import new_commits
from otto_bot.git.reading import Reading
from otto_bot.git.workspace import Workspace
from otto_bot.jobs.set_aside import read_only_of

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12\n"
FILES = {
    ".gitattributes": "*.psd filter=lfs diff=lfs merge=lfs -text\n",
    ".lfsconfig": "[lfs]\n\turl = https://lfs.example/\n",
    "art/logo.psd": POINTER,
    "docs/.gitattributes": "*.psd -filter\n",
    "docs/small.psd": "no pointer\n",
}


async def test_pointers_are_what_is_there_and_a_change_of_one_is_held(
    mirror: Mirror, upstream: Any, work: Path, author: Author, when: datetime, monkeypatch: Any
) -> None:
    monkeypatch.setenv("GIT_LFS_SKIP_SMUDGE", "0")
    base = upstream.commit(FILES)
    await mirror.fetch(base)
    space = await Workspace.open(mirror, base, work)
    assert (space.path / "art" / "logo.psd").read_text() == POINTER
    (space.path / "art" / "logo.psd").write_text("a picture")
    (space.path / "art" / "new.psd").write_text("a picture")
    (space.path / "docs" / "small.psd").write_text("a small picture")
    (space.path / "hello.txt").write_text("Hello\n")
    tree = (await space.snapshot()).tree
    sha = await space.commit(tree, [base], "Draw", author=author, when=when)
    reading = Reading(mirror.path, mirror.runner.environment())
    (commit,) = await new_commits(mirror, reading, sha, [base])
    (side,) = commit.sides
    found = inspect(side.changes, looked=Looked(side.contents, side.sources, None, side.kept))
    assert {(one.rule, one.path) for one in found} == {("lfs", "art/logo.psd"), ("lfs", "art/new.psd")}


async def test_paths_that_nobody_writes_are_found_in_a_commit(mirror: Mirror, upstream: Any) -> None:
    upstream.commit(FILES, push=None)
    upstream.git("update-index", "--add", "--cacheinfo", f"160000,{'8' * 40},vendor/lib")
    upstream.git("commit", "-q", "-m", "Take in a library")
    upstream.push("main")
    base = upstream.git("rev-parse", "HEAD")
    await mirror.fetch(base)
    assert [blob.path for blob in await list_blobs(mirror, base) if blob.module] == ["vendor/lib"]
    read_only = await read_only_of(mirror, base)
    assert read_only.why("art/other.psd")
    assert read_only.why("vendor/lib/a.c")
    assert read_only.why("docs/small.psd") is None
