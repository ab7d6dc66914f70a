"""Where a rule wants signed commits GitHub makes them: the same trees to the bit, written down, found again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from core_builders import plan
from jobs_life import CI, Life

from otto_bot.core import events as e
from otto_bot.core.attempt import TaskState
from otto_bot.core.branch_rules import BranchRule
from otto_bot.core.effects import EffectKind
from otto_bot.git.commits import parents_of, tree_of, write_commit
from otto_bot.git.mirror import Mirror
from otto_bot.git.rebuilding import originals
from otto_bot.jobs.gated_push import PushHeld, gated_push
from otto_bot.jobs.outcomes import NeedsPerson
from otto_bot.jobs.signing import signed
from otto_bot.playground.github.config import RuleConfig

pytestmark = pytest.mark.slow

FILES = {".github/workflows/ci.yml": CI, "a.txt": "a\n", "b.txt": "b\n", "tool.sh": "true\n"}
KEY = "sk-ant-" + "a1B2" * 10
EXECUTABLE, LINK, FILE = "100755", "120000", "100644"


def demand(bench: Any, *rules: Mapping[str, Any]) -> None:
    """The repository's rules from now on, and none of what was known of them before."""
    given = rules or ({"type": "required_signatures"},)
    bench.stand_in.hub.world.config.rules[:] = [RuleConfig(include=["~ALL"], **rule) for rule in given]
    bench.context.github.repository(bench.repo.installation_id, bench.repo.id)._naming.rules.clear()


async def tree(mirror: Mirror, base: str, entries: Sequence[tuple[str, str, bytes | None]]) -> str:
    """The tree of a commit with (mode, path, content) changed; None takes a path out."""
    lines = ""
    for mode, path, content in entries:
        blob = "0" * 40 if content is None else (await mirror.git("hash-object", "-w", "--stdin", input=content)).text
        lines += f"{'0' if content is None else mode} {blob}\t{path}\n"
    index = {"GIT_INDEX_FILE": str(mirror.path / "signing-test-index")}
    await mirror.git("read-tree", base, env=index)
    await mirror.git("update-index", "--index-info", env=index, input=lines.encode())
    return (await mirror.git("write-tree", env=index)).text


CHANGES: list[tuple[str, str, bytes | None]] = [
    (FILE, "new.txt", "grüße\r\n\n".encode()),
    (FILE, "a.txt", b"a\nb"),
    (FILE, "b.txt", None),
    (EXECUTABLE, "tool.sh", b"true\n"),
    (EXECUTABLE, "bin/run", b"#!/bin/sh\n"),
    (FILE, "empty", b""),
    (FILE, "zero.bin", b"\0\1\2"),
    (FILE, "latin.txt", "grüße".encode("latin-1")),
    (FILE, "deep/er/große datei.txt", b"x"),
    (FILE, "big.bin", b"0123456789abcde\n" * 200_000),
    (LINK, "link", b"a.txt"),
]


async def test_trees_are_the_same_to_the_bit(open_bench: Any) -> None:
    """Modes, deletions, odd bytes, large files, and a merge; the words too; by the bot and signed."""
    async with open_bench(FILES) as bench:
        life = await Life.begin(bench)
        demand(bench)
        mirror, head, author = await life.context.mirror(life.run), life.run.head, await life.context.author()
        one = await write_commit(mirror, await tree(mirror, head, CHANGES), [head], "One\n\nWhy: “so”.", author=author,
                                 when=life.context.now())  # fmt: skip
        side = await write_commit(mirror, await tree(mirror, head, [(FILE, "side", b"s")]), [head], "Side",
                                  author=author, when=life.context.now())  # fmt: skip
        both = await tree(mirror, one, [(FILE, "side", b"s")])
        merge = await write_commit(mirror, both, [one, side], "Both", author=author, when=life.context.now())
        many = [(FILE, f"many/{number}", str(number).encode()) for number in range(1100)]
        last = await write_commit(mirror, await tree(mirror, merge, many), [merge], "Many", author=author,
                                  when=life.context.now())  # fmt: skip
        made = await signed(life.context, life.run, mirror, last, None, [head])
        assert set(made) == {one, side, merge, last}
        for before, after in made.items():
            assert after != before
            assert await tree_of(mirror, after) == await tree_of(mirror, before)
            assert await parents_of(mirror, after) == [made.get(p, p) for p in await parents_of(mirror, before)]
            told = (await mirror.git("log", "-1", "--format=%an|%ae|%ce|%B", after)).text
            words = (await mirror.git("log", "-1", "--format=%B", before)).text
            assert told == f"{author.name}|{author.email}|noreply@github.com|{words}"
            seen = bench.stand_in.hub.world.repo
            assert after in seen.signed()
        # What is signed stays as it is, and what an earlier try has put on the branch is found again.
        kept = await signed(life.context, life.run, mirror, made[last], None, [head])
        assert kept == {one: one for one in made.values()}
        again = await signed(life.context, life.run, mirror, last, made[last], [head])
        assert again == made
        other = await signed(life.context, life.run, mirror, last, made[one], [head])
        assert other[last] != made[last]


async def test_a_run_under_the_rule(open_bench: Any) -> None:
    """First commit, attempt, retry on top of it: all signed, and what the ledger knows is what GitHub has."""
    async with open_bench(FILES) as bench:
        demand(bench)
        life = await Life.begin(bench, plan("t1", "t2"))
        world = bench.stand_in.hub.world
        assert [rule.kind for rule in life.run.branch_rules] == ["required_signatures"]
        assert life.run.head in world.repo.signed()
        for task in ("t1", "t2"):
            await life.code(task, **{f"{task}__txt": "1\n"})
            local = life.run.task(task).attempts[0]
            (pushed,) = await life.do(EffectKind.PUSH, task)
            assert isinstance(pushed, e.AttemptPushed)
            assert pushed.sha != local.sha
            assert world.repo.resolve(local.branch) == pushed.sha == life.run.task(task).attempts[0].sha
            assert world.repo.commit(pushed.sha).tree == local.tree
            await life.ends(f"{task}/a1")
        await life.do(EffectKind.CANDIDATE)
        candidate = life.run.integration
        assert candidate is not None
        assert {*candidate.commits.values(), candidate.sha} <= world.repo.signed()
        await life.ends("b1/s1")
        await life.do(EffectKind.MERGE)
        assert {task.state for task in life.run.tasks.values()} == {TaskState.MERGED}
        assert await life.remote_head() == life.run.head == candidate.sha
        unsigned = {one for one in await history(life) if one not in world.repo.signed()}
        assert unsigned == {life.run.base_sha}


async def history(life: Life) -> list[str]:
    mirror = await life.context.mirror(life.run)
    await mirror.fetch(life.run.head)
    return (await mirror.git("rev-list", life.run.head)).text.split()


async def test_a_proven_tree_is_merged_by_a_commit_that_github_made(open_bench: Any) -> None:
    """Nothing was pushed for a candidate whose tree is green already; its commit is signed on the way to the branch."""
    async with open_bench(FILES) as bench:
        demand(bench)
        life = await Life.begin(bench, plan("t1", "t2"))
        await life.code("t1", one__txt="1\n")
        await life.do(EffectKind.PUSH, "t1")
        await life.ends("t1/a1")
        await life.code("t2", two__txt="2\n")
        await life.do(EffectKind.PUSH, "t2")
        await life.ends("t2/a1", "red")
        while EffectKind.CANDIDATE not in life.kinds():
            await life.gate({"t2": "skip"})
        (built,) = await life.do(EffectKind.CANDIDATE)
        assert isinstance(built, e.CandidateBuilt)
        (merged,) = await life.do(EffectKind.MERGE)
        assert isinstance(merged, e.TasksMerged)
        world = bench.stand_in.hub.world
        assert (merged.candidate, merged.sha != built.sha) == (built.sha, True)
        assert merged.sha in world.repo.signed()
        assert life.run.head == merged.sha == await life.remote_head() == life.run.task("t1").merged_sha


async def test_the_gate_looks_before_anything_goes_to_github(open_bench: Any) -> None:
    async with open_bench(FILES) as bench:
        life = await Life.begin(bench)
        demand(bench)
        mirror, head = await life.context.mirror(life.run), life.run.head
        full = await tree(mirror, head, [(FILE, "key.txt", f"{KEY}\n".encode())])
        secret = await write_commit(mirror, full, [head], "Key", author=await life.context.author(),
                                    when=life.context.now())  # fmt: skip
        with pytest.raises(PushHeld):
            await gated_push(life.context, life.run, mirror, secret, f"{life.run.prefix}/t1-x-a1", None)
        posted = [row.path for row in bench.stand_in.hub.world.requests if "/git/" in row.path and row.method == "POST"]
        assert posted == []


async def test_what_json_cannot_say_is_a_persons(open_bench: Any) -> None:
    async with open_bench(FILES) as bench:
        life = await Life.begin(bench)
        demand(bench)
        mirror, head = await life.context.mirror(life.run), life.run.head
        blob = (await mirror.git("hash-object", "-w", "--stdin", input=b"x")).text
        odd = (await mirror.git("mktree", input=f"100644 blob {blob}\t".encode() + b"gr\xfc\xdfe\n")).text
        commit = await write_commit(mirror, odd, [head], "Odd", author=await life.context.author(),
                                    when=life.context.now())  # fmt: skip
        with pytest.raises(NeedsPerson, match="required_signatures") as found:
            await signed(life.context, life.run, mirror, commit, None, [head])
        assert found.value.kind == "required-signatures"


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"type": "commit_message_pattern", "parameters": {"operator": "regex", "pattern": "^OPS-"}}, "`^OPS-`"),
        ({"type": "commit_author_email_pattern", "parameters": {"operator": "ends_with", "pattern": "@o.example"}},
         "`@o.example`"),
        ({"type": "max_file_path_length", "parameters": {"max_file_path_length": 3}}, "`new.txt`"),
        ({"type": "branch_name_pattern", "parameters": {"operator": "contains", "pattern": "fix"}}, "`fix`"),
        ({"type": "update"}, "`update`"),
    ],
)  # fmt: skip
async def test_a_rule_that_came_later_is_told_before_the_push(open_bench: Any, rule: Any, words: str) -> None:
    """Nothing is sent, nobody is charged: a person is asked, and the words name the rule and what it refuses."""
    async with open_bench(FILES) as bench:
        life = await Life.begin(bench)
        demand(bench, rule)
        await life.code("t1", new__txt="1\n")
        with pytest.raises(NeedsPerson) as found:
            await life.do(EffectKind.PUSH, "t1")
        assert words in found.value.message
        assert "/octo/demo/rules" in found.value.message
        assert life.run.task("t1").attempts[0].pushed is False


async def test_a_bypass_of_the_app_counts(open_bench: Any) -> None:
    async with open_bench(FILES) as bench:
        demand(bench, {"type": "creation", "bypass": "exempt", "ruleset": 2}, {"type": "required_linear_history"})
        repository = bench.context.github.repository(bench.repo.installation_id, bench.repo.id)
        linear = (BranchRule(kind="required_linear_history", ruleset=1),)
        assert await repository.binding_rules("otto/1-1/run") == linear
        demand(bench, {"type": "creation", "bypass": "pull_requests_only", "ruleset": 2})
        assert await repository.binding_rules("otto/1-1/run") == (BranchRule(kind="creation", ruleset=2),)


async def test_originals_leave_signed_ones_out_of_nothing(open_bench: Any) -> None:
    """Headers of a signature go over lines; the words of the commit begin after them."""
    async with open_bench(FILES) as bench:
        demand(bench)
        life = await Life.begin(bench)
        mirror = await life.context.mirror(life.run)
        await mirror.fetch(life.run.head)
        (one,) = await originals(mirror, life.run.head, [life.run.base_sha])
        assert (one.signed, one.parents) == (True, (life.run.base_sha,))
        assert one.message.startswith("Start work on issue 1\n")
