"""Where a rule takes no merge commit: work moves on top of what is there, and nobody's commits are written anew."""

from __future__ import annotations

from typing import Any

import pytest
from core_builders import plan
from jobs_life import CI, Life

from otto_bot.core import events as e
from otto_bot.core.attempt import TaskState
from otto_bot.core.effects import EffectKind
from otto_bot.playground.github.config import RuleConfig
from otto_bot.text.base import conflict_words

pytestmark = pytest.mark.slow

FILES = {".github/workflows/ci.yml": CI, "a.txt": "a\n", "b.txt": "b\n"}
WORKFLOW = "__github___workflows___ci__yml"


def linear(bench: Any) -> None:
    rule = RuleConfig(type="required_linear_history", include=["~ALL"])
    bench.stand_in.hub.world.config.rules[:] = [rule]


def merges(life: Life, branch: str) -> str:
    """How many merge commits a branch holds on GitHub."""
    count: str = life.bench.stand_in.hub.world.repo.line("rev-list", "--merges", "--count", branch)
    return count


async def test_the_default_branch_is_not_taken_in_and_pushes_wait_for_it_no_longer(open_bench: Any) -> None:
    """Also where its workflows are others by now: there is nothing to wait for."""
    async with open_bench(FILES) as bench:
        linear(bench)
        life = await Life.begin(bench)
        assert [rule.kind for rule in life.run.branch_rules] == ["required_linear_history"]
        await life.code("t1", one__txt="1\n")
        base = await life.main_moves(**{WORKFLOW: CI.replace("'true'", "'true && true'")})
        (waits,) = await life.do(EffectKind.PUSH)
        assert isinstance(waits, e.PushWaits)
        (conflict,) = await life.do(EffectKind.TAKE_BASE)
        assert isinstance(conflict, e.BaseConflict)
        assert (conflict.no_merges, conflict.base_sha, conflict.paths) == (True, base, ())
        words = conflict_words(life.run, life.context.links(life.run))
        assert "a rule of the repository takes no merge commit on [the run branch]" in words
        assert "or no unsigned one" in words
        assert "troubleshooting.md#linear-history" in words
        (pushed,) = await life.do(EffectKind.PUSH)
        assert isinstance(pushed, e.AttemptPushed)
        assert EffectKind.TAKE_BASE not in life.kinds()
        run = await life.ends("t1/a1")
        assert (run.task("t1").state, merges(life, run.run_branch)) == (TaskState.MERGED, "0")


async def test_where_only_signed_commits_are_taken_an_unsigned_base_is_not_taken_in(open_bench: Any) -> None:
    """GitHub looks at every commit that an update brings, also where the default branch has it."""
    async with open_bench(FILES) as bench:
        rule = RuleConfig(type="required_signatures", include=["~ALL"], exclude=["~DEFAULT_BRANCH"])
        bench.stand_in.hub.world.config.rules[:] = [rule]
        life = await Life.begin(bench)
        await life.code("t1", one__txt="1\n")
        base = await life.main_moves(**{WORKFLOW: CI.replace("'true'", "'true && true'")})
        await life.do(EffectKind.PUSH)
        (conflict,) = await life.do(EffectKind.TAKE_BASE)
        assert isinstance(conflict, e.BaseConflict)
        assert (conflict.no_merges, conflict.base_sha) == (True, base)
        (pushed,) = await life.do(EffectKind.PUSH)
        assert isinstance(pushed, e.AttemptPushed)


async def test_a_retry_moves_on_top_of_what_was_merged_onto_a_branch_of_its_own(open_bench: Any) -> None:
    async with open_bench(FILES) as bench:
        linear(bench)
        life = await Life.begin(bench, plan("t1", "t2"))
        for task, name in (("t1", "one__txt"), ("t2", "two__txt")):
            await life.code(task, **{name: "1\n"})
            await life.do(EffectKind.PUSH, task)
        await life.ends("t1/a1")
        await life.ends("t2/a1", "red")
        await life.do(EffectKind.CANDIDATE)
        await life.do(EffectKind.MERGE)
        first = life.run.task("t2").attempts[0]
        await life.gate({"t2": "retry"})
        await life.code("t2", three__txt="3\n")
        second = life.run.task("t2").attempts[1]
        assert second.branch != first.branch
        (pushed,) = await life.do(EffectKind.PUSH, "t2")
        assert isinstance(pushed, e.AttemptPushed)
        assert set(await life.files(second.branch)) == {"a.txt", "b.txt", "one.txt", "two.txt", "three.txt"}
        assert merges(life, second.branch) == "0"
        assert bench.stand_in.hub.world.repo.resolve(first.branch) == first.sha


async def test_what_people_push_meanwhile_stays_below(open_bench: Any) -> None:
    """On a shared branch the attempt is put on top of their commit, which stays as it is."""
    async with open_bench(FILES) as bench:
        linear(bench)
        life = await Life.begin(bench)
        await life.code("t1", one__txt="1\n")
        theirs = await life.push(life.run.run_branch, theirs__txt="t\n")
        tree = bench.stand_in.hub.world.repo.commit(theirs).tree
        await life.tell(e.RunBranchMoved(at=life.context.now(), sha=theirs, tree=tree, by="dev"))
        (pushed,) = await life.do(EffectKind.PUSH)
        assert isinstance(pushed, e.AttemptPushed)
        world = bench.stand_in.hub.world
        commit = world.repo.commit(pushed.sha)
        assert commit.parents == (theirs,)
        assert set(await life.files(life.run.run_branch)) == {"a.txt", "b.txt", "one.txt", "theirs.txt"}
        assert merges(life, life.run.run_branch) == "0"


async def test_every_commit_is_by_the_bot_user_with_its_id(open_bench: Any) -> None:
    """The number in the address is that of the bot's account, not that of the App: GitHub shows who it was."""
    async with open_bench(FILES) as bench:
        life = await Life.begin(bench, plan("t1", "t2"))
        world = bench.stand_in.hub.world
        for task, name in (("t1", "one__txt"), ("t2", "two__txt")):
            await life.code(task, **{name: "1\n"})
            await life.do(EffectKind.PUSH, task)
            await life.ends(f"{task}/a1")
        await life.do(EffectKind.CANDIDATE)
        await life.ends("b1/s1")
        await life.do(EffectKind.MERGE)
        await life.main_moves(main__txt="m\n")
        bot = world.user(world.bot_login)
        assert bot is not None
        assert bot.id != world.config.app.id
        mine = f"{world.bot_login} {bot.id}+{world.bot_login}@users.noreply.github.com"
        heads = [name for name in world.repo.refs() if name.startswith("refs/heads/otto/")]
        shown = world.repo.git("log", "--format=%an %ae|%cn %ce", *heads, "^main").decode().splitlines()
        assert len(heads) >= 4
        assert set(shown) == {f"{mine}|{mine}"}
