"""Which job does which effect, and what errors of the rooms below mean for an effect."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from otto_bot.core.effects import Effect, EffectKind
from otto_bot.core.events import RunEvent
from otto_bot.core.run import Run
from otto_bot.git import errors as git
from otto_bot.github import errors as github
from otto_bot.jobs import decisions, integrate, publish
from otto_bot.jobs.code_task import code_task
from otto_bot.jobs.context import Context
from otto_bot.jobs.first_use import granted_now
from otto_bot.jobs.gated_push import PushHeld
from otto_bot.jobs.host_troubles import host_trouble
from otto_bot.jobs.judge_task import judge_task
from otto_bot.jobs.learn import learn
from otto_bot.jobs.open_pull_request import open_pull_request
from otto_bot.jobs.outages import provider_retry
from otto_bot.jobs.outcomes import Later, NeedsPerson, Retry, ShutOut
from otto_bot.jobs.plan_issue import plan_issue
from otto_bot.jobs.post_journeys import apply_journeys, post_journeys
from otto_bot.jobs.prepare import prepare
from otto_bot.jobs.push_attempt import push_attempt
from otto_bot.jobs.reopen import reopen
from otto_bot.jobs.review import answer_review, post_review
from otto_bot.jobs.run_pilot import run_pilot
from otto_bot.jobs.shut_out import shut_out
from otto_bot.jobs.starting_ci import waiting_for_a_yes
from otto_bot.jobs.take_base import take_base
from otto_bot.jobs.triage_journeys import triage_journeys
from otto_bot.jobs.turn import letting_others_through
from otto_bot.jobs.verify_head import verify_head
from otto_bot.jobs.walk_journeys import walk_journeys
from otto_bot.model.errors import BudgetSpent, NoWorstCase, ProviderError, UnknownPrice
from otto_bot.store.effect_rows import Ticket
from otto_bot.text.held import push_held

Job = Callable[[Context, Run, Effect, Ticket], Awaitable[Sequence[RunEvent]]]

_JOBS: Mapping[EffectKind, Job] = {
    EffectKind.PREPARE: prepare,
    EffectKind.PLAN: plan_issue,
    EffectKind.POST_PLAN: publish.post_plan,
    EffectKind.OPEN_PULL_REQUEST: open_pull_request,
    EffectKind.REOPEN: reopen,
    EffectKind.CODE: code_task,
    EffectKind.PUSH: push_attempt,
    EffectKind.VERIFY: verify_head,
    EffectKind.RERUN: decisions.rerun_jobs,
    EffectKind.JUDGE: judge_task,
    EffectKind.CANDIDATE: integrate.build_candidate,
    EffectKind.MERGE: integrate.merge,
    EffectKind.GATE: run_pilot,
    EffectKind.POST_DECISION: decisions.post_decision,
    EffectKind.APPLY: decisions.apply_decision,
    EffectKind.SHOW: publish.show,
    EffectKind.CALL: publish.call_person,
    EffectKind.REPLY: publish.answer,
    EffectKind.TIDY: publish.tidy,
    EffectKind.TIME_UP: publish.time_up,
    EffectKind.TAKE_BASE: take_base,
    EffectKind.LEARN: learn,
    EffectKind.POST_REVIEW: post_review,
    EffectKind.ANSWER_REVIEW: answer_review,
    EffectKind.JOURNEYS: walk_journeys,
    EffectKind.TRIAGE: triage_journeys,
    EffectKind.POST_JOURNEYS: post_journeys,
    EffectKind.APPLY_JOURNEYS: apply_journeys,
}
JOBS: Mapping[EffectKind, Job] = {kind: letting_others_through(waiting_for_a_yes(job)) for kind, job in _JOBS.items()}

ELSEWHERE_ADVICE = "A new name is found by itself; otherwise OTTO_GITHUB_WEB_URL must be where GitHub really is"
UNSAFE_ADVICE = "`git fsck` in a clone names the objects; Otto works on branches that do not have them"
REFUSED_ADVICE = "Check that the App is still installed for this repository and may write its contents"


def jobs_for(context: Context) -> dict[EffectKind, Callable[[Run, Effect, Ticket], Awaitable[Sequence[RunEvent]]]]:
    """The table with its context bound."""
    return {kind: partial(_tried, job, context) for kind, job in JOBS.items()}


async def _tried(job: Job, context: Context, run: Run, effect: Effect, ticket: Ticket) -> Sequence[RunEvent]:
    try:
        return await job(replace(context, ticket=ticket), run, effect, ticket)
    except github.GitHubError as error:
        if github.not_granted(error):
            await granted_now(context, run.repo.installation_id)
        raise


def translate(error: Exception) -> Later | Retry | NeedsPerson | ShutOut | None:
    """What an error means for its effect; None = an error of our own."""
    if isinstance(error, Later | Retry | NeedsPerson | ShutOut):
        return error
    if isinstance(error, PushHeld):
        return NeedsPerson(push_held(error.findings), "diff_gate")
    return shut_out(error) or host_trouble(error) or _github(error) or _git(error) or _model(error)


def _github(error: Exception) -> Later | Retry | NeedsPerson | None:
    if isinstance(error, github.RetryLater):
        return Later(error.until, error.reason)
    if isinstance(error, github.Unreachable):
        return Retry(f"GitHub does not answer: {error.message}", "github", outage=True)
    lacking = isinstance(error, github.GitHubError) and github.not_granted(error)
    if lacking or isinstance(error, github.Unauthorized | github.Forbidden):
        return NeedsPerson(f"GitHub refuses Otto: {error}. Check the App's permissions and installation", "permission")
    if isinstance(error, github.NotFound | github.Conflict | github.Moved):
        return Retry(f"GitHub: {error}", "github", 5)
    if isinstance(error, github.GitHubError):
        return NeedsPerson(f"GitHub said no: {error}", "github")
    return None


def _git(error: Exception) -> Later | Retry | NeedsPerson | None:
    if isinstance(error, git.RemoteUnreachable | git.GitTimedOut):
        return Retry(f"git: {error}", "git", outage=True)
    if isinstance(error, git.Redirected):
        return Retry(f"git: the repository is somewhere else: {error}. {ELSEWHERE_ADVICE}", "git", 5)
    if isinstance(error, git.UnsafeObjects):
        return NeedsPerson(f"git does not take what the repository holds: {error}. {UNSAFE_ADVICE}", "git")
    if isinstance(error, git.RefMissing):
        return Retry(f"git: {error}", "git")
    if isinstance(error, git.AccessDenied):
        return Retry(f"git was refused: {error}. {REFUSED_ADVICE}", "git", 5)
    if isinstance(error, git.PushRejected):
        return NeedsPerson(f"{error}. Check the rules for the branch", "push_rejected")
    if isinstance(error, git.GitFailed):
        return Retry(f"git: {error}", "git")
    return None


def _model(error: Exception) -> Later | Retry | NeedsPerson | None:
    if isinstance(error, ProviderError):
        if error.retryable:
            return provider_retry(error)
        return NeedsPerson(f"the model's service: {error.message}", "provider")
    if isinstance(error, BudgetSpent | NoWorstCase | UnknownPrice):
        return NeedsPerson(str(error), "budget")
    return None
