"""Ask GitHub who cancelled the workflow runs of a head: what their jobs were told, and what began meanwhile."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta

from otto_bot.core.attempt import Verification
from otto_bot.core.cancelled import CancelledBy, RunOf, why_cancelled, words
from otto_bot.core.evidence import Cause, Failure
from otto_bot.core.run import Run
from otto_bot.diagnosis.models import CheckedJob
from otto_bot.github.ci_models import WorkflowRun
from otto_bot.github.errors import NOT_NOW, GitHubError, Unreachable
from otto_bot.jobs.context import Context

log = logging.getLogger(__name__)

LATE = timedelta(seconds=10)
"""GitHub's times of a cancellation and of the run that caused it are this far apart at most."""


async def with_reason(
    context: Context,
    run: Run,
    verification: Verification,
    runs: Sequence[WorkflowRun],
    jobs: Sequence[CheckedJob],
    failure: Failure,
) -> Failure:
    """The failure with who cancelled it, where that is its cause. What GitHub does not tell stays unknown."""
    over = next((one for one in runs if one.conclusion == "cancelled"), None)
    if over is None or failure.cause is not Cause.CANCELLED:
        return failure
    notes = [note.message for job in jobs if job.conclusion == "cancelled" for note in job.annotations]
    lane = verification.lane or run.lane
    found = why_cancelled(
        notes,
        jobs=len(jobs),
        newer=await _newer(context, run, over),
        branch=verification.branch,
        shares=lane.shares if lane is not None else "",
    )
    return _told(context, failure, found)


def _told(context: Context, failure: Failure, found: CancelledBy) -> Failure:
    clean = found.model_copy(update={"who": context.redactor.text(found.who)})
    return failure.model_copy(update={"conclusion": clean.conclusion, "detail": words(clean)})


async def _newer(context: Context, run: Run, over: WorkflowRun) -> list[RunOf]:
    """Runs of the same workflow that began after the cancelled attempt did, and before it was cancelled."""
    begun, ended = over.run_started_at or over.created_at, over.updated_at
    if not over.workflow_id or begun is None or ended is None:
        return []
    try:
        found = await context.repository(run).runs_since(over.workflow_id, begun)
    except (*NOT_NOW, Unreachable):
        raise  # it is told later
    except GitHubError as error:
        log.warning("what began after run %s cannot be read: %s", over.id, error)
        return []
    return [
        RunOf(branch=one.head_branch)
        for one in found
        if one.id != over.id and one.created_at is not None and one.created_at <= ended + LATE
    ]
