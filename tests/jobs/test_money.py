"""The purse over the ledger: parallel calls share one cap, a crash gives nothing back, a spent lineage asks first."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from otto_bot.core import events as e
from otto_bot.core.allowance import Allowance
from otto_bot.core.commands import Command, Given
from otto_bot.core.config import Config, HostCaps
from otto_bot.core.effects import Effect, EffectKind
from otto_bot.core.exposure import Exposure
from otto_bot.core.lanes import Lane, LaneKind
from otto_bot.core.limits import HostLimits
from otto_bot.core.run import Run
from otto_bot.core.values import Person, Usage
from otto_bot.jobs.context import Context
from otto_bot.jobs.money import LedgerPurse
from otto_bot.jobs.outcomes import Later, NeedsPerson
from otto_bot.jobs.plan_issue import plan_issue
from otto_bot.model.client import ModelClient
from otto_bot.store.effect_rows import Ticket
from otto_bot.store.ledger import Ledger, Trigger

ANNA = Person(id=1, login="anna")


def start(bench: Any, key: str, **caps: float) -> Run:
    """A prepared run of issue 1; the repository allows $2."""
    context: Context = bench.context
    trigger = Trigger(key=key, repo=bench.repo, issue=1, title="T", body="B", actor=ANNA)
    run = context.ledger.start(trigger, HostCaps.model_validate(caps), context.now())
    assert run is not None
    repository = bench.stand_in.hub.world.repo
    prepared = e.Prepared(
        at=context.now(), config=Config.model_validate({"budget": {"usd": 2}}), base_sha=repository.resolve("main"),
        lane=Lane(kind=LaneKind.PUSH, why="w"), exposure=Exposure(items=(), files_hash="h"), prefix="otto",
    )  # fmt: skip
    return context.ledger.append(run.id, [prepared], context.now())


async def end(bench: Any, run: Run) -> None:
    await bench.context.record(run.id, e.IssueChanged(at=bench.context.now(), what="closed"))


async def test_parallel_calls_of_one_lineage_never_hold_more_than_its_cap(open_bench: Any) -> None:
    async with open_bench({"README.md": "x"}) as bench:
        run = start(bench, "a")
        purse = LedgerPurse(bench.context, run.id, pause=0)
        said = await asyncio.gather(*(purse.reserve(f"call/{n}", 0.3) for n in range(12)))
        money = bench.context.ledger.load(run.id).money
        await asyncio.gather(*(purse.settle(f"call/{n}", Usage(usd=0.1)) for n in range(12)))
        after = bench.context.ledger.load(run.id).money

    assert (said.count(True), len(money.reserved)) == (6, 6)
    assert money.committed == pytest.approx(1.8)
    assert (after.reserved, after.settled) == ({}, pytest.approx(0.6))


async def test_a_call_that_others_only_crowd_out_waits_for_them(open_bench: Any) -> None:
    """Nobody is asked for money while some of it is only put aside."""
    async with open_bench({"README.md": "x"}) as bench:
        run = start(bench, "a")
        purse = LedgerPurse(bench.context, run.id, pause=0.05)
        assert await purse.reserve("dear", 1.5)
        waiting = asyncio.create_task(purse.reserve("other", 1))
        assert not (await asyncio.wait([waiting], timeout=0.2))[0]
        await purse.settle("dear", Usage(usd=0.2))
        assert await waiting
        assert not await purse.reserve("too dear", 1.9)
        events = [one.event for one in bench.context.ledger.events(run.id)]

    assert [one.call for one in events if isinstance(one, e.MoneyReserved)] == ["dear", "other", "too dear"]


async def test_where_the_day_has_too_little_the_step_comes_again_and_nothing_is_asked_of_people(
    open_bench: Any,
) -> None:
    """Nothing failed and nobody is called: the run is told of as held back, and the same step is due again."""
    async with open_bench({"README.md": "x"}) as bench:
        day = Allowance(usd=1, usd_per_installation=None)
        bench.context = replace(bench.context, ledger=Ledger(bench.context.ledger._engine, HostLimits(day=day)))
        run = start(bench, "a")
        assert await LedgerPurse(bench.context, run.id, pause=0).reserve("x", 0.9)
        with pytest.raises(Later, match="a day for all accounts"):
            await LedgerPurse(bench.context, run.id, pause=0).reserve("y", 0.2)
        with pytest.raises(NeedsPerson, match="OTTO_MAX_USD_PER_DAY"):
            await LedgerPurse(bench.context, run.id, pause=0).reserve("z", 1.1)
        after = bench.context.ledger.load(run.id)

    assert (after.hold, after.trouble, list(after.money.reserved)) == (None, {}, ["x"])


async def test_a_call_that_a_crash_left_open_is_counted_and_not_allowed_twice(open_bench: Any) -> None:
    """The next worker asks for the same call again: it only gets it where both fit."""
    async with open_bench({"README.md": "x"}) as bench:
        run = start(bench, "a")
        assert await LedgerPurse(bench.context, run.id, pause=0).reserve("call", 1.2)
        assert not await LedgerPurse(bench.context, run.id, pause=0).reserve("call", 1.2)
        money = bench.context.ledger.load(run.id).money

    assert (money.reserved, money.settled) == ({}, pytest.approx(1.2))


async def plan(bench: Any, run: Run) -> Any:
    """Ask for a plan, with a model whose address nobody listens on."""
    effect = Effect(key=f"run/{run.id}/plan/n0/h0", kind=EffectKind.PLAN, run=run.id, lane="plan")
    async with ModelClient("key", "http://127.0.0.1:9", timeout_seconds=5) as client:
        context = replace(bench.context, model=lambda: client)
        (event,) = await plan_issue(context, run, effect, Ticket(key=effect.key, generation=1))
    return event


async def test_a_second_run_of_a_spent_issue_asks_before_any_call(open_bench: Any) -> None:
    async with open_bench({"README.md": "x"}) as bench:
        first = start(bench, "a")
        purse = LedgerPurse(bench.context, first.id)
        assert await purse.reserve("one", 1.5)
        assert await purse.reserve("open", 0.45)
        await purse.settle("one", Usage(usd=1.5))
        await end(bench, first)
        second = start(bench, "b")
        event = await plan(bench, second)
        rested = await bench.context.record(second.id, event)
        given = Given(key="c", command=Command(verb="budget", usd=5), by=ANNA)
        richer = await bench.context.record(second.id, e.CommandGiven(at=bench.context.now(), given=given))
        assert await LedgerPurse(bench.context, second.id).reserve("plan", 3)

    assert isinstance(event, e.Refused)
    assert event.reply == "/otto budget +5"
    assert "$1.95 spent ($1.95 of it by earlier runs)" in event.reason
    assert rested.hold is not None
    assert (richer.hold, richer.money.left) == (None, pytest.approx(5.05))


async def test_where_the_host_allows_no_more_the_words_say_who_can(open_bench: Any) -> None:
    async with open_bench({"README.md": "x"}) as bench:
        first = start(bench, "a", usd=2)
        await LedgerPurse(bench.context, first.id).reserve("open", 1.99)
        await end(bench, first)
        event = await plan(bench, start(bench, "b", usd=2))

    assert isinstance(event, e.Refused)
    assert event.reply == "/otto stop"
    assert "OTTO_MAX_USD" in event.reason
