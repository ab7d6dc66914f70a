"""What a coder is shown of the attempts before its own: their failures, and after a fresh start their work."""

from __future__ import annotations

from collections.abc import Sequence

from otto_bot.core.attempt import Attempt
from otto_bot.core.decision import Action
from otto_bot.core.evidence import Cause, Excerpt, Failure
from otto_bot.diagnosis.progress import left_as_it_was
from otto_bot.git.merging import Merging
from otto_bot.git.reading import Reading
from otto_bot.jobs.context import diff_text

DIFF_SHOWN = 30_000
"""Characters of it."""


def standing(attempts: Sequence[Attempt]) -> Attempt | None:
    """The attempt whose commit a retry goes on from; None = there is none, and it begins at the run branch.

    An attempt that left no commit (it changed nothing, or its model was out of reach) stands where it began: on the
    one before it, unless it was a fresh start.
    """
    for place in reversed(range(len(attempts))):
        attempt = attempts[place]
        if attempt.sha is not None and attempt.pushed:
            return attempt
        began_anew = place == 0 or attempts[place - 1].branch != attempt.branch
        if began_anew or attempt.strategy is Action.RESTART_FRESH:
            return None
    return None


async def previous_diff(
    reading: Reading,
    merging: Merging,
    attempts: Sequence[Attempt],
    attempt: Attempt,
    *,
    here: frozenset[str] = frozenset(),
    began: str | None = None,
) -> str:
    """The diff of the newest attempt before `attempt`; empty where there is none or `attempt` goes on from it.

    It is taken from where the two part: what other tasks brought into the run branch, before or since, is not the
    attempt's work. Both commits must be in the mirror; `here` are those that are, though they were never pushed.
    `began` is where the task's own work began, if its commit is part of `attempt` and its work was taken out again.
    """
    earlier = [a for a in attempts if a.number < attempt.number and a.sha and (a.pushed or a.sha in here)]
    if not earlier or attempt.base_sha == earlier[-1].sha:
        return ""
    last = earlier[-1]
    assert last.sha is not None
    if began is not None:
        return diff_text(reading, began, last.sha, DIFF_SHOWN)
    if await merging.is_ancestor(last.sha, attempt.base_sha):
        return ""
    base = reading.merge_base(attempt.base_sha, last.sha) or last.base_sha
    return diff_text(reading, base, last.sha, DIFF_SHOWN)


def own_evidence(failures: Sequence[Failure]) -> tuple[Excerpt, ...]:
    """The newest failure in full, older ones by their first excerpt; each says of which attempt it is.

    After an attempt that changed nothing, what that attempt left as it was is told in full as well.
    """
    if not failures:
        return ()
    newest = failures[-1]
    left = left_as_it_was(failures[:-1]) if newest.cause is Cause.NO_CHANGES else None
    shown: list[Excerpt] = [_of_attempt(newest, excerpt) for excerpt in newest.excerpts]
    for failure in ([left] if left else []) + [one for one in reversed(failures[:-1]) if one is not left]:
        told = failure.excerpts if failure is left else failure.excerpts[:1]
        shown += [_of_attempt(failure, excerpt) for excerpt in told]
    return tuple(shown)


def _of_attempt(failure: Failure, excerpt: Excerpt) -> Excerpt:
    return excerpt.model_copy(update={"source": f"attempt {failure.attempt} · {excerpt.source}"})
