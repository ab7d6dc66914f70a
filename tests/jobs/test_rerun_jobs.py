"""Running the jobs of a commit again, on a stand-in that really runs them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from core_builders import fold, run_started

from otto_bot.core.attempt import Attempt, Task, Verification
from otto_bot.core.budget import Money
from otto_bot.core.config import Config, HostCaps
from otto_bot.core.effects import Effect, EffectKind
from otto_bot.core.events import JobsRerun
from otto_bot.core.lanes import Lane, LaneKind
from otto_bot.core.run import Run
from otto_bot.core.values import Person
from otto_bot.github.errors import NotFound, Unreachable
from otto_bot.jobs.decisions import rerun_jobs
from otto_bot.jobs.dispatching import UNSEEN, asked_lately, dispatch_if_needed
from otto_bot.jobs.outcomes import Later
from otto_bot.playground.github.config import FaultConfig, RequestMatch
from otto_bot.store.effect_rows import Ticket
from otto_bot.store.ledger import Trigger

STEPS = "    runs-on: ubuntu-latest\n    steps:\n      - run: exit 1\n"
RED = {".github/workflows/ci.yml": "name: CI\non: push\njobs:\n  test:\n" + STEPS}
SKIPPED = {".github/workflows/ci.yml": "name: CI\non: push\njobs:\n  test:\n    if: false\n" + STEPS}
VERIFY = "name: Verify\non: workflow_dispatch\npermissions: {}\njobs:\n  test:\n" + STEPS
BY_HAND = {".github/workflows/otto-verify.yml": VERIFY}


def in_ledger(bench: Any) -> Run:
    """The run as the ledger has it: what was asked of Actions stands there."""
    trigger = Trigger(key="k", repo=bench.repo, issue=1, title="T", body="", actor=Person(id=1, login="dev"))
    bench.context.ledger.start(trigger, HostCaps(), bench.context.now())
    return bench.context.ledger.load(1)


async def again(bench: Any, kind: LaneKind, sha: str, *run_ids: int, asked: dict[str, datetime] | None = None) -> None:
    now = bench.context.now()
    known = {**in_ledger(bench).asked, **(asked or {})}
    head = Verification(
        target="t1/a1", branch="main", sha=sha, tree="t", started_at=now, next_at=now, round=2, rerun_due=True,
        run_ids=run_ids,
    )  # fmt: skip
    run = Run(
        id=1, repo=bench.repo, issue=1, ordinal=1, title="T", body="", actor=Person(id=1, login="dev"),
        started_at=now, money=Money(cap=1), lane=Lane(kind=kind, why="w"), config=Config(),
        tasks={"t1": Task(key="t1", attempts=(Attempt(number=1, branch="main", base_sha="s"),))},
        verifications={"t1/a1": head}, asked=known,
    )  # fmt: skip
    effect = Effect(run=1, lane="l", key="k", kind=EffectKind.RERUN, target="t1/a1", number=2)
    (event,) = await rerun_jobs(bench.context, run, effect, Ticket(key="k", generation=1))
    assert isinstance(event, JobsRerun)
    assert (event.target, event.round) == ("t1/a1", 2)
    await bench.stand_in.hub.courier.settled()
    await bench.stand_in.hub.actions.idle()


def repository(bench: Any) -> Any:
    return bench.context.github.repository(bench.repo.installation_id, bench.repo.id)


@pytest.mark.timeout(120)
@pytest.mark.parametrize(("files", "conclusion"), [(RED, "failure"), (SKIPPED, "skipped")])
async def test_jobs_that_failed_or_were_skipped_run_once_more(
    open_bench: Any, files: dict[str, str], conclusion: str
) -> None:
    async with open_bench(files) as bench:
        ended = await bench.push(value__txt="x")
        assert ended.conclusion == conclusion
        await again(bench, LaneKind.PUSH, ended.head_sha, ended.id)
        assert (await repository(bench).workflow_run(ended.id)).run_attempt == 2


@pytest.mark.timeout(120)
async def test_a_workflow_that_was_never_started_by_hand_is_started_once(open_bench: Any) -> None:
    async with open_bench(BY_HAND) as bench:
        sha = bench.stand_in.hub.world.repo.resolve("main")
        await again(bench, LaneKind.DISPATCH, sha)
        await again(bench, LaneKind.DISPATCH, sha)
        assert [run.event for run in await repository(bench).workflow_runs(sha)] == ["workflow_dispatch"]


@pytest.mark.timeout(120)
@pytest.mark.parametrize(("version", "names_it"), [("2026-03-10", True), ("2022-11-28", False)])
async def test_the_same_commit_on_another_branch_is_dispatched_of_its_own(
    open_bench: Any, version: str, names_it: bool
) -> None:
    """A candidate that is built again may be the same commit: what was said of the one before it is no answer."""
    async with open_bench(BY_HAND, version) as bench:
        git = bench.stand_in.hub.world.repo
        sha = git.resolve("main")
        git.update_ref("refs/heads/other", sha, "0" * 40)
        in_ledger(bench)
        told = []
        for branch in ("main", "other", "main", "other"):
            run = bench.context.ledger.load(1).model_copy(update={"lane": Lane(kind=LaneKind.DISPATCH, why="w")})
            told.append(await dispatch_if_needed(bench.context, run, branch, sha))
            await bench.stand_in.hub.courier.settled()
            await bench.stand_in.hub.actions.idle()
        runs = [(run.head_branch, run.id) for run in await repository(bench).workflow_runs(sha)]
        ids = [dict(runs)[branch] for branch in ("main", "other")]
        # An older version tells no id where it starts one: it is found the next time.
        assert told == [*(ids if names_it else [None, None]), *ids]
        assert len(runs) == 2


@pytest.mark.timeout(120)
async def test_another_workflow_that_was_started_by_hand_on_that_commit_verifies_nothing(open_bench: Any) -> None:
    other = {".github/workflows/other.yml": BY_HAND[".github/workflows/otto-verify.yml"]}
    async with open_bench({**BY_HAND, **other}) as bench:
        sha = bench.stand_in.hub.world.repo.resolve("main")
        await repository(bench).dispatch("other.yml", "main")
        await again(bench, LaneKind.DISPATCH, sha)
        paths = [run.path.rpartition("/")[2] for run in await repository(bench).workflow_runs(sha)]
        assert sorted(paths) == ["other.yml", "otto-verify.yml"]


def test_a_clock_that_was_set_back_keeps_nothing_waiting() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    ago = {seconds: now - timedelta(seconds=seconds) for seconds in (-7200, -1, 0, 59, 61)}
    for seconds, at in ago.items():
        run = fold(None, run_started()).model_copy(update={"asked": {"dispatch/s": at}})
        assert asked_lately(run, "dispatch/s", now) is (seconds in (-1, 0, 59))


@pytest.mark.timeout(120)
async def test_where_a_push_starts_workflows_a_commit_without_any_is_looked_at_anew(open_bench: Any) -> None:
    async with open_bench(BY_HAND) as bench:
        sha = bench.stand_in.hub.world.repo.resolve("main")
        await again(bench, LaneKind.PUSH, sha)
        assert await repository(bench).workflow_runs(sha) == []


def lose(bench: Any, path: str) -> None:
    """The next such request is carried out, and its answer is 502 all the same."""
    match = RequestMatch(method="POST", path=path)
    bench.stand_in.hub.faults.append(FaultConfig(kind="status_after", match=match))


@pytest.mark.slow
@pytest.mark.timeout(120)
async def test_jobs_that_ended_again_behind_a_lost_answer_are_not_run_a_third_time(open_bench: Any) -> None:
    async with open_bench(RED) as bench:
        ended = await bench.push(value__txt="x")
        lose(bench, "/rerun-failed-jobs$")
        with pytest.raises(Unreachable):
            await again(bench, LaneKind.PUSH, ended.head_sha, ended.id)
        await bench.stand_in.hub.actions.idle()
        await again(bench, LaneKind.PUSH, ended.head_sha, ended.id)
        seen = await repository(bench).workflow_run(ended.id)
        assert (seen.status, seen.run_attempt) == ("completed", 2)


@pytest.mark.slow
@pytest.mark.timeout(120)
async def test_what_was_asked_for_a_moment_ago_and_is_not_seen_yet_is_waited_for(open_bench: Any) -> None:
    async with open_bench(BY_HAND) as bench:
        sha = bench.stand_in.hub.world.repo.resolve("main")
        now = bench.context.now()
        with pytest.raises(Later):
            await again(bench, LaneKind.DISPATCH, sha, asked={f"dispatch/main/{sha}": now})
        assert await repository(bench).workflow_runs(sha) == []
        await again(bench, LaneKind.DISPATCH, sha, asked={f"dispatch/main/{sha}": now - UNSEEN - timedelta(seconds=1)})
        assert len(await repository(bench).workflow_runs(sha)) == 1


@pytest.mark.slow
@pytest.mark.timeout(120)
async def test_a_workflow_that_github_refused_to_start_is_not_waited_for(open_bench: Any) -> None:
    async with open_bench({"README.md": "no workflow"}) as bench:
        sha = bench.stand_in.hub.world.repo.resolve("main")
        for _ in range(2):
            with pytest.raises(NotFound):
                await again(bench, LaneKind.DISPATCH, sha)
        assert bench.context.ledger.load(1).asked == {}
