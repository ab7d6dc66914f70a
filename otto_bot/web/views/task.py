"""The page of one task: what it must do, and each attempt: what it was told, what was verified, why it failed."""

from __future__ import annotations

from typing import NamedTuple

from otto_bot.core.attempt import Attempt, Task, target_of
from otto_bot.core.plan import TaskSpec
from otto_bot.core.run import Run
from otto_bot.text.certify import STATUS
from otto_bot.text.links import Links
from otto_bot.text.logs import LOGS
from otto_bot.text.spoken import line, spoken
from otto_bot.text.tasks_table import state_words
from otto_bot.text.words import DECIDERS, ENDINGS, MOVES, title_of
from otto_bot.web.views.graph import tone_of
from otto_bot.web.views.parts import (
    EXCERPTS,
    FailureView,
    Link,
    Moment,
    attempt_url,
    failure_view,
    gate_url,
    jobs_url,
    moment,
    named,
    run_url,
    share,
    short,
    task_url,
)

NEWEST = 12
"""Attempts on one page."""
TEXT = 3_000
FACTS = 20
DRIFT = 20
"""Files outside of a scope that an attempt names."""
"""Of what an attempt left for the next one."""


class CriterionRow(NamedTuple):
    """What must, or should, hold."""

    id: str
    level: str
    text: str


class VerdictRow(NamedTuple):
    """What the judge says of one criterion, and what it stands on."""

    id: str
    text: str
    status: str
    tone: str
    because: str


class Guidance(NamedTuple):
    """What an attempt is told: by which decision, how, and in which words."""

    move: str
    source: Link
    decided_by: str
    text: str
    told: tuple[str, ...]


class Check(NamedTuple):
    """What Actions said. `ending` is empty while it has not."""

    ending: str
    waiting: str
    link: Link
    since: Moment | None
    left: str


class AttemptView(NamedTuple):
    """One attempt."""

    number: int
    guidance: Guidance
    branch: Link
    commit: Link
    changes: str
    check: Check | None
    verdict: tuple[VerdictRow, ...]
    summary: str
    failure: FailureView | None
    flaky: FailureView | None
    left: tuple[str, ...]
    page: Link = Link("")
    diff: Link = Link("")
    logs: Link = Link("")
    scope: str = ""
    drift: tuple[str, ...] = ()
    drift_more: int = 0


class TaskPage(NamedTuple):
    """Everything of a task's page."""

    run: Link
    key: str
    title: str
    state: str
    tone: str
    goal: str
    criteria: tuple[CriterionRow, ...]
    needs: tuple[Link, ...]
    coming: Guidance | None
    attempts: tuple[AttemptView, ...]
    earlier: int


def task_page(run: Run, key: str, links: Links) -> TaskPage | None:
    """The page as it is shown; None where the run has no such task."""
    task = run.tasks.get(key)
    if task is None:
        return None
    spec = run.plan.task(key) if run.plan is not None and key in run.plan.keys else None
    needs = sorted(run.plan.depends().get(key, ())) if run.plan is not None else []
    newest = tuple(reversed(task.attempts))[:NEWEST]
    room = share(sum(len(one.excerpts[:EXCERPTS]) for a in newest for one in (a.failure, a.flaky) if one is not None))
    return TaskPage(
        run=Link(f"run {run.id}", run_url(run.id)),
        key=key,
        title=line(title_of(run, key), 200),
        state=line(spoken(state_words(task)), 400),
        tone=tone_of(task.state),
        goal=short(spec.goal, TEXT) if spec is not None else "",
        criteria=_criteria(spec),
        needs=tuple(Link(need, task_url(run.id, need)) for need in needs),
        coming=_coming(run, task, links),
        attempts=tuple(attempt_view(run, task, spec, attempt, links, room) for attempt in newest),
        earlier=len(task.attempts) - len(newest),
    )


def _criteria(spec: TaskSpec | None) -> tuple[CriterionRow, ...]:
    found = spec.criteria if spec is not None else ()
    return tuple(CriterionRow(one.id, one.level, line(one.text, 500)) for one in found)


def _coming(run: Run, task: Task, links: Links) -> Guidance | None:
    """What stands ready for the next attempt."""
    if task.next_strategy is None:
        return None
    told = tuple(line(words, 1_000) for words in task.routed)
    source, who = _source(run, task.next_gate)
    return Guidance(MOVES[task.next_strategy], source, who, short(task.next_guidance, TEXT), told)


def _source(run: Run, number: int | None) -> tuple[Link, str]:
    """The gate whose decision it was, and who decided."""
    gate = next((one for one in run.gates if one.number == number), None)
    if gate is None:
        return Link(""), ""
    decider = DECIDERS[gate.decision.decided_by] if gate.decision is not None else ""
    return Link(f"gate {gate.number}, retry plan r{gate.revision}", gate_url(run.id, gate.number)), decider


def attempt_view(run: Run, task: Task, spec: TaskSpec | None, attempt: Attempt, links: Links, room: int) -> AttemptView:
    """One attempt; each excerpt has `room` bytes."""
    source, who = _source(run, attempt.gate)
    told = [line(words, 1_000) for words in attempt.routed] + [line(one.line, 600) for one in attempt.learnings]
    pushed = attempt.sha if attempt.pushed else None
    handoff = attempt.handoff
    found = [handoff.summary, *handoff.facts[:FACTS]]
    found += [f"+ {len(handoff.facts) - FACTS}"] if len(handoff.facts) > FACTS else []
    return AttemptView(
        number=attempt.number,
        guidance=Guidance(
            MOVES[attempt.strategy] if attempt.strategy is not None else "",
            source, who, short(attempt.guidance, TEXT), tuple(told),
        ),
        branch=Link(line(attempt.branch, 200), links.branch(attempt.branch) if pushed else ""),
        commit=Link(attempt.sha[:12] if attempt.sha else "", links.commit(pushed) if pushed else ""),
        changes=line(attempt.stat, 200),
        check=_check(run, task, attempt, links),
        verdict=_verdict(spec, attempt),
        summary=line(attempt.verdict.summary, 1_000) if attempt.verdict is not None else "",
        failure=failure_view(attempt.failure, links, room) if attempt.failure is not None else None,
        flaky=failure_view(attempt.flaky, links, room) if attempt.flaky is not None else None,
        left=tuple(line(words, 600) for words in found if words),
        page=Link(LOGS["attempt_page"], attempt_url(run.id, task.key, attempt.number)),
        diff=Link(LOGS["diff"], f"{task_url(run.id, task.key)}/diff?attempt={attempt.number}" if pushed else ""),
        logs=_logs(run, target_of(task.key, attempt.number)),
        scope=line(", ".join(spec.projects), 300) if spec is not None else "",
        drift=tuple(line(path, 200) for path in attempt.drift.files[:DRIFT]),
        drift_more=attempt.drift.count - len(attempt.drift.files[:DRIFT]),
    )  # fmt: skip


def _logs(run: Run, target: str) -> Link:
    seen = run.verifications.get(target)
    return Link(LOGS["jobs_and_logs"], jobs_url(run.id, target) if seen is not None and seen.run_ids else "")


def _check(run: Run, task: Task, attempt: Attempt, links: Links) -> Check | None:
    seen = run.verifications.get(target_of(task.key, attempt.number))
    if seen is None:
        return None
    check_id = run.ids.get(f"check/{task.key}/a{attempt.number}")
    url = links.check(check_id) if check_id is not None else links.ours(seen.url) or links.checks(seen.sha)
    return Check(
        ending=ENDINGS[seen.ending] if seen.ending is not None else "",
        waiting=line(seen.waiting, 300),
        link=Link(seen.sha[:12], url),
        since=moment(seen.started_at),
        left=line(named(seen.left), 300),
    )


def _verdict(spec: TaskSpec | None, attempt: Attempt) -> tuple[VerdictRow, ...]:
    if attempt.verdict is None:
        return ()
    texts = {one.id: one.text for one in (spec.criteria if spec is not None else ())}
    tones = {"met": "done", "not_met": "bad", "unclear": "wait"}
    return tuple(
        VerdictRow(
            id=line(item.id, 8),
            text=line(texts.get(item.id, ""), 500),
            status=STATUS[item.status],
            tone=tones[item.status],
            because=line(" ".join([item.evidence, *(f"({ref})" for ref in item.refs[:6])]), 1_200),
        )
        for item in attempt.verdict.items[:40]
    )
