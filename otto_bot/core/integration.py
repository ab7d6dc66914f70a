"""How verified attempts reach the run branch: together if that tree is green, else one commit at a time."""

from __future__ import annotations

from otto_bot.core import events as e
from otto_bot.core import outcomes
from otto_bot.core.attempt import TaskState, Verification
from otto_bot.core.evidence import Cause, Failure, Phase
from otto_bot.core.run import Integration, Run, RunPhase
from otto_bot.core.tasks import fail


def candidate_target(batch: int, step: int) -> str:
    """Name of a candidate's head in `verifications`."""
    return f"b{batch}/s{step}"


def _current(run: Run, batch: int, step: int) -> Integration | None:
    integration = run.integration
    if run.phase is not RunPhase.INTEGRATING or integration is None:
        return None
    return integration if (integration.batch, integration.step) == (batch, step) else None


def candidate_built(run: Run, event: e.CandidateBuilt) -> Run:
    """The squashed commits exist; a tree already proven green needs no second verification."""
    integration = _current(run, event.batch, event.step)
    if integration is None or integration.sha is not None or event.tasks != integration.merging:
        return run
    proven = event.tree in run.green_trees
    built = {"sha": event.sha, "tree": event.tree, "ready": proven, "commits": event.commits}
    run = run.model_copy(update={"integration": integration.model_copy(update=built)})
    if proven:
        return run
    if event.pull_request is not None:
        run = run.model_copy(update={"verification_prs": {**run.verification_prs, event.branch: event.pull_request}})
    return run.with_verification(
        Verification(
            target=candidate_target(event.batch, event.step),
            branch=event.branch,
            sha=event.sha,
            tree=event.tree,
            started_at=event.at,
            next_at=event.at,
            pull_request=event.pull_request,
            dispatched_run=event.dispatched_run,
        )
    )


def candidate_conflict(run: Run, event: e.CandidateConflict) -> Run:
    """One attempt does not fit any more: it failed, the others go on without it."""
    integration = _current(run, event.batch, event.step)
    if integration is None or event.task not in integration.merging:
        return run
    run = _culprit(run, event.task, event.failure)
    rest = tuple(key for key in integration.merging if key != event.task)
    return _next(run, integration, rest + integration.todo)


def candidate_verified(run: Run, verification: Verification) -> Run:
    """Actions has finished with a candidate."""
    integration = run.integration
    if integration is None or run.phase is not RunPhase.INTEGRATING:
        return run
    if verification.target != candidate_target(integration.batch, integration.step):
        return run
    if verification.ending in ("green", "unwatched"):
        kind = "green_trees" if verification.ending == "green" else "unwatched_trees"
        trees = getattr(run, kind) | {verification.tree}
        return run.model_copy(update={kind: trees, "integration": integration.model_copy(update={"ready": True})})
    if verification.ending == "cancelled" and not integration.again:
        # Nothing was said about it: the same one is looked at once more.
        once = _next(run, integration, integration.merging + integration.todo)
        assert once.integration is not None
        return once.model_copy(update={"integration": once.integration.model_copy(update={"again": True})})
    if len(integration.merging) > 1:
        return _next(run, integration, integration.merging + integration.todo, one_by_one=True)
    return _red_alone(run, integration, verification)


def _red_alone(run: Run, integration: Integration, verification: Verification) -> Run:
    """One attempt, green on its own base, is red on the run branch: it is the culprit."""
    key = integration.merging[0]
    task = run.tasks[key]
    assert task.last is not None
    said = verification.failure
    base = said or Failure(task=key, attempt=0, phase=Phase.INTEGRATION, cause=Cause.INTEGRATION)
    cause = base.cause if base.cause not in (Cause.TEST, Cause.UNKNOWN, Cause.QA_FAILED) else Cause.INTEGRATION
    failure = base.model_copy(
        update={"task": key, "attempt": task.last.number, "phase": Phase.INTEGRATION, "cause": cause}
    )
    return _next(_culprit(run, key, failure), integration, integration.todo)


def _culprit(run: Run, key: str, failure: Failure) -> Run:
    task = run.tasks[key]
    assert task.last is not None
    return fail(run, task, failure.model_copy(update={"attempt": task.last.number}))


def _next(run: Run, integration: Integration, left: tuple[str, ...], *, one_by_one: bool | None = None) -> Run:
    """The next candidate, or back to executing when none is left."""
    if not left:
        over: dict[str, object] = {"merging": (), "todo": (), "sha": None, "tree": None, "ready": False, "commits": {}}
        done = integration.model_copy(update=over)
        return run.model_copy(update={"phase": RunPhase.EXECUTING, "integration": done})
    single = integration.one_by_one if one_by_one is None else one_by_one
    following = Integration(
        batch=integration.batch,
        step=integration.step + 1,
        merging=left[:1] if single else left,
        todo=left[1:] if single else (),
        one_by_one=single,
    )
    return run.model_copy(update={"integration": following})


def rebuild(run: Run) -> Run:
    """The run branch moved under a candidate: build it again on the new head."""
    integration = run.integration
    if integration is None or run.phase is not RunPhase.INTEGRATING:
        return run
    return _next(run, integration, integration.merging + integration.todo)


def tasks_merged(run: Run, event: e.TasksMerged) -> Run:
    """The run branch was fast-forwarded; only a proven tree can get here."""
    integration = _current(run, event.batch, event.step)
    if integration is None or not integration.ready or integration.sha != (event.candidate or event.sha):
        return run
    if event.tasks != integration.merging or not run.mergeable(integration.tree):
        return run
    for key in event.tasks:
        task = run.tasks[key]
        own = event.commits.get(key) or integration.commits.get(key, event.sha)
        run = run.with_task(task.model_copy(update={"state": TaskState.MERGED, "merged_sha": own}))
        if task.last is not None:
            run = outcomes.attempt_passed(run, key, task.last.number)
    run = run.model_copy(update={"head": event.sha, "head_tree": event.tree})
    return _next(run, integration, integration.todo)
