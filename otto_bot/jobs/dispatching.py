"""What starts Actions for a head of ours: a dispatch, the push itself, or a verification pull request."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TypeVar

from otto_bot.core.events import ActionsAsked
from otto_bot.core.lanes import LaneKind
from otto_bot.core.run import Run
from otto_bot.github.errors import Forbidden, GitHubError, Refused, Unreachable, not_granted
from otto_bot.jobs.context import Context
from otto_bot.jobs.drafts import open_pull
from otto_bot.jobs.outcomes import Later, NeedsPerson
from otto_bot.jobs.starting_ci import check_start
from otto_bot.text.pull import verification_body, verification_title
from otto_bot.text.trouble import Trouble

T = TypeVar("T")

UNSEEN = timedelta(seconds=60)
"""How long a workflow run that was asked for may stay out of sight before it is asked for again."""
LOOK_AGAIN = timedelta(seconds=5)


async def dispatch_if_needed(context: Context, run: Run, branch: str, sha: str) -> int | None:
    """In the dispatch lane: this commit's workflow run of this branch, started unless it exists. Other lanes: None.

    What Actions said of the same commit on another branch was said of another candidate.
    """
    if run.lane is None or run.lane.kind is not LaneKind.DISPATCH:
        return None
    repository, workflow = context.repository(run), run.config.verify.workflow
    for seen in await repository.workflow_runs(sha):
        # Journeys, and people by hand, start other workflows on the same commit.
        mine = seen.path.split("@", 1)[0].rpartition("/")[2] == workflow
        if mine and seen.event == "workflow_dispatch" and seen.head_branch == branch:
            return seen.id
    await check_start(context, run, await context.mirror(run), sha)
    key = f"dispatch/{branch}/{sha}"
    wait_until_it_could_be_seen(context, run, key)
    try:
        return await noted(context, run, key, lambda: repository.dispatch(workflow, branch))
    except (Forbidden, Refused) as error:
        if (refused := refused_start(error, workflow)) is None:
            raise
        raise refused from error


def refused_start(error: GitHubError, workflow: str) -> NeedsPerson | None:
    """What a person can do where GitHub starts no workflow at all; None = it is something else."""
    if not_granted(error):
        words = (
            f"the App may not start {workflow}: its installation has not granted it `Actions: read and write`. An "
            "owner can grant it in `Settings → GitHub Apps → Configure`; then answer `/otto resume`"
        )
        return NeedsPerson(words, Trouble.NO_ACTIONS_WRITE)
    if "has been disabled" in error.message or "disabled workflow" in error.message:
        words = (
            f"GitHub starts no workflow here ({error.message}). An administrator can allow Actions in `Settings → "
            f"Actions → General`, or enable {workflow} in the Actions tab; then answer `/otto resume`"
        )
        return NeedsPerson(words, Trouble.ACTIONS_DISABLED)
    return None


def asked_lately(run: Run, key: str, now: datetime) -> bool:
    """Whether it was asked for so lately that it may not show yet. A clock that was set back says nothing of that."""
    at = run.asked.get(key)
    return at is not None and abs(now - at) < UNSEEN


def wait_until_it_could_be_seen(context: Context, run: Run, key: str) -> None:
    """Raises Later where an earlier try may have started it: its answer was lost, or the worker with it."""
    if asked_lately(run, key, context.now()):
        raise Later(context.now() + LOOK_AGAIN, "GitHub may have started it already and does not show it yet")


async def noted(context: Context, run: Run, key: str, ask: Callable[[], Awaitable[T]]) -> T:
    """Asks Actions to start something, which is written down first; GitHub's no is written down, too."""
    await context.record(run.id, ActionsAsked(at=context.now(), key=key))
    try:
        return await ask()
    except Unreachable:
        raise  # done or not: nobody knows
    except GitHubError:
        await context.record(run.id, ActionsAsked(at=context.now(), key=key, refused=True))
        raise


async def verification_pull(context: Context, run: Run, branch: str, what: str) -> int | None:
    """In the pull-request lane: what lets Actions verify a branch, a draft if it can be. The run branch has its own."""
    if run.lane is None or run.lane.kind is not LaneKind.PULL_REQUEST or branch == run.run_branch:
        return None
    habits = await context.habits(run)
    title, body = verification_title(run, what, habits), verification_body(run, what, context.links(run), habits)
    return (await open_pull(context, run, branch, body, draft=title, ready=title)).number
