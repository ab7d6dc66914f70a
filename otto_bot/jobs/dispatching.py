"""What starts Actions for a head of ours: a dispatch, the push itself, or a verification pull request."""

from __future__ import annotations

from otto_bot.core.lanes import LaneKind
from otto_bot.core.run import Run
from otto_bot.github.errors import Refused
from otto_bot.jobs.context import Context
from otto_bot.text.pull import verification_body, verification_title

VERIFICATION_LABEL = "otto:verification"


async def dispatch_if_needed(context: Context, run: Run, branch: str, sha: str) -> int | None:
    """In the dispatch lane: the workflow run of this commit, started unless it exists. Other lanes: None."""
    if run.lane is None or run.lane.kind is not LaneKind.DISPATCH:
        return None
    repository = context.repository(run)
    for seen in await repository.workflow_runs(sha):
        if seen.event == "workflow_dispatch" and seen.head_branch == branch:
            return seen.id
    return await repository.dispatch(run.config.verify.workflow, branch)


async def verification_pull(context: Context, run: Run, branch: str, what: str) -> int | None:
    """In the pull-request lane: the draft that lets Actions verify a branch. The run branch has its own."""
    if run.lane is None or run.lane.kind is not LaneKind.PULL_REQUEST or branch == run.run_branch:
        return None
    repository = context.repository(run)
    title, body = verification_title(run, what), verification_body(run, what, context.links(run))
    try:
        pull = await repository.open_pull_request(branch, run.repo.default_branch, title, body, draft=True)
    except Refused as error:
        if error.reason != "draft_refused":
            raise
        pull = await repository.open_pull_request(branch, run.repo.default_branch, title, body, draft=False)
    await repository.add_labels(pull.number, [VERIFICATION_LABEL])
    return pull.number
