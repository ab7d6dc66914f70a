"""Where a run branch begins: at the default branch, or, to improve on unmerged work, at that work with it."""

from __future__ import annotations

from otto_bot.core.run import Run
from otto_bot.git.merging import Conflict
from otto_bot.git.mirror import Mirror
from otto_bot.jobs.context import Context
from otto_bot.jobs.linear import no_merges
from otto_bot.jobs.outcomes import NeedsPerson
from otto_bot.text.commits import carried_commit
from otto_bot.text.review import carried_conflict


async def beginning(context: Context, run: Run, mirror: Mirror) -> str:
    """The commit, fetched. Raises NeedsPerson where the reviewed work and the default branch do not go together."""
    await mirror.fetch(run.base_sha)
    review = run.reviews[0] if run.kind == "improve" and run.reviews else None
    if review is None or not review.head or review.pull_request is None:
        return run.base_sha
    conflict = None
    # What was reviewed; after a conflict what stands there now: a person may have solved it on that branch.
    for head in (review.head, (await context.repository(run).pull_request(review.pull_request)).head_sha):
        await mirror.fetch(head)
        if await no_merges(context, run):
            return head  # people take the default branch in, as the rule has it, when they merge
        merged = await context.merging(mirror).merge_in(
            head,
            run.base_sha,
            message=context.redactor.text(carried_commit(run)),
            author=await context.author(),
            when=run.started_at,
        )
        if not isinstance(merged, Conflict):
            return merged
        conflict = merged
    paths = conflict.paths if conflict is not None else ()
    raise NeedsPerson(carried_conflict(review.pull_request, run.repo.default_branch, paths), "conflict")
