"""How GitHub Actions can verify a branch: decided from workflow files, before any model is paid."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any, Literal

from otto_bot.core.ci_concurrency import shared_group
from otto_bot.core.ci_filters import about_ci_alone, branch_passes, contradictory, inputs_asked, paths_pass, strings
from otto_bot.core.ci_jobs import Happening, Jobs, Worth
from otto_bot.core.ci_steps import Scripts
from otto_bot.core.config import VerifyConfig
from otto_bot.core.values import Frozen

EventName = Literal["workflow_dispatch", "push", "pull_request"]
_EVENTS: tuple[EventName, ...] = ("workflow_dispatch", "push", "pull_request")
MOST_LEVELS, MOST_SHOWN = 4, 100
"""Of jobs in called workflows more are not told apart: names are shown, and nothing is decided by them."""
_ACTIONS = ("opened", "synchronize")
"""A pull request is opened once and pushed to later: what does not start for both leaves some head unverified."""
_DOCS = ("README.md", "docs/guide.md")
"""A change of documentation alone."""
_ANY_CODE = ("x/y/z.py", "x/y/z.ts", "x/y/z.go", "x/y/z.rs", "x/y/z.java", "x/y/z.rb", "x/y/z.c", "src/x.y", "lib/x.y")
"""Some change of the code, whatever the language: a filter that lets none of it through takes only what it names."""


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
    def jobs(self) -> dict[str, str]:
        """Names of its jobs by key, as checks show them (matrix jobs by their base name)."""
        jobs = (self.data or {}).get("jobs")
        if not isinstance(jobs, dict):
            return {}
        named = {str(key): job.get("name") if isinstance(job, dict) else None for key, job in jobs.items()}
        return {key: name if isinstance(name, str) and "${{" not in name else key for key, name in named.items()}


class Started(Frozen):
    """A workflow that an event of ours starts, with the jobs that run then; of a pull request, once it is no draft."""

    path: str
    jobs: tuple[str, ...]
    worth: Worth
    skips_drafts: tuple[str, ...] = ()
    skips_docs: bool = False
    calls: bool = False
    """Whether a job calls another file."""
    shares: str = ""
    """A concurrency group in which our heads would cancel each other."""
    narrow: bool = False
    """It starts only where files change that its `paths` name one by one or by folder."""


class Lane(Frozen):
    """The chosen way, the workflows expected to run and why this one."""

    kind: LaneKind
    workflows: tuple[str, ...] = ()
    jobs: tuple[str, ...] = ()
    why: str = ""
    skips_drafts: tuple[str, ...] = ()
    """Jobs that run for a pull request, and not, or not with all that they test, while it is a draft."""
    skips_docs: tuple[str, ...] = ()
    """Workflows that a change of documentation alone does not start, for their path filters."""
    calls: bool = False
    """Whether some of its jobs stand in another workflow file of the repository."""
    shares: str = ""
    """A concurrency group that all our heads have in common: they are verified one at a time."""


def started(
    workflows: Sequence[Workflow], event: EventName, branch: str, default_branch: str, repository: str = ""
) -> list[Started]:
    """The workflows that the event starts for a branch of ours and in which at least one job runs."""
    files, scripts = {workflow.path: workflow.data for workflow in workflows}, Scripts()

    given = Happening(name=event, branch=branch, default_branch=default_branch, repository=repository)

    def jobs(draft: bool) -> list[Jobs]:
        actions = _ACTIONS if event == "pull_request" else ("",)
        events = [given.model_copy(update={"action": one, "draft": draft}) for one in actions]
        return [Jobs(one, files, scripts) for one in events]

    ready, draft = jobs(False), jobs(True) if event == "pull_request" else []
    found = []
    for workflow in workflows:
        target = default_branch if event == "pull_request" else branch
        if workflow.data is None or not _starts(workflow, event, target):
            continue
        runs, names = _always(ready, workflow.data), workflow.jobs
        shown = _shown(workflow, {one.path: one for one in workflows}, ready[0])
        held = _always(draft, workflow.data) if draft else runs
        if runs:
            found.append(
                Started(
                    path=workflow.path,
                    jobs=tuple(name for key in runs for name in shown(key)),
                    worth=max(runs.values()),
                    skips_drafts=tuple(names[key] for key, worth in runs.items() if held.get(key, -1) < worth),
                    skips_docs=not paths_pass(workflow.triggers[event], _DOCS),
                    narrow=not paths_pass(workflow.triggers[event], _ANY_CODE),
                    calls=any(shown(key) != [names[key]] for key in runs),
                    shares=shared_group(workflow.path, files, given),
                )
            )
    return found


def _shown(workflow: Workflow, files: Mapping[str, Workflow], reader: Jobs) -> Callable[[str], list[str]]:
    """Names of a job as checks show them: those of a called file of the repository stand behind its caller's."""

    def names(one: Workflow, key: str, level: int) -> list[str]:
        job = ((one.data or {}).get("jobs") or {}).get(key)
        uses = job.get("uses") if isinstance(job, dict) else None
        called = files.get(uses.removeprefix("./")) if isinstance(uses, str) and uses.startswith("./") else None
        own = one.jobs[key]
        if called is None or called.data is None or level > MOST_LEVELS:
            return [own]
        inner = reader.running(called.data, called=True)
        return [f"{own} / {name}" for each in inner for name in names(called, each, level + 1)][:MOST_SHOWN] or [own]

    return lambda key: names(workflow, key, 1)


def _always(readers: Sequence[Jobs], data: Mapping[str, Any]) -> dict[str, Worth]:
    """The jobs that run whichever of the activities it is, with the least that they say."""
    seen = [reader.running(data) for reader in readers]
    return {key: min(one[key] for one in seen) for key in seen[0] if all(key in one for one in seen)}


def _starts(workflow: Workflow, event: EventName, branch: str) -> bool:
    filters = workflow.triggers.get(event)
    if filters is None or contradictory(filters):
        return False
    if event == "workflow_dispatch":
        return not inputs_asked(filters)
    types = strings(filters.get("types"))
    if event == "pull_request" and types is not None and not set(_ACTIONS) <= set(types):
        return False
    return branch_passes(filters, branch) and not about_ci_alone(filters)


def choose(
    workflows: Sequence[Workflow], branch: str, default_branch: str, verify: VerifyConfig, repository: str = "",
    *, may_start: bool = True,
) -> Lane:  # fmt: skip
    """The first lane that holds for a branch of ours; `verify.via` can demand one. `repository` is `owner/name`.

    `may_start`: the App was granted what it takes to start a workflow by hand.

    A dispatch is there for this and comes first. A push comes before a pull request, unless the latter says more.
    What works on no code verifies nothing.
    """
    dispatched, pushed, pulled = (started(workflows, name, branch, default_branch, repository) for name in _EVENTS)
    file = f".github/workflows/{verify.workflow}"
    by_hand = [one for one in dispatched if one.path == file]
    barred = "" if may_start or not by_hand else NOT_GRANTED.format(file=verify.workflow)
    lanes = {
        "dispatch": None if barred else _lane(LaneKind.DISPATCH, by_hand, branch),
        "push": _lane(LaneKind.PUSH, _worthy(pushed), branch),
        "pull_request": _lane(LaneKind.PULL_REQUEST, _worthy(pulled), default_branch),
    }
    if verify.via != "auto":
        wanted: tuple[str, ...] = (verify.via,)
    else:
        weaker = _strength(pulled) > _strength(pushed)
        wanted = ("dispatch", "pull_request", "push") if weaker else tuple(lanes)
    for name in wanted:
        lane = lanes[name]
        if lane is not None:
            return lane.model_copy(update={"why": lane.why + barred}) if barred else lane
    looked = [name for name in lanes if name in wanted]
    why = _why_none(workflows, _idle(pushed, pulled), looked, branch, default_branch)
    return Lane(kind=LaneKind.NONE, why=why + barred)


BARRED = "has not granted Actions: read and write to it"
NOT_GRANTED = "; `{file}` is there to be started by hand, and the App may not: its installation " + BARRED


_WHY = {
    LaneKind.DISPATCH: "it is on the default branch and declares workflow_dispatch",
    LaneKind.PUSH: "its push filters match `{branch}`",
    LaneKind.PULL_REQUEST: "it runs on pull requests into `{branch}`",
}


def _worthy(found: Sequence[Started]) -> list[Started]:
    return [one for one in found if one.worth is not Worth.NOTHING]


def _idle(*lanes: Sequence[Started]) -> list[str]:
    return [one.path for found in lanes for one in found if one.worth is Worth.NOTHING]


def _strength(found: Sequence[Started]) -> tuple[Worth, bool]:
    """How much the strongest says; of two that say as much, it is the one that starts for more than named files."""
    return max(((one.worth, not one.narrow) for one in found), default=(Worth.NOTHING, False))


def _lane(kind: LaneKind, found: Sequence[Started], branch: str) -> Lane | None:
    if not found:
        return None
    names = ", ".join(f"`{one.path.rpartition('/')[2]}`" for one in found)
    skips = tuple(job for one in found for job in one.skips_drafts)
    docs = tuple(one.path for one in found if one.skips_docs)
    why = f"{names}: {_WHY[kind].format(branch=branch)}"
    if skips:
        left_out = ", ".join(f"`{job}`" for job in skips[:5])
        why += f"; on a draft it leaves out {left_out}"
        why += ", so pull requests are opened as ready for review" if kind is LaneKind.PULL_REQUEST else ""
    if docs:
        left = "nothing" if len(docs) == len(found) else "not all of them"
        why += f"; a change of documentation alone starts {left}"
    shares = next((one.shares for one in found if one.shares), "")
    if shares:
        why += f"; all branches share the concurrency group `{shares.replace('`', '')}`: verified one at a time"
    return Lane(
        kind=kind,
        workflows=tuple(one.path for one in found),
        jobs=tuple(job for one in found for job in one.jobs),
        why=why,
        skips_drafts=skips,
        skips_docs=docs,
        calls=any(one.calls for one in found),
        shares=shares,
    )


def _why_none(
    workflows: Sequence[Workflow], idle: Sequence[str], wanted: Sequence[str], branch: str, default_branch: str
) -> str:
    if not workflows:
        return "there is no workflow file in `.github/workflows` on the default branch"
    broken = [f"`{w.path}` ({w.problem})" for w in workflows if w.problem]
    if broken:
        return "these workflow files cannot be read: " + ", ".join(broken)
    looked = f" (looked for: {', '.join(wanted)})"
    near = [said for workflow in workflows if (said := _near(workflow, idle, default_branch))]
    if near:
        return "; ".join(near[:5]) + looked
    return f"no workflow starts for a branch like `{branch}` or a pull request into `{default_branch}`{looked}"


def _near(workflow: Workflow, idle: Sequence[str], default_branch: str) -> str:
    """Why a workflow that listens to pull requests, or is there to be called, verifies nothing all the same."""
    name = f"`{workflow.path.rpartition('/')[2]}`"
    if workflow.path in idle:
        return f"{name} starts and works on no code"
    asked = inputs_asked(workflow.triggers.get("workflow_dispatch", {}))
    filters = workflow.triggers.get("pull_request")
    if filters is None:
        return f"{name} asks for inputs without a default: {', '.join(asked[:5])}" if asked else ""
    types = strings(filters.get("types"))
    if types is not None and not set(_ACTIONS) <= set(types):
        return f"{name} starts only when a pull request is {', '.join(types[:5])}, and not both opened and synchronize"
    if _starts(workflow, "pull_request", default_branch):
        return f"{name} starts on pull requests, and its conditions leave out every job"
    return ""
