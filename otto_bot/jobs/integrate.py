"""Bring verified attempts to the run branch: build a candidate, and fast-forward only to a proven tree."""

from __future__ import annotations

from collections.abc import Sequence

from otto_bot.core.effects import Effect
from otto_bot.core.events import CandidateBuilt, CandidateConflict, RunBranchMoved, RunEvent, TasksMerged
from otto_bot.core.evidence import Phase
from otto_bot.core.run import Integration, Run
from otto_bot.git.commits import tree_of
from otto_bot.git.errors import PushRejected, RefMissing
from otto_bot.git.merging import Conflict
from otto_bot.git.mirror import Mirror
from otto_bot.jobs.context import Context
from otto_bot.jobs.dispatching import dispatch_if_needed, verification_pull
from otto_bot.jobs.gated_push import Pushed, PushHeld, gated_push, held_by, held_failure
from otto_bot.jobs.outcomes import Retry
from otto_bot.jobs.suspects import conflict_failure
from otto_bot.jobs.taking_in import TRIES
from otto_bot.store.effect_rows import Ticket
from otto_bot.text.commits import squash_commit


async def build_candidate(context: Context, run: Run, effect: Effect, _ticket: Ticket) -> Sequence[RunEvent]:
    """CandidateBuilt, or CandidateConflict naming the attempt that does not fit any more."""
    integration = run.integration
    if integration is None or integration.sha is not None or integration.step != effect.number:
        return []
    mirror = await context.mirror(run)
    shas = [sha for key in integration.merging if (last := run.task(key).last) and (sha := last.sha)]
    await mirror.fetch(run.head, *shas)
    commits = await _squash_all(context, run, mirror, integration)
    if isinstance(commits, CandidateConflict):
        return [commits]
    squashed = commits[-1][1]
    tree = await tree_of(mirror, squashed)
    where = {"batch": integration.batch, "step": integration.step, "tasks": integration.merging}
    if tree in run.green_trees:
        built = {"at": context.now(), "sha": squashed, "tree": tree, "commits": dict(commits)}
        return [CandidateBuilt.model_validate({**where, **built})]
    try:
        branch, pushed = await _on_a_branch(context, run, mirror, integration, squashed)
    except PushHeld as found:
        return [await _held(context, run, mirror, integration, commits, found)]
    squashed = pushed.sha
    pull = await verification_pull(context, run, branch, f"b{integration.batch}/s{integration.step}")
    dispatched = await dispatch_if_needed(context, run, branch, squashed)
    made = {key: pushed.of(sha) for key, sha in commits}
    built = {"branch": branch, "pull_request": pull, "dispatched_run": dispatched, "commits": made}
    return [CandidateBuilt.model_validate({"at": context.now(), "sha": squashed, "tree": tree, **where, **built})]


async def _on_a_branch(
    context: Context, run: Run, mirror: Mirror, integration: Integration, sha: str
) -> tuple[str, Pushed]:
    """The branch that the candidate was pushed to, and as what: one on which others have put commits is left to them.

    Raises PushHeld and PushRejected.
    """
    name = f"{run.prefix}/batch-{integration.batch}-{integration.step}"
    for branch in (name, *(f"{name}-{number}" for number in range(2, TRIES))):
        try:
            there = await mirror.remote_head(f"refs/heads/{branch}")
            pushed = await gated_push(context, run, mirror, sha, branch, there)
        except PushRejected as error:
            if error.reason != "non_fast_forward":
                raise
            continue
        return branch, pushed
    raise Retry(f"others push to `{name}` all the time", "git")


async def _squash_all(
    context: Context, run: Run, mirror: Mirror, integration: Integration
) -> list[tuple[str, str]] | CandidateConflict:
    """One commit a task, in plan order: (task, commit). Fixed times make a second try build the same commits."""
    merging, reading = context.merging(mirror), context.reading(mirror)
    author, habits = await context.author(), await context.habits(run)
    onto = run.head
    made: list[tuple[str, str]] = []
    for key in integration.merging:
        last = run.task(key).last
        assert last is not None
        assert last.sha is not None
        base = reading.merge_base(run.head, last.sha) or run.base_sha
        message = context.redactor.text(squash_commit(run, key, habits))
        result = await merging.squash(base, last.sha, onto, message=message, author=author, when=run.started_at)
        if isinstance(result, Conflict):
            failure = await conflict_failure(context, run, mirror, key, result.paths, made)
            at, batch, step = context.now(), integration.batch, integration.step
            return CandidateConflict(at=at, batch=batch, step=step, task=key, failure=failure)
        onto = result
        made.append((key, onto))
    return made


async def _held(
    context: Context,
    run: Run,
    mirror: Mirror,
    integration: Integration,
    commits: Sequence[tuple[str, str]],
    found: PushHeld,
) -> CandidateConflict:
    """The first task in whose commit the gate finds something that nobody has seen in the task's own branch."""
    held, known = commits[-1][0], [run.head]
    for key, sha in commits:
        if findings := await held_by(context, run, mirror, sha, known):
            held, found = key, PushHeld(findings)
            break
        known.append(sha)
    last = run.task(held).last
    assert last is not None
    assert last.sha is not None
    failure = held_failure(context, run, held, last.number, last.sha, Phase.INTEGRATION, found)
    at, batch, step = context.now(), integration.batch, integration.step
    return CandidateConflict(at=at, batch=batch, step=step, task=held, failure=failure)


async def _brought(context: Context, run: Run, mirror: Mirror, integration: Integration, sha: str) -> None:
    """The candidate, which another machine built: what GitHub made of it stands there, else the same steps give it."""
    try:
        await mirror.fetch(sha)
    except RefMissing:
        await mirror.fetch(run.head, *[a.sha for key in integration.merging if (a := run.task(key).last) and a.sha])
        await _squash_all(context, run, mirror, integration)


async def merge(context: Context, run: Run, effect: Effect, _ticket: Ticket) -> Sequence[RunEvent]:
    """TasksMerged; RunBranchMoved where someone else's commits got there first."""
    integration = run.integration
    if integration is None or not integration.ready or integration.step != effect.number:
        return []
    assert integration.sha is not None
    assert integration.tree is not None
    mirror = await context.mirror(run)
    if not await mirror.has(integration.sha):
        await _brought(context, run, mirror, integration, integration.sha)
    commits = [(key, integration.commits.get(key, integration.sha)) for key in integration.merging]
    try:
        pushed = await gated_push(context, run, mirror, integration.sha, run.run_branch, run.head)
    except PushRejected as error:
        head = await mirror.remote_head(f"refs/heads/{run.run_branch}")
        if error.reason != "non_fast_forward" or head is None or head == run.head:
            raise
        await mirror.fetch(head)
        return [RunBranchMoved(at=context.now(), sha=head, tree=await tree_of(mirror, head))]
    except PushHeld as found:
        return [await _held(context, run, mirror, integration, commits, found)]
    return [
        TasksMerged(
            at=context.now(),
            batch=integration.batch,
            step=integration.step,
            tasks=integration.merging,
            sha=pushed.sha,
            tree=integration.tree,
            candidate=integration.sha,
            commits={key: pushed.of(sha) for key, sha in commits} if pushed.made else {},
        )
    ]
