"""Look at the whole diff of a green attempt for what makes checks prove less, before anyone is paid to judge it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from otto_bot.core.acceptance import new_hits, tampering
from otto_bot.core.attempt import Task
from otto_bot.core.evidence import Failure
from otto_bot.core.run import Run
from otto_bot.core.tampering import scan
from otto_bot.core.tampering_hits import TamperHit
from otto_bot.diagnosis.fingerprint import progress
from otto_bot.git.changes import as_changed
from otto_bot.git.reading import Reading
from otto_bot.jobs.context import Context, failures_before

PATCH_READ = 2 * 1024 * 1024
"""Bytes of one file's patch; a longer one of a test counts as one that cannot be read."""


async def scan_tampering(context: Context, run: Run, task: Task) -> Failure | None:
    """The failure of the newest attempt, or None: nothing is weaker, or people said that it is right.

    The whole difference of the task is looked at, so what an earlier attempt weakened on the same branch is found too.
    Raises NotInMirror where a commit is gone.
    """
    attempt = task.last
    assert attempt is not None and attempt.sha is not None
    mirror = await context.mirror(run)
    base = _base(run, task)
    await mirror.fetch(*dict.fromkeys((attempt.sha, base, *([run.base_taken] if run.base_taken else []))))
    hits = await asyncio.to_thread(_hits, context.reading(mirror), run, base, attempt.sha)
    unknown = new_hits(run, hits)
    if not unknown:
        return None
    failure = _redacted(context, tampering(task.key, attempt.number, attempt.sha, unknown))
    return failure.model_copy(update={"progress": progress(failures_before(run, task, attempt.number), failure)})


def _base(run: Run, task: Task) -> str:
    """What the task's commits are held against: where its first attempt began, or the run branch as it is now."""
    return task.attempts[0].base_sha if run.single else run.head


def _hits(reading: Reading, run: Run, base: str, sha: str) -> Sequence[TamperHit]:
    begun = reading.merge_base(base, sha) or base
    if run.single and run.base_taken and reading.merge_base(begun, run.base_taken) != run.base_taken:
        # The default branch was taken in after the task began: what it brought is not the task's.
        begun = reading.merge_base(run.base_taken, sha) or begun
    return scan([as_changed(change) for change in reading.diff(begun, sha, patch_bytes=PATCH_READ)])


def _redacted(context: Context, failure: Failure) -> Failure:
    """The lines without secrets: they are stored, shown and given to the next attempt."""
    clean = context.redactor.text
    excerpts = tuple(
        one.model_copy(update={"text": clean(one.text), "source": clean(one.source)}) for one in failure.excerpts
    )
    return failure.model_copy(update={"excerpts": excerpts})
