"""What a person has to do where a cause leaves only that: where to click, which right it takes, what to reply then."""

from __future__ import annotations

import re
from collections.abc import Callable

from otto_bot.core.cancelled import CancelledBy, cancelled_by
from otto_bot.core.cancelled import words as cancelled_words
from otto_bot.core.diff_findings import RULES
from otto_bot.core.evidence import Cause, Failure, Phase
from otto_bot.core.pinning import NOT_STARTED

MONEY = "The money for this issue is used up. How much more may be spent?"
"""The question of every task that only money can bring on: the same words for all, so that one answer does."""

NO_MORE = (
    "The money for this issue is used up, and the host of Otto allows no more for one issue (OTTO_MAX_USD). "
    "What should happen?"
)
"""The question in its place where nobody can allow more here."""

LIMIT = 500
"""Characters of a question, as the type of a move has it."""

AGAIN_ON_THE_SAME_COMMIT = frozenset(
    {Cause.BILLING, Cause.PERMISSION, Cause.ACTION_REQUIRED, Cause.NO_CI, Cause.INFRA, Cause.NEVER_STARTED}
    | {Cause.CANCELLED, Cause.SYSTEMIC}
)
"""Causes outside of the code: once a person has mended them, Actions looks at the same commit again."""


MENDED_OUTSIDE = frozenset({Cause.BILLING, Cause.PERMISSION, Cause.ACTION_REQUIRED, Cause.NO_CI})
"""Causes that never go away by chance: somebody has paid, allowed, approved or switched on something."""


def started_anew(failure: Failure | None) -> bool:
    """Whether only a new commit lets Actions look again: GitHub ended the run before any job, and never repeats it."""
    return failure is not None and failure.conclusion == NOT_STARTED


def again_on_the_same_commit(failure: Failure | None) -> bool:
    """Whether a plain `/otto retry` needs nobody to write code: the commit is there and was never judged."""
    if started_anew(failure):
        return False
    on_github = failure is not None and failure.phase in (Phase.VERIFY, Phase.INTEGRATION)
    return failure is not None and on_github and failure.cause in AGAIN_ON_THE_SAME_COMMIT


PUT_BACK = "put the test back"
"""What a coder is told by whoever does not accept changed tests."""


def _weakened(key: str, failure: Failure) -> str:
    """Where checks prove less, and both ways out."""
    plain = [one for one in failure.excerpts if re.fullmatch(r"[\w./@+-]{1,80}", one.source)]
    places = [f"`{one.source}`" + (f" line {one.first_line}" if one.first_line else "") for one in plain[:3]]
    more = len(failure.hits) + failure.more - len(places)
    where = ", ".join(places) + (f" and {more} more" if places and more > 0 else "")
    return (
        f"Are these changes of checks right ({where or f'{more} places'}; the lines are quoted)? `/otto accept {key}` "
        f"says so, for exactly these lines, and the same commit goes on. Else `/otto retry {key} -- {PUT_BACK}`."
    )


LEAVE_OUT = "leave that out"
"""What a coder is told by whoever does not accept what the gate held."""


def _held(key: str, failure: Failure) -> str:
    """What is not pushed, and both ways out."""
    plain = [one for one in failure.excerpts if re.fullmatch(r"[\w./@+-]{1,80}", one.source)]
    places = [f"`{one.source}`" + (f" line {one.first_line}" if one.first_line else "") for one in plain[:3]]
    more = len(failure.hits) + failure.more - len(places)
    where = ", ".join(places) + (f" and {more} more" if places and more > 0 else "")
    secret = any(one.text.startswith(RULES["secret"]) for one in failure.excerpts)
    care = " Never accept a real secret: once pushed, it is out." if secret else ""
    return (
        f"Is this right ({where or f'{more} places'}; the comment says what it is)? Nothing is pushed until someone "
        f"says so.{care} `/otto accept {key}` does, for exactly these files as they are. Else `/otto retry {key} -- "
        f"{LEAVE_OUT}` or `/otto skip {key}`."
    )


def reply_for(key: str, failure: Failure | None) -> str:
    """The words that make an asked task go on. Where only money helps, `funds` knows how much."""
    if again_on_the_same_commit(failure) or started_anew(failure):
        return f"/otto retry {key}"
    if failure is not None and failure.cause in _PLAIN:
        return f"/otto retry {key}"
    if failure is not None and failure.cause is Cause.HELD_BY_DIFF_GATE and failure.hits:
        return f"/otto retry {key} -- {LEAVE_OUT}"
    if failure is not None and failure.cause is Cause.TESTS_WEAKENED:
        return f"/otto retry {key} -- {PUT_BACK}"
    return f"/otto retry {key} -- your answer"


def ask_for_help(key: str, failure: Failure) -> str | None:
    """The one question for a cause that only a person can mend; None = the cause needs no person at once."""
    if failure.cause is Cause.BUDGET:
        return MONEY
    if failure.cause is Cause.TESTS_WEAKENED and failure.hits:
        return _cut(_weakened(key, failure))
    if failure.cause is Cause.HELD_BY_DIFF_GATE and failure.hits:
        return _cut(_held(key, failure))
    words = _BY_CAUSE.get(failure.cause)
    if words is None:
        return None
    return _cut(f"{words(failure)} Then reply `{reply_for(key, failure)}`.")


def ask_after_reruns(key: str, failure: Failure, count: int) -> str:
    """The question once running the jobs again has not helped."""
    what = failure.cause.value.replace("_", " ")
    found = cancelled_by(failure)
    if found is not None:
        what = f"{cancelled_words(found)},"
    where = {
        Cause.NEVER_STARTED: "Can someone see in `Settings → Actions → Runners` whether a runner with the wanted label "
        "is online, or on githubstatus.com whether GitHub has trouble?",
        Cause.CANCELLED: _who_cancels(found),
        Cause.SYSTEMIC: "Every branch fails so: can someone mend what they share (a service, an image, a version)?",
    }.get(failure.cause, "Can someone look at the runner, its network and its disk?")
    return _cut(f"{what} again after {count} re-runs. {where} Then reply `{reply_for(key, failure)}`.")


def _who_cancels(found: CancelledBy | None) -> str:
    if found is None or found.by != "group":
        return "Who or what cancels the workflow (a person, or a `concurrency` group with `cancel-in-progress`)?"
    group = f" `{found.who}`" if found.who else ""
    return (
        f"Other runs take its place in the concurrency group{group}: can someone with write access add `queue: max` to "
        "it, or the branch to its name (`${{ github.workflow }}-${{ github.ref }}`)?"
    )


def ask_after_retries(key: str, failure: Failure, count: int) -> str:
    """The question once free retries have not helped."""
    words = {
        Cause.MERGE_CONFLICT: f"It conflicted with newer work {count} times ({failure.detail[:200]}). "
        "Which of the two should give way?",
        Cause.PROVIDER_ERROR: f"The model's service failed {count} times. Can the operator of Otto check its key, its "
        "limits and its status page?",
        Cause.BASE_RED: f"It failed like the base commit {count} times. Can someone make the base green?",
    }.get(failure.cause, f"{failure.cause.value.replace('_', ' ')} happened {count} times. What should change?")
    return _cut(f"{words} Then reply `{reply_for(key, failure)}`.")


def ask_about_push(key: str, failure: Failure) -> str:
    """The question once GitHub has refused a fresh branch too."""
    reason = failure.detail.split(":", 1)[0]
    words = {
        "workflow_scope": "GitHub refuses commits of Otto that change workflow files. Can someone with write access "
        "bring the default branch's `.github/workflows` into the run branch, or leave that part out of the task?",
        "protected": "A rule of the repository refuses Otto's branches. Can an administrator let the App bypass it in "
        "`Settings → Rules → Rulesets`, or exclude Otto's branch prefix there?",
        "missing_rights": "The App may not push. Can an owner grant it `Contents: read and write` in `Settings "
        "→ GitHub "
        "Apps → Configure`, for this repository?",
    }.get(reason, "GitHub refuses the push. Can an administrator look at `Settings → Rules → Rulesets`?")
    return _cut(f"{words} Then reply `{reply_for(key, failure)}`.")


def _billing(_failure: Failure) -> str:
    return (
        "GitHub did not start the jobs because of the account's billing. Can its owner settle the payment or raise the "
        "spending limit (`Settings → Billing and plans → Budgets`)?"
    )


WAITS_FOR, MAY = "waits for the environment ", "may approve: "
UNPINNED = "not pinned: "
"""How signals of a failure begin that say more about it."""
_NAME = re.compile(r"[\w.@/+-]{1,80}(?: [\w.@/+-]{1,40}){0,4}")


def _named(failure: Failure, mark: str, most: int = 3) -> str:
    """What a failure's signals name under a mark, as far as it can be shown as it is."""
    names = [one.removeprefix(mark) for one in failure.signals if one.startswith(mark)]
    shown = [f"`{name}`" for name in names if _NAME.fullmatch(name)][:most]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if shown and more else "")


def _not_started(failure: Failure) -> str:
    loose = _named(failure, UNPINNED)
    if not loose:
        return (
            "GitHub ended the run before any job, and says why only on its page: a policy for actions, or the workflow "
            "file itself. Can someone mend that on the default branch, or an administrator in `Settings → Actions → "
            "General`?"
        )
    return (
        "GitHub ended the run before any job. It does so where the organisation requires actions to be pinned to a "
        f"full-length commit SHA, and the workflow uses {loose}. Can someone pin that on the default branch, or an "
        "administrator change the policy in `Settings → Actions → General`?"
    )


def about_pinning(failure: Failure) -> bool:
    """Whether actions that are not pinned to a commit may be why nothing started."""
    if failure.cause is not Cause.PERMISSION:
        return False
    told = " ".join((failure.detail, *failure.signals)).lower()
    return "pinned to a full-length commit sha" in told or any(one.startswith(UNPINNED) for one in failure.signals)


def _permission(failure: Failure) -> str:
    if started_anew(failure):
        return _not_started(failure)
    said = " ".join((failure.detail, *failure.signals)).lower()
    if "pinned to a full-length commit sha" in said:
        return (
            "The organisation requires actions to be pinned to a full-length commit SHA, and the workflow uses one "
            "that is not. Can someone pin it on the default branch?"
        )
    if "action not allowed" in said or "not allowed to be used" in said or "not allowed by" in said:
        return (
            "The organisation does not allow an action that the workflow uses. Can an administrator allow it in "
            "`Settings → Actions → General → Allow select actions`?"
        )
    if "environment protection" in said:
        return (
            "An environment's rules refuse this branch. Can an administrator allow Otto's branches in `Settings → "
            "Environments → Deployment branches`?"
        )
    if "saml" in said:
        return "The organisation's single sign-on refuses the token. Can an owner authorise it for the organisation?"
    return (
        "A token of the workflow lacks a right. Can someone with admin rights grant it: `permissions:` in the workflow "
        "file, or `Settings → Actions → General → Workflow permissions`?"
    )


def _action_required(failure: Failure) -> str:
    if "deployment was rejected" in failure.detail:
        return (
            "A reviewer of an environment rejected the job, or another of its rules did. Can one of them press `Re-run "
            "failed jobs` on the page of the run, and approve it?"
        )
    if where := _named(failure, WAITS_FOR):
        who = _named(failure, MAY, 6)
        reviewer = f"one of its reviewers ({who})" if who else "one of its reviewers"
        return (
            f"A job waits for approval of the environment {where}. Can {reviewer} open the run in the Actions tab and "
            "press `Review deployments`?"
        )
    if "environment" in failure.fingerprint or "environment" in failure.detail.lower():
        return (
            "A job waits for an environment's approval. Can one of its reviewers open the run in the Actions tab and "
            "press `Review deployments`?"
        )
    if "workflow file issue" in failure.detail.lower():
        return "GitHub refuses the workflow file. Can someone with write access mend it on the default branch?"
    return (
        "GitHub waits for a person before it runs the workflow. Can someone with write access open the run in the "
        "Actions tab and press `Approve and run`?"
    )


_NO_CI = {
    "base_conflict": "The pull request of this branch conflicts with the default branch, and GitHub then starts no "
    "workflow. Can someone merge the default branch into the run branch?",
    "workflow_disabled": "The workflow {file} is disabled. Can someone with write access press `Enable "
    "workflow` on its "
    "page in the Actions tab, and close and reopen the pull request of this branch?",
    "workflow_gone": "The workflow {file} is gone from this branch. Can someone merge the default branch into the run "
    "branch?",
    "workflow_broken": "GitHub cannot read {file}. Can someone with write access mend it on the default branch?",
    "draft_guard": "The jobs of {file} skip drafts. Can someone press `Ready for review` on the pull request of this "
    "branch, or take the `draft` condition out of the workflow?",
    "branch_filter": "The branch filter of {file} leaves this branch out. Can someone with write access add Otto's "
    "branches to it, or add a workflow with `workflow_dispatch` named `otto-verify.yml`?",
    "path_filter": "The path filter of {file} leaves this change out. Can someone add the paths to it, or add a "
    "workflow "
    "without one, named `otto-verify.yml`?",
    "skipped": "Every job of {file} was skipped by its `if:` conditions. Can someone say which condition should let "
    "Otto's branches through, and change it on the default branch?",
    "unknown": "No workflow ran for this commit. Can an administrator see in `Settings → Actions → General` whether "
    "Actions are allowed, and close and reopen the pull request of this branch?",
}


def _no_ci(failure: Failure) -> str:
    reason, _, file = failure.conclusion.removeprefix("no_ci:").partition("@")
    words = _NO_CI.get(reason, _NO_CI["skipped" if failure.fingerprint.startswith("neutral") else "unknown"])
    return words.replace("{file}", f"`{file[:80]}`" if file else "of this repository")


_BY_CAUSE: dict[Cause, Callable[[Failure], str]] = {
    Cause.BILLING: _billing,
    Cause.PERMISSION: _permission,
    Cause.ACTION_REQUIRED: _action_required,
    Cause.NO_CI: _no_ci,
}
_PLAIN = frozenset({Cause.PROVIDER_ERROR, Cause.PUSH_REJECTED, Cause.BASE_RED})


def _cut(words: str) -> str:
    return words if len(words) <= LIMIT else f"{words[: LIMIT - 1]}…"
