"""Push an attempt to its branch and start its verification."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from otto_bot.core.attempt import Attempt
from otto_bot.core.effects import Effect
from otto_bot.core.events import AttemptFailed, AttemptPushed, AttemptRenewed, RunBranchMoved, RunEvent
from otto_bot.core.evidence import Cause, Excerpt, Failure, Phase
from otto_bot.core.run import Run
from otto_bot.diagnosis.fingerprint import progress
from otto_bot.git.commits import tree_of
from otto_bot.git.errors import PushRejected
from otto_bot.git.mirror import Mirror
from otto_bot.jobs.ci_touched import touched_in_ci
from otto_bot.jobs.context import Context, failures_before
from otto_bot.jobs.dispatching import dispatch_if_needed, verification_pull
from otto_bot.jobs.drifting import drift_of, not_let
from otto_bot.jobs.gated_push import PushHeld, gated_push, held_failure
from otto_bot.jobs.outcomes import Retry
from otto_bot.jobs.renewal import renewal
from otto_bot.jobs.taking_in import TRIES, taken_in
from otto_bot.jobs.twin import twin_of
from otto_bot.store.effect_rows import Ticket


async def push_attempt(context: Context, run: Run, effect: Effect, _ticket: Ticket) -> Sequence[RunEvent]:
    """AttemptPushed; a refused push is the attempt's failure, with GitHub's words."""
    attempt = run.task(effect.task).last
    if attempt is None or attempt.sha is None:
        return []
    mirror = await context.mirror(run)
    await mirror.fetch(attempt.sha)  # another machine may have written it
    before = await renewal(context, run, effect, attempt, mirror)
    if isinstance(before, AttemptRenewed):
        # Written down before it is pushed: what is on GitHub is always known here.
        run = await context.record(run.id, before)
        attempt = run.task(effect.task).last
    elif before is not None:
        return [before]
    if attempt is None or attempt.sha is None or attempt.number != effect.attempt:
        return []
    current = await mirror.remote_head(f"refs/heads/{attempt.branch}")
    twin = await twin_of(context, effect.task, attempt, mirror, current)
    if twin is not None:
        run = await context.record(run.id, twin)
        attempt = attempt.model_copy(update={"sha": twin.sha, "tree": twin.tree})
    return await _with_others(context, run, effect, attempt, mirror, current)


async def _with_others(
    context: Context, run: Run, effect: Effect, attempt: Attempt, mirror: Mirror, current: str | None
) -> Sequence[RunEvent]:
    """Pushed, with what others have put on its branch by then."""
    for _ in range(TRIES):
        try:
            return await _pushed(context, run, effect, attempt, mirror, current)
        except PushHeld as held:
            return [_held(context, run, effect, attempt, held)]
        except PushRejected as error:
            # What GitHub made anew of it is written down before it is pushed.
            run = await asyncio.to_thread(context.ledger.load, run.id)
            attempt = run.task(effect.task).last or attempt
            free = error.reason == "non_fast_forward"
            again = await taken_in(context, run, effect, attempt, mirror) if free else None
            if again is None:
                return await _rejected(context, run, effect, attempt, mirror, error)
        run, current = again
        last = run.task(effect.task).last
        if last is None or last.number != effect.attempt or last.sha is None:
            return []
        attempt = last
    raise Retry(f"others push to `{attempt.branch}` all the time", "git")


async def _pushed(
    context: Context, run: Run, effect: Effect, attempt: Attempt, mirror: Mirror, current: str | None
) -> Sequence[RunEvent]:
    """AttemptPushed, or AttemptFailed where the repository refuses what drifts. Raises PushRejected and PushHeld."""
    assert attempt.sha is not None
    in_ci = await touched_in_ci(context, run, mirror, attempt.sha)
    drift = await drift_of(context, run, mirror, effect.task, attempt.sha)
    if failed := not_let(context, run, effect.task, effect.attempt, attempt.sha, drift):
        return failed

    async def renewed(sha: str) -> None:
        nonlocal run, attempt
        if sha != attempt.sha:
            tree = await tree_of(mirror, sha)
            where = {"task": effect.task, "attempt": attempt.number}
            run = await context.record(run.id, AttemptRenewed(at=context.now(), **where, sha=sha, tree=tree))
            attempt = attempt.model_copy(update={"sha": sha, "tree": tree})

    await gated_push(context, run, mirror, attempt.sha, attempt.branch, current, before=renewed)
    assert attempt.sha is not None
    what = f"{effect.task}/a{effect.attempt}"
    pull = await verification_pull(context, run, attempt.branch, what)
    dispatched = await dispatch_if_needed(context, run, attempt.branch, attempt.sha)
    return [
        AttemptPushed(
            at=context.now(),
            task=effect.task,
            attempt=effect.attempt,
            sha=attempt.sha,
            pull_request=pull,
            dispatched_run=dispatched,
            runs_in_ci=in_ci,
            drift=drift,
        )
    ]


def _held(context: Context, run: Run, effect: Effect, attempt: Attempt, found: PushHeld) -> AttemptFailed:
    """Nothing is pushed: the commit waits here for a person's yes, or for an attempt without what was found."""
    assert attempt.sha is not None
    failure = held_failure(context, run, effect.task, effect.attempt, attempt.sha, Phase.PUSH, found)
    return AttemptFailed(at=context.now(), task=effect.task, attempt=effect.attempt, failure=failure)


async def _rejected(
    context: Context, run: Run, effect: Effect, attempt: Attempt, mirror: Mirror, error: PushRejected
) -> Sequence[RunEvent]:
    """Someone else's commits on the branch are kept: the work moves on top of them, or to a fresh branch."""
    events: list[RunEvent] = []
    moved = error.reason == "non_fast_forward" and attempt.branch == run.run_branch
    if moved:
        head = await mirror.remote_head(f"refs/heads/{run.run_branch}")
        if head is not None:
            await mirror.fetch(head)
            events.append(RunBranchMoved(at=context.now(), sha=head, tree=await tree_of(mirror, head)))
    failure = Failure(
        task=effect.task,
        attempt=effect.attempt,
        sha=attempt.sha,
        phase=Phase.PUSH,
        cause=Cause.MERGE_CONFLICT if moved else Cause.PUSH_REJECTED,
        detail=f"{error.reason}: {error.detail}"[:1000],
        fingerprint=f"push:{error.reason}",
        excerpts=(Excerpt(kind="message", source="git push", text=error.detail[:4000]),),
    )
    before = failures_before(run, run.task(effect.task), effect.attempt)
    failure = failure.model_copy(update={"progress": progress(before, failure)})
    failed = AttemptFailed(at=context.now(), task=effect.task, attempt=effect.attempt, failure=failure)
    return [*events, failed]
