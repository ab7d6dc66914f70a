"""A default branch that moves while a run is at work, on a real git server: before a batch, and before a push."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from core_builders import plan, said
from jobs_life import CI, Life

from otto_bot.core import events as e
from otto_bot.core.attempt import TaskState
from otto_bot.core.effects import EffectKind
from otto_bot.core.evidence import Cause
from otto_bot.core.policy import charged
from otto_bot.core.waits import waits_for
from otto_bot.jobs.starting_ci import NotAllowed
from otto_bot.jobs.verify_head import verify_head

pytestmark = pytest.mark.slow

FILES = {".github/workflows/ci.yml": CI, "a.txt": "a\n", "b.txt": "b\n"}
TODAY = CI.replace("'true'", "'true && true'")
SECRET = CI + "      - run: deploy\n        env: {KEY: '${{ secrets.DEPLOY_KEY }}'}\n"
WORKFLOW = ".github/workflows/ci.yml"


async def moves(life: Life, text: str | None, **files: str | None) -> str:
    """Someone changes the workflow file on the default branch, and more."""
    named = {"__github___workflows___ci__yml": text, **files}
    return await life.main_moves(**named)


async def test_a_push_of_yesterdays_workflows_waits_and_is_verified_with_todays(open_bench: Any) -> None:
    async with open_bench(FILES) as bench:
        life = await Life.begin(bench, plan("t1", "t2"))
        await life.code("t1", one__txt="1\n")
        await life.code("t2", two__txt="2\n")
        before = life.run.task("t1").attempts[0].sha
        base = await moves(life, TODAY, main__txt="m\n")
        (waits,) = await life.do(EffectKind.PUSH, "t1")
        assert isinstance(waits, e.PushWaits)
        assert waits.base_sha == base
        (taken,) = await life.do(EffectKind.TAKE_BASE)
        assert isinstance(taken, e.BaseTaken)
        assert (taken.base_sha, taken.lane is not None) == (base, True)

        for task in ("t1", "t2"):
            await life.do(EffectKind.PUSH, task)
            if EffectKind.PUSH in life.kinds() and life.run.task(task).state is TaskState.CODING:
                await life.do(EffectKind.PUSH, task)
        first = life.run.task("t1").attempts[0]
        assert first.sha != before
        assert (first.pushed, life.run.verifications["t1/a1"].sha) == (True, first.sha)
        assert "true && true" in await life.subtree(first.sha or "", WORKFLOW)
        assert set(await life.files(first.branch)) == {"a.txt", "b.txt", "main.txt", "one.txt"}
        types = [row.event.type for row in bench.context.ledger.events(life.id)]
        assert types.index("AttemptRenewed") < types.index("AttemptPushed")


async def test_an_ordinary_commit_keeps_no_push_back(open_bench: Any) -> None:
    async with open_bench(FILES) as bench:
        life = await Life.begin(bench)
        await life.code("t1", one__txt="1\n")
        await life.main_moves(main__txt="m\n")
        (event,) = await life.do(EffectKind.PUSH)
        assert isinstance(event, e.AttemptPushed)


async def test_on_a_shared_branch_the_commit_is_renewed_too(open_bench: Any) -> None:
    async with open_bench(FILES) as bench:
        life = await Life.begin(bench)
        await life.code("t1", one__txt="1\n")
        await moves(life, TODAY)
        await life.do(EffectKind.PUSH)
        await life.do(EffectKind.TAKE_BASE)
        (event,) = await life.do(EffectKind.PUSH)
        assert isinstance(event, e.AttemptPushed)
        run = await life.ends("t1/a1")
        assert (run.task("t1").state, run.head) == (TaskState.MERGED, event.sha)
        assert "true && true" in await life.subtree(run.head, WORKFLOW)


async def test_a_base_that_does_not_fit_is_told_and_the_push_goes_on_as_it_is(open_bench: Any) -> None:
    async with open_bench(FILES) as bench:
        life = await Life.begin(bench)
        theirs = await life.push(life.run.run_branch, a__txt="theirs\n")
        await life.tell(e.RunBranchMoved(at=life.context.now(), sha=theirs, tree="1" * 40, by="dev"))
        await life.code("t1", one__txt="1\n")
        await moves(life, TODAY, a__txt="mains\n")
        await life.do(EffectKind.PUSH)
        (event,) = await life.do(EffectKind.TAKE_BASE)
        assert isinstance(event, e.BaseConflict)
        assert event.paths == ("a.txt",)
        (event,) = await life.do(EffectKind.PUSH)
        assert isinstance(event, e.AttemptPushed)
        assert life.run.base_conflict_paths == ("a.txt",)
        assert EffectKind.TAKE_BASE not in life.kinds()


async def test_work_that_the_new_base_conflicts_with_fails_as_a_conflict_and_is_not_lost(open_bench: Any) -> None:
    async with open_bench(FILES) as bench:
        life = await Life.begin(bench, plan("t1", "t2"))
        await life.code("t1", a__txt="ours\n")
        await moves(life, TODAY, a__txt="mains\n")
        await life.do(EffectKind.PUSH, "t1")
        await life.do(EffectKind.TAKE_BASE)
        (event,) = await life.do(EffectKind.PUSH, "t1")
        assert isinstance(event, e.AttemptFailed)
        assert event.failure.cause is Cause.MERGE_CONFLICT
        assert "a.txt" in event.failure.detail
        assert "main" in event.failure.detail
        assert (await life.files(life.run.task("t1").attempts[0].branch))["a.txt"] == "ours\n"


@pytest.mark.parametrize("answer", ["/otto resume", "/otto stop"])
async def test_workflows_that_give_more_away_are_asked_about_before_the_push(open_bench: Any, answer: str) -> None:
    async with open_bench(FILES) as bench:
        life = await Life.begin(bench)
        await life.code("t1", one__txt="1\n")
        head = life.run.head
        await moves(life, SECRET)
        await life.do(EffectKind.PUSH)
        (event,) = await life.do(EffectKind.TAKE_BASE)
        assert isinstance(event, e.BaseRefused)
        assert "DEPLOY_KEY" in event.reason
        wait = waits_for(life.run)
        assert wait is not None
        assert (wait.reply, EffectKind.PUSH in life.kinds(), life.run.head) == ("/otto resume", False, head)
        await life.tell(said(answer).model_copy(update={"at": life.context.now()}))
        if answer == "/otto stop":
            # Its pull request is verified with a merge of both: a push would start what nobody allowed.
            with pytest.raises(NotAllowed, match="not pushed"):
                await life.do(EffectKind.PUSH)
            assert await life.remote_head() == head
            return
        (event,) = await life.do(EffectKind.TAKE_BASE)
        assert isinstance(event, e.BaseTaken)
        assert life.run.exposure is not None
        assert [item.detail for item in life.run.exposure.items] == ["DEPLOY_KEY (job test)"]
        await life.do(EffectKind.PUSH)
        assert life.run.task("t1").state is TaskState.VERIFYING


async def test_workflows_that_changed_on_the_run_branch_are_asked_about_before_the_next_push(open_bench: Any) -> None:
    """A person with the right to push gives the branch a workflow with a secret: Otto's commit would start it."""
    async with open_bench(FILES) as bench:
        life = await Life.begin(bench)
        theirs = await life.push(life.run.run_branch, __github___workflows___ci__yml=SECRET)
        await (await life.context.mirror(life.run)).fetch(theirs)
        await life.tell(e.RunBranchMoved(at=life.context.now(), sha=theirs, tree="1" * 40, by="dev"))
        await life.code("t1", one__txt="1\n")
        (event,) = await life.do(EffectKind.PUSH, "t1")
        assert isinstance(event, e.WorkflowsHeld)
        assert "DEPLOY_KEY" in event.reason
        wait = waits_for(life.run)
        assert wait is not None
        assert (wait.reply, life.run.task("t1").state) == ("/otto resume", TaskState.CODING)
        await life.tell(said("/otto resume").model_copy(update={"at": life.context.now()}))
        (event,) = await life.do(EffectKind.PUSH, "t1")
        assert isinstance(event, e.AttemptPushed)


async def test_what_a_task_changes_of_what_ci_executes_is_told(open_bench: Any) -> None:
    named = CI.replace("'true'", "sh check.sh")
    async with open_bench({**FILES, ".github/workflows/ci.yml": named, "check.sh": "true\n"}) as bench:
        life = await Life.begin(bench)
        await life.code("t1", check__sh="true || exit 1\n", one__txt="1\n")
        (event,) = await life.do(EffectKind.PUSH)
        assert isinstance(event, e.AttemptPushed)
        assert [(one.path, one.by) for one in event.runs_in_ci] == [("check.sh", "named in ci.yml")]
        assert life.run.task("t1").attempts[-1].runs_in_ci == event.runs_in_ci


async def test_a_lane_that_is_gone_makes_the_run_rest_until_there_is_one(open_bench: Any) -> None:
    async with open_bench(FILES) as bench:
        life = await Life.begin(bench)
        await moves(life, None, main__txt="m\n")
        (event,) = await life.do(EffectKind.TAKE_BASE)
        assert isinstance(event, e.BaseRefused)
        assert "otto-verify.yml" in event.reason
        wait = waits_for(life.run)
        assert wait is not None
        assert wait.question == event.reason
        await moves(life, TODAY)
        await life.tell(said("/otto resume").model_copy(update={"at": life.context.now()}))
        (event,) = await life.do(EffectKind.TAKE_BASE)
        assert isinstance(event, e.BaseTaken)
        assert EffectKind.CODE in life.kinds()
        assert "main.txt" in await life.files(life.run.run_branch)


async def verify(life: Life, task: str) -> list[e.Event]:
    """Look at a task's head long after its push."""
    late = replace(life.context, now=lambda: datetime.now(UTC) + timedelta(minutes=2))
    effect = life.due(EffectKind.VERIFY, task)
    events = list(await verify_head(late, life.run, effect, life.ticket(effect)))
    await life.tell(*events)
    return events


async def test_no_workflow_for_a_conflict_with_the_default_branch_is_a_conflict(open_bench: Any) -> None:
    """Nobody heard that it moved. The task is written again on the new base, uncharged, its old diff beside it."""
    async with open_bench(FILES) as bench:
        life = await Life.begin(bench, plan("t1", "t2"))
        await life.code("t1", a__txt="ours\n", one__txt="1\n")
        newest = await life.push("main", a__txt="mains\n")
        await life.do(EffectKind.PUSH, "t1")
        moved, ended = await verify(life, "t1")
        assert isinstance(moved, e.BaseMoved)
        assert moved.sha == newest
        assert isinstance(ended, e.VerificationEnded)
        why = ended.failure
        assert why is not None
        assert (why.cause, why.detail) == (Cause.MERGE_CONFLICT, "in a.txt, which the default branch main changed too")
        assert any("+mains" in excerpt.text for excerpt in why.excerpts)
        assert charged(life.run.task("t1")) == 0

        await life.code("t2", two__txt="2\n")
        await life.do(EffectKind.PUSH, "t2")
        await life.ends("t2/a1")
        await life.do(EffectKind.CANDIDATE)
        await life.do(EffectKind.MERGE)
        await life.gate({"t1": "retry"})
        await life.do(EffectKind.TAKE_BASE)
        await life.code("t1", a__txt="mains\nours\n", one__txt="1\n")
        assert life.request is not None
        assert "+ours" in life.request.previous_diff
        assert "two.txt" not in life.request.previous_diff
        files = await life.files(life.run.task("t1").attempts[-1].sha or "")
        assert (files["a.txt"], set(files)) == ("mains\nours\n", {"a.txt", "b.txt", "one.txt", "two.txt"})


async def test_a_shared_branch_that_conflicts_is_a_persons(open_bench: Any) -> None:
    async with open_bench(FILES) as bench:
        life = await Life.begin(bench)
        await life.code("t1", a__txt="ours\n")
        await life.push("main", a__txt="mains\n")
        await life.do(EffectKind.PUSH)
        (ended,) = await verify(life, "t1")
        assert isinstance(ended, e.VerificationEnded)
        assert ended.failure is not None
        assert (ended.failure.cause, ended.failure.conclusion) == (Cause.NO_CI, "no_ci:base_conflict@")
