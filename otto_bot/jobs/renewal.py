"""Before a push: whether the default branch's workflows are others by now, and the run branch's head taken in."""

from __future__ import annotations

from otto_bot.core.attempt import Attempt
from otto_bot.core.effects import Effect
from otto_bot.core.events import AttemptFailed, AttemptRenewed, PushWaits
from otto_bot.core.run import Run
from otto_bot.core.stale_base import contained
from otto_bot.git.commits import tree_of
from otto_bot.git.errors import PushRejected
from otto_bot.git.merging import Conflict
from otto_bot.git.mirror import Mirror
from otto_bot.jobs.base_workflows import same_workflows
from otto_bot.jobs.carrying import keep_commit
from otto_bot.jobs.context import Context
from otto_bot.jobs.gated_push import PushHeld, gated_push
from otto_bot.jobs.linear import goes_forward, joined
from otto_bot.jobs.suspects import conflict_failure
from otto_bot.text.commits import merge_commit


async def renewal(
    context: Context, run: Run, effect: Effect, attempt: Attempt, mirror: Mirror
) -> PushWaits | AttemptRenewed | AttemptFailed | None:
    """What has to happen before the push; None = nothing. A run that is being stopped pushes what it has at once."""
    if run.resting or attempt.sha is None:
        return None
    if attempt.awaits_base or run.single:
        renewed = await _renewed(context, run, effect, attempt, mirror)
        if renewed is not None or attempt.awaits_base:
            return renewed
    newest = await _newest(run, mirror)
    if newest is None or await _knows(context, mirror, attempt.sha, newest):
        return None
    return PushWaits(at=context.now(), task=effect.task, attempt=attempt.number, base_sha=newest)


async def _newest(run: Run, mirror: Mirror) -> str | None:
    """The default branch's newest commit, where it has moved and is not known to conflict; it is fetched."""
    if run.base_head in ("", contained(run)):
        return None
    newest = await mirror.remote_head(f"refs/heads/{run.repo.default_branch}")
    if newest is None or newest in (contained(run), run.base_conflict):
        return None
    await mirror.fetch(newest)
    return newest


async def _knows(context: Context, mirror: Mirror, sha: str, newest: str) -> bool:
    """Whether the newest workflows are those of the base that the commit holds."""
    held = context.reading(mirror).merge_base(newest, sha)
    return held is not None and await same_workflows(mirror, held, newest)


async def _renewed(
    context: Context, run: Run, effect: Effect, attempt: Attempt, mirror: Mirror
) -> AttemptRenewed | AttemptFailed | None:
    """The run branch's head merged in, at a fixed time: a second try makes the same commit."""
    assert attempt.sha is not None
    await mirror.fetch(run.head, contained(run))
    merging = context.merging(mirror)
    needed = run.head if run.single else contained(run)
    if await merging.is_ancestor(needed, attempt.sha):
        return None
    message, author = context.redactor.text(merge_commit(run, effect.task)), await context.author()
    merged = await joined(context, run, mirror, attempt.sha, run.head, message=message, author=author)
    if not isinstance(merged, Conflict) and not await goes_forward(mirror, attempt.branch, merged):
        return None  # no merge may be pushed, and no branch goes back: it is integrated later
    if not isinstance(merged, Conflict):
        tree = await tree_of(mirror, merged)
        await keep_commit(context.archive, run, mirror, merged, context.now())
        return AttemptRenewed(at=context.now(), task=effect.task, attempt=attempt.number, sha=merged, tree=tree)
    failure = await conflict_failure(context, run, mirror, effect.task, merged.paths)
    kept = await _kept(context, mirror, run, attempt)
    at, number, kept_tree = context.now(), attempt.number, attempt.tree if kept else None
    return AttemptFailed(at=at, task=effect.task, attempt=number, failure=failure, sha=kept, tree=kept_tree)


async def _kept(context: Context, mirror: Mirror, run: Run, attempt: Attempt) -> str | None:
    """What does not fit is pushed as it is, for people to see, if its branch takes it. The run branch never does."""
    if run.single or attempt.sha is None:
        return None
    try:
        current = await mirror.remote_head(f"refs/heads/{attempt.branch}")
        return (await gated_push(context, run, mirror, attempt.sha, attempt.branch, current)).sha
    except (PushRejected, PushHeld):
        return None
