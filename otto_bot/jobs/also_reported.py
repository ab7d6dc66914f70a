"""What other Apps report on a commit that nobody requires: asked once, when the verdict stands, to show it."""

from __future__ import annotations

from collections.abc import Collection

from otto_bot.core.also import Also, worth_telling
from otto_bot.core.run import Run
from otto_bot.github.errors import NOT_NOW, GitHubError, Unreachable
from otto_bot.jobs.context import Context
from otto_bot.jobs.reported import ReportedOn
from otto_bot.jobs.required_checks import ACTIONS


async def also_reported(
    context: Context, run: Run, reported: ReportedOn, required: Collection[str]
) -> tuple[Also, ...]:
    """Checks and statuses beside the lane's workflows and what is required; never check suites, never our own.

    Nothing where they may not be read: no verdict hangs on them.
    """
    clean = context.redactor.text
    known = {*required, *run.config.verify.ignore}
    try:
        checks, statuses = await reported.checks(), await reported.statuses()
    except (*NOT_NOW, Unreachable):
        raise  # it is told later
    except GitHubError:
        return ()
    found = [
        Also(name=clean(one.name), state=one.conclusion or one.status, url=one.html_url)
        for one in checks
        if one.app_id != context.github.app_id and one.app_slug != ACTIONS and one.name not in known
    ]
    found += [Also(name=clean(one.context), state=one.state) for one in statuses if one.context not in known]
    return worth_telling(found)
