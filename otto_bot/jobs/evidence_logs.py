"""Fetch what a diagnosis is made from: failed jobs with steps, logs and annotations; keep the raw logs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from otto_bot.core.run import Run
from otto_bot.diagnosis.models import Annotation, CheckedJob, StepResult
from otto_bot.github.ci_models import Job, WorkflowRun
from otto_bot.github.errors import Forbidden, LogsGone, NotFound, TooLarge
from otto_bot.jobs.context import Context

log = logging.getLogger(__name__)

MOST_JOBS = 12
"""Failed jobs whose logs are read; a matrix of hundreds fails for few reasons."""
PASSED = ("success", "skipped", "neutral", None)


async def failed_jobs(context: Context, run: Run, runs: Sequence[WorkflowRun]) -> list[CheckedJob]:
    """The failed jobs of these workflow runs, newest attempt only."""
    repository = context.repository(run)
    found: list[CheckedJob] = []
    for one in runs:
        if one.conclusion in ("success", "skipped", "neutral"):
            continue
        jobs = await repository.jobs(one.id, one.run_attempt)
        for job in [job for job in jobs if job.conclusion not in PASSED][: MOST_JOBS - len(found)]:
            found.append(await _checked(context, run, one, job))
    return found


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
    return tuple(
        Annotation(path=a.path, line=a.start_line, level=a.level, message=a.message, title=a.title) for a in found[:100]
    )
