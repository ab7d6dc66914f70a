"""What the token may write where no workflow says it: from the log of a job that ran on the default branch."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from otto_bot.core.lanes import Workflow
from otto_bot.core.token_rights import rights_in, silent
from otto_bot.github.errors import GitHubError, RetryLater, Unreachable
from otto_bot.github.verbs import Repository

log = logging.getLogger(__name__)
HEAD_BYTES = 64 * 1024


async def default_rights(
    repository: Repository, workflows: Sequence[Workflow], base: str, branch: str
) -> tuple[str, ...] | None:
    """Rights beyond reading that a push of a person to `branch` gave at its commit `base`; None = nobody knows.

    A bot's push proves nothing: GitHub lowers the token of Dependabot's. Raises RetryLater and Unreachable.
    """
    paths = silent(workflows)
    if not paths:
        return None
    try:
        for run in await repository.workflow_runs(base):
            by_person = run.actor != "" and not run.actor.endswith("[bot]")
            if run.event != "push" or run.head_branch != branch or not by_person or run.path.split("@")[0] not in paths:
                continue
            for job in await repository.jobs(run.id, run.run_attempt):
                head = (await repository.job_log(job.id))[:HEAD_BYTES].decode("utf-8", "replace")
                if (rights := rights_in(head)) is not None:
                    return rights
                break  # one log of a run: they may be large
    except (RetryLater, Unreachable):
        raise
    except GitHubError as error:
        log.info("GitHub does not say what the token of %s may do: %s", base, error)
    return None
