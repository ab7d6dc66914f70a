"""Ask GitHub what Actions says about one head; when it has ended badly, fetch jobs and logs and say why."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from otto_bot.core.actions import RunSeen, Seen, read_runs
from otto_bot.core.attempt import BASELINE, Ending, Verification
from otto_bot.core.base import unsaid
from otto_bot.core.effects import Effect
from otto_bot.core.events import BaseMoved, RunEvent, VerificationEnded, VerificationPolled
from otto_bot.core.evidence import Cause, Excerpt, Failure, Phase
from otto_bot.core.lanes import Lane, LaneKind
from otto_bot.core.no_ci import WORDS as NO_CI_WORDS
from otto_bot.core.pauses import HEARING, WAITS_FOR_BASE
from otto_bot.core.pinning import NOT_STARTED
from otto_bot.core.run import Run
from otto_bot.core.shared_failures import FLAKY_WITHIN, weighed
from otto_bot.diagnosis.diagnose import diagnose
from otto_bot.diagnosis.reports import with_reports
from otto_bot.github.ci_models import WorkflowRun
from otto_bot.jobs.also_reported import also_reported
from otto_bot.jobs.context import Context, failures_before
from otto_bot.jobs.evidence_ci import demanded, judged_alone, no_ci_reason
from otto_bot.jobs.evidence_logs import Evidence, evidence_of
from otto_bot.jobs.evidence_unstarted import kept_from_starting, not_started
from otto_bot.jobs.listening import hearing
from otto_bot.jobs.reported import ReportedOn
from otto_bot.jobs.required_checks import failure_of, required_checks
from otto_bot.jobs.suspects import red_together
from otto_bot.jobs.unmergeable import conflict_with_base, unmergeable
from otto_bot.jobs.who_cancelled import with_reason
from otto_bot.store.effect_rows import Ticket

EVENT_OF = {
    LaneKind.DISPATCH: "workflow_dispatch",
    LaneKind.PUSH: "push",
    LaneKind.PULL_REQUEST: "pull_request",
}
CAUSE_OF: dict[Ending, Cause] = {
    "timed_out": Cause.TIMEOUT,
    "blocked": Cause.ACTION_REQUIRED,
    "neutral": Cause.NO_CI,
    "no_ci": Cause.NO_CI,
    "cancelled": Cause.CANCELLED,
}
WORDS: dict[Ending, str] = {
    "timed_out": "the workflows did not end in time",
    "blocked": "the workflows wait for someone",
    "neutral": "every job was skipped or neutral: nothing was verified",
    "no_ci": "no workflow started for this commit",
    "cancelled": "the workflow run was cancelled",
}


async def verify_head(context: Context, run: Run, effect: Effect, _ticket: Ticket) -> Sequence[RunEvent]:
    """VerificationPolled with the time of the next look, or VerificationEnded with the failure, if any."""
    verification = run.verifications.get(effect.target)
    if verification is None or verification.ending is not None:
        return []
    runs = await _runs_of(context, run, verification)
    now = context.now()
    reported, ended = ReportedOn(context.repository(run), verification.sha), _all_ended(runs)
    of_projects = await demanded(context, run, verification) if ended else ()
    required = await required_checks(context, run, reported, of_projects) if ended else []
    seen = read_runs(
        [_seen(one) for one in runs],
        required,
        started_at=verification.started_at,
        now=now,
        polls=verification.polls,
        verify=run.config.verify,
        hearing=await hearing(context, run),
        reported=verification.reported,
        left_on_base=_left_on_base(run, effect.target),
    )
    ids = tuple(one.id for one in runs)
    url = runs[0].html_url if runs else ""
    seen = _after_the_base(run, effect.target, seen)
    if seen.ending is None:
        next_at = now + timedelta(seconds=seen.seconds)
        return [
            VerificationPolled(
                at=now,
                target=effect.target,
                next_at=next_at,
                waiting=seen.waiting,
                run_ids=ids,
                url=url,
                knew=verification.reports,
            )
        ]
    failure: Failure | None = None
    moved: list[RunEvent] = []
    if seen.ending == "no_ci" and not runs and await unmergeable(context, run, verification):
        failure, moved = await _unmergeable(context, run, effect, verification)
    elif seen.ending == "no_ci" and effect.target != BASELINE and await judged_alone(context, run, verification):
        seen = seen.model_copy(update={"ending": "unwatched"})
    elif seen.ending != "green":
        failure = await _failure(context, run, effect, verification, runs, seen)
    return [
        *moved,
        VerificationEnded(
            at=now,
            target=effect.target,
            sha=verification.sha,
            ending=seen.ending,
            failure=failure,
            run_ids=ids,
            url=url,
            left=tuple(context.redactor.text(name) for name in seen.left),
            also=await also_reported(context, run, reported, [one.name for one in required]) if ended else (),
        ),
    ]


def _left_on_base(run: Run, target: str) -> tuple[str, ...] | None:
    base = run.verifications.get(BASELINE)
    if target == BASELINE:
        return None
    return base.left if base is not None else ()


async def _unmergeable(
    context: Context, run: Run, effect: Effect, verification: Verification
) -> tuple[Failure, list[RunEvent]]:
    """No workflow started, because of a conflict with the default branch: one task's work is written again on it."""
    merging = run.integration.merging if run.integration is not None and not effect.task else ()
    key = effect.task or (merging[0] if len(merging) == 1 else "")
    found = None
    if key and not run.single and effect.target != BASELINE:
        found = await conflict_with_base(context, run, verification, key)
    if found is not None:
        failure, newest = found
        # Without this news the next attempt would begin on the old base.
        return failure, [BaseMoved(at=context.now(), sha=newest)] if newest != run.base_head else []
    words = f"no workflow started for this commit: {NO_CI_WORDS['base_conflict']}"
    failure = Failure(
        task=effect.task or effect.target, attempt=effect.attempt, sha=verification.sha, phase=Phase.VERIFY,
        cause=Cause.NO_CI, detail=words, conclusion="no_ci:base_conflict@", fingerprint="no_ci:base_conflict",
        excerpts=(Excerpt(kind="message", source="GitHub", text=words, url=verification.url),),
    )  # fmt: skip
    return failure, []


def _after_the_base(run: Run, target: str, seen: Seen) -> Seen:
    """A head that failed waits for the verdict on its base: else nobody can say whose failure it is."""
    base = run.verifications.get(BASELINE)
    if seen.ending in (None, "green") or target == BASELINE or base is None:
        return seen
    missed = unsaid(base) and seen.ending in ("red", "timed_out")
    if base.ending is not None and not missed:
        return seen
    return Seen(waiting=WAITS_FOR_BASE, seconds=HEARING)


async def _runs_of(context: Context, run: Run, verification: Verification) -> list[WorkflowRun]:
    lane = verification.lane or run.lane
    assert lane is not None
    return newest_of(await context.repository(run).workflow_runs(verification.sha), lane, verification.branch)


def newest_of(found: Sequence[WorkflowRun], lane: Lane, branch: str) -> list[WorkflowRun]:
    """The lane's runs of one commit on this branch: one a workflow, the newest.

    A candidate that is built again may be the same commit on another branch: what was said there is no answer here.
    """
    wanted = EVENT_OF.get(lane.kind, "")
    newest: dict[str, WorkflowRun] = {}
    for one in sorted(found, key=lambda item: item.id):
        path = one.path.split("@", 1)[0]
        mine = one.event == wanted and one.head_branch in ("", branch)
        if mine and (not lane.workflows or path in lane.workflows):
            newest[path] = one
    return list(newest.values())


def _seen(run: WorkflowRun) -> RunSeen:
    return RunSeen(
        id=run.id,
        name=run.name or run.path,
        status=run.status,
        conclusion=run.conclusion,
        created_at=run.created_at,
        updated_at=run.updated_at,
        attempt=run.run_attempt,
        url=run.html_url,
    )


def _all_ended(runs: Sequence[WorkflowRun]) -> bool:
    return bool(runs) and all(run.status == "completed" for run in runs)


async def _failure(
    context: Context, run: Run, effect: Effect, verification: Verification, runs: Sequence[WorkflowRun], seen: Seen
) -> Failure:
    """Why it is not green. Attempt 0 = the base commit or a candidate: nobody's failure yet."""
    assert seen.ending is not None
    before = failures_before(run, run.task(effect.task), effect.attempt) if effect.task else []
    known = run.verifications.get(BASELINE)
    baseline = known.failure if known is not None and effect.target != BASELINE else None
    task = effect.task or effect.target
    if seen.red:
        return failure_of(context, seen.red, task, effect.attempt, verification.sha, before, baseline)
    found = await evidence_of(context, run, effect.target, runs)
    if found.jobs:
        failure = await asyncio.to_thread(_diagnosed, task, effect.attempt, verification.sha, found, before, baseline)
        failure = await with_reason(context, run, verification, runs, found.jobs, failure)
        if effect.target == BASELINE:
            return failure
        failure = await _weighed(context, run, verification, failure)
        return failure if effect.task else await _together(context, run, failure)
    words = seen.waiting or WORDS.get(seen.ending, "the workflows ended badly without a failing job")
    conclusion: str = seen.ending
    if seen.ending in ("no_ci", "neutral"):
        reason, file, told = await no_ci_reason(context, run, verification, bool(runs))
        conclusion, words = f"no_ci:{reason}@{file}", f"{words}: {told}"
    told, signals = await kept_from_starting(context, run, verification, runs, seen)
    if not_started(runs):
        conclusion, words = NOT_STARTED, told or words
    failure = Failure(
        task=task,
        attempt=effect.attempt,
        sha=verification.sha,
        phase=Phase.VERIFY,
        cause=_cause(seen, runs),
        detail=words,
        conclusion=conclusion,
        fingerprint=f"{seen.ending}:{seen.reason}",
        signals=signals,
        excerpts=(Excerpt(kind="message", source="GitHub Actions", text=words, url=verification.url),),
    )
    return await with_reason(context, run, verification, runs, (), failure)


async def _together(context: Context, run: Run, failure: Failure) -> Failure:
    """A candidate's failure, with what was merged before the one task on it."""
    mirror = await context.mirror(run)
    merging = run.integration.merging if run.integration is not None else ()
    await mirror.fetch(run.head, *[a.sha for key in merging if (a := run.task(key).last) is not None and a.sha])
    return await red_together(context, run, mirror, failure)


async def _weighed(context: Context, run: Run, verification: Verification, failure: Failure) -> Failure:
    """The failure held against what other heads of the repository did lately."""
    now = context.now()
    known = await asyncio.to_thread(context.ledger.verdicts, run.repo.id, now - FLAKY_WITHIN)
    return weighed(failure, known, issue=run.issue, again=verification.round > 1, now=now)


def _diagnosed(
    task: str, attempt: int, sha: str, found: Evidence, before: Sequence[Failure], baseline: Failure | None
) -> Failure:
    failure = diagnose(task, attempt, sha, found.jobs, previous=before, baseline=baseline)
    return with_reports(failure, found.reports, previous=before, baseline=baseline)


def _cause(seen: Seen, runs: Sequence[WorkflowRun]) -> Cause:
    if not_started(runs):
        return Cause.PERMISSION
    if seen.reason == "queued":
        return Cause.NEVER_STARTED
    assert seen.ending is not None
    return CAUSE_OF.get(seen.ending, Cause.UNKNOWN)
