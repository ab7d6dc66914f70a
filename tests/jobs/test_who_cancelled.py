"""Who cancelled a run, asked of a stand-in that really cancels: a person, a group, a newer commit of the branch."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from otto_bot.core.attempt import Verification
from otto_bot.core.budget import Money
from otto_bot.core.cancelled import CancelledBy, cancelled_by
from otto_bot.core.effects import Effect, EffectKind
from otto_bot.core.events import RunEvent
from otto_bot.core.evidence import Cause, Failure, Phase
from otto_bot.core.lanes import Lane, LaneKind
from otto_bot.core.run import Outcome, Run
from otto_bot.core.values import Person, Repo
from otto_bot.github.ci_models import WorkflowRun
from otto_bot.jobs.context import Context
from otto_bot.jobs.evidence_logs import evidence_of
from otto_bot.jobs.outcomes import Later
from otto_bot.jobs.turn import letting_others_through
from otto_bot.jobs.who_cancelled import with_reason
from otto_bot.playground.github.people import Hand
from otto_bot.playground.github.people_config import Do
from otto_bot.store.effect_rows import Ticket

PATH = ".github/workflows/ci.yml"
CI = """
name: CI
on: push
concurrency:
  group: {group}
jobs:
  test:
    runs-on: ubuntu-latest
    steps: [{{run: sleep 300}}]
"""


def run_of(bench: Any) -> Run:
    return Run(
        id=1, repo=bench.repo, issue=1, ordinal=1, title="T", body="", actor=Person(id=1, login="dev"),
        started_at=bench.context.now(), money=Money(cap=1),
        lane=Lane(kind=LaneKind.PUSH, workflows=(PATH,), shares="pool"),
    )  # fmt: skip


async def who(bench: Any, over: WorkflowRun, branch: str = "main") -> CancelledBy | None:
    run, now = run_of(bench), bench.context.now()
    head = Verification(target="t1/a1", branch=branch, sha=over.head_sha, tree="t", started_at=now, next_at=now)
    over = await bench.context.repository(run).workflow_run(over.id)
    found = await evidence_of(bench.context, run, "t1/a1", [over])
    why = Failure(task="t1", attempt=1, phase=Phase.VERIFY, cause=Cause.CANCELLED)
    return cancelled_by(await with_reason(bench.context, run, head, [over], found.jobs, why))


async def pushed(bench: Any, branch: str, text: str) -> WorkflowRun:
    """A push, whose run is at work, or waits in its group."""
    hub = bench.stand_in.hub
    given = {"push": {"branch": branch, "files": {"value.txt": text}}}
    await Hand(hub, "dev").do(Do.model_validate(given))
    repository = bench.context.repository(run_of(bench))
    sha = hub.world.repo.resolve(branch)
    async with asyncio.timeout(60):
        while True:
            found: list[WorkflowRun] = await repository.workflow_runs(sha)
            if found and _settled(hub, found[0].id):
                return found[0]
            await asyncio.sleep(0.02)


def _settled(hub: Any, number: int) -> bool:
    if hub.actions.run(number).status == "pending":
        return True
    return any(step.name.startswith("Run") and step.status == "in_progress"
               for job in hub.actions.jobs(number) for step in job.steps)  # fmt: skip


async def over(bench: Any, run: WorkflowRun) -> WorkflowRun:
    async with asyncio.timeout(60):
        while bench.stand_in.hub.actions.run(run.id).status != "completed":  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    return run


async def nothing(_context: Context, _run: Run, _effect: Effect, _ticket: Ticket) -> Sequence[RunEvent]:
    return []


@pytest.mark.parametrize(("kind", "over"), [(EffectKind.SHOW, False), (EffectKind.PUSH, True)])
async def test_nobody_is_let_through_where_nothing_is_started(kind: EffectKind, over: bool) -> None:
    """What is saved at the end waits for nobody either. The context is never asked."""
    repo = Repo(id=1, installation_id=2, owner="o", name="r", default_branch="main")
    now = datetime(2026, 11, 28, tzinfo=UTC)
    run = Run(
        id=1, repo=repo, issue=1, ordinal=1, title="T", body="", actor=Person(id=1, login="dev"), started_at=now,
        money=Money(cap=1), serial="pool", outcome=Outcome.CANCELLED if over else None,
    )  # fmt: skip
    effect, nobody = Effect(run=1, lane="l", key="k", kind=kind), cast("Context", None)
    assert await letting_others_through(nothing)(nobody, run, effect, Ticket(key="k", generation=1)) == []


@pytest.mark.timeout(120)
async def test_a_person(open_bench: Any) -> None:
    async with open_bench({PATH: CI.format(group="${{ github.ref }}")}) as bench:
        first = await pushed(bench, "main", "1")
        await bench.stand_in.hub.actions.cancel(first.id, by="mona")
        assert await who(bench, await over(bench, first)) == CancelledBy(by="person", who="mona")


@pytest.mark.timeout(120)
async def test_a_newer_commit_on_the_branch(open_bench: Any) -> None:
    group = "${{ github.ref }}\n  cancel-in-progress: true"
    async with open_bench({PATH: CI.format(group=group)}) as bench:
        first = await pushed(bench, "main", "1")
        await pushed(bench, "main", "2")
        found = await who(bench, await over(bench, first))
        assert found == CancelledBy(by="newer_head", who="refs/heads/main")


@pytest.mark.timeout(120)
async def test_a_group_is_told_by_the_runs_that_came_meanwhile_where_no_job_can(open_bench: Any) -> None:
    async with open_bench({PATH: CI.format(group="pool")}) as bench:
        await pushed(bench, "main", "1")
        second = await pushed(bench, "two", "2")
        run = run_of(bench)
        assert [one.id for one in await bench.context.repository(run).runs_that_wait()] == [second.id]
        push = Effect(run=1, lane="l", key="k", kind=EffectKind.PUSH)
        with pytest.raises(Later, match="waits in the concurrency group pool"):
            await letting_others_through(nothing)(bench.context, run, push, Ticket(key="k", generation=1))
        await pushed(bench, "three", "3")
        assert await who(bench, await over(bench, second), "two") == CancelledBy(by="group", who="pool")
