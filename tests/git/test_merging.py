"""Squash and merge without a working directory."""

from __future__ import annotations

from datetime import datetime

import pytest

from otto_bot.git.commits import Author
from otto_bot.git.errors import GitFailed
from otto_bot.git.merging import Conflict, Merging
from otto_bot.git.mirror import Mirror
from otto_bot.git.reading import Reading


@pytest.fixture
def stamp(author: Author, when: datetime) -> dict:
    return {"message": "Take it", "author": author, "when": when}


@pytest.fixture
async def branches(mirror: Mirror, upstream) -> dict[str, str]:
    """main ← two commits on `left`, one on `right`, one on `clash` that contradicts `left`."""
    made = {"base": upstream.git("rev-parse", "HEAD")}
    for name, steps in {
        "left": [{"left.txt": "1"}, {"src/app.py": "x = 2\n"}],
        "right": [{"right.txt": "1", "README.md": None}],
        "clash": [{"src/app.py": "x = 3\n"}],
        "onto": [{"later.txt": "1"}],
    }.items():
        upstream.git("checkout", "-q", "--detach", made["base"])
        for files in steps:
            made[name] = upstream.commit(files, name, push=name)
    await mirror.fetch(*(f"refs/heads/{name}" for name in made if name != "base"), "refs/heads/main")
    return made


async def test_squash_is_one_commit_with_the_diff(mirror: Mirror, branches: dict[str, str], stamp: dict) -> None:
    merging, reading = Merging(mirror), Reading(mirror.path, mirror.runner.environment())
    sha = await merging.squash(branches["base"], branches["left"], branches["onto"], **stamp)
    assert isinstance(sha, str)
    assert sha == await merging.squash(branches["base"], branches["left"], branches["onto"], **stamp)
    assert reading.subjects(sha) == ["Take it", "onto", "Begin"]
    assert reading.files(sha) == [".gitignore", "README.md", "later.txt", "left.txt", "src/app.py"]
    assert [change.path for change in reading.diff(branches["onto"], sha)] == ["left.txt", "src/app.py"]
    second = await merging.squash(branches["base"], branches["right"], sha, **stamp)
    assert isinstance(second, str)
    assert "README.md" not in reading.files(second)


async def test_the_given_base_counts_not_the_history(mirror: Mirror, branches: dict[str, str], stamp: dict) -> None:
    """`left` minus its first commit: what lies before the base stays out, although it is in the history."""
    reading, merging = Reading(mirror.path, mirror.runner.environment()), Merging(mirror)
    first_step = (await mirror.git("rev-parse", f"{branches['left']}^")).text
    sha = await merging.squash(first_step, branches["left"], branches["onto"], **stamp)
    assert isinstance(sha, str)
    assert [change.path for change in reading.diff(branches["onto"], sha)] == ["src/app.py"]


async def test_a_squash_that_changes_nothing(mirror: Mirror, branches: dict[str, str], stamp: dict) -> None:
    merging = Merging(mirror)
    sha = await merging.squash(branches["base"], branches["left"], branches["onto"], **stamp)
    assert isinstance(sha, str)
    assert await merging.squash(branches["base"], branches["left"], sha, **stamp) == sha


async def test_conflicts_name_their_paths(mirror: Mirror, branches: dict[str, str], stamp: dict) -> None:
    merging = Merging(mirror)
    conflict = Conflict(("src/app.py",))
    assert await merging.squash(branches["base"], branches["clash"], branches["left"], **stamp) == conflict
    assert await merging.merge_in(branches["left"], branches["clash"], **stamp) == conflict


async def test_merge_in(mirror: Mirror, branches: dict[str, str], stamp: dict) -> None:
    merging, reading = Merging(mirror), Reading(mirror.path, mirror.runner.environment())
    sha = await merging.merge_in(branches["left"], branches["right"], **stamp)
    assert isinstance(sha, str)
    parents = (await mirror.git("log", "-1", "--format=%P", sha)).text.split()
    assert parents == [branches["left"], branches["right"]]
    assert reading.merge_base(sha, branches["right"]) == branches["right"]
    assert await merging.merge_in(sha, branches["right"], **stamp) == sha
    assert await merging.merge_in(branches["base"], branches["right"], **stamp) == branches["right"]
    assert await merging.is_ancestor(branches["left"], sha)
    assert not await merging.is_ancestor(sha, branches["left"])
    assert await merging.same_tree(sha, sha)
    assert not await merging.same_tree(sha, branches["left"])


async def test_what_is_not_in_the_mirror(mirror: Mirror, branches: dict[str, str], stamp: dict) -> None:
    with pytest.raises(GitFailed):
        await Merging(mirror).merge_in(branches["left"], "1" * 40, **stamp)
    with pytest.raises(ValueError, match="full commit"):
        await Merging(mirror).merge_in(branches["left"], "--help", **stamp)
