"""Checks of a repository's Actions: whether they run, verify Otto's branches, and report what a merge needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from otto_bot.core.branch_rules import branches_of
from otto_bot.core.ci_starts import Acts
from otto_bot.core.exposure import exposure as exposed
from otto_bot.core.finding import Finding
from otto_bot.core.lanes import Lane, LaneKind, Workflow
from otto_bot.core.required_here import Demanded, sort
from otto_bot.doctor.place import Place
from otto_bot.github.errors import Forbidden, GitHubError, not_granted
from otto_bot.jobs.default_token import default_rights
from otto_bot.text.doctor import found, names
from otto_bot.text.offers import verify_offer

MOST_SHOWN = 8


async def actions(place: Place) -> list[Finding]:
    """Their settings, as far as an App is shown them, and workflows that somebody has disabled."""
    policy = await (await place.repository()).actions_policy()
    if policy is not None and not policy.enabled:
        return [found("actions", "off")]
    listed, lane = await place.listed(), await place.lane()
    said = [found("actions", "disabled", file=name_of(path), state=state) for path, state in disabled(lane, listed)]
    if policy is not None and policy.sha_pinning_required:
        said.append(found("actions", "pinned"))
    if policy is not None:
        return [*said, found("actions", "on", allowed=policy.allowed_actions or "all")]
    return [*said, found("actions", "seen", count=sum(one.state == "active" for one in listed))]


def disabled(lane: Lane, listed: Sequence[Any]) -> list[tuple[str, str]]:
    """Workflows of the lane that somebody disabled, with GitHub's word for it."""
    states = {one.path: one.state for one in listed}
    return [(path, state) for path in lane.workflows if (state := states.get(path, "")).startswith("disabled")]


def name_of(path: str) -> str:
    """Workflow files all lie in one folder, so the name says it."""
    return path.rpartition("/")[2]


async def verification(place: Place) -> list[Finding]:
    """What verifies a branch, or why nothing does."""
    lane, workflows, info = await place.lane(), await place.workflows(), await place.info()
    said = [
        found("verification", "unreadable", file=name_of(one.path), why=one.problem) for one in workflows if one.problem
    ]
    if lane.kind is LaneKind.NONE:
        web = place.host.settings.web_url
        offer = verify_offer(web, info.full_name, info.default_branch, await place.facts())
        return [found("verification", "none", why=lane.why, link=offer.link), *said]
    files = names([name_of(path) for path in lane.workflows])
    return [found("verification", lane.kind.value, files=files, why=lane.why), *said]


async def exposure(place: Place) -> list[Finding]:
    """As `prepare` would tell a plan."""
    config, info, workflows = await place.config(), await place.info(), await place.workflows()
    known = await default_rights(await place.repository(), workflows, await place.base(), info.default_branch)
    acts = Acts(
        prefix=config.branches.prefix,
        default_branch=info.default_branch,
        dispatched=(config.verify.workflow, config.journeys.workflow),
        default_rights=known,
    )
    items = exposed(workflows, acts).items
    if not items:
        return [found("exposure", "nothing")]
    shown = "; ".join(f"{one.what} {one.detail} ({name_of(one.workflow)})" for one in items[:MOST_SHOWN])
    more = f"; and {len(items) - MOST_SHOWN} more" if len(items) > MOST_SHOWN else ""
    return [found("exposure", "something", what=shown + more)]


async def required_checks(place: Place) -> list[Finding]:
    """What a merge needs, against what can be reported on a branch of Otto's."""
    info, config, repository = await place.info(), await place.config(), await place.repository()
    required = await repository.required_contexts(info.default_branch)
    said = [found("required-checks", "hidden", why=one) for one in required.unreadable]
    if not required.contexts:
        return [*said, found("required-checks", "none")]
    demanded = [Demanded(name=one.context, app=one.app_id) for one in required.contexts]
    branch = branches_of(config.branches.prefix, 1, 1)[1]
    seen = sort(demanded, await place.workflows(), branch, info.default_branch, info.full_name)
    for outcome, which in (("never", seen.never), ("others", seen.others), ("reported", seen.reported)):
        if which:
            said.append(found("required-checks", outcome, names=names(which)))
    return said


async def approvals(place: Place) -> list[Finding]:
    """Runs that stand still, and jobs that will."""
    repository, bot = await place.repository(), await place.host.github.bot_login()
    waiting = [run for run in await repository.runs_to_approve() if run.actor == bot]
    said = []
    if waiting:
        said.append(found("approvals", "runs", count=len(waiting), page=waiting[0].html_url))
    try:
        reviewed = {one.name for one in await repository.environments() if one.reviewed}
    except GitHubError as error:
        if not (not_granted(error) or isinstance(error, Forbidden)):
            raise
        return [*said, found("approvals", "hidden", why=str(error))]
    lane = await place.lane()
    mine = [one for one in await place.workflows() if one.path in lane.workflows]
    said += [
        found("approvals", "environment", file=name_of(one.path), name=name)
        for one in mine
        for name in sorted(reviewed & set(_environments(one)))
    ]
    return said or [found("approvals", "none")]


def _environments(workflow: Workflow) -> Iterator[str]:
    """That its jobs name, as far as they are written out."""
    jobs = (workflow.data or {}).get("jobs")
    for job in jobs.values() if isinstance(jobs, dict) else ():
        named = job.get("environment") if isinstance(job, dict) else None
        name = named.get("name") if isinstance(named, dict) else named
        if isinstance(name, str):
            yield name
