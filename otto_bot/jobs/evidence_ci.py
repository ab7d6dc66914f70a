"""Ask GitHub why no workflow verified a commit: workflow files, their states, and the pull request."""

from __future__ import annotations

import asyncio
import logging

from otto_bot.core.attempt import Verification
from otto_bot.core.lanes import Lane, LaneKind
from otto_bot.core.no_ci import WORDS, NoCiReason, unwatched, why_no_ci
from otto_bot.core.projects import touched
from otto_bot.core.run import Run
from otto_bot.github.errors import NOT_NOW, GitHubError, Unreachable
from otto_bot.jobs.context import Context
from otto_bot.jobs.workflow_files import parsed

log = logging.getLogger(__name__)


async def judged_alone(context: Context, run: Run, verification: Verification) -> bool:
    """Whether path filters leave out every file of the change, and a judge is there to look at it all the same."""
    lane = verification.lane or run.lane
    if lane is None or not run.config.qa.enabled:
        return False
    paths = await _changed(context, run, verification, lane)
    repository = context.repository(run)
    files = await parsed(await repository.workflow_files(verification.sha))
    states = {workflow.path: workflow.state for workflow in await repository.workflows()}
    return unwatched(lane, files, states, paths)


async def demanded(context: Context, run: Run, verification: Verification) -> tuple[str, ...]:
    """Checks that the projects demand in which a commit changes files; nothing is looked at where none demands any.

    A check of a project that a commit leaves alone never reports where its workflow has a path filter.
    """
    projects, lane = run.config.paths.projects, verification.lane or run.lane
    if lane is None or not any(one.required_checks for one in projects):
        return ()
    paths = await _changed(context, run, verification, lane)
    names = [name for one in touched(paths, projects) for name in one.required_checks]
    return tuple(dict.fromkeys(names))


async def _changed(context: Context, run: Run, verification: Verification, lane: Lane) -> list[str]:
    """What GitHub's path filters look at: of a pull request all that it changes, of a push no more than that."""
    mirror = await context.mirror(run)
    newest = await mirror.remote_head(f"refs/heads/{run.repo.default_branch}")
    if newest is None:
        return []
    await mirror.fetch(newest, verification.sha, run.head)
    reading = context.reading(mirror)
    base = run.head if lane.kind is LaneKind.PUSH and verification.branch != run.run_branch else newest
    since = await asyncio.to_thread(reading.merge_base, base, verification.sha)
    if since is None:
        return []
    changes = await asyncio.to_thread(reading.diff, since, verification.sha, patch_bytes=0)
    return [path for change in changes for path in (change.path, change.old_path) if path]


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
    except (*NOT_NOW, Unreachable):
        raise  # it is told later
    except GitHubError as error:
        log.warning("GitHub does not say why nothing ran for %s: %s", verification.sha, error)
        return "unknown", "", WORDS["unknown"]
    branch = run.repo.default_branch if lane.kind is LaneKind.PULL_REQUEST else verification.branch
    reason, path = why_no_ci(lane, files, states, branch=branch, draft=draft, ran=ran)
    return reason, path.rsplit("/", 1)[-1], WORDS[reason]
