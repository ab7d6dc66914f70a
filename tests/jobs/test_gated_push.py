"""The one way to GitHub for commits: who may push at all, onto which branches, and what the gate lets through."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
from jobs_life import CI, Life

import otto_bot
from otto_bot.git.adding import with_files
from otto_bot.git.commits import tree_of, write_commit
from otto_bot.git.new_commits import new_commits
from otto_bot.jobs.gated_push import PushHeld, gated_push, held_by

PACKAGE = Path(otto_bot.__file__).parent
FILES = {".github/workflows/ci.yml": CI, "a.txt": "a\n"}
KEY = "sk-ant-" + "a1B2" * 10


VERBS = {"push", "send-pack", "http-push"}


def _pushes(node: ast.AST) -> bool:
    """Whether a piece of source takes `push` of `otto_bot.git.publish`, by whatever name, or has git push."""
    if isinstance(node, ast.ImportFrom):
        names = {f"{node.module}.{alias.name}" for alias in node.names}
        return node.module == "otto_bot.git.publish" or "otto_bot.git.publish" in names
    if isinstance(node, ast.Import):
        return any(alias.name == "otto_bot.git.publish" for alias in node.names)
    if isinstance(node, ast.Call):
        first = node.args[0] if node.args else None
        words = first.elts if isinstance(first, ast.List | ast.Tuple) else [first]
        return any(isinstance(word, ast.Constant) and word.value in VERBS for word in words)
    return False


def test_only_the_gate_pushes() -> None:
    """No other file of the bot imports the push, or calls something whose first word makes git push."""
    rooms = ("jobs", "git", "agents", "intake", "model", "sandbox", "engine", "store", "github", "diagnosis", "web")
    files = [path for room in rooms for path in sorted((PACKAGE / room).rglob("*.py"))]
    pushing = {
        path.relative_to(PACKAGE).as_posix()
        for path in (*files, *PACKAGE.glob("*.py"))
        if any(_pushes(node) for node in ast.walk(ast.parse(path.read_text())))
    }
    assert pushing == {"jobs/gated_push.py", "git/publish.py"}


STRANGE = ("main", "otto/8-1/run", "{0}", "{0}/", "{0}x/run", "x/{0}/run", "{0}/../../main", "refs/heads/{0}/run")


async def test_what_may_be_pushed_where(open_bench: Any) -> None:
    """No branch but the run's own; every new commit is looked at; of a merge what is its own."""
    async with open_bench(FILES) as bench:
        life = await Life.begin(bench)
        await _only_own_branches(life)
        await _every_new_commit(life)
        await _merges(life)


async def _only_own_branches(life: Life) -> None:
    mirror, before = await life.context.mirror(life.run), await _heads(life)
    for name in STRANGE:
        with pytest.raises(ValueError, match=r"not a branch of this run|not a usable ref"):
            await gated_push(life.context, life.run, mirror, life.run.head, name.format(life.run.prefix), None)
    assert await _heads(life) == before
    made = f"{life.run.prefix}/t1-x-a1"
    assert (await gated_push(life.context, life.run, mirror, life.run.head, made, None)).pushed
    assert set(await _heads(life)) - set(before) == {f"refs/heads/{made}"}


async def _every_new_commit(life: Life) -> None:
    """What a later commit takes out again is in the history all the same."""
    mirror, head = await life.context.mirror(life.run), life.run.head
    first = await _commit(life, [head], key__txt=f"{KEY}\n")
    second = await _commit(life, [first], tree=await tree_of(mirror, head))
    with pytest.raises(PushHeld, match=r"key\.txt:1: what looks like a secret"):
        await gated_push(life.context, life.run, mirror, second, f"{life.run.prefix}/t1-y-a1", None)
    fine = await _commit(life, [head], plain__txt="1\n")
    assert await held_by(life.context, life.run, mirror, fine) == ()
    assert await held_by(life.context, life.run, mirror, second, (first,)) == ()


async def _merges(life: Life) -> None:
    """What the default branch brings is people's; what neither side has was put in by the merge."""
    mirror, head = await life.context.mirror(life.run), life.run.head
    theirs = await life.push("main", key__txt=f"{KEY}\n", CODEOWNERS="* @dev\n")
    await mirror.fetch(theirs)
    clean = await _commit(life, [head, theirs], tree=await tree_of(mirror, theirs))
    assert await held_by(life.context, life.run, mirror, clean, (theirs,)) == ()
    evil = await _commit(life, [head, theirs], tree=await tree_of(mirror, theirs), other__txt=f"{KEY}\n")
    assert [one.path for one in await held_by(life.context, life.run, mirror, evil, (theirs,))] == ["other.txt"]
    brought = await new_commits(mirror, life.context.reading(mirror), clean, [head])
    assert [len(one.sides) for one in brought] == [1, 0]


async def _commit(life: Life, parents: list[str], tree: str = "", **files: str) -> str:
    """A commit of the first parent's tree, or of `tree`, with these files."""
    mirror = await life.context.mirror(life.run)
    named = {name.replace("__", "."): text for name, text in files.items()}
    full, _ = await with_files(mirror, tree or await tree_of(mirror, parents[0]), named)
    author, when = await life.context.author(), life.context.now()
    return await write_commit(mirror, full, parents, "Work", author=author, when=when)


async def _heads(life: Life) -> dict[str, str]:
    return await (await life.context.mirror(life.run)).ls_remote("refs/heads/")
