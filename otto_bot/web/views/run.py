"""The page of one run: why it stands where it does, its tasks, gates, money and events."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from otto_bot.core.run import Gate, Run
from otto_bot.core.serial import held_back
from otto_bot.core.waits import waits_for
from otto_bot.store.run_pages import RoleCost, Timeline
from otto_bot.text.footer import usd
from otto_bot.text.links import Links
from otto_bot.text.moved import ENTRIES, shut_by
from otto_bot.text.pages import GATE_STATES, Headline, headline
from otto_bot.text.parked import now_words
from otto_bot.text.refusals import own_link
from otto_bot.text.spoken import capital, exact, line, spoken
from otto_bot.text.status import beside
from otto_bot.text.tasks_table import state_words
from otto_bot.text.trouble import MORE, Trouble, of_wait
from otto_bot.text.words import DECIDERS, several, title_of
from otto_bot.web.views.graph import Graph, columns_of, graph, tone_of
from otto_bot.web.views.money import Money, money_view
from otto_bot.web.views.parts import Link, Moment, gate_url, moment, task_url
from otto_bot.web.views.timeline import TimelineView, Which, timeline_view

BODY = 4_000
GATES = 100
TASKS = 150


class TaskRow(NamedTuple):
    """A task in the table."""

    batch: int
    link: Link
    title: str
    state: str
    tone: str
    attempts: str
    needs: tuple[Link, ...]
    usd: str


class GateRow(NamedTuple):
    """A gate in the table."""

    link: Link
    words: str
    decided_by: str
    state: str
    at: Moment | None


class RunPage(NamedTuple):
    """Everything of a run's page."""

    id: int
    name: str
    title: str
    state: str
    head: Headline
    where: Link
    more: tuple[Link, ...]
    notes: tuple[str, ...]
    links: tuple[Link, ...]
    started: Moment | None
    by: str
    graph: Graph | None
    tasks: tuple[TaskRow, ...]
    more_tasks: int
    gates: tuple[GateRow, ...]
    more_gates: int
    money: Money
    timeline: TimelineView
    body: str
    body_cut: bool


class RunWords(NamedTuple):
    """What is said of a run wherever it is shown."""

    state: str
    head: Headline
    more: tuple[Link, ...]
    notes: tuple[str, ...]
    links: tuple[Link, ...]


def run_words(run: Run, links: Links, now: datetime) -> RunWords:
    """State, headline, notes and links."""
    head, more = _head(run, links, now)
    notes = tuple(line(spoken(words).replace(MORE, ""), 900) for words in beside(run, links))
    return RunWords(capital(now_words(run)), head, more, notes, _links(run, links))


def run_page(
    run: Run, links: Links, costs: Sequence[RoleCost], events: Timeline, asked: Which, now: datetime
) -> RunPage:
    """The page as it is shown."""
    body, cut = exact(run.body, BODY)
    tasks = _tasks(run)
    said = run_words(run, links, now)
    return RunPage(
        id=run.id,
        name=f"{line(run.repo.full_name, 140)}#{run.issue}",
        title=line(run.title, 200),
        state=said.state,
        head=said.head,
        where=_where(run, links),
        more=said.more,
        notes=said.notes,
        links=said.links,
        started=moment(run.started_at),
        by=line(run.actor.login, 60),
        graph=graph(run),
        tasks=tasks[:TASKS],
        more_tasks=max(0, len(tasks) - TASKS),
        gates=tuple(_gate(run, gate) for gate in reversed(run.gates[-GATES:])),
        more_gates=max(0, len(run.gates) - GATES),
        money=money_view(run, costs),
        timeline=timeline_view(run.id, events, asked),
        body=body.strip(),
        body_cut=cut,
    )


def _head(run: Run, links: Links, now: datetime) -> tuple[Headline, tuple[Link, ...]]:
    """The headline, and where more of it stands: a link of ours that it holds, the gate, the document about it."""
    head, more = headline(run, now), []
    own = own_link(head.why, links, run.repo.default_branch, run.offered)
    if own is not None:
        head = head._replace(why=head.why.replace(own.said, f"“{own.words}”"))
        more.append(Link(own.words, own.url))
    if head.gate is not None:
        more.append(Link(f"gate {head.gate}", gate_url(run.id, head.gate)))
    entry = _entry(run)
    if entry is not None:
        more.append(Link(entry if entry in set(Trouble) else MORE, links.help(entry)))
    return head, tuple(more)


def _entry(run: Run) -> str | None:
    """The entry of the document about what the headline says."""
    if (by := shut_by(run)) is not None:
        return ENTRIES.get(by)
    if run.issue_gone is not None and run.issue_gone.at_work:
        return Trouble.TRANSFERRED_ISSUE
    wait = waits_for(run)
    if wait is not None:
        return of_wait(run, wait)
    return Trouble.STATIC_CONCURRENCY if held_back(run) and run.parked is None else None


def _where(run: Run, links: Links) -> Link:
    """Where a word to Otto is written: the pull request as soon as there is one."""
    if run.pull_request is not None:
        return Link(f"pull request #{run.pull_request}", links.pull(run.pull_request))
    return Link(f"issue #{run.issue}", links.issue(run.issue))


def _links(run: Run, links: Links) -> tuple[Link, ...]:
    found = [Link(f"issue #{run.issue}", links.issue(run.issue))]
    if run.plan_comment_id is not None:
        found.append(Link(f"plan r{run.plan_revision}", links.comment(run.issue, run.plan_comment_id)))
    if run.pull_request is not None:
        found.append(Link(f"pull request #{run.pull_request}", links.pull(run.pull_request)))
        found.append(Link("branch", links.branch(run.run_branch)))
    if run.head:
        found.append(Link("checks", links.checks(run.head)))
    found += [Link(f"journeys round {one.number}", url) for one in run.journeys if (url := links.ours(one.comment_url))]
    return tuple(found)


def _tasks(run: Run) -> tuple[TaskRow, ...]:
    needs = run.plan.depends() if run.plan is not None else {}
    batch_of = {key: number for number, batch in enumerate(columns_of(run), 1) for key in batch}
    rows = [_task(run, key, batch_of.get(key, 0), sorted(needs.get(key, ()))) for key in run.tasks]
    return tuple(sorted(rows, key=lambda row: row.batch))


def _task(run: Run, key: str, batch: int, needs: Sequence[str]) -> TaskRow:
    task = run.tasks[key]
    allowed = run.config.attempts.per_task + task.granted
    spent = run.money.by_task.get(key, 0.0)
    return TaskRow(
        batch=batch,
        link=Link(key, task_url(run.id, key)),
        title=line(title_of(run, key), 120),
        state=line(spoken(state_words(task)), 300),
        tone=tone_of(task.state),
        attempts=f"{len(task.attempts)} of {allowed}" if task.attempts else "",
        needs=tuple(Link(need, task_url(run.id, need)) for need in needs),
        usd=usd(spent) if spent else "",
    )


def _gate(run: Run, gate: Gate) -> GateRow:
    decider = DECIDERS[gate.decision.decided_by] if gate.decision is not None else ""
    return GateRow(
        link=Link(f"gate {gate.number}", gate_url(run.id, gate.number)),
        words=f"batch {gate.batch}: {several(gate.tasks[:12])} failed" if gate.failures else f"batch {gate.batch}",
        decided_by=decider,
        state=GATE_STATES[gate.state],
        at=moment(gate.opened_at),
    )
