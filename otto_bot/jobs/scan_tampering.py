"""Look at the whole diff of a green attempt for what makes checks prove less, before anyone is paid to judge it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from otto_bot.core.acceptance import accepted_names, new_hits, tampering
from otto_bot.core.attempt import Task
from otto_bot.core.evidence import Failure
from otto_bot.core.run import Run
from otto_bot.core.tampering import scan
from otto_bot.core.tampering_hits import TamperHit
from otto_bot.diagnosis.fingerprint import progress
from otto_bot.git.changes import as_changed
from otto_bot.git.reading import Reading
from otto_bot.jobs.context import Context, failures_before
from otto_bot.jobs.starting import own_base

PATCH_READ = 2 * 1024 * 1024
"""Bytes of one file's patch; a longer one of a test counts as one that cannot be read."""


async def scan_tampering(context: Context, run: Run, task: Task) -> Failure | None:
    """The failure of the newest attempt, or None: nothing is weaker, or people said that it is right.

    The whole difference of the task is looked at, so what an earlier attempt weakened on the same branch is found too,
    and nothing that other tasks or the default branch brought.
    Raises NotInMirror where a commit is gone.
    """
    attempt = task.last
    assert attempt is not None and attempt.sha is not None
    mirror = await context.mirror(run)
    await mirror.fetch(attempt.sha)
    base = await own_base(context, run, mirror, task.key, attempt.sha)
    hits = await asyncio.to_thread(_hits, context.reading(mirror), base, attempt.sha, len(accepted_names(run)))
    if not new_hits(run, hits):
        return None
    failure = _redacted(context, tampering(task.key, attempt.number, attempt.sha, hits, accepted_names(run)))
    return failure.model_copy(update={"progress": progress(failures_before(run, task, attempt.number), failure)})


def _hits(reading: Reading, base: str, sha: str, known: int) -> Sequence[TamperHit]:
    return scan([as_changed(change) for change in reading.diff(base, sha, patch_bytes=PATCH_READ)], known)


def _redacted(context: Context, failure: Failure) -> Failure:
    """The lines without secrets: they are stored, shown and given to the next attempt."""
    clean = context.redactor.text
    excerpts = tuple(
        one.model_copy(update={"text": clean(one.text), "source": clean(one.source)}) for one in failure.excerpts
    )
    files = tuple(clean(path) for path in failure.suspected_files)
    return failure.model_copy(update={"excerpts": excerpts, "suspected_files": files})
