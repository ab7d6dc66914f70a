"""What code on a branch of ours may use in the repository's CI, read from its workflow files. Unknown = exposed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from otto_bot.core.ci_files import digests, files_hash
from otto_bot.core.ci_runners import foreign_runners
from otto_bot.core.ci_secrets import ALL, secrets_by_job
from otto_bot.core.ci_starts import OF_THE_BRANCH_ALONE, ON_THE_BRANCH, Acts, started_by
from otto_bot.core.lanes import Workflow
from otto_bot.core.values import Frozen

PRIVILEGED = ("pull_request_target", "workflow_run")
UNREADABLE = "unreadable file"
DEFAULT_RIGHTS = "default rights: there is no `permissions:` for it"
MOST_JOBS = 5
"""So many jobs are named with one thing."""
_HARMLESS = ("read", "none")


class Exposed(Frozen):
    """One thing a workflow gives to the code it runs."""

    workflow: str
    what: str
    detail: str


class Exposure(Frozen):
    """Everything found, and the hash of the files that could start: an approval is bound to that hash."""

    items: tuple[Exposed, ...]
    files_hash: str
    default_rights: tuple[str, ...] | None = None
    """What the token may write where a workflow does not say, as far as it was known; None = not known."""
    files: dict[str, str] = {}
    """The head of each file's digest by its path: it says which files are others later."""


class Allowed(Frozen):
    """The yes of a person to what was found: for these files, as they are started, and for no more default rights."""

    files_hash: str
    rights: tuple[str, ...] | None = None
    by: str
    at: datetime
    run: int
    issue: int

    def covers(self, rights: tuple[str, ...] | None) -> bool:
        """Whether these default rights were told of; of rights that are not known everything was."""
        return self.rights is None or (rights is not None and set(rights) <= set(self.rights))


def exposure(workflows: Sequence[Workflow], acts: Acts, base: Sequence[Workflow] | None = None) -> Exposure:
    """Secrets, write permissions, identity tokens, environments, own runners and privileged triggers within reach.

    `workflows` are the files that a branch of ours holds, `base` those of the default branch where these are others:
    pull requests are verified with a merge of both, and comments, labels, checks and the like start the base's.
    """
    found: list[Exposed] = []
    for workflow in workflows:
        events = started_by(workflow, acts)
        here = events if base is None else [name for name in events if name in ON_THE_BRANCH]
        found += _of(workflow, here, workflows, acts)
    for workflow in base or ():
        there = [name for name in started_by(workflow, acts) if name not in OF_THE_BRANCH_ALONE]
        found += _of(workflow, there, base or (), acts)
    return Exposure(
        items=tuple(dict.fromkeys(found)),
        files_hash=files_hash(workflows, acts, base),
        default_rights=acts.default_rights,
        files=digests(workflows, acts, base),
    )


def _of(workflow: Workflow, events: Sequence[str], files: Sequence[Workflow], acts: Acts) -> Iterator[Exposed]:
    # Which acts start it is said by all of them, whichever are asked about: the same thing then has the same words.
    every = started_by(workflow, acts)
    alone = "" if set(every) & ON_THE_BRANCH else f"; started by {', '.join(every)[:80]}"

    def exposed(what: str, detail: str) -> Exposed:
        return Exposed(workflow=workflow.path, what=what, detail=detail)

    if workflow.data is None or not workflow.triggers:
        yield exposed(UNREADABLE, workflow.problem or "what starts it cannot be read")
        return
    if not events:
        return
    for name, readers in secrets_by_job(workflow.data).items():
        whole = "all (an expression takes the whole context)" if name == ALL else name
        yield exposed("secret", whole + _readers(workflow.data, readers) + alone)
    for event in events:
        if event in PRIVILEGED or (event not in ON_THE_BRANCH and _checks_out_other_code(workflow.data)):
            yield exposed("privileged trigger", f"{event}: runs with the rights and the caches of the default branch")
    for what, detail in (*_rights(workflow.data, acts), *_jobs(workflow, {w.path: w for w in files}, set())):
        yield exposed(what, detail + alone)


def _readers(data: Mapping[str, Any], keys: Sequence[str]) -> str:
    jobs = dict(_mappings(data.get("jobs")))
    said = [_job(key, jobs.get(key, {})) for key in keys[:MOST_JOBS]]
    more = f" and {len(keys) - MOST_JOBS} more" if len(keys) > MOST_JOBS else ""
    return f" ({'; '.join(said)}{more})" if said else ""


def _job(key: str, job: Mapping[str, Any], file: str = "") -> str:
    """Its name and its condition, which whoever is asked may know to be false for Otto's branches."""
    name = f"job {file}{key}"
    if "if" not in job:
        return name
    condition = " ".join(_said(job["if"]).split())
    return f"{name}, only if: {condition[:60]}{'…' if len(condition) > 60 else ''}"


def _said(value: object) -> str:
    """One value in words. A list or mapping is not written out: its parts may stand in it over and over."""
    return "…" if isinstance(value, (dict, list)) else str(value)


def _checks_out_other_code(data: Mapping[str, Any]) -> bool:
    """Whether a workflow of the default branch takes code of another ref, a pull request's for one."""
    for _, job in _mappings(data.get("jobs")):
        steps = job.get("steps")
        for step in steps if isinstance(steps, list) else ():
            given = step if isinstance(step, dict) else {}
            uses, inputs = str(given.get("uses", "")), given.get("with")
            if uses.lower().startswith("actions/checkout@") and isinstance(inputs, dict) and "ref" in inputs:
                return True
            if "gh pr checkout" in (run := str(given.get("run", ""))) or "git fetch" in run or "refs/pull/" in run:
                return True
    return False


def _rights(data: Mapping[str, Any], acts: Acts) -> Iterator[tuple[str, str]]:
    """What the token of each job may write: what the job says, else the workflow, else the repository's setting."""
    unsaid: list[str] = []
    for key, job in _mappings(data.get("jobs")):
        if "permissions" in job:
            yield from (("token right", f"{_job(key, job)}: {right}") for right in _written(job["permissions"]))
        elif "permissions" in data:
            yield from (("token right", f"workflow: {right}") for right in _written(data["permissions"]))
        else:
            unsaid.append(key)
    if unsaid and acts.default_rights is None:
        more = f" and {len(unsaid) - MOST_JOBS} more" if len(unsaid) > MOST_JOBS else ""
        yield "token right", f"{DEFAULT_RIGHTS} (job {', '.join(unsaid[:MOST_JOBS])}{more})"
    elif unsaid:
        yield from (("token right", f"the repository's default: {right}") for right in acts.default_rights or ())


def _written(permissions: object) -> Iterator[str]:
    if isinstance(permissions, dict):
        for scope, level in permissions.items():
            if level not in _HARMLESS:
                yield f"{scope}: {_said(level)[:40]}"
    elif permissions != "read-all":
        yield "write-all" if permissions == "write-all" else "unknown: `permissions:` cannot be read"


def _jobs(
    workflow: Workflow, files: Mapping[str, Workflow], seen: set[str], called: bool = False
) -> Iterator[tuple[str, str]]:
    """Runners, environments and called workflows of each job, also of those in called files; each file once."""
    jobs = (workflow.data or {}).get("jobs")
    if not isinstance(jobs, dict) or not jobs:
        yield UNREADABLE, "its jobs cannot be read"
        return
    said = f"{workflow.path.rpartition('/')[2]} " if called else ""
    for key, job in jobs.items():
        if not isinstance(job, dict):
            yield UNREADABLE, f"job {said}{key} cannot be read"
            continue
        name = _job(key, job, said)
        if "environment" in job:
            yield "environment", f"{name}: {_name(job['environment'])}, with its secrets"
        if job.get("secrets") == "inherit":
            yield "secret", f"all ({name} inherits them)"
        if "uses" in job:
            yield from _called(name, job, files, seen)
        else:
            yield from (("own runner", f"{name}: {label}") for label in foreign_runners(job))


def _called(
    name: str, job: Mapping[str, Any], files: Mapping[str, Workflow], seen: set[str]
) -> Iterator[tuple[str, str]]:
    uses = job["uses"]
    if not isinstance(uses, str) or not uses.startswith("./"):
        # It is not read, and its jobs run on the machines and in the environments of whoever calls it.
        given = " is given secrets;" if "secrets" in job else ":"
        yield "called workflow", f"{name}: {_said(uses)[:150]}{given} its runners and environments are not known"
        return
    path = uses.removeprefix("./")
    called = files.get(path)
    if called is None or called.data is None:
        yield UNREADABLE, f"{name} calls {path[:150]}, which cannot be read"
    elif path not in seen:
        seen.add(path)
        yield from _jobs(called, files, seen, called=True)


def _mappings(jobs: object) -> Iterator[tuple[str, dict[str, Any]]]:
    for key, job in jobs.items() if isinstance(jobs, dict) else ():
        if isinstance(job, dict):
            yield str(key), job


def _name(environment: object) -> str:
    name = environment.get("name") if isinstance(environment, dict) else environment
    return _said(name)[:100]
