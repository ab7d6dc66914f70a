"""Take the default branch into the run branch: a merge commit that people's and Otto's commits all stay part of."""

from __future__ import annotations

from collections.abc import Sequence

from otto_bot.core.attempt import BASELINE
from otto_bot.core.effects import Effect
from otto_bot.core.events import BaseConflict, BaseRefused, BaseTaken, RunBranchMoved, RunEvent
from otto_bot.core.run import Run
from otto_bot.core.stale_base import contained
from otto_bot.git.commits import tree_of
from otto_bot.git.errors import PushRejected
from otto_bot.git.merging import Conflict
from otto_bot.git.mirror import Mirror
from otto_bot.git.rebuilding import all_signed
from otto_bot.jobs.base_workflows import read_base
from otto_bot.jobs.context import Context
from otto_bot.jobs.dispatching import dispatch_if_needed
from otto_bot.jobs.gated_push import gated_push
from otto_bot.jobs.linear import no_merges, only_signed
from otto_bot.jobs.outcomes import NeedsPerson
from otto_bot.store.effect_rows import Ticket
from otto_bot.text.commits import base_commit


async def take_base(context: Context, run: Run, effect: Effect, _ticket: Ticket) -> Sequence[RunEvent]:
    """BaseTaken, or BaseConflict, also where a rule takes no merge; BaseRefused where its workflows are a person's to
    look at before they run for us; RunBranchMoved where someone else's commits got there first.

    The merge has a fixed time, so that a second try makes the same commit.
    """
    mirror = await context.mirror(run)
    branch = run.repo.default_branch
    base = await mirror.remote_head(f"refs/heads/{branch}")
    if base is None:
        raise NeedsPerson(f"the default branch `{branch}` is gone; tell Otto by a new run on the new one", "base_gone")
    await mirror.fetch(base, run.head, contained(run))
    merging = context.merging(mirror)
    if await _cannot_be_merged(context, run, mirror, base):
        return [BaseConflict(at=context.now(), asked=effect.target, base_sha=base, no_merges=True)]
    merged = await merging.merge_in(
        run.head,
        base,
        message=context.redactor.text(base_commit(run)),
        author=await context.author(),
        when=run.started_at,
    )
    if isinstance(merged, Conflict):
        return [BaseConflict(at=context.now(), asked=effect.target, base_sha=base, paths=merged.paths[:20])]
    read = await read_base(context, run, mirror, base)
    if read.refusal:
        given = {"asked": effect.target, "base_sha": base, "reason": read.refusal, "exposure": read.asks}
        return [BaseRefused.model_validate({"at": context.now(), **given})]
    pushed = await _push(context, run, mirror, merged, base)
    if isinstance(pushed, RunBranchMoved):
        return [pushed]
    merged = pushed
    known = run.verifications.get(BASELINE)
    again = known is None or known.sha != merged
    onward = run.model_copy(update={"lane": read.lane}) if read.lane else run
    dispatched = await dispatch_if_needed(context, onward, run.run_branch, merged) if again else None
    tree = await tree_of(mirror, merged)
    taken = BaseTaken(
        at=context.now(), asked=effect.target, base_sha=base, sha=merged, tree=tree, dispatched_run=dispatched,
        lane=read.lane, exposure=read.exposure,
    )  # fmt: skip
    return [taken]


async def _cannot_be_merged(context: Context, run: Run, mirror: Mirror, base: str) -> bool:
    """Whether a rule takes no merge that would be needed, or not what it would bring: commits are not written anew."""
    if await context.merging(mirror).is_ancestor(base, run.head):
        return False
    if await no_merges(context, run):
        return True
    return await only_signed(context, run) and not await all_signed(mirror, base, run.head)


async def _push(context: Context, run: Run, mirror: Mirror, merged: str, base: str) -> RunBranchMoved | str:
    """The run branch goes forward to the merge, or to what stands for it."""
    try:
        return (await gated_push(context, run, mirror, merged, run.run_branch, run.head, known=(base,))).sha
    except PushRejected as error:
        head = await mirror.remote_head(f"refs/heads/{run.run_branch}")
        if error.reason != "non_fast_forward" or head is None or head == run.head:
            raise
        await mirror.fetch(head)
        return RunBranchMoved(at=context.now(), sha=head, tree=await tree_of(mirror, head))
