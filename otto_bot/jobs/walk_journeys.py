"""Walk the journeys of what is built: in the sandbox, by Actions, or not at all, and then say why not."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from itertools import count

from otto_bot.agents.examiner import Examined
from otto_bot.agents.journeys import LIMITS, Walk, WalkRequest, report_of, walk_check, walk_request
from otto_bot.core.effects import Effect
from otto_bot.core.events import JourneysSkipped, JourneysTested, RunEvent
from otto_bot.core.journey_rounds import current, subject
from otto_bot.core.journeys import JourneyRound, RoundState, journeys_of
from otto_bot.core.plan import Plan
from otto_bot.core.projects import in_scope
from otto_bot.core.run import Run
from otto_bot.core.values import Usage, stored_json
from otto_bot.jobs.certify import with_verdicts
from otto_bot.jobs.context import Context
from otto_bot.jobs.examining import examine_head
from otto_bot.jobs.journeys_actions import not_by_actions, through_actions
from otto_bot.jobs.money import out_of_money
from otto_bot.jobs.outcomes import NeedsPerson, Retry
from otto_bot.jobs.surroundings import house_rules
from otto_bot.model.errors import BudgetSpent
from otto_bot.store.effect_rows import Ticket
from otto_bot.text.told import told

MOST_WALKS = 3
"""Conversations with a tester, each with its repairs, before a person is asked; as many again after each rest."""


async def walk_journeys(context: Context, run: Run, effect: Effect, ticket: Ticket) -> Sequence[RunEvent]:
    """JourneysTested, JourneysSkipped with the reason, or how far Actions is."""
    one, plan = current(run), subject(run)
    if one is None or plan is None or one.number != effect.number or one.state is not RoundState.TESTING:
        return []
    try:
        events = await _walked(context, run, effect, ticket, one, plan)
        if run.kind != "certify":
            return events
        return [
            await with_verdicts(context, run, ticket, one, plan, event) if isinstance(event, JourneysTested) else event
            for event in events
        ]
    except BudgetSpent as error:
        return [await out_of_money(context, run, error)]


async def _walked(
    context: Context, run: Run, effect: Effect, ticket: Ticket, one: JourneyRound, plan: Plan
) -> Sequence[RunEvent]:
    via = run.config.journeys.via
    if not journeys_of(plan):  # a plan of one task that is certified
        return [JourneysTested(at=context.now(), round=one.number, head=one.head, via="sandbox")]
    if via != "actions" and context.cage is not None:
        return [await _in_sandbox(context, run, ticket, one, plan)]
    why = "" if via == "sandbox" else await not_by_actions(context, run, one)
    if via != "sandbox" and not why:
        return await through_actions(context, run, effect, one, request_for(context, run, one, plan, 1))
    return [JourneysSkipped(at=context.now(), round=one.number, reason=_neither(run, why))]


def scope_of(plan: Plan) -> tuple[str, ...]:
    """The projects of all tasks together; empty = the whole repository, as with any task that is about all of it."""
    if not all(task.projects for task in plan.tasks):
        return ()
    return tuple(dict.fromkeys(path for task in plan.tasks for path in task.projects))


def _neither(run: Run, why: str) -> str:
    """What is missing, in words; `why` is what keeps Actions from it."""
    via = run.config.journeys.via
    if via == "sandbox":
        return "this host of Otto has no sandbox, and `journeys.via: sandbox` allows nothing else"
    if via == "actions":
        return why
    return f"this host of Otto has no sandbox, and {why}"


def request_for(context: Context, run: Run, one: JourneyRound, plan: Plan, tries: int) -> WalkRequest:
    """What a tester is told in the n-th conversation about a round."""
    key = f"run/{run.id}/journeys/n{one.number}/{one.head[:12]}/y{tries}"
    return WalkRequest(
        run=str(run.id),
        model=run.config.models.for_journeys,
        round=one.number,
        head=one.head,
        title=told(run).title,
        plan=plan,
        journeys=journeys_of(plan),
        projects=in_scope(scope_of(plan), run.config.paths.projects),
        nonce=context.nonce_for(key),
        key=key,
        tries=tries,
    )


async def _in_sandbox(context: Context, run: Run, ticket: Ticket, one: JourneyRound, plan: Plan) -> RunEvent:
    """A report that may be believed. One that may not is given back, then another conversation begins; then a person.

    Conversations that came to nothing are read from the journal and cost nothing again.
    """
    mirror = await context.mirror(run)
    await mirror.fetch(one.head, run.base_sha)
    usage, calls = Usage(), 0
    rules, scope = await house_rules(context.reading(mirror), run.base_sha), scope_of(plan)
    for tries in count(1):
        request = replace(request_for(context, run, one, plan, tries), house_rules=rules)
        check = walk_check(request.journeys)
        found = await examine_head(context, run, ticket, mirror, one.head, walk_request(request), check, LIMITS, scope)
        usage, calls = usage.plus(found.usage), calls + len(found.calls)
        if found.value is not None:
            await _keep(context, found)
            return JourneysTested(
                at=context.now(), round=one.number, head=one.head, via="sandbox",
                report=report_of(found.value, found.records), model=request.model, calls=calls,
                usd=round(usage.usd, 6),
            )  # fmt: skip
        if found.asked:
            raise _not_believed(one, tries, found.problems)
    raise AssertionError("there is always a next conversation")


def _not_believed(one: JourneyRound, tries: int, problems: tuple[str, ...]) -> Retry | NeedsPerson:
    """What follows from a conversation without a report: the next one, or a person, who may ask for more of them."""
    if tries % MOST_WALKS:
        return Retry(f"the report on the journeys cannot be believed: {_few(problems)}", "journeys")
    return NeedsPerson(
        f"No report on the journeys of round {one.number} could be believed: {_few(problems)}. `/otto resume` tests "
        "again, `/otto skip j1` goes on without",
        "journeys",
    )


def _few(problems: tuple[str, ...]) -> str:
    return "; ".join(problems[:3])[:500] or "it has no answer"


async def _keep(context: Context, found: Examined[Walk]) -> None:
    """Every record of the walk, also those that no step names."""
    body = "\n".join(stored_json(record) for record in found.records)
    clean = context.redactor.text(body).encode()
    await asyncio.to_thread(context.archive.keep, "journeys", clean, context.now())
