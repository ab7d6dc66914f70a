"""Workflows that GitHub keeps from starting, on a stand-in that does as GitHub: what Otto reads of it, and asks."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from core_builders import T0

from otto_bot.core.attempt import Attempt, Task, Verification
from otto_bot.core.budget import Money
from otto_bot.core.config import Config, HostCaps
from otto_bot.core.effects import Effect, EffectKind
from otto_bot.core.events import VerificationEnded
from otto_bot.core.evidence import Cause, Failure
from otto_bot.core.lanes import Lane, LaneKind
from otto_bot.core.run import Run
from otto_bot.core.values import Person
from otto_bot.jobs.decisions import rerun_jobs
from otto_bot.jobs.dispatching import dispatch_if_needed
from otto_bot.jobs.outcomes import NeedsPerson
from otto_bot.jobs.verify_head import verify_head
from otto_bot.playground.actions.api import ActionsError, NotRerunnableError
from otto_bot.store.effect_rows import Ticket
from otto_bot.store.ledger import Trigger

JOB = "    runs-on: ubuntu-latest\n    steps:\n      - run: 'true'\n"
CI = ".github/workflows/ci.yml"
HEAD = "name: CI\non: push\npermissions: {}\njobs:\n  test:\n"
PLAIN = {CI: HEAD + JOB}
PINNED = {CI: HEAD + JOB + "      - uses: actions/checkout@v5\n"}
STAGED = {CI: HEAD + "    environment: {name: staging}\n" + JOB}
BY_HAND = {".github/workflows/otto-verify.yml": "on: workflow_dispatch\npermissions: {}\njobs:\n  test:\n" + JOB}
pytestmark = pytest.mark.timeout(120)


def stand(bench: Any, **changes: Any) -> None:
    actions = bench.stand_in.hub.actions
    actions.standing = replace(actions.standing, **changes)


def granted_less(bench: Any) -> None:
    bench.stand_in.hub.world.config.app.permissions["actions"] = "read"


def begin(bench: Any) -> None:
    """The run is in the ledger: what is asked of Actions is written there first."""
    trigger = Trigger(key="k", repo=bench.repo, issue=1, title="T", body="", actor=Person(id=1, login="dev"))
    bench.context.ledger.start(trigger, HostCaps(), bench.context.now())


def run_of(bench: Any, sha: str, kind: LaneKind = LaneKind.PUSH, *run_ids: int) -> Run:
    at = bench.context.now() - timedelta(minutes=1)
    head = Verification(
        target="t1/a1", branch="main", sha=sha, tree="t", started_at=at, next_at=at, run_ids=run_ids,
        rerun_due=bool(run_ids), round=2 if run_ids else 1,
    )  # fmt: skip
    return Run(
        id=1, repo=bench.repo, issue=1, ordinal=1, title="T", body="", actor=Person(id=1, login="dev"),
        started_at=T0, money=Money(cap=1), lane=Lane(kind=kind, why="w"),
        config=Config.model_validate({"verify": {"settle_seconds": 0}}), verifications={"t1/a1": head},
        tasks={"t1": Task(key="t1", attempts=(Attempt(number=1, branch="main", base_sha="s"),))},
    )  # fmt: skip


def effect(kind: EffectKind) -> Effect:
    return Effect(run=1, lane="l", key="k", kind=kind, target="t1/a1", task="t1", attempt=1, number=2)


async def failure_of(bench: Any, sha: str) -> Failure:
    """What the look at this head ends with."""
    (event,) = await verify_head(
        bench.context, run_of(bench, sha), effect(EffectKind.VERIFY), Ticket(key="k", generation=1)
    )
    assert isinstance(event, VerificationEnded)
    assert event.failure is not None
    return event.failure


async def test_a_workflow_with_actions_that_are_not_pinned_ends_before_any_job(open_bench: Any) -> None:
    async with open_bench(PINNED) as bench:
        stand(bench, sha_pinning=True)
        ended = await bench.push(value__txt="x")
        assert ended.conclusion == "startup_failure"
        failure = await failure_of(bench, ended.head_sha)
        assert (failure.cause, failure.conclusion) == (Cause.PERMISSION, "startup_failure")
        assert failure.signals == ("not pinned: actions/checkout@v5",)
        with pytest.raises(NotRerunnableError):
            await bench.stand_in.hub.actions.rerun(ended.id, failed_only=True, actor="dev")


async def test_the_reviewers_of_the_environment_that_a_job_waits_for_are_read(open_bench: Any) -> None:
    async with open_bench(STAGED) as bench:
        stand(bench, environments={"staging": ("dev",)})
        waiting = await bench.push(value__txt="x")
        assert waiting.status == "waiting"
        failure = await failure_of(bench, waiting.head_sha)
        assert failure.cause is Cause.ACTION_REQUIRED
        assert failure.signals == ("waits for the environment staging", "may approve: dev")
        actions = bench.stand_in.hub.actions
        actions.review(waiting.id, approved=True)
        await actions.idle()
        assert actions.run(waiting.id).conclusion == "success"
        with pytest.raises(ActionsError):
            actions.review(waiting.id, approved=True)


async def test_a_reviewers_no_fails_the_job_and_is_told_as_that(open_bench: Any) -> None:
    async with open_bench(STAGED) as bench:
        stand(bench, environments={"staging": ("dev",)})
        waiting = await bench.push(value__txt="x")
        bench.stand_in.hub.actions.review(waiting.id, approved=False)
        await bench.stand_in.hub.actions.idle()
        failure = await failure_of(bench, waiting.head_sha)
        assert (failure.cause, "rejected" in failure.detail) == (Cause.ACTION_REQUIRED, True)


async def test_unpaid_jobs_end_without_a_step(open_bench: Any) -> None:
    async with open_bench(PLAIN) as bench:
        stand(bench, paid=False)
        failure = await failure_of(bench, (await bench.push(value__txt="x")).head_sha)
        assert failure.cause is Cause.BILLING


@pytest.mark.parametrize("lacks", ["actions", "permission"])
async def test_a_person_is_told_why_nothing_can_be_started_by_hand(open_bench: Any, lacks: str) -> None:
    async with open_bench(BY_HAND) as bench:
        sha = bench.stand_in.hub.world.repo.resolve("main")
        repository = bench.context.repository(run_of(bench, sha))
        assert await repository.may_start_workflows()
        if lacks == "actions":
            stand(bench, enabled=False)
        else:
            granted_less(bench)
            bench.context.github.forget(bench.repo.installation_id)
            repository = bench.context.repository(run_of(bench, sha))
            assert not await repository.may_start_workflows()
        with pytest.raises(NeedsPerson) as refused:
            await _dispatched(bench, sha)
        assert refused.value.kind == {"actions": "actions-disabled", "permission": "no-actions-write"}[lacks]


async def _dispatched(bench: Any, sha: str) -> None:
    begin(bench)
    await dispatch_if_needed(bench.context, run_of(bench, sha, LaneKind.DISPATCH), "main", sha)


async def test_a_person_presses_the_button_where_otto_may_not(open_bench: Any) -> None:
    async with open_bench({CI: HEAD + JOB.replace("'true'", "exit 1")}) as bench:
        ended = await bench.push(value__txt="x")
        granted_less(bench)
        run = run_of(bench, ended.head_sha, LaneKind.PUSH, ended.id)
        with pytest.raises(NeedsPerson) as refused:
            await _rerun(bench, run)
        assert refused.value.kind == "no-actions-write"
        assert "Re-run failed jobs" in refused.value.message


async def _rerun(bench: Any, run: Run) -> None:
    begin(bench)
    await rerun_jobs(bench.context, run, effect(EffectKind.RERUN), Ticket(key="k", generation=1))
