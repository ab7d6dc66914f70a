"""The same work twice: an attempt that was pushed in a time which the ledger has lost, after a backup was put back."""

from __future__ import annotations

from otto_bot.core.attempt import Attempt
from otto_bot.core.events import AttemptRenewed
from otto_bot.git.commits import parents_of, tree_of
from otto_bot.git.mirror import Mirror
from otto_bot.jobs.context import Context


async def twin_of(
    context: Context, task: str, attempt: Attempt, mirror: Mirror, current: str | None
) -> AttemptRenewed | None:
    """AttemptRenewed with the commit that the branch is at, where it is the attempt's in all but its time.

    Whoever wrote it: with the same files on the same parents there is nothing of anyone else in it.
    """
    if current is None or attempt.sha is None or current == attempt.sha:
        return None
    await mirror.fetch(current)
    if await parents_of(mirror, current) != await parents_of(mirror, attempt.sha):
        return None
    tree = await tree_of(mirror, current)
    if tree != await tree_of(mirror, attempt.sha):
        return None
    return AttemptRenewed(at=context.now(), task=task, attempt=attempt.number, sha=current, tree=tree)
