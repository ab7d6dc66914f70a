"""Tasks that share the run branch, on real commits: a later task is its own work, and unfinished work is left out."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from core_builders import plan
from jobs_life import CI, Life

from otto_bot.core import events as e
from otto_bot.core.attempt import TaskState
from otto_bot.core.effects import EffectKind
from otto_bot.core.evidence import Cause
from otto_bot.core.reviews import Review
from otto_bot.core.run import Run
from otto_bot.core.values import Person
from otto_bot.git.commits import tree_of
from otto_bot.jobs.gate_request import attempt_diffs
from otto_bot.jobs.scan_tampering import scan_tampering
from otto_bot.jobs.starting import own_base

FILES = {".github/workflows/ci.yml": CI, "a.txt": "a\n", "b.txt": "b\n"}

pytestmark = pytest.mark.slow


async def review(life: Life, number: int = 1) -> Run:
    """Someone asks for changes: one more task of a run that is done."""
    given = Review(id=number, by=Person(id=12, login="bob"), body="Please also do this.")
    await life.tell(e.ReviewGiven(at=life.context.now(), review=given))
    return await life.tell(e.ReviewPosted(at=life.context.now(), review=number, comment_id=70 + number))


async def first_task(bench: Any) -> Life:
    """t1 is merged; bob's review became t2, and the base was looked at."""
    life = await Life.begin(bench)
    await life.code("t1", one__txt="1\n")
    await life.do(EffectKind.PUSH)
    run = await life.ends("t1/a1")
    assert run.task("t1").state is TaskState.MERGED
    run = await review(life)
    assert (run.single, list(run.tasks)) == (True, ["t1", "t2"])
    await life.do(EffectKind.TAKE_BASE)
    return life


async def diff_of(life: Life, task: str) -> set[str]:
    """Files that the judge and the pilot are shown of a task's newest commit."""
    last = life.run.task(task).last
    assert last is not None
    assert last.sha is not None
    mirror = await life.context.mirror(life.run)
    base = await own_base(life.context, life.run, mirror, task, last.sha)
    return {change.path for change in life.context.reading(mirror).diff(base, last.sha)}


async def test_a_second_task_starts_at_the_head_and_is_merged_at_once(open_bench: Any) -> None:
    async with open_bench(FILES) as bench:
        life = await first_task(bench)
        head = life.run.head
        await life.code("t2", two__txt="2\n")
        first = life.run.task("t2").attempts[0]
        assert (first.base_sha, first.branch) == (head, life.run.run_branch)
        assert await diff_of(life, "t2") == {"two.txt"}
        await life.do(EffectKind.PUSH)
        run = await life.ends("t2/a1")

        assert {key: task.state.value for key, task in run.tasks.items()} == {"t1": "merged", "t2": "merged"}
        assert set(await life.files(run.run_branch)) == {"a.txt", "b.txt", "one.txt", "two.txt"}


async def test_a_fresh_start_of_it_keeps_what_others_did(open_bench: Any) -> None:
    """Its own failed work goes, the first task's and the default branch's stay; the gate sees only its own."""
    async with open_bench(FILES) as bench:
        life = await first_task(bench)
        await life.code("t2", two__txt="wrong\n", one__txt="1\nand more\n")
        await life.do(EffectKind.PUSH)
        run = await life.ends("t2/a1", "red")
        await life.tell(e.GateOpened(at=life.context.now(), gate=1))
        shown, lacking = await attempt_diffs(life.context, life.run, life.run.gates[0])
        assert (len(shown), lacking) == (1, ())
        assert {"two.txt", "one.txt"} == await diff_of(life, "t2")
        assert "a.txt" not in shown[0].excerpt.text
        await life.main_moves(main__txt="m\n")
        made = {"at": life.context.now(), "gate": 1}
        from core_builders import decision

        await life.tell(e.DecisionMade(**made, decision=decision({"t2": "restart_fresh"})))
        await life.apply()
        assert EffectKind.CODE not in life.kinds()
        await life.do(EffectKind.TAKE_BASE)

        await life.code("t2", right__txt="2\n")
        assert life.request is not None
        assert "wrong" in life.request.previous_diff
        assert "main.txt" not in life.request.previous_diff
        assert await diff_of(life, "t2") == {"right.txt"}
        await life.do(EffectKind.PUSH)
        run = await life.ends("t2/a2")
        files = await life.files(run.run_branch)
        assert set(files) == {"a.txt", "b.txt", "main.txt", "one.txt", "right.txt"}
        assert files["one.txt"] == "1\n"


async def test_a_plain_retry_goes_on_from_its_own_work_on_the_new_base(open_bench: Any) -> None:
    async with open_bench(FILES) as bench:
        life = await Life.begin(bench)
        await life.code("t1", one__txt="almost\n")
        await life.do(EffectKind.PUSH)
        await life.main_moves(main__txt="m\n")
        await life.ends("t1/a1", "red")
        await life.gate({"t1": "retry"})
        await life.do(EffectKind.TAKE_BASE)
        await life.code("t1", one__txt="right\n")
        assert life.request is not None
        assert life.request.previous_diff == ""
        assert await diff_of(life, "t1") == {"one.txt"}
        await life.do(EffectKind.PUSH)
        run = await life.ends("t1/a2")
        assert run.task("t1").state is TaskState.MERGED
        assert set(await life.files(run.run_branch)) == {"a.txt", "b.txt", "main.txt", "one.txt"}


async def test_what_was_given_up_is_left_out_and_can_be_taken_up_again(open_bench: Any) -> None:
    """t2 fails and is skipped: t3 starts without its work. Wanted after all, t2 is shown what it had."""
    async with open_bench(FILES) as bench:
        life = await first_task(bench)
        await life.code("t2", two__txt="broken\n", a__txt=None)
        await life.do(EffectKind.PUSH)
        await life.ends("t2/a1", "red")
        run = await life.gate({"t2": "skip"})
        assert run.task("t2").state is TaskState.SKIPPED
        await review(life, 2)
        await life.do(EffectKind.TAKE_BASE)
        await life.code("t3", three__txt="3\n")
        assert await diff_of(life, "t3") == {"three.txt"}
        await life.do(EffectKind.PUSH)
        run = await life.ends("t3/a1")
        assert set(await life.files(run.run_branch)) == {"a.txt", "b.txt", "one.txt", "three.txt"}

        await life.retry("t2", words="once more")
        await life.code("t2", two__txt="right\n")
        assert life.request is not None
        assert "broken" in life.request.previous_diff
        assert "three.txt" not in life.request.previous_diff
        await life.do(EffectKind.PUSH)
        run = await life.ends("t2/a2")
        assert set(await life.files(run.run_branch)) == {"a.txt", "b.txt", "one.txt", "three.txt", "two.txt"}


async def test_peoples_commits_on_a_shared_branch_are_never_left_out(open_bench: Any) -> None:
    async with open_bench(FILES) as bench:
        life = await Life.begin(bench)
        await life.code("t1", one__txt="wrong\n")
        await life.do(EffectKind.PUSH)
        await life.ends("t1/a1", "red")
        sha = await life.push(life.run.run_branch, theirs__txt="x\n")
        mirror = await life.context.mirror(life.run)
        await mirror.fetch(sha)
        await life.tell(e.RunBranchMoved(at=life.context.now(), sha=sha, tree="1" * 40, by="dev"))
        await life.gate({"t1": "restart_fresh"})
        await life.code("t1", one__txt="right\n")
        assert "theirs.txt" in await life.files(life.run.task("t1").attempts[-1].sha or "")


async def test_what_a_coder_had_when_its_limits_ended_is_pushed_and_goes_on(open_bench: Any) -> None:
    async with open_bench(FILES) as bench:
        life = await Life.begin(bench)
        event = await life.code("t1", "step_limit", one__txt="half\n")
        assert isinstance(event, e.AttemptFailed)
        assert event.failure.cause is Cause.AGENT_LIMIT
        assert "the next attempt goes on from there" in event.failure.detail
        assert (await life.files(life.run.run_branch))["one.txt"] == "half\n"
        await life.gate({"t1": "retry"})
        nothing = await life.code("t1", "token_limit")
        assert isinstance(nothing, e.AttemptFailed)
        assert nothing.sha is None
        assert "Nothing was written yet" in nothing.failure.detail
        await life.gate({"t1": "retry_different"})
        await life.code("t1", two__txt="2\n")
        files = await life.files(life.run.task("t1").attempts[-1].sha or "")
        assert (files["one.txt"], files["two.txt"]) == ("half\n", "2\n")


async def test_what_the_diff_gate_holds_is_not_pushed_when_limits_end(open_bench: Any) -> None:
    async with open_bench({**FILES, "CODEOWNERS": "* @dev\n"}) as bench:
        life = await Life.begin(bench)
        before = await life.files(life.run.run_branch)
        event = await life.code("t1", "time_limit", CODEOWNERS="* @me\n")
        assert isinstance(event, e.AttemptFailed)
        assert (event.sha, event.failure.cause) == (None, Cause.AGENT_LIMIT)
        assert "not pushed: CODEOWNERS" in event.failure.detail
        assert await life.files(life.run.run_branch) == before


@pytest.mark.parametrize("ending", ["step_limit", "money_limit", "stopped"])
async def test_what_people_pushed_while_it_worked_is_in_what_is_saved(open_bench: Any, ending: Any) -> None:
    """The branch is theirs and ours; the run knows where it is, and the attempt has its end."""
    async with open_bench(FILES) as bench:
        life = await Life.begin(bench)
        theirs = await life.push(life.run.run_branch, theirs__txt="t\n")
        event = await life.code("t1", ending, one__txt="half\n")
        assert isinstance(event, e.AttemptStopped if ending == "stopped" else e.AttemptFailed)
        run = life.run
        assert (await life.remote_head(), run.head, run.task("t1").last.sha) == (event.sha,) * 3
        assert event.tree == await tree_of(await life.context.mirror(run), event.sha)
        assert set(await life.files(run.run_branch)) == {"a.txt", "b.txt", "one.txt", "theirs.txt"}
        assert run.others is not None
        assert run.others.sha == theirs


async def test_a_tasks_own_branch_keeps_what_people_pushed_when_limits_end(open_bench: Any) -> None:
    async with open_bench(FILES) as bench:
        life = await Life.begin(bench, plan("t1", "t2"))
        await life.code("t1", one__txt="almost\n")
        await life.do(EffectKind.PUSH, "t1")
        await life.ends("t1/a1", "red")
        await life.code("t2", two__txt="2\n")
        await life.do(EffectKind.PUSH, "t2")
        await life.ends("t2/a1", "red")
        await life.gate({"t1": "retry", "t2": "skip"})
        branch = life.run.task("t1").attempts[0].branch
        pushes = partial(life.push, branch, theirs__txt="t\n")
        await life.code("t1", "token_limit", meanwhile=pushes, one__txt="half\n")
        assert life.run.task("t1").attempts[1].branch == branch
        assert set(await life.files(branch)) == {"a.txt", "b.txt", "one.txt", "theirs.txt"}


PASSES = "def test_one():\n    assert one() == 1\n"


async def tampered(life: Life, task: str) -> list[str]:
    """Lines that the scan before judging shows of a task's newest attempt."""
    found = await scan_tampering(life.context, life.run, life.run.task(task))
    return [] if found is None else [excerpt.text for excerpt in found.excerpts]


async def test_a_test_of_an_earlier_task_cannot_be_deleted_behind_a_new_base(open_bench: Any) -> None:
    """The default branch, taken in after the task began, has never had that test: its own beginning has."""
    async with open_bench(FILES) as bench:
        life = await Life.begin(bench)
        await life.code("t1", one__txt="1\n", test_one__py=PASSES)
        await life.do(EffectKind.PUSH)
        await life.ends("t1/a1")
        await review(life)
        await life.do(EffectKind.TAKE_BASE)
        await life.code("t2", two__txt="almost\n")
        await life.do(EffectKind.PUSH)
        await life.main_moves(main__txt="m\n", test_main__py=PASSES)
        await life.ends("t2/a1", "red")
        await life.gate({"t2": "retry"})
        await life.do(EffectKind.TAKE_BASE)
        await life.code("t2", two__txt="2\n")
        assert await tampered(life, "t2") == []
        await life.do(EffectKind.PUSH)
        await life.ends("t2/a2", "red")
        await life.gate({"t2": "retry"})
        await life.code("t2", test_one__py=None)
        assert any("test_one" in text for text in await tampered(life, "t2"))
