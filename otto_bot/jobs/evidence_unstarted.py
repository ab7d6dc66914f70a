"""Ask GitHub what keeps a workflow run from starting: actions that are not pinned, reviewers of an environment."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from otto_bot.core.actions import Seen
from otto_bot.core.asks import MAY, UNPINNED, WAITS_FOR
from otto_bot.core.attempt import Verification
from otto_bot.core.pinning import NOT_STARTED, unpinned
from otto_bot.core.run import Run
from otto_bot.github.ci_models import WorkflowRun
from otto_bot.github.errors import NOT_NOW, GitHubError, Unreachable
from otto_bot.jobs.context import Context
from otto_bot.jobs.workflow_files import parsed

log = logging.getLogger(__name__)


async def kept_from_starting(
    context: Context, run: Run, verification: Verification, runs: Sequence[WorkflowRun], seen: Seen
) -> tuple[str, tuple[str, ...]]:
    """Words, and signals that name what a person needs to know; empty where GitHub does not tell, or nothing is so."""
    try:
        if not_started(runs):
            return await _not_started(context, run, verification, runs)
        if seen.reason == "environment":
            return "", await _environments(context, run, runs)
    except (*NOT_NOW, Unreachable):
        raise  # it is told later
    except GitHubError as error:
        log.warning("GitHub does not say what keeps a run of %s from starting: %s", verification.sha, error)
    return "", ()


def not_started(runs: Sequence[WorkflowRun]) -> bool:
    """Whether GitHub ended a run before any job."""
    return any(one.conclusion == NOT_STARTED for one in runs)


async def _not_started(
    context: Context, run: Run, verification: Verification, runs: Sequence[WorkflowRun]
) -> tuple[str, tuple[str, ...]]:
    paths = {one.path.split("@", 1)[0] for one in runs if one.conclusion == NOT_STARTED}
    loose = unpinned(await parsed(await context.repository(run).workflow_files(verification.sha)), paths)
    words = "GitHub ended the run before any job (startup_failure): it shows neither jobs nor logs"
    more = f"; not pinned to a commit: {', '.join(loose)}" if loose else ""
    return f"{words}{more}"[:500], tuple(f"{UNPINNED}{one}"[:200] for one in loose)


async def _environments(context: Context, run: Run, runs: Sequence[WorkflowRun]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for one in runs:
        if one.status == "waiting":
            for waits in await context.repository(run).pending_deployments(one.id):
                found[f"{WAITS_FOR}{waits.environment}"[:200]] = None
                found.update({f"{MAY}{who}"[:200]: None for who in waits.reviewers})
    return tuple(found)
