"""Fetch the test reports that failed jobs uploaded, and read which tests failed."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Sequence

from otto_bot.core.evidence import FailingTest
from otto_bot.core.redact import Redactor
from otto_bot.core.run import Run
from otto_bot.diagnosis.junit import failing_tests_in_zip
from otto_bot.diagnosis.models import CheckedJob
from otto_bot.diagnosis.reports import Report
from otto_bot.github.ci_models import Artifact, WorkflowRun
from otto_bot.github.errors import Forbidden, LogsGone, NotFound, TooLarge
from otto_bot.jobs.context import Context

log = logging.getLogger(__name__)

MOST_REPORTS = 6
"""Archives that are fetched for one workflow run; a matrix of hundreds fails for few reasons."""
MOST_BYTES = 32 * 1024 * 1024
"""Bytes of all of them."""
SMALL_BYTES = 5 * 1024 * 1024
"""An archive whose name says nothing of tests is only looked into when it is small."""
_NAMED = re.compile(r"junit|xunit|nunit|surefire|failsafe|\btrx\b|test|spec|report|result", re.IGNORECASE)


async def uploaded_reports(
    context: Context, run: Run, workflow: WorkflowRun, jobs: Sequence[CheckedJob]
) -> list[Report]:
    """Failing tests in what these failed jobs of one workflow run uploaded; nothing where there is nothing to be had.

    GitHub does not tell which job an archive is of: the job's own log does, and only that counts. So neither a passed
    job's report nor one of an earlier attempt blames anybody.
    """
    try:
        artifacts = await context.repository(run).artifacts(workflow.id)
    except (NotFound, Forbidden, TooLarge) as error:
        log.warning("no artifacts of run %s: %s", workflow.id, error)
        return []
    found: list[Report] = []
    left = MOST_BYTES
    for artifact, job in _chosen(artifacts, workflow, jobs):
        if artifact.size_in_bytes > left:
            continue
        data = await archive_of(context, run, artifact, left)
        left -= len(data or b"")
        tests = await asyncio.to_thread(failing_tests_in_zip, data) if data else ()
        if tests:
            source = f"{job.source} · artifact {artifact.name}"
            url = f"{workflow.html_url}/artifacts/{artifact.id}" if workflow.html_url else job.url
            found.append(Report(job.source, source, url, tuple(_redacted(test, context.redactor) for test in tests)))
    return found


def _chosen(
    artifacts: Sequence[Artifact], workflow: WorkflowRun, jobs: Sequence[CheckedJob]
) -> list[tuple[Artifact, CheckedJob]]:
    """What is worth fetching, with the job it is of: archives named like reports first, then small ones."""
    chosen: list[tuple[Artifact, CheckedJob]] = []
    for artifact in artifacts:
        if not worth_fetching(artifact, workflow):
            continue
        job = next((job for job in jobs if uploaded_by(job, artifact)), None)
        if job is not None:
            chosen.append((artifact, job))
    chosen.sort(key=lambda pair: best_first(pair[0]))
    return chosen[:MOST_REPORTS]


def worth_fetching(artifact: Artifact, workflow: WorkflowRun) -> bool:
    """Whether an artifact may hold reports of this attempt of the run, by its name, size and age."""
    limit = MOST_BYTES if _NAMED.search(artifact.name) else SMALL_BYTES
    return not artifact.expired and artifact.size_in_bytes <= limit and not _earlier(artifact, workflow)


def best_first(artifact: Artifact) -> tuple[bool, int, int]:
    """The order in which archives are fetched: named like reports, then small ones."""
    return not _NAMED.search(artifact.name), artifact.size_in_bytes, artifact.id


def _earlier(artifact: Artifact, workflow: WorkflowRun) -> bool:
    """Whether it is of an earlier attempt of the run."""
    began = workflow.run_started_at
    return began is not None and artifact.created_at is not None and artifact.created_at < began


def uploaded_by(job: CheckedJob, artifact: Artifact) -> bool:
    """Whether the job's log says that it uploaded this artifact, by id where the log tells one."""
    said = f"Artifact {artifact.name} has been successfully uploaded!".encode()
    for line in _lines_with(job.log or b"", said):
        number = re.search(rb"Artifact ID is (\d+)", line)
        if number is None or int(number[1]) == artifact.id:
            return True
    return False


def _lines_with(data: bytes, words: bytes) -> list[bytes]:
    found: list[bytes] = []
    at = data.find(words)
    while at >= 0:
        end = data.find(b"\n", at)
        end = len(data) if end < 0 else end
        found.append(data[at:end])
        at = data.find(words, end)
    return found


async def archive_of(context: Context, run: Run, artifact: Artifact, limit: int) -> bytes | None:
    """The artifact's zip archive; None where there is none (any more), or it is larger than `limit` bytes."""
    try:
        return await context.repository(run).artifact_zip(artifact.id, limit)
    except (LogsGone, NotFound, Forbidden, TooLarge) as error:
        log.warning("no archive of artifact %s: %s", artifact.id, error)
        return None


def _redacted(test: FailingTest, redactor: Redactor) -> FailingTest:
    return test.model_copy(
        update={
            "id": redactor.text(test.id),
            "message": redactor.text(test.message),
            "frames": tuple(redactor.text(frame) for frame in test.frames),
        }
    )
