"""Checks that the default branch or `verify.required` demands: how they stand on a commit, what those that fail say."""

from __future__ import annotations

from collections.abc import Sequence

from otto_bot.core.evidence import Cause, Excerpt, Failure, Phase
from otto_bot.core.required import Required, State, told
from otto_bot.core.run import Run
from otto_bot.diagnosis.baseline import beside_base
from otto_bot.diagnosis.fingerprint import progress
from otto_bot.github.ci_models import CheckRun, Status
from otto_bot.jobs.context import Context
from otto_bot.jobs.reported import ReportedOn

ACTIONS = "github-actions"
PASSED = frozenset({"success", "neutral", "skipped"})
"""Conclusions that GitHub lets through where a check is required."""
_STATES: dict[str, State] = {"success": "green", "pending": "pending", "failure": "red", "error": "red"}
_WORST: tuple[State, ...] = ("red", "pending", "green")


async def required_checks(
    context: Context, run: Run, reported: ReportedOn, of_projects: Sequence[str] = ()
) -> list[Required]:
    """Every required check of a commit, by name; those of `verify.ignore` are not asked for. Raises GitHubError.

    `of_projects`: what the projects demand in which the commit changes files.
    """
    by_branch = (await context.repository(run).required_contexts(run.repo.default_branch)).contexts
    asked = {*run.config.verify.required, *of_projects}
    source = {one.context: one.app_id for one in by_branch} | dict.fromkeys(asked)
    names = sorted(set(source) - set(run.config.verify.ignore))
    if not names:
        return []
    checks = [one for one in await reported.checks() if one.app_id != context.github.app_id]
    statuses = await reported.statuses()
    return [_stands(name, source[name], checks, statuses).model_copy(update={"asked": name in asked}) for name in names]


def _stands(name: str, app: int | None, checks: Sequence[CheckRun], statuses: Sequence[Status]) -> Required:
    """The worst that was reported under this name, by the App that must report it where the branch names one."""
    found = [_of_check(one) for one in checks if one.name == name and app in (None, one.app_id)]
    if not found:
        # A status does not say which App wrote it.
        found = [_of_status(one) for one in statuses if one.context == name]
    return next((one for state in _WORST for one in found if one.state == state), Required(name=name, state="missing"))


def _of_check(check: CheckRun) -> Required:
    state: State = "pending"
    if check.status == "completed":
        state = "green" if check.conclusion in PASSED else "red"
    words = check.title or (check.conclusion or "").replace("_", " ")
    return Required(name=check.name, state=state, actions=check.app_slug == ACTIONS, words=words, url=check.html_url)


def _of_status(status: Status) -> Required:
    return Required(name=status.context, state=_STATES[status.state], words=status.description)


def failure_of(
    context: Context, red: Sequence[Required], task: str, attempt: int, sha: str, before: Sequence[Failure],
    baseline: Failure | None,
) -> Failure:  # fmt: skip
    """What required checks say against a commit whose workflows are green; their words may hold secrets."""
    clean = context.redactor.text
    names = [clean(one.name) for one in red]
    failure = Failure(
        task=task, attempt=attempt, sha=sha, phase=Phase.VERIFY, cause=Cause.UNKNOWN, detail=clean(told(red)),
        conclusion="required", failing_jobs=tuple(names), fingerprint=f"required:{','.join(names)}"[:200],
        excerpts=tuple(
            Excerpt(kind="message", source=name, text=clean(told([one])), url=one.url)
            for name, one in zip(names, red, strict=True)
        ),
    )  # fmt: skip
    return beside_base(failure, baseline).model_copy(update={"progress": progress(before, failure)})
