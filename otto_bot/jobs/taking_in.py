"""Somebody else's commits on an attempt's branch: they stay, and the same attempt goes on with them in it."""

from __future__ import annotations

from otto_bot.core.attempt import Attempt
from otto_bot.core.effects import Effect
from otto_bot.core.events import AttemptRenewed, RunBranchMoved, RunEvent
from otto_bot.core.run import Run
from otto_bot.git.commits import tree_of
from otto_bot.git.merging import Conflict
from otto_bot.git.mirror import Mirror
from otto_bot.jobs.carrying import keep_commit
from otto_bot.jobs.context import Context
from otto_bot.jobs.linear import joined
from otto_bot.text.commits import merge_commit

TRIES = 5
"""So often a push may come after somebody else's; more often its attempt waits for quieter times."""


async def taken_in(
    context: Context, run: Run, effect: Effect, attempt: Attempt, mirror: Mirror
) -> tuple[Run, str] | None:
    """The run whose attempt holds what its branch is at on GitHub, and that; None where it does not fit, or is gone.

    Written down before it is pushed: what is on GitHub is always known here.
    """
    assert attempt.sha is not None
    head = await mirror.remote_head(f"refs/heads/{attempt.branch}")
    if head is None:
        return None
    await mirror.fetch(head)
    message, author = context.redactor.text(merge_commit(run, effect.task)), await context.author()
    merged = await joined(context, run, mirror, attempt.sha, head, message=message, author=author)
    if isinstance(merged, Conflict):
        return None
    if merged == attempt.sha:
        return run, head
    events: list[RunEvent] = []
    if attempt.branch == run.run_branch and head != run.head:
        events.append(RunBranchMoved(at=context.now(), sha=head, tree=await tree_of(mirror, head)))
    tree = await tree_of(mirror, merged)
    await keep_commit(context.archive, run, mirror, merged, context.now())
    events.append(AttemptRenewed(at=context.now(), task=effect.task, attempt=attempt.number, sha=merged, tree=tree))
    return await context.record(run.id, *events), head
