"""What code on a branch of ours may use in the repository's CI, read from its workflow files."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from otto_bot.core.lanes import Workflow
from otto_bot.core.values import Frozen

BRANCH_EVENTS = frozenset(
    {"push", "pull_request", "pull_request_target", "workflow_dispatch", "workflow_run", "create"}
)
"""Events that a push to a branch, its pull request or its runs can cause."""

_SECRET = re.compile(r"secrets(?:\.([A-Za-z_][A-Za-z0-9_]*)|\[\s*'([^']+)'\s*\])")
_HOSTED = re.compile(r"^(?:ubuntu|windows|macos)-")


class Exposed(Frozen):
    """One thing a workflow gives to the code it runs."""

    workflow: str
    what: str
    detail: str


class Exposure(Frozen):
    """Everything found, and the hash of the files it was found in: an approval is bound to that hash."""

    items: tuple[Exposed, ...]
    files_hash: str


def exposure(workflows: Sequence[Workflow]) -> Exposure:
    """Secrets read, write permissions, identity tokens, own runners and privileged triggers our branches can start."""
    started = [w for w in workflows if BRANCH_EVENTS & set(w.triggers)]
    items = tuple(item for workflow in started for item in _items(workflow))
    content = json.dumps([[w.path, w.data] for w in workflows], sort_keys=True, default=str)
    return Exposure(items=items, files_hash=hashlib.sha256(content.encode()).hexdigest())


def _items(workflow: Workflow) -> Iterator[Exposed]:
    data: dict[str, Any] = workflow.data or {}

    def exposed(what: str, detail: str) -> Exposed:
        return Exposed(workflow=workflow.path, what=what, detail=detail)

    for name in sorted(_secrets(data)):
        yield exposed("secret", name)
    for event in ("pull_request_target", "workflow_run"):
        if event in workflow.triggers:
            yield exposed("privileged trigger", event)
    for right in _rights(data.get("permissions")):
        yield exposed("token right", f"workflow: {right}")
    jobs = data.get("jobs")
    for key, job in jobs.items() if isinstance(jobs, dict) else ():
        if isinstance(job, dict):
            for what, detail in _job_items(str(key), job):
                yield exposed(what, detail)


def _job_items(key: str, job: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if job.get("secrets") == "inherit":
        yield "secret", f"all (job {key} inherits them)"
    for label in _labels(job.get("runs-on")):
        yield "own runner", f"job {key}: {label}"
    for right in _rights(job.get("permissions")):
        yield "token right", f"job {key}: {right}"


def _secrets(value: object) -> set[str]:
    if isinstance(value, str):
        names = {a or b for a, b in _SECRET.findall(value)}
        return names - {"GITHUB_TOKEN"}
    if isinstance(value, dict):
        return set().union(*(_secrets(part) for part in value.values())) if value else set()
    if isinstance(value, list):
        return set().union(*(_secrets(part) for part in value)) if value else set()
    return set()


def _labels(runs_on: object) -> Iterator[str]:
    names = runs_on.get("labels", runs_on.get("group")) if isinstance(runs_on, dict) else runs_on
    for name in names if isinstance(names, list) else [names]:
        if isinstance(name, str) and "${{" not in name and not _HOSTED.match(name):
            yield name


def _rights(permissions: object) -> Iterator[str]:
    if permissions == "write-all":
        yield "write-all"
    if isinstance(permissions, dict):
        for scope, level in permissions.items():
            if level == "write":
                yield f"{scope}: write"
