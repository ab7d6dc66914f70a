"""Upkeep packs what many fetches left, loses no object, and leaves a mirror alone that somebody fetches into."""

from __future__ import annotations

import fcntl
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from otto_bot.git import upkeep
from otto_bot.git.commits import Author
from otto_bot.git.mirror import Mirror
from otto_bot.git.runner import GitRunner
from otto_bot.git.workspace import Workspace


@pytest.mark.parametrize("partial", [False, True])
async def test_packs_become_few_and_everything_is_still_there(
    upstream: Any, tmp_path: Path, runner: GitRunner, partial: bool, monkeypatch: pytest.MonkeyPatch,
    author: Author, when: datetime,
) -> None:  # fmt: skip
    bare = upstream.server.repository("o/r.git")
    upstream.git("--git-dir", str(bare), "config", "uploadpack.allowFilter", "true")

    async def token(_pushes: bool) -> str | None:
        return str(upstream.server.token)

    path = tmp_path / "state" / "mirrors" / "7-o-r.git"
    mirror = Mirror(path, f"{upstream.server.url}/o/r.git", token, runner, partial=partial)
    monkeypatch.setattr(upkeep, "MOST_PACKS", 1)
    heads = [upstream.commit({"a.txt": f"{n}\n" * 9, f"b{n}.txt": f"{n}\n"}) for n in range(2)]
    await mirror.fetch(heads[0])
    await mirror.fetch(heads[1])
    space = await Workspace.open(mirror, heads[1], tmp_path / "work")
    (space.path / "mine.txt").write_text("mine\n")
    tree = (await space.snapshot()).tree
    mine = await space.commit(tree, [heads[1]], "Mine", author=author, when=when)
    # No ref names it.
    with (path.with_name(path.name + ".lock")).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert upkeep.tidy(tmp_path / "state") == (0, 0)
    monkeypatch.setattr(upkeep, "MOST_PACKS", 0)

    upkeep.tidy(tmp_path / "state")

    packs = list((path / "objects" / "pack").glob("*.pack"))
    assert len(packs) <= 2
    assert bool(list((path / "objects" / "pack").glob("*.promisor"))) is partial
    assert await mirror.held([mine, *heads]) == {mine, *heads}
    await space.restore(tree)
    assert (space.path / "mine.txt").read_text() == "mine\n"
    third = upstream.commit({"a.txt": "third\n"})
    await mirror.fetch(third)
    await Workspace.open(mirror, third, tmp_path / "other")
    assert not mirror.contents.hurt
