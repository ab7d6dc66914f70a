"""Which events start a workflow: `on:` with its filters, skip tokens, and the inputs of a dispatch. Pure.

The workflow file is the one of the event's own tree: the pushed commit, or for pull requests the head's tree (GitHub
takes the merge commit's, which differs only while the base branch changed the file meanwhile).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from otto_bot.playground.actions.api import ActionsError, TriggerEvent
from otto_bot.playground.actions.globs import any_passes, passes
from otto_bot.playground.actions.values import text_of
from otto_bot.playground.actions.workflow import WorkflowFile

_SKIP = re.compile(r"\[(?:skip ci|ci skip|no ci|skip actions|actions skip)\]", re.IGNORECASE)
_SKIP_TRAILER = re.compile(r"\n\n(?:.*\n)*skip-checks:\s*true\s*\Z", re.IGNORECASE)
_DEFAULT_TYPES = ("opened", "synchronize", "reopened")
_PULL_REQUEST = ("pull_request", "pull_request_target")
_MAX_INPUTS = 25


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether the workflow starts, and why not."""

    starts: bool
    reason: str = ""


def decide(workflow: WorkflowFile, event: TriggerEvent) -> Decision:
    """Evaluate `on:` for an event. Raises `ValueError` for a filter that is no pattern."""
    if event.name not in workflow.on:
        return Decision(False, f"the workflow has no `{event.name}` trigger")
    if event.name in ("push", *_PULL_REQUEST) and skipped_by_message(event.commit_message):
        return Decision(False, "the commit message asks to skip CI")
    raw = workflow.on[event.name]
    filters: dict[str, Any] = raw if isinstance(raw, dict) else {}
    if event.name == "push":
        return _decide_push(filters, event)
    if event.name in _PULL_REQUEST:
        return _decide_pull_request(filters, event)
    types = _texts(filters.get("types"))
    if types and event.action not in types:
        return Decision(False, f"`types` has no {event.action!r}")
    return Decision(True)


def skipped_by_message(message: str) -> bool:
    """Whether the head commit's message keeps push and pull_request workflows from starting."""
    return bool(_SKIP.search(message) or _SKIP_TRAILER.search(message))


def _decide_push(filters: dict[str, Any], event: TriggerEvent) -> Decision:
    about_branches = "branches" in filters or "branches-ignore" in filters
    about_tags = "tags" in filters or "tags-ignore" in filters
    if event.tag is not None:
        if about_branches and not about_tags:
            return Decision(False, "the filters name branches only, and this is a tag")
        return _named(filters, "tags", event.tag)
    if about_tags and not about_branches:
        return Decision(False, "the filters name tags only, and this is a branch")
    decision = _named(filters, "branches", event.branch or "")
    return _paths(filters, event) if decision.starts else decision


def _decide_pull_request(filters: dict[str, Any], event: TriggerEvent) -> Decision:
    types = _texts(filters.get("types")) or _DEFAULT_TYPES
    if event.action not in types:
        return Decision(False, f"`types` has no {event.action!r}")
    decision = _named(filters, "branches", event.base_branch or "")
    return _paths(filters, event) if decision.starts else decision


def _named(filters: dict[str, Any], kind: str, name: str) -> Decision:
    if kind in filters and not passes(name, _texts(filters[kind])):
        return Decision(False, f"{name!r} does not fit `{kind}`")
    if f"{kind}-ignore" in filters and passes(name, _texts(filters[f"{kind}-ignore"])):
        return Decision(False, f"{name!r} fits `{kind}-ignore`")
    return Decision(True)


def _paths(filters: dict[str, Any], event: TriggerEvent) -> Decision:
    changed = event.changed_paths
    if changed is None:
        return Decision(True)
    if "paths" in filters and not any_passes(changed, _texts(filters["paths"])):
        return Decision(False, "no changed path fits `paths`")
    if "paths-ignore" in filters and all(passes(path, _texts(filters["paths-ignore"])) for path in changed):
        return Decision(False, "every changed path fits `paths-ignore`")
    return Decision(True)


def _texts(raw: object) -> tuple[str, ...]:
    if isinstance(raw, list):
        return tuple(text_of(entry) for entry in raw)
    return () if raw is None else (text_of(raw),)


def dispatch_inputs(workflow: WorkflowFile, given: Mapping[str, str]) -> dict[str, Any]:
    """The inputs of a dispatch with defaults filled in, typed as `inputs` shows them. Raises `ActionsError` (422)."""
    if "workflow_dispatch" not in workflow.on:
        raise ActionsError("Workflow does not have 'workflow_dispatch' trigger")
    raw = workflow.on["workflow_dispatch"]
    declared = (raw.get("inputs") if isinstance(raw, dict) else None) or {}
    if not isinstance(declared, dict) or len(given) > _MAX_INPUTS:
        raise ActionsError("The inputs of 'workflow_dispatch' are invalid")
    unexpected = sorted(set(given) - set(declared))
    if unexpected:
        raise ActionsError(f"Unexpected inputs provided: {unexpected}")
    return {str(name): _input(str(name), spec or {}, given) for name, spec in declared.items()}


def _input(name: str, spec: dict[str, Any], given: Mapping[str, str]) -> Any:
    kind = spec.get("type", "string")
    if name not in given and spec.get("required") is True and "default" not in spec:
        raise ActionsError(f"Required input '{name}' not provided")
    value: Any = given[name] if name in given else spec.get("default", False if kind == "boolean" else "")
    if kind == "boolean":
        if text_of(value) not in ("true", "false"):
            raise ActionsError(f"Provided value '{text_of(value)}' for input '{name}' is not a boolean")
        return text_of(value) == "true"
    if kind == "choice" and name in given and value not in _texts(spec.get("options")):
        raise ActionsError(f"Provided value '{value}' for input '{name}' not in the list of allowed values")
    return text_of(value)
