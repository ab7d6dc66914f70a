"""Before any model is paid: read the configuration, the workflows and the base, and choose the lane."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from otto_bot.core.authors import Author
from otto_bot.core.ci_starts import Acts
from otto_bot.core.config import Config, ConfigError
from otto_bot.core.effects import Effect
from otto_bot.core.events import Prepared, Refused, RunEvent
from otto_bot.core.exposure import exposure
from otto_bot.core.lanes import Lane, LaneKind, Workflow, choose
from otto_bot.core.run import Run
from otto_bot.core.values import Repo
from otto_bot.github.config_file import CONFIG_PATH, read_config_file
from otto_bot.github.errors import NOT_NOW, Forbidden, GitHubError, TooLarge
from otto_bot.github.errors import Refused as GitHubRefused
from otto_bot.github.own_labels import with_label
from otto_bot.github.verbs import Repository
from otto_bot.jobs.branch_rules import naming
from otto_bot.jobs.context import Context
from otto_bot.jobs.default_token import default_rights
from otto_bot.jobs.first_use import hindrances, not_granted, switched_off
from otto_bot.jobs.onboard import offered_once, offered_without_lane
from otto_bot.jobs.outcomes import ShutOut
from otto_bot.jobs.shut_out import ARCHIVED
from otto_bot.jobs.workflow_files import parsed
from otto_bot.model.errors import UnknownPrice
from otto_bot.model.prices import AS_OF
from otto_bot.store.effect_rows import Ticket
from otto_bot.text import refusals
from otto_bot.text.branch_rules import refused_by_rules, trouble_of
from otto_bot.text.problems import Rest
from otto_bot.text.trouble import Trouble, of_lane

log = logging.getLogger(__name__)


async def prepare(context: Context, run: Run, _effect: Effect, _ticket: Ticket) -> Sequence[RunEvent]:
    """Prepared, or Refused with what a person must change."""
    repository = context.repository(run)
    now = context.now()
    if (refused := await _unusable(context, run, repository)) is not None:
        return [refused]
    base = await repository.branch_sha(run.repo.default_branch)
    if base is None:
        links = context.links(run)
        return [
            Refused(
                at=now, reason=refusals.no_commit(links, run.repo.default_branch, links.repo), trouble=Rest.NO_COMMIT
            )
        ]
    try:
        config = await read_config_file(repository, base, run.caps)
    except ConfigError as error:
        return [Refused(at=now, reason=refusals.bad_config(error.problems, CONFIG_PATH), trouble=Rest.CONFIG)]
    except (Forbidden, GitHubRefused, TooLarge) as error:
        return [Refused(at=now, reason=refusals.config_unreadable(str(error)), trouble=Rest.CONFIG_UNREADABLE)]
    if unknown := _unknown_models(context, config):
        return [Refused(at=now, reason=refusals.unknown_models(unknown, AS_OF), trouble=Rest.MODELS)]
    await repository.ensure_labels(with_label(config.label))
    try:
        workflows = await parsed(await repository.workflow_files(base))
    except (Forbidden, GitHubRefused, TooLarge) as error:
        return [Refused(at=now, reason=refusals.workflows_unreadable(str(error)), trouble=Rest.WORKFLOWS)]
    names = await naming(context, run, config)
    prefix = names.prefix
    # What only certifies pushes nothing, so nothing has to be let through or verified.
    if names.broken and run.kind != "certify":
        words = refused_by_rules(names.broken, context.links(run), prefix, names.fitting)
        return [Refused(at=now, reason=words, trouble=trouble_of(names.broken))]
    lane = await lane_for(repository, config, workflows, prefix, run.repo)
    if run.kind != "certify":
        refused = await _unverified(context, run, repository, lane, base, workflows, config)
        if refused is not None:
            return [refused]
    hinders = await hindrances(run, repository, workflows, prefix)
    dispatched = (config.verify.workflow, config.journeys.workflow)
    known = await default_rights(repository, workflows, base, run.repo.default_branch)
    acts = Acts(prefix=prefix, default_branch=run.repo.default_branch, dispatched=dispatched, default_rights=known)
    given = {"config": config, "base_sha": base, "lane": lane, "exposure": exposure(workflows, acts), "prefix": prefix}
    author = await _author(repository, run)
    offered = await offered_once(context, repository, run, base, workflows, config, lane)
    more = {"scans": True, "author": author, "rules": names.told, "hinders": hinders, "offered": offered}
    return [Prepared.model_validate({"at": now, **given, **more})]


async def _unusable(context: Context, run: Run, repository: Repository) -> Refused | None:
    """The repository as a whole: what keeps every run out of it."""
    info = await repository.info()
    if info.archived:
        raise ShutOut("archived", ARCHIVED)  # what would be said could not be written
    if info.disabled:
        return Refused(at=context.now(), reason=refusals.repository_unusable("disabled"), trouble=Rest.DISABLED)
    return await not_granted(context, run)


async def _unverified(
    context: Context,
    run: Run,
    repository: Repository,
    lane: Lane,
    base: str,
    workflows: Sequence[Workflow],
    config: Config,
) -> Refused | None:
    """No workflow verifies a branch here, or all that would are disabled."""
    if lane.kind is not LaneKind.NONE:
        return await switched_off(context, repository, lane)
    facts = await offered_without_lane(context, repository, run, base, workflows, config)
    words = refusals.no_ci(lane.why, context.links(run), run.repo.default_branch, facts)
    trouble = of_lane(lane) or Trouble.PUSH_MAIN_ONLY
    return Refused(at=context.now(), reason=words, trouble=trouble, offered=facts)


async def _author(repository: Repository, run: Run) -> Author | None:
    """Who wrote the issue and what they may do: models are told it, nothing is decided by it. None = not known."""
    try:
        who = await repository.author_of(run.issue)
        permission = None if who is None else await repository.permission(who.login)
    except NOT_NOW:
        raise
    except GitHubError as error:
        log.warning("who wrote issue %s of %s is not known: %s", run.issue, run.repo.full_name, error)
        return None
    if who is None or permission is None:
        return None
    known = permission.user_id in (None, who.id)
    return Author(login=who.login, permission=permission.level if known else "")


def _unknown_models(context: Context, config: Config) -> list[tuple[str, str, tuple[str, ...]]]:
    """Role, name and near names of every configured model without a price: none of them could be called."""
    models = config.models
    found = []
    for role, name in (("planner", models.planner), ("coder", models.coder), ("judge", models.judge),
                       ("pilot", models.pilot), ("journeys", models.journeys)):  # fmt: skip
        if name is None:
            continue
        try:
            context.prices.price(name)
        except UnknownPrice as error:
            found.append((role, name, error.near))
    return found


async def lane_for(
    repository: Repository, config: Config, workflows: Sequence[Workflow], prefix: str, repo: Repo
) -> Lane:
    """The chosen lane; a workflow is to be started by hand only where the App was granted that."""
    lane = await asyncio.to_thread(chosen_lane, config, workflows, prefix, repo)
    if lane.kind is not LaneKind.DISPATCH or await repository.may_start_workflows():
        return lane
    return await asyncio.to_thread(chosen_lane, config, workflows, prefix, repo, may_start=False)


def chosen_lane(
    config: Config, workflows: Sequence[Workflow], prefix: str, repo: Repo, *, may_start: bool = True
) -> Lane:
    """The way in which branches of ours are verified; none where the repository allows only one that is not there."""
    branch = f"{prefix}/1-1/t1-task-a1"
    lane = choose(workflows, branch, repo.default_branch, config.verify, repo.full_name, may_start=may_start)
    return lane if lane.kind is LaneKind.NONE else _demand_dispatch(config, lane)


def _demand_dispatch(config: Config, lane: Lane) -> Lane:
    """`exposure: dispatch-only` allows no lane in which a mere push starts workflows."""
    if config.verify.exposure == "dispatch-only" and lane.kind is not LaneKind.DISPATCH:
        why = f"`verify.exposure: dispatch-only` needs `{config.verify.workflow}` with `workflow_dispatch`"
        return Lane(kind=LaneKind.NONE, why=why)
    return lane
