"""A machine goes away in the middle: what was written and not pushed yet is gone on with elsewhere."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from core_builders import plan
from jobs_life import CI, Life

from otto_bot.core.attempt import TaskState
from otto_bot.core.effects import EffectKind
from otto_bot.core.values import Usage
from otto_bot.git.workspace import Workspace
from otto_bot.jobs.carrying import SessionKept
from otto_bot.jobs.journal import StoredJournal
from otto_bot.model.journal import Turn

FILES = {".github/workflows/ci.yml": CI, "a.py": "x = 1\n"}


def another_machine(bench: Any) -> None:
    """Same database, empty disk."""
    for folder in ("mirrors", "work"):
        shutil.rmtree(bench.context.state_dir / folder, ignore_errors=True)


async def test_an_attempt_is_pushed_by_a_machine_that_did_not_write_it(open_bench: Any) -> None:
    async with open_bench(FILES) as bench:
        life = await Life.begin(bench, plan("t1", "t2"))
        await life.code("t1", a__py="x = 2\n")
        another_machine(bench)

        await life.do(EffectKind.PUSH, "t1")

        last = life.run.task("t1").last
        assert last is not None
        assert last.pushed
        assert (await life.files(last.branch))["a.py"] == "x = 2\n"


@pytest.mark.slow
async def test_a_retry_begins_on_a_merge_that_only_the_other_machine_made(open_bench: Any) -> None:
    async with open_bench(FILES) as bench:
        life = await Life.begin(bench, plan("t1", "t2"))
        for key, name in (("t1", "b__py"), ("t2", "c__py")):
            await life.code(key, **{name: "1\n"})
            await life.do(EffectKind.PUSH, key)
        await life.ends("t1/a1", "red")
        await life.ends("t2/a1")
        await life.do(EffectKind.CANDIDATE)
        if EffectKind.MERGE not in life.kinds():
            await life.ends("b1/s1")
        another_machine(bench)
        await life.do(EffectKind.MERGE)
        await life.gate({"t1": "retry"})
        await life.code("t1", b__py="2\n")
        another_machine(bench)

        await life.do(EffectKind.PUSH, "t1")

        last = life.run.task("t1").last
        assert last is not None
        files = await life.files(last.branch)
        assert (files["b.py"], files["c.py"]) == ("2\n", "1\n")
        assert life.run.task("t2").state is TaskState.MERGED


def turn(number: int, tree: str) -> Turn:
    return Turn(number=number, request_hash="h", reply_content=[], stop_reason="tool_use", usage=Usage(),
                tool_results=[], tree=tree)  # fmt: skip


async def wrote(workspace: Workspace, name: str) -> str:
    (workspace.path / name).write_text(f"{name}\n")
    return (await workspace.snapshot()).tree


async def test_a_session_goes_on_with_the_files_of_its_turns(open_bench: Any, tmp_path: Path) -> None:
    async with open_bench(FILES) as bench:
        life = await Life.begin(bench)
        context, base = bench.context, life.run.base_sha
        mirror = await context.mirror(life.run)
        await mirror.fetch(base)
        workspace = await Workspace.open(mirror, base, tmp_path / "work" / "s")
        journal = StoredJournal(context, SessionKept(mirror, base))
        trees = [await wrote(workspace, name) for name in ("one", "two")]
        trees.insert(1, trees[0])  # a turn that only read
        for number, tree in enumerate(trees, start=1):
            await journal.save("code/x", turn(number, tree))
        another_machine(bench)

        mirror = await context.mirror(life.run)
        await mirror.fetch(base)
        turns = await StoredJournal(context, SessionKept(mirror, base)).turns("code/x")

        assert [one.tree for one in turns] == trees
        again = await Workspace.open(mirror, base, tmp_path / "work" / "s")
        await again.restore(trees[-1])
        assert sorted(path.name for path in again.path.iterdir() if path.name in ("one", "two")) == ["one", "two"]


async def test_a_session_whose_files_are_nowhere_begins_anew(open_bench: Any, tmp_path: Path) -> None:
    """As where a turn wrote more than is kept: to go on with words about files that are gone would be wrong."""
    async with open_bench(FILES) as bench:
        life = await Life.begin(bench)
        context, base = bench.context, life.run.base_sha
        mirror = await context.mirror(life.run)
        await mirror.fetch(base)
        workspace = await Workspace.open(mirror, base, tmp_path / "work" / "s")
        await StoredJournal(context).save("code/x", turn(1, await wrote(workspace, "one")))
        another_machine(bench)

        mirror = await context.mirror(life.run)
        await mirror.fetch(base)
        assert await StoredJournal(context, SessionKept(mirror, base)).turns("code/x") == []
        assert context.archive.turns("code/x") == []
