"""Learnings between a run and the store: proposed at a gate, told to attempts, counted, kept or dropped."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Sequence
from datetime import timedelta

from otto_bot.core.decision import Learning
from otto_bot.core.effects import Effect
from otto_bot.core.events import DecisionMade, LearningsWritten, RunEvent
from otto_bot.core.evidence import Citation, EvidenceItem, quote_holds
from otto_bot.core.learning_uses import Use, own, proposed_at, unwritten
from otto_bot.core.learning_words import scope_of, tidy, unsafe, verbatim
from otto_bot.core.learnings import MOST_A_GATE, GateLearning, OrderAnswer, Proposal, Source, Standing, Told, pick
from otto_bot.core.run import Run
from otto_bot.jobs.context import Context
from otto_bot.store.effect_rows import Ticket

_USE = re.compile(r"L(\d+)/([^/]+)/a(\d+)")


def keep_time(run: Run) -> timedelta:
    """How long a learning is told without being used."""
    return timedelta(days=run.config.learnings.expire_days)


async def with_learnings(context: Context, run: Run, made: DecisionMade) -> DecisionMade:
    """The event with a number for each learning that its decision proposes, or the reason why one is not stored."""
    found = [
        await _proposed(context, run, made, index, learning) for index, learning in enumerate(made.decision.learnings)
    ]
    return made.model_copy(update={"learnings": tuple(found)})


async def _proposed(context: Context, run: Run, made: DecisionMade, index: int, learning: Learning) -> GateLearning:
    text, scope = tidy(learning.text), scope_of(learning.scope)
    if not run.config.learnings.enabled:
        return GateLearning(index=index, by="this repository keeps no learnings")
    if index >= MOST_A_GATE:
        return GateLearning(index=index, by=f"one decision may propose {MOST_A_GATE}")
    if not text or context.redactor.text(text) != text:
        return GateLearning(index=index, by="it contains a secret" if text else "it has no words")
    if scope is None:
        return GateLearning(index=index, by="its scope is neither `repository` nor a path")
    if (why := unsafe(text, run.config.paths.guarded)) is not None:
        return GateLearning(index=index, by=f"it {why}")
    others = [run.title, run.body, *(item.excerpt.text for item in made.evidence)]
    proposal = Proposal(
        index=index,
        text=text,
        scope=scope,
        sources=_sources(context, learning.citations, made.evidence),
        verbatim=verbatim(text, others),
        run=run.id,
        gate=made.gate,
        author=made.decision.decided_by.value,
        model=made.model,
    )
    known = await asyncio.to_thread(context.learnings.propose, run.repo, proposal, context.now(), keep_time(run))
    return GateLearning(
        index=index, number=known.number, status=known.status, by=known.decided_by, verbatim=known.verbatim
    )


def _sources(context: Context, citations: Sequence[Citation], evidence: Sequence[EvidenceItem]) -> tuple[Source, ...]:
    """Citations that hold, each with the hash of the evidence it stands in."""
    items = {item.id: item for item in evidence}
    found = []
    for citation in citations[:5]:
        if not quote_holds(citation, items):
            continue
        item = items[citation.evidence]
        found.append(
            Source(
                quote=context.redactor.text(tidy(citation.quote)),
                place=tidy(item.excerpt.place)[:300],
                url=item.excerpt.url or "",
                sha256=hashlib.sha256(item.excerpt.text.encode("utf-8", "replace")).hexdigest(),
                task=item.task or "",
                attempt=item.attempt or 0,
            )
        )
    return tuple(found)


async def told_to(context: Context, run: Run, key: str) -> tuple[Told, ...]:
    """What the next attempt of a task is told: accepted learnings in scope, and those this very run proposed."""
    assert run.plan is not None
    last = run.task(key).failure
    files = run.plan.task(key).files
    likely = (*files, *(last.suspected_files if last is not None else ())) if files else ()
    return await _picked(context, run, own(run), likely)


async def known_to(context: Context, run: Run) -> tuple[str, ...]:
    """What planner and pilot are told: accepted learnings only."""
    return tuple(told.line for told in await _picked(context, run, frozenset(), ()))


async def _picked(context: Context, run: Run, mine: frozenset[int], files: Sequence[str]) -> tuple[Told, ...]:
    if not run.config.learnings.enabled:
        return ()
    now, store = context.now(), context.learnings
    rows = await asyncio.to_thread(lambda: [*store.numbered(run.repo.id, mine), *store.accepted(run.repo.id, now)])
    once = {row.number: row for row in rows}
    return pick(once.values(), own=mine, files=files, protected=run.config.paths.guarded, now=now)


async def learn(context: Context, run: Run, _effect: Effect, _ticket: Ticket) -> Sequence[RunEvent]:
    """LearningsWritten: uses counted, what helped accepted, people's orders carried out. Twice is once."""
    return [await asyncio.to_thread(_write, context, run)]


def _write(context: Context, run: Run) -> LearningsWritten:
    store, now, keep, protected = context.learnings, context.now(), keep_time(run), run.config.paths.guarded
    new = unwritten(run)
    uses = {_place(key): use for key, use in new.items()}
    store.used(run.repo.id, run.id, uses, now, keep)
    for (number, task, attempt), use in uses.items():
        if use == Use.HELPED and proposed_at(run, number):
            by = f"helped: run {run.id} {task} a{attempt}"
            store.accept(run.repo.id, number, by, now, keep, protected, person=False)
    answers = []
    for order in run.learning_orders:
        command, login = order.given.command, order.given.by.login
        key, detail = store.obey(run.repo.id, command.verb, command.learning, login, now, keep, protected)
        answers.append(OrderAnswer(number=order.number, key=key, detail=detail))
    mine = frozenset(one.number for gate in run.gates for one in gate.learnings if one.number)
    standing = tuple(
        Standing(number=row.number, status=row.status, by=row.decided_by) for row in store.numbered(run.repo.id, mine)
    )
    return LearningsWritten(at=now, uses=new, answers=tuple(answers), standing=standing)


def _place(key: str) -> tuple[int, str, int]:
    match = _USE.fullmatch(key)
    assert match is not None, key
    return int(match.group(1)), match.group(2), int(match.group(3))
