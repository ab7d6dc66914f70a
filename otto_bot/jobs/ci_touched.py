"""What a task's work changes of the files that the repository's workflows execute: for who reviews it."""

from __future__ import annotations

import asyncio

from otto_bot.core.ci_paths import Executed, executed_paths, touched
from otto_bot.core.run import Run
from otto_bot.core.stale_base import contained
from otto_bot.git.commits import checked_sha
from otto_bot.git.mirror import Mirror
from otto_bot.jobs.context import Context
from otto_bot.jobs.workflow_files import workflows_of


async def touched_in_ci(context: Context, run: Run, mirror: Mirror, sha: str) -> tuple[Executed, ...]:
    """Over all attempts of the task: against the run branch, or the default branch where it is coded on that itself."""
    reading = context.reading(mirror)
    await mirror.fetch(sha, run.head, contained(run))
    base = await asyncio.to_thread(reading.merge_base, contained(run) if run.single else run.head, sha)
    if base is None:
        return ()
    argv = ("diff-tree", "-r", "-z", "--name-only", "--no-renames", checked_sha(base), checked_sha(sha))
    changed = (await mirror.git(*argv)).stdout.decode("utf-8", "surrogateescape").split("\0")
    listing = await asyncio.to_thread(reading.files, sha)
    # A file that is taken away was executed before: the tree it began from counts, too.
    before = await asyncio.to_thread(reading.files, base)
    workflows = await workflows_of(mirror, sha)
    return await asyncio.to_thread(lambda: touched(executed_paths(workflows, [*listing, *before]), changed))
