"""A partial mirror: commits without old files, every file of what was asked for, and nobody who goes for one unseen."""

from __future__ import annotations

import asyncio
import os
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from otto_bot.git.commits import Author
from otto_bot.git.errors import GitFailed
from otto_bot.git.merging import Merging
from otto_bot.git.mirror import Mirror
from otto_bot.git.packs import pack, unpack, whole
from otto_bot.git.publish import push
from otto_bot.git.reading import Reading
from otto_bot.git.runner import GitRunner
from otto_bot.git.workspace import Workspace

OLD, NEW = "the first content\n", "another content\n"


def filtering(upstream: Any, on: bool = True) -> None:
    bare = upstream.server.repository("o/r.git")
    upstream.git("--git-dir", str(bare), "config", "uploadpack.allowFilter", str(on).lower())


@pytest.fixture
def partial(upstream: Any, tmp_path: Path, runner: GitRunner) -> Mirror:
    filtering(upstream)

    async def token(_pushes: bool) -> str | None:
        return str(upstream.server.token)

    return Mirror(tmp_path / "mirror.git", f"{upstream.server.url}/o/r.git", token, runner, partial=True)


def history(upstream: Any) -> tuple[str, str, str]:
    """Two commits of `a.txt`, and the blob of the older one."""
    first = upstream.commit({"a.txt": OLD, "lib/b.txt": "b\n" * 50})
    blob = upstream.git("rev-parse", "HEAD:a.txt")
    return first, upstream.commit({"a.txt": NEW}), blob


async def test_what_is_asked_for_is_here_whole_and_the_past_is_not(upstream: Any, partial: Mirror, work: Path) -> None:
    first, second, old = history(upstream)
    await partial.fetch("refs/heads/main")
    assert await partial.has(first)
    assert not await partial.has(old)
    workspace = await Workspace.open(partial, second, work)
    assert (work / "a.txt").read_text() == NEW
    assert (await workspace.snapshot()).tree == upstream.git("rev-parse", "HEAD^{tree}")
    # An older commit that somebody asks for gets its files, too: then the two can be compared.
    await partial.fetch(first)
    assert await partial.has(old)
    runner = partial.runner.environment()
    assert [one.path for one in Reading(partial.path, runner).diff(first, second)] == ["a.txt"]


async def test_two_conversations_bring_a_first_commit_whatever_it_holds(upstream: Any, partial: Mirror) -> None:
    upstream.commit({f"d{n % 7}/f{n}.txt": f"{n}\n" for n in range(60)})
    await partial.fetch("refs/heads/main")
    asked = [seen for seen in upstream.server.seen if seen.method == "POST"]
    # Each has one round for references, or for what is here already, and one for the pack.
    assert len(asked) <= 4


async def test_no_file_names_the_token_or_the_remote(upstream: Any, partial: Mirror) -> None:
    history(upstream)
    await partial.fetch("refs/heads/main")
    files = [path for path in partial.path.rglob("*") if path.is_file() and "objects" not in path.parts]
    said = b"\n".join(path.read_bytes() for path in files)
    assert str(upstream.server.token).encode() not in said
    assert b"promisor" not in said
    assert b"127.0.0.1" not in said
    # Every request of the server had the header of the one call's environment.
    assert {seen.authorization for seen in upstream.server.seen if seen.method == "POST"} != {None}
    assert all(seen.authorization for seen in upstream.server.seen if seen.method == "POST")


async def test_git_in_the_workspace_says_at_once_that_an_old_file_is_not_here(
    upstream: Any, partial: Mirror, work: Path
) -> None:
    first, second, old = history(upstream)
    await partial.fetch(second)
    await Workspace.open(partial, second, work)
    seen = len(upstream.server.seen)
    env = {"PATH": os.environ["PATH"], "HOME": str(work)}

    def git(*argv: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(["git", *argv], cwd=work, env=env, capture_output=True, text=True, timeout=20)

    assert git("log", "--oneline").stdout.count("\n") == 3
    assert git("status", "--porcelain").stdout == ""
    assert git("diff", "HEAD").returncode == 0
    assert git("log", "--stat", "-1", "--format=%H").returncode != 0
    assert git("show", f"{first}:a.txt").returncode != 0
    assert len(upstream.server.seen) == seen
    assert not await partial.has(old)


async def test_a_file_that_is_missed_all_the_same_makes_the_mirror_whole(upstream: Any, partial: Mirror) -> None:
    first, second, old = history(upstream)
    await partial.fetch(second)
    with pytest.raises(GitFailed):
        await partial.git("diff-tree", "-p", first, second)
    assert partial.contents.hurt
    await partial.fetch(second)
    assert await partial.has(old)
    assert not partial.contents.partial
    assert (await partial.git("diff-tree", "-p", first, second)).stdout
    third = upstream.commit({"a.txt": "a third content\n"})
    await partial.fetch(third)
    assert await partial.has(upstream.git("rev-parse", "HEAD:a.txt"))


async def test_a_server_without_filters_gives_everything_and_it_is_said(
    upstream: Any, partial: Mirror, caplog: pytest.LogCaptureFixture
) -> None:
    filtering(upstream, on=False)
    _, second, old = history(upstream)
    await partial.fetch(second)
    assert await partial.has(old)
    assert not partial.contents.partial
    assert "knows no filter" in caplog.text


async def test_work_on_top_is_merged_kept_and_pushed_as_ever(
    upstream: Any, partial: Mirror, work: Path, author: Author, when: datetime, tmp_path: Path, runner: GitRunner
) -> None:
    first, second, _ = history(upstream)
    await partial.fetch(second)
    workspace = await Workspace.open(partial, second, work)
    (work / "lib" / "b.txt").write_text("b\n" * 50 + "more\n")
    tree = (await workspace.snapshot()).tree
    mine = await workspace.commit(tree, [second], "Mine", author=author, when=when)
    body = await pack(partial, mine, [second])
    assert body is not None
    other = Mirror(tmp_path / "other.git", partial.url, partial._token, runner, partial=True)
    await other.fetch(second)
    assert await unpack(other, body)
    assert await whole(other, mine, [second])
    theirs = upstream.commit({"c.txt": "c\n"})
    await partial.fetch(theirs)
    merged = await Merging(partial).merge_in(mine, theirs, message="Both", author=author, when=when)
    assert isinstance(merged, str)
    await push(partial, merged, "otto/1-1/t1", None, within="otto/")
    assert (await partial.ls_remote("refs/heads/otto/")) == {"refs/heads/otto/1-1/t1": merged}
    assert not partial.contents.hurt
    assert first


async def test_it_is_mended_where_a_fetch_was_killed_in_the_middle(upstream: Any, partial: Mirror) -> None:
    _, second, _ = history(upstream)
    fetching = asyncio.create_task(partial.fetch(second))
    while not (partial.path / "refs" / "fetched").exists():  # noqa: ASYNC110 - git tells nobody
        await asyncio.sleep(0.005)
    fetching.cancel()
    with pytest.raises(asyncio.CancelledError):
        await fetching
    # Commits are here, files perhaps not: nobody takes it for whole.
    await partial.fetch(second)
    assert await partial.has(upstream.git("rev-parse", "HEAD:a.txt"))
