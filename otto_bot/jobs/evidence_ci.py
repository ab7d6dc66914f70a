"""Ask GitHub why no workflow verified a commit: workflow files, their states, and the pull request."""

from __future__ import annotations

import logging

from otto_bot.core.attempt import Verification
from otto_bot.core.lanes import LaneKind
from otto_bot.core.no_ci import WORDS, NoCiReason, why_no_ci
from otto_bot.core.run import Run
from otto_bot.github.errors import GitHubError, RetryLater, Unreachable
from otto_bot.jobs.context import Context
from otto_bot.jobs.workflow_files import parsed

log = logging.getLogger(__name__)


async def no_ci_reason(
    context: Context, run: Run, verification: Verification, ran: bool
) -> tuple[NoCiReason, str, str]:
    """The reason, the workflow file it is about (may be empty), and words. What GitHub does not tell is `unknown`."""
    lane = verification.lane or run.lane
    assert lane is not None
    repository = context.repository(run)
    try:
        files = await parsed(await repository.workflow_files(verification.sha))
        states = {workflow.path: workflow.state for workflow in await repository.workflows()}
        number = verification.pull_request or (run.pull_request if verification.branch == run.run_branch else None)
        draft = number is not None and (await repository.pull_request(number)).draft
    except (Unreachable, RetryLater):
        raise  # it is told later
    except GitHubError as error:
        log.warning("GitHub does not say why nothing ran for %s: %s", verification.sha, error)
        return "unknown", "", WORDS["unknown"]
    branch = run.repo.default_branch if lane.kind is LaneKind.PULL_REQUEST else verification.branch
    reason, path = why_no_ci(lane, files, states, branch=branch, draft=draft, ran=ran)
    return reason, path.rsplit("/", 1)[-1], WORDS[reason]
