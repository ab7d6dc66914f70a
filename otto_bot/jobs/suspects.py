"""Which merged work stands behind a conflict or a red candidate: commits that an attempt did not know."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from otto_bot.core.evidence import Cause, Excerpt, Failure, Phase
from otto_bot.core.run import Run
from otto_bot.diagnosis.progress import progress
from otto_bot.git.changes import FileChange
from otto_bot.git.mirror import Mirror
from otto_bot.jobs.context import Context, failures_before
from otto_bot.text import together

PATCH_BYTES = 16 * 1024
SHOWN_CHARS = 6_000
"""Of what one merged task changed."""
MOST = 5
"""Merged tasks that are told of."""


@dataclass(frozen=True)
class Merged:
    """What one merged task, or the default branch, brought since an attempt began."""

    task: str
    sha: str
    changes: tuple[FileChange, ...]

    def touched(self, paths: Sequence[str]) -> tuple[str, ...]:
        """Which of these paths it changed."""
        own = {path for change in self.changes for path in (change.path, change.old_path) if path}
        return tuple(path for path in paths if path in own)


async def unknown_to(
    context: Context, run: Run, mirror: Mirror, key: str, squashed: Sequence[tuple[str, str]] = ()
) -> list[Merged]:
    """Merged tasks whose commits the task's newest attempt did not have, in the order in which they came.

    `squashed` are (task, commit) of the candidate being built, which nobody has merged yet. An empty task name is the
    default branch.
    """
    last = run.task(key).last
    if last is None or last.sha is None:
        return []
    merging, reading = context.merging(mirror), context.reading(mirror)
    commits = [(k, task.merged_sha) for k, task in run.tasks.items() if task.merged_sha and k != key]
    found: list[Merged] = []
    for name, sha in [*commits, *squashed]:
        if (
            name == key
            or any(one.sha == sha for one in found)
            or not await mirror.has(sha)
            or await merging.is_ancestor(sha, last.sha)
        ):
            continue
        parent = (await mirror.git("rev-parse", "--verify", "--quiet", f"{sha}^1", ok=(0, 1, 128))).text
        if parent:
            changes = await asyncio.to_thread(reading.diff, parent, sha, patch_bytes=PATCH_BYTES)
            found.append(Merged(task=name, sha=sha, changes=tuple(changes)))
    if last.base_round < run.base_round and (taken := await _base(context, run, mirror, last.sha)) is not None:
        found.append(taken)
    return found


async def _base(context: Context, run: Run, mirror: Mirror, sha: str) -> Merged | None:
    """What the default branch brought that the attempt did not have."""
    reading = context.reading(mirror)
    base = run.base_taken
    if len(base) != 40 or not await mirror.has(base):
        return None
    held = await asyncio.to_thread(reading.merge_base, base, sha)
    if held is None or held == base:
        return None
    changes = await asyncio.to_thread(reading.diff, held, base, patch_bytes=PATCH_BYTES)
    return Merged(task="", sha=base, changes=tuple(changes))


async def conflict_failure(
    context: Context,
    run: Run,
    mirror: Mirror,
    key: str,
    paths: Sequence[str],
    squashed: Sequence[tuple[str, str]] = (),
) -> Failure:
    """The failure of an attempt that cannot be merged: the files, and who else changed them, with their diffs."""
    last = run.task(key).last
    assert last is not None
    others = await unknown_to(context, run, mirror, key, squashed)
    return told_conflict(context, run, key, paths, others, last.sha)


def told_conflict(
    context: Context, run: Run, key: str, paths: Sequence[str], merged: Sequence[Merged], sha: str | None
) -> Failure:
    """The failure with what everybody else did to the conflicting files."""
    last = run.task(key).last
    assert last is not None
    others = [one for one in merged if one.touched(paths)]
    told = [(one.task, one.sha, one.touched(paths)) for one in others]
    text = together.conflict(run, key, paths, told)
    shown = [_excerpt(context, run, one, one.touched(paths)) for one in others[:MOST]]
    failure = Failure(
        task=key,
        attempt=last.number,
        sha=sha,
        phase=Phase.MERGE,
        cause=Cause.MERGE_CONFLICT,
        detail=together.conflict_line(run, paths, told)[:1000],
        fingerprint="merge_conflict:" + ",".join(sorted(paths))[:200],
        suspected_files=tuple(paths[:20]),
        excerpts=(Excerpt(kind="message", source="git merge", text=text[:4000]), *shown),
    )
    before = failures_before(run, run.task(key), last.number)
    return failure.model_copy(update={"progress": progress(before, failure)})


async def red_together(context: Context, run: Run, mirror: Mirror, failure: Failure) -> Failure:
    """The failure of one task alone on the run branch, with what was merged since it began: green apart, red together.

    Those that changed a file which the failure points to come first; all of them are named.
    """
    integration = run.integration
    if integration is None or len(integration.merging) != 1:
        return failure
    key = integration.merging[0]
    others = await unknown_to(context, run, mirror, key)
    if not others:
        return failure
    own = await _own_files(context, run, mirror, key)
    near = (*failure.suspected_files, *own)
    others.sort(key=lambda one: not one.touched(failure.suspected_files))
    told = [(one.task, one.sha, tuple(dict.fromkeys(one.touched(near))) or _paths(one)) for one in others[:MOST]]
    lead = Excerpt(kind="message", source="run branch", text=together.red(run, key, told)[:4000])
    shown = [_excerpt(context, run, one, one.touched(near) or _paths(one)) for one in others[:MOST]]
    files = dict.fromkeys((*failure.suspected_files, *(path for one in others for path in one.touched(own))))
    words = f"{together.red_line(run, told)}. {failure.detail}"
    return failure.model_copy(
        update={
            "detail": words[:1000],
            "suspected_files": tuple(files)[:20],
            "excerpts": (*failure.excerpts, lead, *shown),
        }
    )


async def _own_files(context: Context, run: Run, mirror: Mirror, key: str) -> tuple[str, ...]:
    last = run.task(key).last
    assert last is not None
    assert last.sha is not None
    reading = context.reading(mirror)
    base = await asyncio.to_thread(reading.merge_base, run.head, last.sha)
    if base is None:
        return ()
    return tuple(change.path for change in await asyncio.to_thread(reading.diff, base, last.sha, patch_bytes=1024))


def _paths(one: Merged) -> tuple[str, ...]:
    return tuple(change.path for change in one.changes)


def _excerpt(context: Context, run: Run, one: Merged, paths: Sequence[str]) -> Excerpt:
    wanted = [change for change in one.changes if change.path in paths or change.old_path in paths]
    text = "\n".join(c.patch or f"{c.path}: {c.status}, no text" for c in wanted)
    source = together.source(run, one.task, one.sha)
    return Excerpt(kind="diff", source=source, text=context.redactor.text(text)[:SHOWN_CHARS] or "(no text)")
