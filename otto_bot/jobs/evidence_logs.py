"""Fetch what a diagnosis is made from: failed jobs with steps, logs, annotations and reports; keep the logs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import NamedTuple

from otto_bot.core.run import Run
from otto_bot.diagnosis.models import Annotation, CheckedJob, StepResult
from otto_bot.diagnosis.reports import Report
from otto_bot.github.ci_models import Job, WorkflowRun
from otto_bot.github.errors import Forbidden, LogsGone, NotFound, TooLarge
from otto_bot.jobs.context import Context
from otto_bot.jobs.evidence_passing import with_passing
from otto_bot.jobs.evidence_reports import uploaded_reports

log = logging.getLogger(__name__)

MOST_JOBS = 12
"""Failed jobs whose logs are read; a matrix of hundreds fails for few reasons."""
PASSED = ("success", "skipped", "neutral", None)


class Evidence(NamedTuple):
    """The failed jobs, and the test reports that they uploaded."""

    jobs: list[CheckedJob]
    reports: list[Report]


async def evidence_of(context: Context, run: Run, target: str, runs: Sequence[WorkflowRun]) -> Evidence:
    """What the failed jobs of these workflow runs (of the head `target`) left behind, newest attempt only."""
    repository = context.repository(run)
    found: list[CheckedJob] = []
    reports: list[Report] = []
    for one in runs:
        if one.conclusion in ("success", "skipped", "neutral"):
            continue
        failed = [job for job in await repository.jobs(one.id, one.run_attempt) if job.conclusion not in PASSED]
        checked = [await _checked(context, run, one, job) for job in failed[: MOST_JOBS - len(found)]]
        if checked:
            reports += await uploaded_reports(context, run, one, checked)
        found += checked
    return Evidence(await with_passing(context, run, target, found), reports)


async def _checked(context: Context, run: Run, workflow: WorkflowRun, job: Job) -> CheckedJob:
    return CheckedJob(
        id=job.id,
        name=job.name,
        workflow=workflow.name,
        conclusion=job.conclusion,
        steps=tuple(
            StepResult(
                number=step.number,
                name=step.name,
                status=step.status,
                conclusion=step.conclusion,
                started_at=step.started_at,
                completed_at=step.completed_at,
            )
            for step in job.steps
        ),
        log=await _log(context, run, job),
        annotations=await _annotations(context, run, job),
        run_attempt=job.run_attempt,
        url=job.html_url,
        started_at=job.started_at,
        runner=job.runner_name,
    )


async def _log(context: Context, run: Run, job: Job) -> bytes | None:
    """The job's log without secrets; None where GitHub has none (any more)."""
    try:
        raw = await context.repository(run).job_log(job.id)
    except (LogsGone, NotFound, TooLarge, Forbidden) as error:
        log.warning("no log of job %s: %s", job.id, error)
        return None
    clean = await asyncio.to_thread(context.redactor.raw, raw)
    await asyncio.to_thread(context.archive.keep, "log", clean, context.now())
    return clean


async def _annotations(context: Context, run: Run, job: Job) -> tuple[Annotation, ...]:
    if job.check_run_id is None:
        return ()
    try:
        found = await context.repository(run).annotations(job.check_run_id)
    except (NotFound, Forbidden) as error:
        log.warning("no annotations of job %s: %s", job.id, error)
        return ()
    clean = context.redactor.text
    return tuple(
        Annotation(path=a.path, line=a.start_line, level=a.level, message=clean(a.message), title=clean(a.title))
        for a in found[:100]
    )
