"""What a gate is decided on: facts, numbered evidence, history, what passed tasks found out, what is left."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from otto_bot.agents.diff_excerpt import Changed, diff_excerpt
from otto_bot.agents.evidence_pack import Reported, number_evidence
from otto_bot.agents.pilot_prompt import PROMPT_BYTES, GateRequest, Past
from otto_bot.core import policy
from otto_bot.core.attempt import TaskState
from otto_bot.core.decision import Facts
from otto_bot.core.evidence import Excerpt, Failure
from otto_bot.core.history import history
from otto_bot.core.plan import TaskSpec
from otto_bot.core.redact import Redactor
from otto_bot.core.run import Gate, Run
from otto_bot.git.errors import GitFailed
from otto_bot.github.errors import NOT_NOW, GitHubError
from otto_bot.jobs.context import Context
from otto_bot.jobs.starting import own_base
from otto_bot.text.scope import drift_text
from otto_bot.text.told import told

log = logging.getLogger(__name__)

PATCH_BYTES = 256 * 1024
TEXT_CHARS = 20_000
"""Characters of one text or handoff; nothing but an issue's body is ever longer."""


async def gate_request(context: Context, run: Run, gate: Gate, learnings: tuple[str, ...] = ()) -> GateRequest:
    """The request a gate is decided on, from the run and the failures frozen at it."""
    diffs, lacking = await attempt_diffs(context, run, gate)
    request = request_for(run, gate, context.nonce(), diffs, learnings, context.redactor)
    return request.model_copy(update={"cut": (*request.cut, *lacking)})


async def attempt_diffs(context: Context, run: Run, gate: Gate) -> tuple[tuple[Reported, ...], tuple[str, ...]]:
    """The diffs of the failed attempts that somebody must think about, and words for what could not be read."""
    facts = policy.facts_for(run, gate, {})
    failed = [failure for failure in gate.failures if failure.task in facts.open_failures and _sha(run, failure)]
    if not failed:
        return (), ()
    found: list[Reported] = []
    lacking: tuple[str, ...] = ()
    try:
        mirror = await context.mirror(run)
        await mirror.fetch(run.base_sha, run.head, *[sha for failure in failed if (sha := _sha(run, failure))])
        reading = context.reading(mirror)
        for failure in failed:
            sha = _sha(run, failure) or ""
            base = await own_base(context, run, mirror, failure.task, sha)
            seen = await asyncio.to_thread(reading.diff, base, sha, patch_bytes=PATCH_BYTES)
            changes = [
                Changed(path=c.path, additions=c.additions, deletions=c.deletions, patch=context.redactor.text(c.patch))
                for c in seen
            ]
            excerpt = diff_excerpt(changes, failure)
            if excerpt is not None:
                found.append(Reported(task=failure.task, attempt=failure.attempt, excerpt=excerpt))
    except NOT_NOW:
        raise  # a limit ends, and the gate waits for it
    except (GitFailed, GitHubError) as error:
        log.warning("no diffs for gate %s of run %s: %s", gate.number, run.id, error)
        lacking = ("what the attempts changed: their commits could not be read just now",)
    return tuple(found), lacking


def _sha(run: Run, failure: Failure) -> str | None:
    """The pushed commit of a failed attempt."""
    attempts = run.task(failure.task).attempts
    attempt = next((a for a in attempts if a.number == failure.attempt and a.pushed), None)
    return attempt.sha if attempt else None


def request_for(
    run: Run,
    gate: Gate,
    nonce: str,
    diffs: Sequence[Reported] = (),
    learnings: Sequence[str] = (),
    redactor: Redactor | None = None,
) -> GateRequest:
    """The same without anything fetched: pure. Evidence of failures that the rules settled stays with the gate.

    Texts and handoffs lose their secrets here, before they are cut: half a key is not known for one. Logs and diffs
    lost theirs when they were fetched.
    """
    facts = policy.facts_for(run, gate, {})
    failures = [f for f in gate.failures if f.task in facts.open_failures] or list(gate.failures)
    hide = redactor or Redactor()
    reported = (
        *_without_secrets([*_drifts(run, gate), *_handoffs(run)], hide),
        *diffs,
        *_without_secrets(_texts(run, facts), hide),
    )
    pack = number_evidence(failures, reported, PROMPT_BYTES)
    return GateRequest(
        run=str(run.id),
        gate=gate.number,
        model=run.config.models.for_pilot,
        facts=facts.model_copy(update={"evidence": pack.by_id}),
        failures=gate.failures,
        history=tuple(past for key in gate.tasks for past in _past(run, key)),
        learnings=tuple(learnings),
        attempts_left={key: policy.attempts_left(run, run.task(key)) for key in gate.tasks},
        usd_left=run.money.left,
        cut=pack.cut,
        nonce=nonce,
    ).bounded()


def _without_secrets(reported: Sequence[Reported], redactor: Redactor) -> list[Reported]:
    cleaned = []
    for one in reported:
        text = redactor.text(one.excerpt.text)[:TEXT_CHARS]
        cleaned.append(one.model_copy(update={"excerpt": one.excerpt.model_copy(update={"text": text})}))
    return cleaned


def _past(run: Run, key: str) -> list[Past]:
    """What was tried, with fingerprint and progress, and which move followed."""
    found = []
    for step in history(run, key):
        failure = step.failure
        words = f"{failure.cause.value}: {failure.detail[:200]} (fingerprint {failure.fingerprint[:60] or 'none'}"
        words += f", {failure.progress.value})"
        if step.move:
            words += f"; then {step.move} by {step.decided_by}"
        found.append(Past(task=key, attempt=step.attempt, strategy=step.strategy, result=words))
    return found


def _drifts(run: Run, gate: Gate) -> list[Reported]:
    """What failed attempts changed outside of their scopes: nothing where tasks have none."""
    found = []
    for failure in gate.failures:
        attempt = next((a for a in run.task(failure.task).attempts if a.number == failure.attempt), None)
        if attempt is None or not attempt.drift.count or run.plan is None:
            continue
        text = drift_text(run.plan.task(failure.task).projects, attempt.drift)
        excerpt = Excerpt(kind="message", source=f"{failure.task} · files outside of its scope", text=text)
        found.append(Reported(task=failure.task, attempt=failure.attempt, excerpt=excerpt))
    return found


def _handoffs(run: Run) -> list[Reported]:
    """What coders found out that others should know, facts of passed tasks first. Of unfinished ones only facts."""
    found = []
    for key, task in run.tasks.items():
        attempt = task.last
        if attempt is None:
            continue
        passed = task.state in (TaskState.VERIFIED, TaskState.MERGED)
        lines = [*attempt.handoff.facts, *([attempt.handoff.summary] if passed and attempt.handoff.summary else [])]
        if lines:
            excerpt = Excerpt(kind="handoff", source=f"{key} · what its coder found out", text="\n".join(lines))
            rank = 0 if passed and attempt.handoff.facts else 1
            found.append((rank, Reported(task=key, attempt=attempt.number, excerpt=excerpt)))
    return [reported for _, reported in sorted(found, key=lambda pair: pair[0])]


def _texts(run: Run, facts: Facts) -> list[Reported]:
    """What was asked for, quotable: failed tasks, the issue as it was labelled, the plan, the tasks still to come."""
    assert run.plan is not None
    failed = [key for key in run.plan.keys if key in facts.open_failures]
    others = [key for key in run.plan.keys if key in facts.open_tasks and key not in failed]
    issue = f"{told(run).title}\n\n{told(run).body}"
    by = f", by {run.author.login} (permission {run.author.permission or 'unknown'})" if run.author else ""
    return [
        *(_task_text(run.plan.task(key)) for key in failed),
        _text(f"issue {run.issue} as it was labelled{by}", issue),
        _text("plan", _plan_text(run)),
        *(_task_text(run.plan.task(key)) for key in others),
    ]


def _text(source: str, text: str, task: str | None = None) -> Reported:
    return Reported(task=task, excerpt=Excerpt(kind="spec", source=source, text=text))


def _plan_text(run: Run) -> str:
    assert run.plan is not None
    lines = [run.plan.summary]
    lines += [f"Assumption: {words}" for words in run.plan.assumptions]
    lines += [f"Not a goal: {words}" for words in run.plan.non_goals]
    return "\n".join(lines)


def _task_text(task: TaskSpec) -> Reported:
    lines = [f"{task.key} {task.title} (size {task.size})", task.goal]
    lines += [f"{item.id} [{item.level}] {item.text}" for item in task.criteria]
    if task.files:
        lines.append(f"files: {', '.join(task.files)}")
    if task.projects:
        lines.append(f"scope: {', '.join(task.projects)}")
    if task.depends_on:
        lines.append(f"depends on: {', '.join(task.depends_on)}")
    return _text(f"plan · {task.key}", "\n".join(lines), task.key)
