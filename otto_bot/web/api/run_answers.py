"""Answers about runs, made of what the store gives: pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlencode

from otto_bot.core.events import read_event
from otto_bot.core.on_screen import on_screen
from otto_bot.core.run import Gate, Run
from otto_bot.store.event_pages import Followed
from otto_bot.store.listing import ListedPage, ListedRun, Wanted
from otto_bot.store.run_pages import QUIET, RoleCost, TimelineRow
from otto_bot.text import api as text
from otto_bot.text.links import Links
from otto_bot.text.pages import GATE_STATES, ROLES
from otto_bot.text.spoken import line, spoken
from otto_bot.text.tasks_table import state_words
from otto_bot.text.timeline import about, event_words
from otto_bot.text.words import title_of
from otto_bot.web.api.base import Link, when
from otto_bot.web.api.run_models import (
    Cost,
    EventAnswer,
    EventList,
    GateBrief,
    Headline,
    PhaseCost,
    RunAnswer,
    RunBrief,
    RunList,
    TaskBrief,
)
from otto_bot.web.views.graph import columns_of
from otto_bot.web.views.parts import gate_url, run_url, task_url
from otto_bot.web.views.run import run_words
from otto_bot.web.views.runs import after_words, state_of


def run_list(asked: Wanted, found: ListedPage) -> RunList:
    """One page of the list."""
    pages = max(1, -(-found.total // asked.size))
    beyond = asked.page > pages and not found.runs
    return RunList(
        runs=tuple(_brief(run) for run in found.runs),
        total=found.total,
        page=asked.page,
        pages=max(pages, asked.page + found.more) if found.runs else pages,
        size=asked.size,
        as_of=asked.as_of,
        next=_next(asked, found.last) if found.more else None,
        advice=text.NO_SUCH_PAGE.format(page=asked.page, pages=pages) if beyond else "",
    )


def _next(asked: Wanted, last: tuple[int, int] | None) -> str:
    parts = {
        "repo": asked.repo, "state": asked.standing, "outcome": asked.outcome, "text": asked.text,
        "size": str(asked.size), "page": str(asked.page + 1), "as_of": f"{asked.as_of:.6f}",
        "after": after_words(last),
    }  # fmt: skip
    return "/api/v1/runs?" + urlencode({name: value for name, value in parts.items() if value})


def _brief(run: ListedRun) -> RunBrief:
    state, _, waits = state_of(run)
    return RunBrief(
        id=run.id,
        page=run_url(run.id),
        repository=line(run.repo, 200),
        issue=run.issue,
        ordinal=run.ordinal,
        title=line(run.title, 300),
        state=state,
        waits_for=waits,
        phase=run.phase,
        outcome=run.outcome,
        active=run.active,
        pull_request=run.pull_request or None,
        spent_usd=round(run.usd, 6),
        started_at=when(run.started_at),
        changed_at=when(run.updated_at),
    )


def run_answer(run: Run, links: Links, costs: Sequence[RoleCost], last_event: int, now: datetime) -> RunAnswer:
    """One run."""
    said = run_words(run, links, now)
    return RunAnswer(
        id=run.id,
        page=run_url(run.id),
        repository=line(run.repo.full_name, 200),
        issue=run.issue,
        ordinal=run.ordinal,
        kind=run.kind,
        title=line(run.title, 300),
        started_by=line(run.actor.login, 60),
        started_at=run.started_at,
        state=said.state,
        phase=run.phase,
        outcome=run.outcome,
        headline=Headline(
            why=said.head.why, next=said.head.next, can=said.head.can, reply=said.head.reply, gate=said.head.gate
        ),
        notes=said.notes,
        revision=run.revision,
        plan_revision=run.plan_revision,
        head_sha=run.head,
        base_sha=run.base_sha,
        branch=run.run_branch,
        pull_request=run.pull_request,
        tasks=_tasks(run),
        gates=tuple(_gate(run.id, gate) for gate in run.gates),
        cost=_cost(run, costs),
        links=tuple(Link(words=one.words, url=one.url) for one in said.links),
        last_event=last_event,
        shown=" ".join(f"{part}.{letters}" for part, letters in on_screen(run).items()),
    )


def _tasks(run: Run) -> tuple[TaskBrief, ...]:
    needs = run.plan.depends() if run.plan is not None else {}
    batch_of = {key: number for number, batch in enumerate(columns_of(run), 1) for key in batch}
    return tuple(
        TaskBrief(
            key=key,
            title=line(title_of(run, key), 200),
            state=task.state,
            words=line(spoken(state_words(task)), 400),
            batch=batch_of.get(key, 0),
            needs=tuple(sorted(needs.get(key, ()))),
            attempts=len(task.attempts),
            attempts_allowed=run.config.attempts.per_task + task.granted,
            spent_usd=round(run.money.by_task.get(key, 0.0), 6),
            page=task_url(run.id, key),
        )
        for key, task in run.tasks.items()
    )


def _gate(run_id: int, gate: Gate) -> GateBrief:
    return GateBrief(
        number=gate.number,
        batch=gate.batch,
        state=gate.state,
        words=GATE_STATES[gate.state],
        decided_by=gate.decision.decided_by if gate.decision is not None else None,
        failed=tuple(failure.task for failure in gate.failures),
        opened_at=gate.opened_at,
        page=gate_url(run_id, gate.number),
    )


def _cost(run: Run, costs: Sequence[RoleCost]) -> Cost:
    money = run.money
    return Cost(
        cap_usd=money.cap,
        spent_usd=round(money.spent, 6),
        inherited_usd=round(money.inherited, 6),
        held_usd=round(money.held, 6),
        left_usd=round(money.left, 6),
        by_phase=tuple(
            PhaseCost(
                role=one.role, phase=ROLES.get(one.role, line(one.role, 20)), calls=one.calls,
                input_tokens=one.input_tokens, output_tokens=one.output_tokens, seconds=round(one.seconds, 3),
                usd=round(one.usd, 6),
            )
            for one in costs
        ),
    )  # fmt: skip


def event_list(run_id: int, found: Followed) -> EventList:
    """Events after one that is known."""
    return EventList(run=run_id, events=tuple(_event(row) for row in found.rows), last=found.last, more=found.more)


def _event(row: TimelineRow) -> EventAnswer:
    kind, refused = line(row.type, 40), line(row.refused, 300)
    told = {"seq": row.seq, "type": kind, "telling": row.type not in QUIET, "changed_nothing": refused}
    try:
        event = read_event(row.body)
    except ValueError:
        words = text.OTHER_VERSION.format(type=kind)
        return EventAnswer.model_validate({**told, "at": when(row.at), "words": words, "task": "", "gate": None})
    task, gate = about(event)
    return EventAnswer.model_validate({**told, "at": event.at, "words": event_words(event), "task": task, "gate": gate})
