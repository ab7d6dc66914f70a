"""What an attempt changes outside of its task's scope, and what the repository says is to follow."""

from __future__ import annotations

from collections.abc import Sequence

from otto_bot.core import drift as drifts
from otto_bot.core.acceptance import accepted_names
from otto_bot.core.drift import Changed, Drift
from otto_bot.core.events import AttemptFailed, RunEvent
from otto_bot.core.evidence import Excerpt
from otto_bot.core.projects import divided, outside
from otto_bot.core.run import Run
from otto_bot.diagnosis.fingerprint import progress
from otto_bot.git.commits import checked_sha
from otto_bot.git.mirror import Mirror
from otto_bot.git.raw_diff import raw_entries
from otto_bot.jobs.context import Context, failures_before
from otto_bot.jobs.gated_push import PushHeld
from otto_bot.jobs.starting import own_base


async def drift_of(context: Context, run: Run, mirror: Mirror, key: str, sha: str) -> Drift:
    """Over all attempts of the task. Raises PushHeld where a person decides about it and has not.

    Nothing is looked at where the task is about the whole repository.
    """
    assert run.plan is not None
    scope, projects = run.plan.task(key).projects, run.config.paths.projects
    if not scope or not divided(projects):
        return Drift()
    changed = await _changed(mirror, await own_base(context, run, mirror, key, sha), sha)
    files = outside((one.path for one in changed), scope, projects)
    if files and run.config.paths.drift == "ask":
        yes = accepted_names(run)
        if asked := [one for one in drifts.findings(changed, files, scope) if one.name not in yes]:
            raise PushHeld(asked)
    clean = context.redactor.text
    return drifts.drift([clean(path) for path in files])


def not_let(context: Context, run: Run, key: str, attempt: int, sha: str, found: Drift) -> Sequence[RunEvent]:
    """AttemptFailed where the repository refuses what drifts; nothing is pushed then."""
    if not found.count or run.config.paths.drift != "refuse" or run.plan is None:
        return []
    failure = drifts.refused(key, attempt, sha, found, run.plan.task(key).projects)
    words = "\n".join(found.files)
    excerpt = Excerpt(kind="message", source="files outside of the task's scope", text=words)
    before = failures_before(run, run.task(key), attempt)
    failure = failure.model_copy(update={"excerpts": (excerpt,), "progress": progress(before, failure)})
    return [AttemptFailed(at=context.now(), task=key, attempt=attempt, failure=failure)]


async def _changed(mirror: Mirror, base: str, sha: str) -> list[Changed]:
    """Every path that differs, and what it holds in `sha`; a move is a path that goes and one that comes."""
    argv = ("diff-tree", "-r", "-z", "--raw", "--no-abbrev", "--no-renames", checked_sha(base), checked_sha(sha))
    entries = raw_entries((await mirror.git(*argv)).stdout)
    return [
        Changed(
            one.path.decode("utf-8", "surrogateescape"),
            "gone" if one.status == "deleted" else f"{one.mode_after} {one.sha_after}",
        )
        for one in entries
    ]
