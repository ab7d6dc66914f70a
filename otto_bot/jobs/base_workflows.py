"""Workflow files of a default branch that moved: the lane, and what code on our branches could use there."""

from __future__ import annotations

from dataclasses import dataclass

from otto_bot.core.allowing import acts_of, allowed_to_start, changed, grown
from otto_bot.core.exposure import Exposure, exposure
from otto_bot.core.lanes import Lane, LaneKind
from otto_bot.core.run import Run
from otto_bot.core.stale_base import contained
from otto_bot.git.commits import subtree_of
from otto_bot.git.mirror import Mirror
from otto_bot.jobs.context import Context
from otto_bot.jobs.prepare import lane_for
from otto_bot.jobs.workflow_files import WORKFLOWS, parsed
from otto_bot.text import refusals


@dataclass(frozen=True)
class Read:
    """What a new base brings: nothing new, a lane and an exposure, or the reason why a person has to look first."""

    lane: Lane | None = None
    exposure: Exposure | None = None
    refusal: str = ""
    asks: str = ""
    """Hash of the workflow files that a yes would be for."""


async def same_workflows(mirror: Mirror, a: str, b: str) -> bool:
    """Whether two commits hold the same workflow files."""
    return await subtree_of(mirror, a, WORKFLOWS) == await subtree_of(mirror, b, WORKFLOWS)


async def read_base(context: Context, run: Run, mirror: Mirror, base: str) -> Read:
    """Lane and exposure at `base`, read anew where its workflow files differ. Both commits are in the mirror."""
    if await same_workflows(mirror, contained(run), base):
        return Read()
    repository, branch = context.repository(run), run.repo.default_branch
    workflows = await parsed(await repository.workflow_files(base))
    lane = await lane_for(repository, run.config, workflows, run.branches_prefix, run.repo)
    if lane.kind is LaneKind.NONE:
        return Read(refusal=refusals.no_ci(lane.why, context.links(run), branch))
    seen = allowed_to_start(run, workflows, workflows)
    if seen is not None:
        new = grown(run.exposure, seen)
        others = changed(run.exposure, seen)
        words = refusals.exposure_grew(new, branch) if new else refusals.workflows_changed(seen.items, branch, others)
        return Read(refusal=words, asks=seen.files_hash)
    return Read(lane=lane, exposure=exposure(workflows, acts_of(run)))
