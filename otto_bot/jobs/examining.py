"""Examine one commit: a checkout of its own, tools over it, a journal, the run's money; thrown away afterwards."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from otto_bot.agents.examiner import Check, Examined, ExamineLimits, ExamineRequest, examine
from otto_bot.agents.looking import ExaminerTools
from otto_bot.agents.structured import Shape
from otto_bot.agents.turns import Signal
from otto_bot.core.enclosing import plainly
from otto_bot.core.run import Run
from otto_bot.git.mirror import Mirror
from otto_bot.git.workspace import Workspace
from otto_bot.jobs.caged import caged
from otto_bot.jobs.context import Context
from otto_bot.jobs.journal import StoredJournal
from otto_bot.jobs.money import budgeted, keep_records
from otto_bot.jobs.outcomes import Later
from otto_bot.jobs.set_aside import read_only_of
from otto_bot.model.toolset import FileTools
from otto_bot.store.effect_rows import Ticket


async def examine_head(
    context: Context,
    run: Run,
    ticket: Ticket,
    mirror: Mirror,
    sha: str,
    request: ExamineRequest[Shape],
    check: Check[Shape],
    limits: ExamineLimits,
    scope: Sequence[str] = (),
) -> Examined[Shape]:
    """Examine `sha`, which must be in the mirror. The replies are kept under the request's key.

    `scope`: the projects that are set up for it; empty = all.

    Raises Later where the worker ends or nobody wants the answer any more; ModelError as `examine` does.
    """

    async def should_stop() -> Signal:
        if context.stopping():
            return "pause"
        return "go" if await context.still_wanted(ticket) else "stop"

    if (known := await _ended_before(context, run, request, check, limits)) is not None:
        return known
    async with _checkout(context, run, mirror, sha, request.key, limits.command_seconds, scope) as tools:
        found = await examine(
            budgeted(context, run),
            tools,
            StoredJournal(context),
            limits,
            request,
            check,
            should_stop,
            asyncio.get_running_loop().time,
        )
        if found.ending == "paused":
            raise Later(None, "the worker stops")
    if found.ending == "stopped":  # perhaps for good: what it looked at is not kept for a day that may not come
        raise Later(None, "nobody waits for the answer now")
    await keep_records(context, run, request.key, found.calls)
    return found


async def _ended_before(
    context: Context, run: Run, request: ExamineRequest[Shape], check: Check[Shape], limits: ExamineLimits
) -> Examined[Shape] | None:
    """How the examination ended as the journal has it, without a checkout; None where it has not."""

    async def journal_only() -> Signal:
        return "pause"

    files = await asyncio.to_thread(FileTools, context.state_dir)
    clock = asyncio.get_running_loop().time
    parts = (budgeted(context, run), ExaminerTools(files=files), StoredJournal(context), limits)
    found = await examine(*parts, request, check, journal_only, clock)
    return None if found.ending == "paused" else found


@asynccontextmanager
async def _checkout(
    context: Context, run: Run, mirror: Mirror, sha: str, key: str, seconds: float, scope: Sequence[str]
) -> AsyncIterator[ExaminerTools]:
    """Tools over a checkout of exactly `sha`. It outlives only the end of its worker, to be gone on with."""
    name = hashlib.sha256(key.encode()).hexdigest()[:12]
    workspace = await Workspace.open(mirror, sha, context.state_dir / "work" / f"run-{run.id}-look-{name}")
    try:
        read_only = await read_only_of(mirror, sha)
        files = await asyncio.to_thread(FileTools, workspace.path, context.enclose or plainly, read_only)
        runner = caged(context, run, workspace, seconds, scope)
        yield ExaminerTools(files=files, runner=runner, put_back=workspace.put_back, fresh=workspace.fresh)
    except Later:
        raise
    except BaseException:
        await asyncio.shield(workspace.remove())
        raise
    await workspace.remove()
