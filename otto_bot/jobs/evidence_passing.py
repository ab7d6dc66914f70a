"""Fetch what a job wrote when it passed: the newest green run of the same job, to tell news from noise."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Sequence

from otto_bot.core.attempt import BASELINE, Verification
from otto_bot.core.run import Run
from otto_bot.diagnosis.models import CheckedJob
from otto_bot.github.ci_models import Job
from otto_bot.github.errors import NOT_NOW, GitHubError
from otto_bot.jobs.context import Context

log = logging.getLogger(__name__)

MOST_HEADS = 3
"""Green heads that are looked at, newest first."""
MOST_BYTES = 32 * 1024 * 1024
"""A longer log of a passing job is not compared with."""
MOST_BYTES_IN_ALL = 96 * 1024 * 1024


async def with_passing(context: Context, run: Run, target: str, jobs: Sequence[CheckedJob]) -> list[CheckedJob]:
    """The failed jobs, each with the log of the same job where it passed; without one where none can be had.

    A green run is one of this run's own heads: the base commit, another attempt, a candidate. That it cannot be
    fetched is no failure: the diagnosis is only less sharp.
    """
    left = MOST_BYTES_IN_ALL
    found: list[CheckedJob] = []
    for job in jobs:
        passing = await _passing(context, run, target, job) if left > 0 and job.log else None
        left -= len(passing or b"")
        found.append(job.model_copy(update={"passing": passing}) if passing else job)
    return found


def green_heads(run: Run, target: str) -> list[Verification]:
    """Verifications of other heads that ended green, newest first; the base commit is as good as the newest."""
    green = [one for one in run.verifications.values() if one.ending == "green" and one.target != target]
    return sorted(green, key=lambda one: (one.started_at, one.target == BASELINE), reverse=True)[:MOST_HEADS]


async def _passing(context: Context, run: Run, target: str, job: CheckedJob) -> bytes | None:
    for head in green_heads(run, target):
        for run_id in head.run_ids:
            try:
                body = await _of_run(context, run, run_id, job)
            except NOT_NOW:
                raise
            except GitHubError as error:
                log.warning("no log of %s in the green run %s: %s", job.source, run_id, error)
                continue
            if body:
                return body
    return None


async def _of_run(context: Context, run: Run, run_id: int, job: CheckedJob) -> bytes | None:
    """The log of the job of this name in a green run; asked for once, kept in the archive."""
    key = f"passing/{hashlib.sha256(f'{run.repo.id}/{run_id}/{job.source}'.encode()).hexdigest()}"
    known = await asyncio.to_thread(context.archive.cursor, key)
    if known is not None:
        return await asyncio.to_thread(context.archive.read, known) if known else None
    repository = context.repository(run)
    seen = await repository.workflow_run(run_id)
    same = [one for one in await repository.jobs(run_id, seen.run_attempt) if _is_same(one, seen.name, job)]
    raw = await repository.job_log(same[0].id) if same else b""
    if not raw or len(raw) > MOST_BYTES:
        await asyncio.to_thread(context.archive.set_cursor, key, "")
        return None
    clean = await asyncio.to_thread(context.redactor.raw, raw)
    digest = await asyncio.to_thread(context.archive.keep, "log", clean, context.now())
    await asyncio.to_thread(context.archive.set_cursor, key, digest)
    return clean


def _is_same(job: Job, workflow: str, failed: CheckedJob) -> bool:
    return job.name == failed.name and workflow == failed.workflow and job.conclusion == "success"
