"""Work that will not be verified is still pushed: nothing finished is lost, nor what others pushed meanwhile."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from otto_bot.core.attempt import Attempt
from otto_bot.core.events import RunBranchMoved
from otto_bot.core.run import Run
from otto_bot.git.commits import tree_of
from otto_bot.git.errors import PushRejected
from otto_bot.git.merging import Conflict
from otto_bot.git.mirror import Mirror
from otto_bot.jobs.carrying import keep_commit
from otto_bot.jobs.context import Context
from otto_bot.jobs.gated_push import PushHeld, gated_push
from otto_bot.jobs.linear import joined
from otto_bot.jobs.outcomes import Retry
from otto_bot.jobs.starting_ci import NotAllowed
from otto_bot.jobs.taking_in import TRIES
from otto_bot.text.commits import merge_commit


class Saved(NamedTuple):
    """What is on the branch, or is only kept here where it was not `pushed`; None = nothing. And that in words."""

    sha: str | None
    tree: str | None
    words: str
    pushed: bool = True


NOTHING = Saved(None, None, "Nothing was written yet.")
NOT_PUSHED = "What it had is not pushed"


async def saved(
    context: Context,
    run: Run,
    mirror: Mirror,
    task: str,
    attempt: Attempt,
    tree: str,
    commit: Callable[[], Awaitable[str]],
) -> Saved:
    """The files of `tree` on the attempt's branch, with what others have put there. What is held is never pushed.

    Raises what a push raises: what a person mends, or time does, is tried again from the coder's last turn.
    """
    there = f"What it had is on `{attempt.branch}`; the next attempt goes on from there."
    made: str | None = None
    for _ in range(TRIES):
        current = await mirror.remote_head(f"refs/heads/{attempt.branch}")
        if current is not None:
            await mirror.fetch(current)
            if await tree_of(mirror, current) == tree:
                return Saved(current, tree, there)  # pushed before, and the word of it was lost
        made = made or await commit()
        whole = await _with_others(context, run, mirror, task, attempt, made, current)
        if whole is None:
            # Kept for the next attempt to be shown: that one begins on what others have made of the branch.
            return Saved(made, tree, f"{NOT_PUSHED}: it does not fit to what others have pushed to its branch.", False)
        whole_tree = await tree_of(mirror, whole)
        if current is not None and await tree_of(mirror, current) == whole_tree:
            return Saved(current, whole_tree, there)
        try:
            pushed = await gated_push(context, run, mirror, whole, attempt.branch, current)
            return Saved(pushed.sha, whole_tree, there)
        except (PushHeld, NotAllowed) as found:
            return Saved(None, None, f"{NOT_PUSHED}: {found}.")
        except PushRejected as error:
            if error.reason != "non_fast_forward":
                raise
    raise Retry(f"others push to `{attempt.branch}` all the time", "git")


async def _with_others(
    context: Context, run: Run, mirror: Mirror, task: str, attempt: Attempt, sha: str, current: str | None
) -> str | None:
    """The commit with what the branch is at; None where they do not fit."""
    if current is None or await context.merging(mirror).is_ancestor(current, sha):
        return sha
    message, author = context.redactor.text(merge_commit(run, task)), await context.author()
    whole = await joined(context, run, mirror, sha, current, message=message, author=author)
    if attempt.branch == run.run_branch:
        # Known already where its webhook was faster.
        moved = RunBranchMoved(at=context.now(), sha=current, tree=await tree_of(mirror, current))
        await context.record(run.id, moved)
    if isinstance(whole, Conflict):
        return None
    await keep_commit(context.archive, run, mirror, whole, context.now())
    return whole
