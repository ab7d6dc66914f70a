"""Answers about tasks, made of a run: pure functions."""

from __future__ import annotations

from otto_bot.core.attempt import Attempt, target_of
from otto_bot.core.evidence import CLASS_OF, Failure
from otto_bot.core.evidence import Excerpt as Piece
from otto_bot.core.run import Run
from otto_bot.text.links import Links
from otto_bot.text.spoken import exact, line, spoken
from otto_bot.text.tasks_table import state_words
from otto_bot.text.words import CAUSES, ENDINGS, title_of
from otto_bot.web.api.task_models import (
    AttemptAnswer,
    Criterion,
    Excerpt,
    FailedTest,
    FailureRecord,
    TaskAnswer,
    Verdict,
    VerdictItem,
    Verification,
)
from otto_bot.web.views.parts import task_url

ATTEMPTS = 30
"""The newest attempts of an answer."""
TESTS, EXCERPT, TEXT = 200, 20_000, 8_000


def task_answer(run: Run, key: str, links: Links) -> TaskAnswer | None:
    """One task with its attempts; None where the run has no such task."""
    task = run.tasks.get(key)
    if task is None:
        return None
    spec = run.plan.task(key) if run.plan is not None and key in run.plan.keys else None
    needs = run.plan.depends().get(key, frozenset()) if run.plan is not None else frozenset()
    newest = task.attempts[-ATTEMPTS:]
    return TaskAnswer(
        run=run.id,
        key=key,
        page=task_url(run.id, key),
        title=line(title_of(run, key), 200),
        goal=exact(spec.goal, TEXT)[0] if spec is not None else "",
        state=task.state,
        words=line(spoken(state_words(task)), 400),
        needs=tuple(sorted(needs)),
        criteria=tuple(
            Criterion(id=one.id, level=one.level, text=line(one.text, 1_000))
            for one in (spec.criteria if spec is not None else ())
        ),
        attempts_allowed=run.config.attempts.per_task + task.granted,
        attempts=tuple(_attempt(run, key, attempt, links) for attempt in newest),
        earlier_attempts=len(task.attempts) - len(newest),
    )


def _attempt(run: Run, key: str, attempt: Attempt, links: Links) -> AttemptAnswer:
    return AttemptAnswer(
        number=attempt.number,
        move=attempt.strategy,
        gate=attempt.gate,
        guidance=exact(attempt.guidance, TEXT)[0],
        routed=tuple(line(words, 1_000) for words in attempt.routed),
        branch=line(attempt.branch, 300),
        sha=attempt.sha,
        pushed=attempt.pushed,
        verification=_verification(run, key, attempt, links),
        verdict=_verdict(attempt),
        failure=failure_record(attempt.failure, links) if attempt.failure is not None else None,
        flaky=failure_record(attempt.flaky, links) if attempt.flaky is not None else None,
    )


def _verification(run: Run, key: str, attempt: Attempt, links: Links) -> Verification | None:
    seen = run.verifications.get(target_of(key, attempt.number))
    if seen is None:
        return None
    return Verification(
        sha=seen.sha,
        ending=seen.ending,
        words=ENDINGS[seen.ending] if seen.ending is not None else "",
        waiting=line(seen.waiting, 300),
        started_at=seen.started_at,
        url=links.ours(seen.url) or links.checks(seen.sha),
        left_to_people=tuple(line(name, 200) for name in seen.left),
    )


def _verdict(attempt: Attempt) -> Verdict | None:
    if attempt.verdict is None:
        return None
    items = tuple(
        VerdictItem(
            id=one.id, status=one.status, evidence=line(one.evidence, 1_000),
            refs=tuple(line(ref, 300) for ref in one.refs),
        )
        for one in attempt.verdict.items
    )  # fmt: skip
    return Verdict(summary=line(attempt.verdict.summary, 1_000), items=items)


def failure_record(failure: Failure, links: Links, most: int = TESTS) -> FailureRecord:
    """The typed record of a failed attempt."""
    return FailureRecord(
        task=failure.task,
        attempt=failure.attempt,
        sha=failure.sha,
        failed_when=failure.phase,
        cause=failure.cause,
        words=CAUSES[failure.cause],
        failure_class=failure.class_hint or CLASS_OF[failure.cause],
        progress=failure.progress,
        detail=line(failure.detail, 2_000),
        exit_code=failure.exit_code,
        failing_jobs=tuple(line(job, 300) for job in failure.failing_jobs),
        failing_tests=tuple(
            FailedTest(id=line(one.id, 400), message=line(one.message, 600), file=one.file, line=one.line)
            for one in failure.failing_tests[:most]
        ),
        more_tests=max(0, len(failure.failing_tests) - most),
        suspected_files=tuple(line(name, 400) for name in failure.suspected_files),
        fingerprint=line(failure.fingerprint, 200),
        excerpts=tuple(excerpt(one, links) for one in failure.excerpts),
    )


def excerpt(one: Piece, links: Links, limit: int = EXCERPT) -> Excerpt:
    """A piece of a source; what is too long is cut, and said so."""
    shown, cut = exact(one.text, limit)
    return Excerpt(
        kind=one.kind, place=line(one.place, 300), url=links.ours(one.url), first_line=one.first_line,
        last_line=one.last_line, text=shown, cut=cut,
    )  # fmt: skip
