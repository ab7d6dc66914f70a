"""What would hinder a run later, looked at before anything is paid: rights, workflows that are off, required checks."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from otto_bot.core.barred import MISSING_PERMISSION
from otto_bot.core.branch_rules import branches_of
from otto_bot.core.events import Refused
from otto_bot.core.lanes import Lane, Workflow
from otto_bot.core.required_here import Demanded, sort
from otto_bot.core.rights import hindering
from otto_bot.core.run import Run
from otto_bot.github.errors import NOT_NOW, GitHubError
from otto_bot.github.verbs import Repository
from otto_bot.jobs.context import Context
from otto_bot.text import first_use as text
from otto_bot.text.trouble import Trouble

log = logging.getLogger(__name__)


async def granted_now(context: Context, installation: int) -> None:
    """GitHub refused something for want of a right: ask what is granted, and keep that. It may not tell now."""
    if context.grants is None:
        return
    try:
        found = await context.github.installation(installation)
    except GitHubError as error:
        log.info("what installation %s granted could not be read: %s", installation, error)
        return
    if found is not None:
        await asyncio.to_thread(context.grants.put, [found.granted], context.now())


async def not_granted(context: Context, run: Run) -> Refused | None:
    """Refused where the owner has not granted what every run needs."""
    found = await context.github.installation(run.repo.installation_id)
    missing = hindering(found.permissions) if found is not None else {}
    if found is None or not missing:
        return None
    reason = text.missing_rights(missing, found.account_login, found.html_url)
    return Refused(at=context.now(), reason=reason, trouble=MISSING_PERMISSION)


async def switched_off(context: Context, repository: Repository, lane: Lane) -> Refused | None:
    """Refused where every workflow of the lane is disabled in the Actions tab."""
    if not lane.workflows:
        return None
    try:
        states = {one.path: one.state for one in await repository.workflows()}
    except NOT_NOW:
        raise
    except GitHubError as error:
        log.info("GitHub does not say which workflows are disabled: %s", error)
        return None
    if not all(states.get(path, "").startswith("disabled") for path in lane.workflows):
        return None
    files = [path.rpartition("/")[2] for path in lane.workflows]
    return Refused(at=context.now(), reason=text.disabled_workflows(files), trouble=Trouble.ACTIONS_DISABLED)


async def hindrances(run: Run, repository: Repository, workflows: Sequence[Workflow], prefix: str) -> tuple[str, ...]:
    """What a plan should tell: required checks that nothing on Otto's branches can report."""
    branch = run.repo.default_branch
    try:
        required = (await repository.required_contexts(branch)).contexts
    except NOT_NOW:
        raise
    except GitHubError as error:
        log.info("GitHub does not say what %s requires: %s", branch, error)
        return ()
    demanded = [Demanded(name=one.context, app=one.app_id) for one in required]
    if not demanded:
        return ()
    mine = branches_of(prefix, run.issue, run.ordinal)[1]
    never = sort(demanded, workflows, mine, branch, run.repo.full_name).never
    return (text.never_reported(never, branch),) if never else ()
