"""Pull requests as drafts; as open ones where drafts are refused, or where the jobs that verify leave drafts out."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from otto_bot.core.lanes import LaneKind
from otto_bot.core.run import Run
from otto_bot.github.errors import Refused
from otto_bot.github.models import PullRequest
from otto_bot.jobs.context import Context

REMEMBERED = timedelta(days=30)
"""So long a repository that refused a draft is not asked for one; it may have moved to a plan that has them."""


async def open_pull(context: Context, run: Run, branch: str, body: str, *, draft: str, ready: str) -> PullRequest:
    """The open pull request of a branch, found or created: under the title `draft` as one, else under `ready`.

    Raises Refused for any other reason than that there are no drafts here.
    """
    repository, base = context.repository(run), run.repo.default_branch
    if not left_out(run) and not await has_no_drafts(context, run):
        try:
            return await repository.open_pull_request(branch, base, draft, body, draft=True)
        except Refused as error:
            if error.reason != "draft_refused":
                raise
        at = context.now().isoformat()
        await asyncio.to_thread(context.archive.set_cursor, _name(run), at)
    return await repository.open_pull_request(branch, base, ready, body, draft=False)


def left_out(run: Run) -> bool:
    """Whether a draft would not be verified whole: jobs of the lane skip drafts."""
    return run.lane is not None and run.lane.kind is LaneKind.PULL_REQUEST and bool(run.lane.skips_drafts)


async def has_no_drafts(context: Context, run: Run) -> bool:
    """Whether the repository has refused one lately."""
    value = await asyncio.to_thread(context.archive.cursor, _name(run))
    return value is not None and abs(context.now() - datetime.fromisoformat(value)) < REMEMBERED


def _name(run: Run) -> str:
    return f"no-drafts/{run.repo.id}"
