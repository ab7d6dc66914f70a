"""Why no workflow verified a commit: read from the workflow files, their states and the pull request."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Literal

from otto_bot.core.ci_filters import branch_passes, paths_pass
from otto_bot.core.lanes import Lane, LaneKind, Workflow

NoCiReason = Literal[
    "base_conflict", "workflow_disabled", "workflow_gone", "workflow_broken", "draft_guard", "branch_filter",
    "path_filter", "skipped", "unknown",
]  # fmt: skip

WORDS: dict[NoCiReason, str] = {
    "base_conflict": "its pull request conflicts with the default branch, and GitHub then starts none",
    "workflow_disabled": "the workflow is disabled in the Actions tab",
    "workflow_gone": "the workflow file is not on this branch any more",
    "workflow_broken": "the workflow file cannot be read",
    "draft_guard": "its jobs do not run for draft pull requests",
    "branch_filter": "its branch filter leaves this branch out",
    "path_filter": "its path filter leaves out every file that this change touches, as far as Otto can see",
    "skipped": "every job was skipped or neutral: an `if:` condition leaves them out",
    "unknown": "GitHub started no workflow and does not say why; Actions may be disabled in the settings",
}
_DRAFT = re.compile(r"pull_request\.draft")
_EVENT = {LaneKind.DISPATCH: "workflow_dispatch", LaneKind.PUSH: "push", LaneKind.PULL_REQUEST: "pull_request"}


def why_no_ci(
    lane: Lane, workflows: Sequence[Workflow], states: Mapping[str, str], *, branch: str, draft: bool, ran: bool
) -> tuple[NoCiReason, str]:
    """The first reason that holds for the lane's workflows, and the path of the file it is about.

    `states` are GitHub's words by path (`active`, `disabled_manually`, …); `branch` is what the event's filter sees;
    `ran`: runs exist, but nothing in them did anything.
    """
    known = {workflow.path: workflow for workflow in workflows}
    for path in lane.workflows:
        reason = _one(path, known.get(path), states.get(path, "active"), lane, branch, draft, ran)
        if reason is not None:
            return reason, path
    return ("skipped" if ran else "unknown"), lane.workflows[0] if lane.workflows else ""


def unwatched(lane: Lane, workflows: Sequence[Workflow], states: Mapping[str, str], paths: Sequence[str]) -> bool:
    """Whether path filters are the one reason why no workflow of the lane starts for a change of these files.

    `workflows` are those of the very commit. A change of workflow files is watched in any case.
    """
    if lane.kind not in (LaneKind.PUSH, LaneKind.PULL_REQUEST) or not paths or not lane.workflows:
        return False
    if any(path.startswith(".github/") for path in paths):
        return False
    known = {workflow.path: workflow for workflow in workflows}
    return all(
        (found := known.get(path)) is not None
        and found.data is not None
        and not states.get(path, "active").startswith("disabled")
        and _EVENT[lane.kind] in found.triggers
        and not paths_pass(found.triggers[_EVENT[lane.kind]], paths)
        for path in lane.workflows
    )


def _one(
    path: str, workflow: Workflow | None, state: str, lane: Lane, branch: str, draft: bool, ran: bool
) -> NoCiReason | None:
    if state.startswith("disabled"):
        return "workflow_disabled"
    if workflow is None:
        return "workflow_gone"
    if workflow.data is None:
        return "workflow_broken"
    # The lane of an older run does not tell; then the words do.
    if draft and (lane.skips_drafts or _DRAFT.search(str(workflow.data.get("jobs", "")))):
        return "draft_guard"
    if ran:
        return None
    event = _EVENT.get(lane.kind, "")
    filters = workflow.triggers.get(event, {})
    if event in ("push", "pull_request") and not branch_passes(filters, branch):
        return "branch_filter"
    return "path_filter" if {"paths", "paths-ignore"} & set(filters) else None
