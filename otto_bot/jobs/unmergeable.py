"""A branch for which GitHub starts no workflow, because its pull request conflicts with the default branch."""

from __future__ import annotations

import asyncio

from otto_bot.core.attempt import Verification
from otto_bot.core.evidence import Failure
from otto_bot.core.lanes import LaneKind
from otto_bot.core.run import Run
from otto_bot.git.merging import Conflict
from otto_bot.jobs.context import Context
from otto_bot.jobs.suspects import PATCH_BYTES, Merged, told_conflict
from otto_bot.text.commits import merge_commit


async def unmergeable(context: Context, run: Run, verification: Verification) -> bool:
    """Whether GitHub says that the head's pull request conflicts; not known yet counts as no."""
    lane = verification.lane or run.lane
    number = verification.pull_request or (run.pull_request if verification.branch == run.run_branch else None)
    if lane is None or lane.kind is not LaneKind.PULL_REQUEST or number is None:
        return False
    pull = await context.repository(run).pull_request(number)
    return pull.head_sha == verification.sha and pull.mergeable is False


async def conflict_with_base(
    context: Context, run: Run, verification: Verification, key: str
) -> tuple[Failure, str] | None:
    """The failure of a task's work that the default branch's newest commit conflicts with, and that commit.

    It is a conflict like any other: the task is written again on the new base. None where git merges them all the same.
    """
    mirror = await context.mirror(run)
    newest = await mirror.remote_head(f"refs/heads/{run.repo.default_branch}")
    if newest is None:
        return None
    await mirror.fetch(newest, verification.sha)
    merged = await context.merging(mirror).merge_in(
        verification.sha, newest, message=merge_commit(run, key), author=await context.author(), when=run.started_at
    )
    if not isinstance(merged, Conflict):
        return None
    reading = context.reading(mirror)
    held = await asyncio.to_thread(reading.merge_base, newest, verification.sha)
    if held is None:
        return None
    changes = await asyncio.to_thread(reading.diff, held, newest, patch_bytes=PATCH_BYTES)
    base = Merged(task="", sha=newest, changes=tuple(changes))
    return told_conflict(context, run, key, merged.paths, [base], verification.sha), newest
