"""The contexts `github`, `inputs` and `needs` of a run, and the environment that says the same to a job."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from otto_bot.playground.actions.api import TriggerEvent, WorkflowRun
from otto_bot.playground.actions.expressions import Scope

_REF_PREFIX = re.compile(r"^refs/(?:heads|tags|pull)/")


def github_context(event: TriggerEvent, run: WorkflowRun, repository: str, server_url: str) -> dict[str, Any]:
    """`github` as a job's `if:` and a concurrency group see it."""
    return {
        "event_name": event.name,
        "event": dict(event.payload),
        "ref": event.ref,
        "ref_name": _REF_PREFIX.sub("", event.ref),
        "ref_type": "tag" if event.tag is not None else "branch",
        "sha": event.merge_sha or event.head_sha,
        "head_ref": event.head_branch or "" if event.base_branch else "",
        "base_ref": event.base_branch or "",
        "repository": repository,
        "repository_owner": repository.partition("/")[0],
        "actor": event.actor,
        "triggering_actor": run.actor,
        "workflow": run.name,
        "workflow_ref": f"{repository}/{run.workflow_path}@{event.ref}",
        "run_id": str(run.id),
        "run_number": str(run.run_number),
        "run_attempt": str(run.run_attempt),
        "server_url": server_url,
        "api_url": f"{server_url}/api/v3",
        "retention_days": "90",
        "token": "",
    }


def job_environment(context: Mapping[str, Any]) -> dict[str, str]:
    """The variables that make act's own `github` context say the same (`SHA_REF` is what it reads the SHA from)."""
    names: tuple[str, ...] = (
        "ref",
        "ref_name",
        "ref_type",
        "head_ref",
        "base_ref",
        "repository",
        "repository_owner",
        "actor",
    )
    names += ("triggering_actor", "workflow_ref", "run_id", "run_number", "run_attempt", "server_url", "api_url")
    found = {f"GITHUB_{name.upper()}": str(context[name]) for name in names}
    found["SHA_REF"] = found["GITHUB_SHA"] = str(context["sha"])
    return found


def run_scope(github: Mapping[str, Any], inputs: Mapping[str, Any]) -> Scope:
    """What a concurrency group may name."""
    return Scope({"github": github, "inputs": dict(inputs), "vars": {}})


def job_scope(
    github: Mapping[str, Any], inputs: Mapping[str, Any], needs: Mapping[str, Any], ancestors: Iterable[str]
) -> Scope:
    """What a job's `if:` may name. `ancestors` are the results of all jobs before it, not only the direct ones."""
    results = tuple(ancestors)
    status = {
        "success": all(result == "success" for result in results),
        "failure": any(result == "failure" for result in results),
        "cancelled": False,
        "always": True,
    }
    contexts = {
        "github": github,
        "inputs": dict(inputs),
        "vars": {},
        "needs": dict(needs),
        "strategy": {},
        "matrix": {},
    }
    return Scope(contexts, status)


def with_matrix(scope: Scope, matrix: Mapping[str, Any]) -> Scope:
    """The same scope inside one leg of a matrix."""
    return Scope({**scope.contexts, "matrix": dict(matrix)}, scope.status)
