"""A commit that was pushed in a time which the ledger has lost: taken up where it is the same work, else left alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from jobs_life import CI, Life

from otto_bot.core.attempt import TaskState
from otto_bot.core.effects import EffectKind
from otto_bot.git.commits import write_commit
from otto_bot.git.publish import push

FILES = {".github/workflows/ci.yml": CI, "a.txt": "a\n"}

pytestmark = pytest.mark.slow


async def pushed_before(life: Life, *, same: bool) -> str:
    """What the lost attempt had pushed: the same files on the same parent, or others, at another time."""
    last = life.run.task("t1").last
    assert last is not None
    assert last.sha is not None
    assert last.tree is not None
    mirror = await life.context.mirror(life.run)
    tree = last.tree if same else (await mirror.git("rev-parse", f"{last.base_sha}^{{tree}}")).text
    when = life.context.now() - timedelta(hours=1)
    author = await life.context.author()
    sha = await write_commit(mirror, tree, [last.base_sha], "Work of a lost hour", author=author, when=when)
    await push(mirror, sha, last.branch, await mirror.remote_head(f"refs/heads/{last.branch}"), within="otto/")
    return sha


@pytest.mark.parametrize("same", [True, False])
async def test_the_same_work_is_taken_up(open_bench: Any, same: bool) -> None:
    """One attempt and no second commit; other work there costs an attempt, and stays."""
    async with open_bench(FILES) as bench:
        life = await Life.begin(bench)
        await life.code("t1", one__txt="1\n")
        there = await pushed_before(life, same=same)
        await life.do(EffectKind.PUSH)

        task = life.run.task("t1")
        assert task.last is not None
        if same:
            assert (task.state, task.last.sha, len(task.attempts)) == (TaskState.VERIFYING, there, 1)
        else:
            assert task.last.sha != there
            assert task.state is TaskState.FAILED or there in await _history(life, task.last.sha)


async def _history(life: Life, sha: str | None) -> list[str]:
    mirror = await life.context.mirror(life.run)
    return (await mirror.git("rev-list", str(sha))).text.split()
