"""Which events of a workflow Otto's own acts cause: pushes, pull requests, comments, labels, checks, dispatches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from otto_bot.core.ci_filters import branch_passes, strings
from otto_bot.core.globs import BadGlob, checked_all, filter_glob
from otto_bot.core.lanes import Workflow
from otto_bot.core.values import Frozen

ON_THE_BRANCH = frozenset({"push", "create", "pull_request", "workflow_dispatch"})
"""Their workflow file is that of the branch, of its merge with the base, or of both."""
OF_THE_BRANCH_ALONE = frozenset({"push", "create", "workflow_dispatch"})
"""Of these it is the branch's file and no other."""
BY_OTHERS = frozenset(
    {
        "schedule", "release", "workflow_call", "repository_dispatch", "fork", "watch", "public", "page_build",
        "gollum", "discussion", "discussion_comment", "milestone", "project", "project_card", "project_column",
        "registry_package", "branch_protection_rule", "image_version", "merge_group",
    }
)  # fmt: skip
"""Events that nothing of Otto's causes. Every other name, also one that is not known here, counts as caused.

People put a pull request into a merge queue once they want it merged: what runs there is theirs, as after a merge.
"""

_PULL = frozenset(
    {
        "opened", "reopened", "synchronize", "edited", "labeled", "unlabeled", "closed", "ready_for_review",
        "review_requested",
    }
)  # fmt: skip
_TYPES: dict[str, frozenset[str]] = {
    "pull_request": _PULL,
    "pull_request_target": _PULL,
    "issues": frozenset({"labeled", "unlabeled"}),
}
"""What Otto does of an event with activity types; of an event that is not here, all."""


class Acts(Frozen):
    """What Otto does in a repository that can start workflows there.

    `prefix` is the first part of its branches, `dispatched` the workflow files it calls. `default_rights`: what the
    token may write where a workflow does not say; None = not known. `only_dispatch`: it does nothing but call these.
    """

    prefix: str = "otto"
    default_branch: str = "main"
    dispatched: tuple[str, ...] = ()
    default_rights: tuple[str, ...] | None = None
    only_dispatch: bool = False


def started_by(workflow: Workflow, acts: Acts) -> tuple[str, ...]:
    """The events of a workflow that Otto's acts may cause, sorted."""
    return tuple(sorted(name for name, filters in workflow.triggers.items() if _caused(workflow, name, filters, acts)))


def _caused(workflow: Workflow, event: str, filters: Mapping[str, Any], acts: Acts) -> bool:
    if event in BY_OTHERS:
        return False
    if event == "workflow_dispatch" or acts.only_dispatch:
        return event == "workflow_dispatch" and workflow.path.rpartition("/")[2] in acts.dispatched
    if event in ("push", "workflow_run"):
        return branch_may_pass(filters, acts.prefix)
    types = strings(filters.get("types"))
    if event in _TYPES and types is not None and not _TYPES[event] & set(types):
        return False
    if event in ("pull_request", "pull_request_target"):
        return not _sound(filters) or branch_passes(filters, acts.default_branch)
    return True


def branch_may_pass(filters: Mapping[str, Any], prefix: str) -> bool:
    """Whether some branch named `prefix/…` may pass the filters. What cannot be said for sure passes."""
    if not _sound(filters):
        return True
    wanted, ignored = strings(filters.get("branches")), strings(filters.get("branches-ignore"))
    if wanted is not None:
        passes = False
        for pattern in wanted:
            if not pattern.startswith("!"):
                passes = passes or filter_glob(pattern).may_begin(f"{prefix}/")
            elif pattern[1:] in _covering(prefix):
                passes = False
        return passes
    if ignored is not None:
        return not set(ignored) & _covering(prefix)
    return not ({"tags", "tags-ignore"} & set(filters))


def _covering(prefix: str) -> frozenset[str]:
    """Patterns that match every branch of ours."""
    return frozenset({"**", f"{prefix}/**", f"{prefix}**"})


def _sound(filters: Mapping[str, Any]) -> bool:
    lists: Sequence[list[str] | None] = [strings(filters.get(key)) for key in ("branches", "branches-ignore")]
    try:
        for patterns in lists:
            checked_all(patterns or ())
    except BadGlob:
        return False
    return True
