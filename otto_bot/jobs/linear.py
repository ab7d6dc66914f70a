"""Two lines of work brought together: by a merge, or, where a rule takes none, as one commit on top of the other."""

from __future__ import annotations

from otto_bot.core.branch_rules import linear, signs
from otto_bot.core.run import Run
from otto_bot.git.commits import Author
from otto_bot.git.merging import Conflict
from otto_bot.git.mirror import Mirror
from otto_bot.jobs.context import Context


async def no_merges(context: Context, run: Run) -> bool:
    """Whether the run's branches take no merge commit."""
    return linear(await context.repository(run).binding_rules(run.run_branch))


async def only_signed(context: Context, run: Run) -> bool:
    """Whether the run's branches take nothing but signed commits, also such as another branch has."""
    return signs(await context.repository(run).binding_rules(run.run_branch))


async def joined(
    context: Context, run: Run, mirror: Mirror, ours: str, theirs: str, *, message: str, author: Author
) -> str | Conflict:
    """`ours` with `theirs` in it; where no merge may be pushed, what is ours as one commit on top of theirs.

    Nobody's commits are written anew: those of `theirs` stay as they are, and `ours` is work of Otto that moves on. At
    a fixed time, so that a second try makes the same commit.
    """
    merging, when = context.merging(mirror), run.started_at
    if not await no_merges(context, run) or await merging.is_ancestor(theirs, ours):
        return await merging.merge_in(ours, theirs, message=message, author=author, when=when)
    if await merging.is_ancestor(ours, theirs):
        return theirs
    base = context.reading(mirror).merge_base(theirs, ours) or run.base_sha
    return await merging.squash(base, ours, theirs, message=message, author=author, when=when)


async def goes_forward(mirror: Mirror, branch: str, sha: str) -> bool:
    """Whether a branch can be moved to a commit without losing any; a new one always can."""
    head = await mirror.remote_head(f"refs/heads/{branch}")
    if head is None:
        return True
    await mirror.fetch(head)
    return (await mirror.git("merge-base", "--is-ancestor", head, sha, ok=(0, 1))).exit_code == 0
