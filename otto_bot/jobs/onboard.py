"""How a repository is tested, read at the base commit, so that its people can be offered the file that fits."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from otto_bot.core.config import Config
from otto_bot.core.lanes import Lane, LaneKind, Workflow
from otto_bot.core.onboard_facts import facts_of
from otto_bot.core.onboard_tree import MOST_BYTES, texts_wanted
from otto_bot.core.onboarding import Facts
from otto_bot.core.run import Run
from otto_bot.github.errors import NOT_NOW, GitHubError
from otto_bot.github.verbs import Repository
from otto_bot.jobs.context import Context
from otto_bot.store.onboarded import Onboarded, keep_onboarded, onboarded

log = logging.getLogger(__name__)
MOST_READ = 12
"""Files that are read for it; each is a request."""
SEEN_FOR = timedelta(days=30)


async def facts_at(
    repository: Repository, base: str, workflows: Sequence[Workflow], *, full_name: str, default_branch: str,
    workflow: str,
) -> Facts:  # fmt: skip
    """How the tree of a commit is tested; nothing known where it is larger than GitHub lists.

    `full_name` is `owner/name`, `workflow` what `verify.workflow` says. Raises GitHubError where GitHub
    cannot be asked now.
    """
    paths = await repository.paths(base)
    if paths is None:
        return Facts(workflow=workflow)
    texts = {}
    for path in await asyncio.to_thread(texts_wanted, paths, MOST_READ):
        try:
            body = await repository.file(path, base)
        except NOT_NOW:
            raise
        except GitHubError as error:  # a link, a submodule, too large: it says nothing then
            log.info("%s of %s is not read: %s", path, full_name, error)
            continue
        if body is not None and len(body) <= MOST_BYTES and b"\0" not in body:
            texts[path] = body.decode("utf-8", "replace")
    read = partial(
        facts_of, paths, texts, workflows, repository=full_name, default_branch=default_branch, workflow=workflow,
    )  # fmt: skip
    return await asyncio.to_thread(read)


async def _facts(repository: Repository, base: str, workflows: Sequence[Workflow], run: Run, config: Config) -> Facts:
    names = {"full_name": run.repo.full_name, "default_branch": run.repo.default_branch}
    return await facts_at(repository, base, workflows, **names, workflow=config.verify.workflow)


async def offered_without_lane(
    context: Context, repository: Repository, run: Run, base: str, workflows: Sequence[Workflow], config: Config
) -> Facts:
    """What is offered where no workflow verifies: each time anew, for people may have changed something meanwhile."""
    facts = await _facts(repository, base, workflows, run, config)
    await _keep(context, run, LaneKind.NONE, facts, 0)
    return facts


async def offered_once(
    context: Context,
    repository: Repository,
    run: Run,
    base: str,
    workflows: Sequence[Workflow],
    config: Config,
    lane: Lane,
) -> Facts | None:
    """What a plan comment offers where pull requests verify, in the first such run of a repository; else None.

    It is a wish, not a need: where GitHub does not answer, nothing is offered.
    """
    if run.kind == "certify":  # it verifies no branch
        return None
    known = await asyncio.to_thread(onboarded, context.archive, run.repo.id)
    if lane.kind is not LaneKind.PULL_REQUEST:
        if known is not None and known.lane is not lane.kind:
            has = known.facts.model_copy(update={"has_verify": lane.kind is LaneKind.DISPATCH})
            await _keep(context, run, lane.kind, has, known.offered_by)
        return None
    before = known.offered_by if known is not None else 0
    fresh = known is not None and known.lane is lane.kind and abs(context.now() - known.at) < SEEN_FOR
    if fresh and before not in (0, run.id):
        return None
    try:
        facts = await _facts(repository, base, workflows, run, config)
    except GitHubError as error:
        log.warning("%s is offered no workflow of its own in this run: %s", run.repo.full_name, error)
        return None
    await _keep(context, run, lane.kind, facts, before or run.id)
    return facts if before in (0, run.id) and not facts.has_verify else None


async def _keep(context: Context, run: Run, lane: LaneKind, facts: Facts, offered_by: int) -> None:
    seen = Onboarded(
        repo_id=run.repo.id, full_name=run.repo.full_name, default_branch=run.repo.default_branch, lane=lane,
        facts=facts, at=context.now(), offered_by=offered_by,
    )  # fmt: skip
    await asyncio.to_thread(keep_onboarded, context.archive, seen)
