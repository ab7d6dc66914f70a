"""What code on a branch of ours may use in the repository's CI, read from its workflow files. Unknown = exposed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from otto_bot.core.ci_runners import foreign_runners
from otto_bot.core.ci_secrets import ALL, secrets_read
from otto_bot.core.ci_starts import OF_THE_BRANCH_ALONE, ON_THE_BRANCH, Acts, started_by
from otto_bot.core.lanes import Workflow
from otto_bot.core.values import Frozen

PRIVILEGED = ("pull_request_target", "workflow_run")
UNREADABLE = "unreadable file"
DEFAULT_RIGHTS = "default rights: there is no `permissions:` for it"
_HARMLESS = ("read", "none")


class Exposed(Frozen):
    """One thing a workflow gives to the code it runs."""

    workflow: str
    what: str
    detail: str


class Exposure(Frozen):
    """Everything found, and the hash of the files it was found in: an approval is bound to that hash."""

    items: tuple[Exposed, ...]
    files_hash: str
    default_rights: tuple[str, ...] | None = None
    """What the token may write where a workflow does not say, as far as it was known; None = not known."""


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
    hashed = files_hash(workflows)
    if base is not None and (other := files_hash(base)) != hashed:
        hashed = hashlib.sha256(f"{hashed} {other}".encode()).hexdigest()
    return Exposure(items=tuple(dict.fromkeys(found)), files_hash=hashed, default_rights=acts.default_rights)


def files_hash(workflows: Sequence[Workflow]) -> str:
    """The hash of the files, also of those that cannot be read."""
    content = json.dumps(sorted([w.path, w.digest or _digest(w)] for w in workflows))
    return hashlib.sha256(content.encode()).hexdigest()


def _digest(workflow: Workflow) -> str:
    """Of one that was made from values; what stands in several places is looked at once."""
    known: dict[int, str] = {}

    def digest(value: object) -> str:
        if not isinstance(value, (dict, list)):
            return hashlib.sha256(f"{type(value).__name__}:{value}".encode("utf-8", "surrogatepass")).hexdigest()
        if id(value) in known:
            return known[id(value)]
        known[id(value)] = "itself"
        parts = [digest(one) for pair in value.items() for one in pair] if isinstance(value, dict) else None
        inner = " ".join(parts if parts is not None else [digest(one) for one in value])
        known[id(value)] = hashlib.sha256(f"{type(value).__name__}:{inner}".encode()).hexdigest()
        return known[id(value)]

    return digest([workflow.data, workflow.problem])


def _of(workflow: Workflow, events: Sequence[str], files: Sequence[Workflow], acts: Acts) -> Iterator[Exposed]:
    def exposed(what: str, detail: str) -> Exposed:
        return Exposed(workflow=workflow.path, what=what, detail=detail)

    if workflow.data is None or not workflow.triggers:
        yield exposed(UNREADABLE, workflow.problem or "what starts it cannot be read")
        return
    if not events:
        return
    for name in sorted(secrets_read(workflow.data)):
        yield exposed("secret", "all (an expression takes the whole context)" if name == ALL else name)
    for event in events:
        if event in PRIVILEGED or (event not in ON_THE_BRANCH and _checks_out_other_code(workflow.data)):
            yield exposed("privileged trigger", f"{event}: runs with the rights and the caches of the default branch")
    for what, detail in (*_rights(workflow.data, acts), *_jobs(workflow, {w.path: w for w in files}, set())):
        yield exposed(what, detail)


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
            yield from (("token right", f"job {key}: {right}") for right in _written(job["permissions"]))
        elif "permissions" in data:
            yield from (("token right", f"workflow: {right}") for right in _written(data["permissions"]))
        else:
            unsaid.append(key)
    if unsaid and acts.default_rights is None:
        more = f" and {len(unsaid) - 5} more" if len(unsaid) > 5 else ""
        yield "token right", f"{DEFAULT_RIGHTS} (job {', '.join(unsaid[:5])}{more})"
    elif unsaid:
        yield from (("token right", f"the repository's default: {right}") for right in acts.default_rights or ())


def _written(permissions: object) -> Iterator[str]:
    if isinstance(permissions, dict):
        for scope, level in permissions.items():
            if level not in _HARMLESS:
                yield f"{scope}: {str(level)[:40]}"
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
        if "environment" in job:
            yield "environment", f"job {said}{key}: {_name(job['environment'])}, with its secrets"
        if job.get("secrets") == "inherit":
            yield "secret", f"all (job {said}{key} inherits them)"
        if "uses" in job:
            yield from _called(f"{said}{key}", job, files, seen)
        else:
            yield from (("own runner", f"job {said}{key}: {label}") for label in foreign_runners(job))


def _called(
    key: str, job: Mapping[str, Any], files: Mapping[str, Workflow], seen: set[str]
) -> Iterator[tuple[str, str]]:
    uses = job["uses"]
    if not isinstance(uses, str) or not uses.startswith("./"):
        # It runs elsewhere-written code with what it is given; without secrets that is the token, which is listed.
        if "secrets" in job or not isinstance(uses, str) or "${{" in uses:
            yield "called workflow", f"job {key}: {str(uses)[:150]} is given secrets and is not read"
        return
    path = uses.removeprefix("./")
    called = files.get(path)
    if called is None or called.data is None:
        yield UNREADABLE, f"job {key} calls {path[:150]}, which cannot be read"
    elif path not in seen:
        seen.add(path)
        yield from _jobs(called, files, seen, called=True)


def _mappings(jobs: object) -> Iterator[tuple[str, dict[str, Any]]]:
    for key, job in jobs.items() if isinstance(jobs, dict) else ():
        if isinstance(job, dict):
            yield str(key), job


def _name(environment: object) -> str:
    name = environment.get("name") if isinstance(environment, dict) else environment
    return str(name)[:100]
