"""How GitHub Actions can verify a branch: decided from workflow files, before any model is paid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from otto_bot.core.config import VerifyConfig
from otto_bot.core.globs import BadGlob, checked_all, filter_glob
from otto_bot.core.values import Frozen


class LaneKind(StrEnum):
    """The four ways, in the order they are tried."""

    DISPATCH = "dispatch"
    PUSH = "push"
    PULL_REQUEST = "pull_request"
    NONE = "none"


class Workflow(Frozen):
    """A workflow file as parsed: `data` is the YAML mapping, `problem` says why there is none.

    `digest` is the hash of its bytes; empty where it was made from values.
    """

    path: str
    data: dict[str, Any] | None = None
    problem: str = ""
    digest: str = ""

    @property
    def name(self) -> str:
        """The workflow's own name, or its path."""
        value = (self.data or {}).get("name")
        return value if isinstance(value, str) and value else self.path

    @property
    def triggers(self) -> dict[str, Mapping[str, Any]]:
        """Event name → its filters. YAML 1.1 reads the key `on` as true: both are looked at."""
        data: Mapping[Any, Any] = self.data or {}
        on = data.get("on", data.get(True, data.get("true")))
        if isinstance(on, str):
            return {on: {}}
        if isinstance(on, list):
            return {name: {} for name in on if isinstance(name, str)}
        if isinstance(on, dict):
            return {str(name): filters if isinstance(filters, dict) else {} for name, filters in on.items()}
        return {}

    @property
    def jobs(self) -> tuple[str, ...]:
        """Names of its jobs, as checks show them (matrix jobs by their base name)."""
        jobs = (self.data or {}).get("jobs")
        if not isinstance(jobs, dict):
            return ()
        named = [(key, job.get("name") if isinstance(job, dict) else None) for key, job in jobs.items()]
        return tuple(name if isinstance(name, str) and "${{" not in name else str(key) for key, name in named)


class Lane(Frozen):
    """The chosen way, the workflows expected to run and why this one."""

    kind: LaneKind
    workflows: tuple[str, ...] = ()
    jobs: tuple[str, ...] = ()
    why: str = ""


def matches(patterns: Sequence[str], value: str) -> bool:
    """Whether a value passes an ordered filter list; `!` takes back, the last match decides.

    A list with a pattern beyond the limits of `core.globs` lets nothing through: nobody knows what it matches.
    """
    try:
        checked_all(patterns)
    except BadGlob:
        return False
    hit = False
    for pattern in patterns:
        negative = pattern.startswith("!")
        if filter_glob(pattern.removeprefix("!")).matches(value):
            hit = not negative
    return hit


def strings(value: object) -> list[str] | None:
    """A filter's list; one text is a list of one. None = it does not filter."""
    if value is None:
        return None
    if isinstance(value, str):
        return [value]
    return [str(item) for item in value] if isinstance(value, list) else None


def branch_passes(filters: Mapping[str, Any], branch: str) -> bool:
    """Whether `branches` / `branches-ignore` let a branch through. Only tag filters = no branch passes."""
    wanted, ignored = strings(filters.get("branches")), strings(filters.get("branches-ignore"))
    if wanted is not None:
        return matches(wanted, branch)
    if ignored is not None:
        return not matches(ignored, branch)
    return not ({"tags", "tags-ignore"} & set(filters))


def _types_pass(filters: Mapping[str, Any]) -> bool:
    types = strings(filters.get("types"))
    return types is None or bool({"opened", "synchronize"} & set(types))


def choose(workflows: Sequence[Workflow], branch: str, default_branch: str, verify: VerifyConfig) -> Lane:
    """The first lane that holds for a branch of ours; `verify.via` can demand one."""
    dispatch = _dispatch(workflows, verify)
    push = [w for w in workflows if "push" in w.triggers and branch_passes(w.triggers["push"], branch)]
    pull = [
        w
        for w in workflows
        if "pull_request" in w.triggers
        and branch_passes(w.triggers["pull_request"], default_branch)
        and _types_pass(w.triggers["pull_request"])
    ]
    lanes = {
        "dispatch": _lane(LaneKind.DISPATCH, dispatch, "it is on the default branch and declares workflow_dispatch"),
        "push": _lane(LaneKind.PUSH, push, f"its push filters match `{branch}`"),
        "pull_request": _lane(LaneKind.PULL_REQUEST, pull, f"it runs on pull requests into `{default_branch}`"),
    }
    wanted = tuple(lanes) if verify.via == "auto" else (verify.via,)
    for name in wanted:
        lane = lanes[name]
        if lane is not None:
            return lane
    return Lane(kind=LaneKind.NONE, why=_why_none(workflows, wanted, branch, default_branch))


def _dispatch(workflows: Sequence[Workflow], verify: VerifyConfig) -> list[Workflow]:
    path = f".github/workflows/{verify.workflow}"
    return [w for w in workflows if w.path == path and "workflow_dispatch" in w.triggers]


def _lane(kind: LaneKind, workflows: Sequence[Workflow], why: str) -> Lane | None:
    if not workflows:
        return None
    names = ", ".join(f"`{w.path.rsplit('/', 1)[-1]}`" for w in workflows)
    jobs = tuple(job for w in workflows for job in w.jobs)
    return Lane(kind=kind, workflows=tuple(w.path for w in workflows), jobs=jobs, why=f"{names}: {why}")


def _why_none(workflows: Sequence[Workflow], wanted: Sequence[str], branch: str, default_branch: str) -> str:
    if not workflows:
        return "there is no workflow file in `.github/workflows` on the default branch"
    broken = [f"`{w.path}` ({w.problem})" for w in workflows if w.problem]
    if broken:
        return "these workflow files cannot be read: " + ", ".join(broken)
    return (
        f"no workflow starts for a branch like `{branch}` or a pull request into `{default_branch}`"
        f" (looked for: {', '.join(wanted)})"
    )
