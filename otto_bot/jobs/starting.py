"""Where an attempt begins, and what of its commit is its own: also where tasks share the run branch."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from otto_bot.core.attempt import Task, TaskState
from otto_bot.core.decision import Action
from otto_bot.core.effects import Effect
from otto_bot.core.run import Run
from otto_bot.core.stale_base import contained
from otto_bot.git.errors import RefMissing
from otto_bot.git.merging import Conflict, Merging
from otto_bot.git.mirror import Mirror
from otto_bot.jobs.context import Context, slug
from otto_bot.jobs.linear import goes_forward, joined, no_merges
from otto_bot.jobs.tried_before import standing
from otto_bot.text.commits import merge_commit


@dataclass(frozen=True)
class Start:
    """Where an attempt begins."""

    base: str
    branch: str
    fresh: bool = False


async def start_of(context: Context, run: Run, mirror: Mirror, effect: Effect) -> Start:
    """A first or fresh attempt starts at the run branch's head; a retry at its predecessor, the head merged in."""
    assert run.plan is not None
    task = run.task(effect.task)
    title = slug(run.plan.task(effect.task).title)
    own = run.run_branch if run.single else f"{run.prefix}/{effect.task}-{title}-a{effect.attempt}"
    last = standing(task.attempts)
    if last is None or last.sha is None:
        return Start(base=await _fresh_base(context, run, mirror), branch=own, fresh=True)
    await mirror.fetch(run.head, last.sha)
    if task.next_strategy is not Action.RESTART_FRESH and not await overtaken(context, run, mirror, task):
        message, author = context.redactor.text(merge_commit(run, effect.task)), await context.author()
        merged = await joined(context, run, mirror, last.sha, run.head, message=message, author=author)
        if not isinstance(merged, Conflict):
            # Work that was moved on top of the head, where nothing may be merged, gets a branch of its own.
            same = not await no_merges(context, run) or await goes_forward(mirror, last.branch, merged)
            return Start(base=merged, branch=last.branch if same else own)
    return Start(base=await _fresh_base(context, run, mirror), branch=own, fresh=True)


async def overtaken(context: Context, run: Run, mirror: Mirror, task: Task) -> bool:
    """Whether another task was merged onto a shared branch since this one's last commit: that took its work out."""
    last = standing(task.attempts)
    if not run.single or last is None or last.sha is None:
        return False
    merging = context.merging(mirror)
    for sha in _merged(run):
        await mirror.fetch(sha)
        if not await merging.is_ancestor(sha, last.sha):
            return True
    return False


async def own_base(context: Context, run: Run, mirror: Mirror, key: str, sha: str) -> str:
    """What to hold an attempt's commit against, so that the difference is its task's own work and nothing else's.

    `sha` is in the mirror. On a shared branch it is where the task's first attempt began, with as much of the default
    branch as the commit holds.
    """
    reading, merging = context.reading(mirror), context.merging(mirror)
    if not run.single:
        await mirror.fetch(run.head, run.base_sha)
        return await asyncio.to_thread(reading.merge_base, run.head, sha) or run.base_sha
    first = run.task(key).attempts[0].base_sha
    taken = contained(run)
    await mirror.fetch(taken)
    held = await asyncio.to_thread(reading.merge_base, taken, sha)
    if not await _here(mirror, first):
        return held or taken
    return first if held is None else await _with(context, run, merging, first, held)


async def _fresh_base(context: Context, run: Run, mirror: Mirror) -> str:
    """The run branch's head; where tasks share that branch, the head without what was never finished on it.

    People's commits are never left out: with one of them on the branch since, it is the head itself.
    """
    if not run.single:
        return run.head
    merging = context.merging(mirror)
    starts = [task.attempts[0].base_sha for task in run.tasks.values() if _unfinished(task)]
    await mirror.fetch(run.head, contained(run), *_merged(run))
    clean = None
    for start in starts:
        if not await _here(mirror, start):
            continue
        finished = [await merging.is_ancestor(sha, start) for sha in _merged(run)]
        if all(finished) and (clean is None or await merging.is_ancestor(start, clean)):
            clean = start
    if clean is None or not await _ours(context, mirror, clean, run.head):
        return run.head
    return await _with(context, run, merging, clean, contained(run))


async def _here(mirror: Mirror, sha: str) -> bool:
    """Whether the mirror has a commit, or gets it: where a task began was perhaps never pushed, and only known here."""
    try:
        await mirror.fetch(sha)
    except RefMissing:
        return False
    return True


def _unfinished(task: Task) -> bool:
    return task.state is not TaskState.MERGED and any(attempt.pushed for attempt in task.attempts)


def _merged(run: Run) -> list[str]:
    return [task.merged_sha for task in run.tasks.values() if task.merged_sha]


async def _ours(context: Context, mirror: Mirror, since: str, head: str) -> bool:
    """Whether Otto made every commit on the branch since a point of it."""
    argv = ("log", "--first-parent", "--format=%ae", head, f"^{since}")
    authors = (await mirror.git(*argv)).text.split()
    return set(authors) <= {(await context.author()).email}


async def _with(context: Context, run: Run, merging: Merging, commit: str, base: str) -> str:
    """The commit with the default branch's one in it; where they do not fit, the commit alone."""
    message = merge_commit(run, "what it begins with")
    merged = await merging.merge_in(commit, base, message=message, author=await context.author(), when=run.started_at)
    return commit if isinstance(merged, Conflict) else merged
