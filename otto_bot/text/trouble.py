"""Links from comments to the page that says more: what you see, why, what to do, one entry for each odd repository."""

from __future__ import annotations

from enum import StrEnum

from otto_bot.core.asks import about_pinning
from otto_bot.core.attempt import Task
from otto_bot.core.cancelled import cancelled_by
from otto_bot.core.evidence import Cause, Failure
from otto_bot.core.lanes import BARRED, Lane, LaneKind
from otto_bot.core.policy import exposed
from otto_bot.core.run import Hold, Run
from otto_bot.core.waits import Wait
from otto_bot.text.links import Links
from otto_bot.text.markdown import link
from otto_bot.text.problems import of_cause, of_rest


class Trouble(StrEnum):
    """An entry of docs/troubleshooting.md; the playground has a preset of the same name."""

    ACTIONS_DISABLED = "actions-disabled"
    APPROVAL_REQUIRED = "approval-required"
    ARCHIVED_MIDRUN = "archived-midrun"
    BASE_WORKFLOW_MOVED = "base-workflow-moved"
    BILLING_STOP = "billing-stop"
    BRANCH_NAMED_OTTO = "branch-named-otto"
    BRANCH_PATTERN = "branch-pattern"
    CANCEL_IN_PROGRESS = "cancel-in-progress"
    CUSTOM_ROLE = "custom-role"
    DISPATCH = "dispatch"
    DRAFT_GUARD = "draft-guard"
    ENV_WAITING = "env-waiting"
    FOREIGN_CHECKS = "foreign-checks"
    HUMAN_CLOSES = "human-closes"
    HUMAN_MERGES_MIDRUN = "human-merges-midrun"
    HUMAN_PUSHES = "human-pushes"
    ISSUE_EDITED = "issue-edited"
    LFS = "lfs"
    LINEAR_HISTORY = "linear-history"
    MATRIX_400_JOBS = "matrix-400-jobs"
    MISSING_PERMISSION = "missing-permission"
    MERGE_QUEUE = "merge-queue"
    NO_ACTIONS_WRITE = "no-actions-write"
    NO_DRAFTS = "no-drafts"
    PATH_FILTER = "path-filter"
    PR_ONLY_CI = "pr-only-ci"
    PR_TEMPLATE = "pr-template"
    PUSH_MAIN_ONLY = "push-main-only"
    RENAMED_REPO = "renamed-repo"
    REQUIRED_SIGNATURES = "required-signatures"
    RESTRICTED_CREATION = "restricted-creation"
    REUSABLE_WORKFLOW = "reusable-workflow"
    SECRETS_IN_CI = "secrets-in-ci"
    SHA_PIN_POLICY = "sha-pin-policy"
    SKIP_CI_TITLE = "skip-ci-title"
    STATIC_CONCURRENCY = "static-concurrency"
    SUBMODULE = "submodule"
    SUSPENDED_INSTALLATION = "suspended-installation"
    TITLE_LINT = "title-lint"
    TRANSFERRED_ISSUE = "transferred-issue"


_NO_CI = {
    "branch_filter": Trouble.PUSH_MAIN_ONLY,
    "draft_guard": Trouble.DRAFT_GUARD,
    "path_filter": Trouble.PATH_FILTER,
    "unknown": Trouble.ACTIONS_DISABLED,
    "workflow_disabled": Trouble.ACTIONS_DISABLED,
}
"""By the reasons of `core/no_ci.py`."""
_PUSH = {"workflow_scope": Trouble.BASE_WORKFLOW_MOVED}
"""By the reasons of `git/errors.py`."""


ABOUT_THE_WORK = frozenset(
    {Cause.TEST, Cause.BUILD, Cause.LINT, Cause.DEPENDENCY, Cause.QA_FAILED, Cause.INTEGRATION, Cause.NO_CHANGES}
    | {Cause.AGENT_LIMIT, Cause.UNKNOWN}
)
"""Causes after which somebody thinks about the code; what is asked then is the pilot's own question."""
MORE = "More about this"


def see(links: Links, entry: str | None) -> str:
    """The link to an entry; empty where there is none."""
    return link(MORE, links.help(entry)) if entry is not None else ""


def of_wait(run: Run, wait: Wait) -> str | None:
    """The entry about what a run waits for a person about: the repository's doing, else the kind of problem."""
    if run.hold is not None:
        return of_hold(run.hold)
    if wait.kind == "plan":
        return Trouble.SECRETS_IN_CI if exposed(run) else None
    gate = run.gate
    if wait.kind == "gate" and gate is not None and gate.decision is not None:
        about = [move.task for move in gate.decision.moves if move.question == wait.question]
        return of_task(run.tasks[about[0]]) if about else None
    asked = [task for task in run.tasks.values() if task.question and task.question == wait.question]
    return of_task(asked[0]) if asked else None


def of_hold(hold: Hold) -> str | None:
    """The entry about why a run rests; None where a person wanted it so."""
    if hold.exposure:
        return Trouble.SECRETS_IN_CI
    return Trouble(hold.trouble) if hold.trouble in set(Trouble) else of_rest(hold.trouble)


def of_task(task: Task) -> str | None:
    """The entry about what keeps a task from going on."""
    return of_problem(task.failure)


def of_problem(failure: Failure | None) -> str | None:
    """The entry about a failure: what is odd about the repository, else its cause; none where the work is in question.

    A pilot's own question about what should be built is not made clearer by a page about failing tests.
    """
    found = of_failure(failure)
    if failure is None or found is not None:
        return found
    return None if failure.cause in ABOUT_THE_WORK else of_cause(failure.cause)


def of_failure(failure: Failure | None) -> Trouble | None:
    """What of the host or the repository a failure is about."""
    if failure is None:
        return None
    if failure.cause is Cause.NO_CI:
        return _NO_CI.get(failure.conclusion.removeprefix("no_ci:").partition("@")[0])
    if failure.cause is Cause.PUSH_REJECTED:
        return _PUSH.get(failure.detail.partition(":")[0])
    if (by := cancelled_by(failure)) is not None and by.by == "group":
        return Trouble.STATIC_CONCURRENCY
    if failure.cause is Cause.BILLING:
        return Trouble.BILLING_STOP
    if failure.cause is Cause.ACTION_REQUIRED and "workflow file issue" not in failure.detail:
        at_job = "environment" in failure.fingerprint or "deployment was rejected" in failure.detail
        return Trouble.ENV_WAITING if at_job else Trouble.APPROVAL_REQUIRED
    return Trouble.SHA_PIN_POLICY if about_pinning(failure) else None


def of_lane(lane: Lane) -> Trouble | None:
    """What is odd about how branches are verified."""
    if BARRED in lane.why:
        return Trouble.NO_ACTIONS_WRITE
    if lane.shares:
        return Trouble.STATIC_CONCURRENCY
    if lane.skips_drafts:
        return Trouble.DRAFT_GUARD
    if lane.calls:
        return Trouble.REUSABLE_WORKFLOW
    return {LaneKind.DISPATCH: Trouble.DISPATCH, LaneKind.PULL_REQUEST: Trouble.PR_ONLY_CI}.get(lane.kind)
