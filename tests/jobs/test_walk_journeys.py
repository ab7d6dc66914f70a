"""Where journeys are walked, what keeps them from it, and the one comment of a round, on a stand-in of GitHub."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import core_journeys as made
import pytest
from core_builders import T0, config, fold

from otto_bot.core import events as e
from otto_bot.core.config import HostCaps
from otto_bot.core.effects import Effect, EffectKind
from otto_bot.core.journey_script import Script, ScriptStep
from otto_bot.core.run import Run
from otto_bot.core.values import stored_json
from otto_bot.jobs.journeys_actions import through_actions
from otto_bot.jobs.post_journeys import apply_journeys, post_journeys, show_round
from otto_bot.jobs.walk_journeys import request_for, walk_journeys
from otto_bot.store.effect_rows import Ticket
from otto_bot.store.ledger import Trigger
from otto_bot.text.journeys_line import workflow_template

WORKFLOW = ".github/workflows/otto-journeys.yml"
BARE = "on: {workflow_dispatch: }\njobs: {a: {runs-on: x, steps: [{run: 'true'}]}}\n"
PUSH = "on: push\njobs: {a: {runs-on: x, steps: [{run: 'true'}]}}\n"


def effect(kind: EffectKind) -> Effect:
    return Effect(key="run/1/x", kind=kind, run=1, lane="l", number=1)


async def on(bench: Any, run: Run) -> Run:
    """The run as if it were about the stand-in's repository, its journeys on the head of main."""
    head = await bench.context.github.repository(bench.repo.installation_id, bench.repo.id).branch_sha("main")
    moved = run.journeys[-1].model_copy(update={"head": head})
    return run.model_copy(update={"repo": bench.repo, "issue": 1, "pull_request": 1}).with_round(moved)


async def walk(bench: Any, run: Run) -> Any:
    return await walk_journeys(bench.context, run, effect(EffectKind.JOURNEYS), Ticket(key="k", generation=1))


HERE = [
    ("no workflow", {}, "auto", "no sandbox, and there is no workflow `otto-journeys.yml`"),
    ("only Actions, and no workflow", {}, "actions", "there is no workflow `otto-journeys.yml`"),
    ("only a sandbox", {WORKFLOW: workflow_template()}, "sandbox", "`journeys.via: sandbox` allows nothing else"),
    ("no dispatch", {WORKFLOW: PUSH}, "auto", "has no `workflow_dispatch`"),
    ("no inputs", {WORKFLOW: BARE}, "auto", "does not take the input `id`"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "files", "via", "why"), HERE, ids=[row[0] for row in HERE])
async def test_where_nothing_can_walk_them_the_reason_is_told(open_bench, name, files, via, why):
    async with open_bench({"README.md": "a", **files}) as bench:
        run = await on(bench, made.built(config(journeys={"via": via})))
        (event,) = await walk(bench, run)
    assert isinstance(event, e.JourneysSkipped)
    assert why in event.reason


async def test_a_round_has_one_comment_and_counts_once_it_stands(open_bench):
    async with open_bench({"README.md": "a"}) as bench:
        run = await on(bench, made.triaged(made.walked(made.built(), "j2"), made.finding("j2")))
        for _ in range(2):
            posted, published = await post_journeys(
                bench.context, run, effect(EffectKind.POST_JOURNEYS), Ticket(key="k", generation=1)
            )
        assert isinstance(posted, e.JourneysPosted)
        assert isinstance(published, e.Published)
        run = fold(run, posted, published)
        (applied,) = await apply_journeys(
            bench.context, run, effect(EffectKind.APPLY_JOURNEYS), Ticket(key="k", generation=1)
        )
        assert isinstance(applied, e.JourneysApplied)
        assert await show_round(bench.context, run, "journeys/n1") == posted.comment_id
        bodies = [c.body for c in bench.stand_in.hub.world.comments if "journeys round 1" in c.body]
    assert (len(bodies), run.shown["journeys/n1"], run.journeys[-1].state.value) == (1, published.digest, "posted")


SCRIPT = Script(
    steps=tuple(ScriptStep(id=f"j{n}.s{m}", command=f"echo {n}; test {n} -ne 2") for n in (1, 2, 3) for m in (1, 2))
)


@pytest.mark.slow
async def test_actions_walks_them_and_its_log_is_the_evidence(open_bench):
    async with open_bench({"README.md": "a", WORKFLOW: workflow_template()}) as bench:
        run = await on(bench, made.built(config(journeys={"via": "actions"})))
        one, head = run.journeys[-1], run.journeys[-1].head
        # A run of the demo's kind works on a branch of its own; here main is what is tested.
        plan = run.plan
        alone = {"plan": None, "tasks": {}, "order": (), "pull_request": None}
        run = run.model_copy(update={"kind": "certify", "subject": plan, **alone})
        trigger = Trigger(key="k", repo=bench.repo, issue=1, title="T", body="", actor=run.actor)
        assert bench.context.ledger.start(trigger, HostCaps(), T0).id == run.id
        stored = bench.context.archive.keep("script", stored_json(SCRIPT).encode(), T0)
        run = fold(run, e.JourneysDispatched(at=T0, round=1, head=head, script=stored, next_at=T0))
        request = request_for(bench.context, run, one, plan, 1)

        async def step(run: Run) -> Any:
            events = await through_actions(bench.context, run, effect(EffectKind.JOURNEYS), run.journeys[-1], request)
            return events[0]

        while run.journeys[-1].dispatched.run_id is None:
            run = fold(run, await step(run))
        await bench.stand_in.hub.actions.idle()
        tested = await step(run)
        assert (tested.via, tested.report.failing) == ("actions", ("j2",))
        assert [r.exit_code for r in tested.report.records] == [0, 0, 1, 1, 0, 0]
        repository = bench.context.github.repository(bench.repo.installation_id, bench.repo.id)
        assert len(await repository.workflow_runs(head)) == 1


@pytest.mark.slow
async def test_what_was_asked_for_long_after_it_was_written_is_waited_for(open_bench):
    """GitHub's limit was in the way for an hour, and the answer of the try after it was lost."""
    async with open_bench({"README.md": "a", WORKFLOW: workflow_template()}) as bench:
        run = await on(bench, made.built(config(journeys={"via": "actions"})))
        one, now = run.journeys[-1], bench.context.now()
        stored = bench.context.archive.keep("script", stored_json(SCRIPT).encode(), T0)
        early = now - timedelta(hours=1)
        run = fold(run, e.JourneysDispatched(at=early, round=1, head=one.head, script=stored, next_at=early))
        key = f"journeys/{run.id}.1.{run.journeys[-1].dispatches}-{stored[:8]}"
        for at, lost in ((now, False), (now - timedelta(minutes=4), True)):
            told = fold(run, e.ActionsAsked(at=at, key=key))
            request = request_for(bench.context, told, told.journeys[-1], told.plan, 1)
            (event,) = await through_actions(
                bench.context, told, effect(EffectKind.JOURNEYS), told.journeys[-1], request
            )
            assert isinstance(event, e.JourneysPolled)
            assert bool(event.lost) is lost


@pytest.mark.slow
async def test_a_workflow_that_brings_nothing_is_asked_once_more_and_then_a_person(open_bench):
    async with open_bench({"README.md": "a"}) as bench:
        run = await on(bench, made.built(config(journeys={"via": "actions"})))
        head = run.journeys[-1].head
        asked = e.JourneysDispatched(at=T0, round=1, head=head, script="gone", next_at=T0)
        run = fold(run, asked, *await walk(bench, fold(run, asked)))
        assert (run.journeys[-1].dispatched, run.hold) == (None, None)
        run = fold(run, asked, *await walk(bench, fold(run, asked)))
    assert run.hold is not None
    assert (run.hold.kind, run.hold.reply) == ("needs_human", "/otto resume")
    assert "what was to be run is not stored any more" in run.hold.reason
