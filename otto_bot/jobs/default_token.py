"""What the token may write where no workflow says it: from the log of a job that ran on the default branch."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Sequence

from otto_bot.core.lanes import Workflow
from otto_bot.core.token_rights import rights_in, silent
from otto_bot.github.ci_models import WorkflowRun
from otto_bot.github.errors import NOT_NOW, GitHubError, Unreachable
from otto_bot.github.verbs import Repository

log = logging.getLogger(__name__)
HEAD_BYTES = 64 * 1024
MOST_LOGS = 5
"""So many logs are asked for: they may be large, and any one tells what all would."""


async def default_rights(
    repository: Repository, workflows: Sequence[Workflow], base: str, branch: str
) -> tuple[str, ...] | None:
    """Rights beyond reading that a push of a person to `branch` gave at its commit `base`; None = nobody knows.

    A bot's push proves nothing: GitHub lowers the token of Dependabot's. A log that is gone is passed over for the
    next. Raises RetryLater and Unreachable.
    """
    paths = silent(workflows)
    if not paths:
        return None
    try:
        runs = await repository.workflow_runs(base)
    except (*NOT_NOW, Unreachable):
        raise
    except GitHubError as error:
        log.info("GitHub does not say what the token of %s may do: %s", base, error)
        return None
    asked = 0
    for run in runs:
        if not _by_a_person(run, branch, paths):
            continue
        async for job in _jobs(repository, run):
            if asked == MOST_LOGS:
                return None
            asked += 1
            if (rights := await _rights(repository, job)) is not None:
                return rights
    return None


def _by_a_person(run: WorkflowRun, branch: str, paths: Sequence[str]) -> bool:
    person = run.actor != "" and not run.actor.endswith("[bot]")
    return person and run.event == "push" and run.head_branch == branch and run.path.split("@")[0] in paths


async def _jobs(repository: Repository, run: WorkflowRun) -> AsyncIterator[int]:
    """Those of a run that ran: others have no log."""
    try:
        jobs = await repository.jobs(run.id, run.run_attempt)
    except (*NOT_NOW, Unreachable):
        raise
    except GitHubError as error:
        log.info("the jobs of run %s cannot be read: %s", run.id, error)
        return
    for job in jobs:
        if job.conclusion != "skipped":
            yield job.id


async def _rights(repository: Repository, job: int) -> tuple[str, ...] | None:
    try:
        text = await repository.job_log(job)
    except (*NOT_NOW, Unreachable):
        raise
    except GitHubError as error:
        log.info("the log of job %s cannot be read: %s", job, error)
        return None
    return rights_in(text[:HEAD_BYTES].decode("utf-8", "replace"))
