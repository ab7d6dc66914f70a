"""Judging a green commit: real checkout, real commands, real Messages API; what becomes of each kind of verdict."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from otto_bot.core.attempt import Attempt, Task, Verification
from otto_bot.core.config import HostCaps
from otto_bot.core.effects import Effect, EffectKind
from otto_bot.core.evidence import Cause
from otto_bot.core.lanes import Lane, LaneKind
from otto_bot.core.plan import Criterion, Plan, TaskSpec
from otto_bot.core.run import Run
from otto_bot.core.values import Person
from otto_bot.jobs.context import Context
from otto_bot.jobs.judging import judged
from otto_bot.jobs.outcomes import Later, NeedsPerson, Retry
from otto_bot.model.client import ModelClient
from otto_bot.sandbox.bare import Bare
from otto_bot.store.effect_rows import Ticket
from otto_bot.store.ledger import Trigger

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]
FILES = {
    ".github/workflows/ci.yml": "name: CI\non: push\njobs:\n  unit:\n    runs-on: ubuntu-latest\n    steps:\n"
    "      - run: 'true'\n",
    "tests/test_a.py": "def test_one(): ...\n",
    "value.txt": "41\n",
}  # fmt: skip
SPEC = TaskSpec(
    key="t1", title="T", goal="G", criteria=(Criterion(id="c1", text="is one"), Criterion(id="c2", text="is 42"))
)
C1 = {"id": "c1", "status": "met", "evidence": "test_one passes"}
C2 = {"id": "c2", "status": "not_met", "evidence": 'It prints "41 is the value".', "refs": ["R2"]}
LOOK = ("run", {"command": "echo $(cat value.txt) is the value; echo 42 > value.txt; echo x > left.txt; exit 3"})
CONTRADICTS = {"items": [C1, {**C2, "refs": ["R1"]}], "summary": "", "passed": True}


def kit() -> Any:
    """The helper module, loaded by path: test folders are no packages."""
    name = "otto_messages_server"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).parents[1] / "model" / "messages_server.py")
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


@dataclass
class Court:
    """A run whose only task is green, and the judge's words."""

    context: Context
    run: Run
    ticket: Ticket
    server: Any
    stopping: list[bool] = field(default_factory=list)
    effect: Effect = field(
        default_factory=lambda: Effect(
            key="run/1/judge/t1/a1/h0", kind=EffectKind.JUDGE, run=1, lane="l", task="t1", attempt=1
        )
    )

    async def judge(self) -> Any:
        (event,) = await judged(self.context, self.run, self.effect, self.ticket)
        return event

    @property
    def left(self) -> list[str]:
        work = self.context.state_dir / "work"
        return [path.name for path in work.iterdir()] if work.exists() else []


@pytest.fixture
def open_court(open_bench: Any):
    @asynccontextmanager
    async def start() -> AsyncIterator[Court]:
        async with open_bench(FILES) as bench, kit().MessagesServer() as server:
            base = bench.stand_in.hub.world.repo.resolve("main")
            workflow = await bench.push(more__txt="1")
            now = bench.context.now()
            trigger = Trigger(
                key="label/1", repo=bench.repo, issue=1, title="T", body="", actor=Person(id=1, login="dev")
            )
            run = bench.context.ledger.start(trigger, HostCaps(), now)
            (ticket,) = bench.context.rows.claim("w", now, 1)
            attempt = Attempt(number=1, branch="main", base_sha=base, sha=workflow.head_sha, tree="t", pushed=True)
            head = Verification(
                target="t1/a1", branch="main", sha=workflow.head_sha, tree="t", started_at=now, next_at=now,
                run_ids=(workflow.id,), ending="green",
            )  # fmt: skip
            run = run.model_copy(
                update={
                    "plan": Plan(summary="S", tasks=(SPEC,)),
                    "head": workflow.head_sha,
                    "base_sha": base,
                    "lane": Lane(kind=LaneKind.PUSH, jobs=("unit",)),
                    "tasks": {"t1": Task(key="t1", attempts=(attempt,))},
                    "verifications": {"t1/a1": head},
                }
            )
            async with ModelClient("key-for-tests", server.url, timeout_seconds=20) as client:
                cage = Bare("in a test", i_accept="scripted playground only")
                court = Court(bench.context, run, ticket, server)
                court.context = replace(
                    bench.context,
                    model=lambda: client,
                    cage=cage,
                    stopping=lambda: bool(court.stopping and court.stopping.pop(0)),
                )
                yield court

    return start


async def test_a_command_is_the_evidence_of_a_failure_and_nothing_of_it_stays(open_court: Any) -> None:
    async with open_court() as court:
        again = ("run", {"command": "cat value.txt left.txt"})
        court.server.script(kit().uses(LOOK), kit().uses(again), kit().says({"items": [C1, C2], "summary": "no"}))
        event = await court.judge()
        assert (event.failure.cause, event.failure.fingerprint) == (Cause.QA_FAILED, "qa:c2")
        assert [excerpt.source for excerpt in event.failure.excerpts] == ["judge · c2", "judge · c2 · R2"]
        assert "c2 [must] is 42\nnot met: It prints" in event.failure.excerpts[0].text
        shown = event.failure.excerpts[1].text
        assert "$ echo $(cat value.txt)" in shown
        assert "→ exit code 3" in shown
        assert "were put back: value.txt]\n41 is the value" in shown
        assert "41\nx" in court.server.prompt(), "the commit's file is as it was, what a command made is still there"
        assert event.proof.ground("c1").tests[0].where == "tests/test_a.py"
        assert [record.number for record in event.proof.records] == [2]
        assert "CI / unit: success" in court.server.prompt(0)
        assert "+1" in court.server.prompt(0), "the diff is that of the task"
        assert court.left == []


async def test_a_verdict_that_contradicts_itself_is_asked_for_anew_and_then_a_person_is(open_court: Any) -> None:
    async with open_court() as court:
        court.server.script(*[kit().says(CONTRADICTS)] * 6)
        for _ in range(2):
            with pytest.raises(Retry, match="asked anew"):
                await court.judge()
        with pytest.raises(NeedsPerson, match=r"asked 3 times about t1 .* `/otto resume`"):
            await court.judge()
        assert len(court.server.requests) == 6, "what was answered is not asked again"
        court.server.script(kit().uses(LOOK), kit().says({"items": [C1, C2], "passed": False}))
        assert (await court.judge()).failure is not None
        assert court.server.headers[6]["x-otto-call"].endswith("try=7")
        assert court.left == []


async def test_a_worker_that_ends_leaves_the_checkout_and_the_next_one_goes_on(open_court: Any) -> None:
    async with open_court() as court:
        court.server.script(kit().uses(LOOK, ("run", {"command": "cat left.txt"})))
        court.stopping = [False, False, True]
        with pytest.raises(Later):
            await court.judge()
        assert len(court.left) == 2
        court.server.script(kit().says({"items": [C1, C2]}))
        event = await court.judge()
        assert len(court.server.requests) == 2
        assert event.failure is not None
        assert "R3 · run · exit code 0" in court.server.prompt()
        assert court.left == []


async def test_where_nobody_waits_for_the_verdict_any_more_no_checkout_stays(open_court: Any) -> None:
    """The run was stopped or paused: perhaps nobody ever comes back for it."""
    async with open_court() as court:
        court.ticket = court.ticket.model_copy(update={"generation": court.ticket.generation + 1})
        with pytest.raises(Later):
            await court.judge()
        assert court.server.requests == []
        assert court.left == []


async def test_without_a_cage_nothing_is_run(open_court: Any) -> None:
    async with open_court() as court:
        court.context = replace(court.context, cage=None)
        c2 = {"id": "c2", "status": "not_met", "evidence": "it holds 41", "refs": ["R2"]}
        court.server.script(kit().uses(("read", {"file_path": "value.txt"})), kit().says({"items": [C1, c2]}))
        event = await court.judge()
        assert event.proof.records[0].output == "41\n"
        assert "no command can be run here" in court.server.told(0)
