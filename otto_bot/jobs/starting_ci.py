"""Before each push and dispatch: whether the workflow files that would start were allowed, as they are just then."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Sequence

from otto_bot.core.allowing import acts_of, allowed_to_start, changed, grown
from otto_bot.core.effects import Effect
from otto_bot.core.events import RunEvent, WorkflowsHeld
from otto_bot.core.exposure import exposure
from otto_bot.core.run import Run
from otto_bot.git.commits import subtree_of
from otto_bot.git.mirror import Mirror
from otto_bot.jobs.context import Context
from otto_bot.jobs.outcomes import NeedsPerson
from otto_bot.jobs.workflow_files import WORKFLOWS, workflows_of
from otto_bot.store.effect_rows import Ticket
from otto_bot.text import refusals

Job = Callable[[Context, Run, Effect, Ticket], Awaitable[Sequence[RunEvent]]]


class NotAllowed(NeedsPerson):
    """Workflow files that nobody allowed would start; nothing was pushed and nothing dispatched."""

    def __init__(self, event: WorkflowsHeld) -> None:
        self.event = event
        super().__init__(event.reason, "exposure")


async def check_start(context: Context, run: Run, mirror: Mirror, sha: str, *, calls: str = "") -> None:
    """Looks at the files of the commit and at those of the default branch now. Raises NotAllowed.

    `calls`: nothing is pushed, and this workflow alone is dispatched.
    """
    branch = run.repo.default_branch
    newest = await mirror.remote_head(f"refs/heads/{branch}")
    if newest is None:
        raise NeedsPerson(f"the default branch `{branch}` is gone; tell Otto by a new run on the new one", "base_gone")
    await mirror.fetch(newest, sha)
    at_default = await workflows_of(mirror, newest)
    same = await subtree_of(mirror, sha, WORKFLOWS) == await subtree_of(mirror, newest, WORKFLOWS)
    at_tree = at_default if same else await workflows_of(mirror, sha)
    acts = acts_of(run)
    if calls:
        acts = acts.model_copy(update={"dispatched": (calls,), "only_dispatch": True})
    found = allowed_to_start(run, at_default, at_tree, acts=acts)
    if found is None:
        return
    new = grown(run.exposure, found)
    if run.ended:
        reason = refusals.not_pushed_any_more(new or found.items, branch)
    elif new:
        reason = refusals.exposure_grew(new, branch)
    else:
        others = changed(run.exposure, exposure(at_tree, acts_of(run), at_default))
        reason = refusals.workflows_changed(found.items, branch, others)
    raise NotAllowed(WorkflowsHeld(at=context.now(), reason=reason, exposure=found.files_hash))


def waiting_for_a_yes(job: Job) -> Job:
    """The job, whose run rests until a person has allowed the files where it was not allowed to start them."""

    @functools.wraps(job)
    async def careful(context: Context, run: Run, effect: Effect, ticket: Ticket) -> Sequence[RunEvent]:
        try:
            return await job(context, run, effect, ticket)
        except NotAllowed as held:
            if run.ended:
                raise  # nobody is asked any more: it is written down that this was not pushed
            return [held.event]

    return careful
