"""Journeys walked, explained, planned anew and certified: a real commit, real commands, a real Messages API."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import core_journeys as made
import pytest
from core_builders import config, fold

from otto_bot.core import events as e
from otto_bot.core.config import HostCaps
from otto_bot.core.effects import Effect, EffectKind
from otto_bot.core.run import Run
from otto_bot.core.values import Person
from otto_bot.jobs.context import Context
from otto_bot.jobs.outcomes import NeedsPerson, Retry
from otto_bot.jobs.plan_issue import plan_issue
from otto_bot.jobs.triage_journeys import triage_journeys
from otto_bot.jobs.walk_journeys import walk_journeys
from otto_bot.model.client import ModelClient
from otto_bot.sandbox.bare import Bare
from otto_bot.store.effect_rows import Ticket
from otto_bot.store.ledger import Trigger

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]
FILES = {"AGENTS.md": "Speak softly.\n", "wall.txt": "blue\n", ".github/otto.yml": "journeys: true\n"}
LOOKS = (("run", {"command": "grep blue wall.txt"}), ("run", {"command": "echo it is blue; exit 1"}))


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


def answer(*failing: str, first: str = "R1") -> dict[str, Any]:
    """A tester's report: the second steps of these journeys failed."""
    walked = []
    for key in ("j1", "j2", "j3"):
        bad = key in failing
        second = {"status": "failed" if bad else "passed", "seen": "it is blue", "refs": ["R2" if bad else "R1"]}
        steps = [{"id": f"{key}.s1", "status": "passed", "refs": [first]}, {"id": f"{key}.s2", **second}]
        walked.append({"id": key, "steps": steps})
    return {"journeys": walked}


@dataclass
class Ground:
    """A run that stands at its journeys, on the head of main."""

    context: Context
    run: Run
    ticket: Ticket
    server: Any

    async def do(self, job: Any, kind: EffectKind, number: int = 1) -> Any:
        effect = Effect(key=f"run/1/{kind.value}", kind=kind, run=1, lane="l", number=number)
        (event,) = await job(self.context, self.run, effect, self.ticket)
        return event

    async def walk(self) -> Any:
        return await self.do(walk_journeys, EffectKind.JOURNEYS)


@pytest.fixture
def ground(open_bench: Any):
    @asynccontextmanager
    async def start() -> AsyncIterator[Ground]:
        async with open_bench(FILES) as bench, kit().MessagesServer() as server:
            now, head = bench.context.now(), bench.stand_in.hub.world.repo.resolve("main")
            who = Person(id=1, login="dev")
            trigger = Trigger(key="label/1", repo=bench.repo, issue=1, title="T", body="", actor=who)
            started = bench.context.ledger.start(trigger, HostCaps(), now)
            (ticket,) = bench.context.rows.claim("w", now, 1)
            run = made.built(config())
            moved = run.journeys[-1].model_copy(update={"head": head})
            told = {"id": started.id, "repo": bench.repo, "issue": 1, "base_sha": head, "head": head}
            run = run.model_copy(update=told).with_round(moved)
            async with ModelClient("key-for-tests", server.url, timeout_seconds=20) as client:
                cage = Bare("in a test", i_accept="scripted playground only")
                context = replace(bench.context, model=lambda: client, cage=cage)
                yield Ground(context, run, ticket, server)

    return start


async def test_walked_explained_and_planned_anew(ground: Any) -> None:
    async with ground() as there:
        there.server.script(kit().uses(*LOOKS), kit().says(answer("j2")))
        tested = await there.walk()
        assert (tested.report.failing, [r.exit_code for r in tested.report.records]) == (("j2",), [0, 1])
        assert (tested.via, tested.calls) == ("sandbox", 2)
        assert "Speak softly." in there.server.prompt(0)
        there.run = fold(there.run, tested)
        why = {"journey": "j2", "kind": "planning", "summary": "nobody paints", "ref": "R2", "quote": "it is blue"}
        there.server.script(kit().says({"findings": [why]}))
        there.run = fold(there.run, await there.do(triage_journeys, EffectKind.TRIAGE))
        there.run = made.applied(made.posted(there.run))
        more = {"key": "t1", "title": "Paint", "goal": "paint it", "criteria": [{"id": "c1", "text": "it is red"}]}
        there.server.script(kit().says({"tasks": [more]}))
        planned = await there.do(plan_issue, EffectKind.PLAN, number=1)
        assert (planned.plan.keys, "nobody paints" in there.server.prompt()) == (("t1", "t2", "t3"), True)
        assert fold(there.run, planned).tasks["t3"].origin == "replan"


async def test_a_plan_that_cannot_grow_is_a_persons(ground: Any) -> None:
    async with ground() as there:
        there.run = made.failed_round(there.run, "j1", kind="planning")
        same = {"key": "t1", "title": "task t1", "goal": "g", "criteria": [{"id": "c1", "text": "c"}]}
        there.server.script(*[kit().says({"tasks": [same]})] * 2)
        refused = await there.do(plan_issue, EffectKind.PLAN, number=1)
        assert isinstance(refused, e.Refused)
        assert (refused.reply, "is there already" in refused.reason) == ("/otto replan -- what to plan", True)


async def test_a_report_that_is_never_believed_is_asked_for_anew_and_then_a_person_is(ground: Any) -> None:
    async with ground() as there:
        there.server.script(*[kit().says(answer(first="R9"))] * 9)
        for _ in range(2):
            with pytest.raises(Retry, match="no record R9"):
                await there.walk()
        with pytest.raises(NeedsPerson, match=r"`/otto resume` tests again"):
            await there.walk()
        assert len(there.server.requests) == 9, "what was answered is not asked again"
        there.server.script(kit().uses(*LOOKS), kit().says(answer()))
        tested = await there.walk()
        assert (tested.report.failing, tested.calls) == ((), 11)


async def test_certify_judges_each_task_by_what_it_saw_itself(ground: Any) -> None:
    async with ground() as there:
        there.run = there.run.model_copy(update={"kind": "certify", "subject": there.run.plan, "pull_request": None})
        claim = {"items": [{"id": "c1", "status": "met", "evidence": "the README says so"}]}
        seen = {"items": [{"id": "c1", "status": "met", "evidence": "it is blue", "refs": ["R1"]}]}
        bad = {"items": [{"id": "c1", "status": "not_met", "evidence": "it is not", "refs": ["R2"]}]}
        there.server.script(
            kit().uses(*LOOKS), kit().says(answer()), kit().says(claim), kit().uses(*LOOKS), kit().says(seen),
            kit().says(seen), kit().uses(*LOOKS), kit().says(bad),
        )  # fmt: skip
        tested = await there.walk()
        assert {key: v.items[0].status for key, v in tested.verdicts.items()} == {"t1": "met", "t2": "not_met"}
        assert tested.proofs["t2"].cited("c1")[0].what == "echo it is blue; exit 1"
