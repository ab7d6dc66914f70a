"""Reusable workflows: the file that a job calls, with what it is given, and what it gives back. Pure."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from otto_bot.playground.actions.expressions import Scope, interpolate, interpolate_deep
from otto_bot.playground.actions.rewrite import NeedResult
from otto_bot.playground.actions.values import ExpressionError, number_of, text_of
from otto_bot.playground.actions.workflow import WorkflowFile

MOST_LEVELS = 10
_INPUT = re.compile(r"\$\{\{\s*inputs\.([A-Za-z_][\w-]*)\s*\}\}")


def problem_of(workflow: WorkflowFile, files: Mapping[str, WorkflowFile]) -> str | None:
    """Why GitHub would not start the file for the workflows that it calls; None where nothing is wrong."""
    return _problem(workflow, files, 1)


def _problem(workflow: WorkflowFile, files: Mapping[str, WorkflowFile], level: int) -> str | None:
    for job in workflow.jobs.values():
        uses = text_of(job.get("uses")) if "uses" in job else ""
        if not uses.startswith("./"):
            continue  # of another repository: refused when the job runs
        said = f'error parsing called workflow\n"{workflow.path}"\n-> "{uses}"\n: '
        if level >= MOST_LEVELS:
            return f"{said}job depth exceeded the limit of {MOST_LEVELS} levels"
        found = files.get(uses.removeprefix("./"))
        if found is None:
            return f"{said}workflow was not found."
        if found.error is not None:
            return f"{said}{found.error}"
        if "workflow_call" not in found.on:
            return f"{said}workflow is not reusable as it is missing a `on.workflow_call` trigger"
        if (wrong := _inputs_problem(job, found)) is not None:
            return f"{said}{wrong}"
        if (deeper := _problem(found, files, level + 1)) is not None:
            return deeper
    return None


def _inputs_problem(job: Mapping[str, Any], found: WorkflowFile) -> str | None:
    given, declared = _mapping(job.get("with")), _declared(found)
    for name in given:
        if name not in declared:
            return f"Invalid input, {name} is not defined in the referenced workflow."
    for name, spec in declared.items():
        if spec.get("required") is True and name not in given:
            return f"Input {name} is required, but not provided while calling."
    return None


def called_with(
    files: Mapping[str, WorkflowFile], job: Mapping[str, Any], scope: Scope
) -> tuple[WorkflowFile, dict[str, Any]]:
    """The called file, and its inputs. Raises `ExpressionError`."""
    uses = text_of(job.get("uses"))
    found = files.get(uses.removeprefix("./")) if uses.startswith("./") else None
    if found is None:
        raise ExpressionError(f"the playground cannot call reusable workflows of other repositories ({uses})")
    given = interpolate_deep(_mapping(job.get("with")), scope)
    inputs: dict[str, Any] = {}
    for name, spec in _declared(found).items():
        kind = text_of(spec.get("type", "string"))
        empty: Any = {"boolean": False, "number": 0.0}.get(kind, "")
        value = given.get(name, spec.get("default", empty))
        inputs[name] = number_of(value) if kind == "number" else value
    return replace(found, jobs={key: _filled(one, inputs) for key, one in found.jobs.items()}), inputs


def _filled(value: Any, inputs: Mapping[str, Any]) -> Any:
    """Plain `${{ inputs.x }}` replaced by its value: who carries out the steps knows nothing of a call."""
    if isinstance(value, str):
        return _INPUT.sub(lambda match: text_of(inputs.get(match[1])), value)
    if isinstance(value, list):
        return [_filled(entry, inputs) for entry in value]
    if isinstance(value, dict):
        return {key: _filled(entry, inputs) for key, entry in value.items()}
    return value


def outputs_of(workflow: WorkflowFile, inputs: Mapping[str, Any], results: Mapping[str, NeedResult]) -> dict[str, str]:
    """What `on.workflow_call.outputs` gives to the caller."""
    jobs = {key: {"result": one.result, "outputs": dict(one.outputs)} for key, one in results.items()}
    scope = Scope({"jobs": jobs, "inputs": dict(inputs), "github": {}, "vars": {}})
    declared = _mapping(_mapping(workflow.on.get("workflow_call")).get("outputs"))
    found = {name: text_of(interpolate(text_of(_mapping(one).get("value")), scope)) for name, one in declared.items()}
    return {name: value for name, value in found.items() if value}


def _declared(workflow: WorkflowFile) -> dict[str, dict[str, Any]]:
    inputs = _mapping(_mapping(workflow.on.get("workflow_call")).get("inputs"))
    return {name: _mapping(spec) for name, spec in inputs.items()}


def _mapping(value: object) -> dict[str, Any]:
    return {str(key): entry for key, entry in value.items()} if isinstance(value, dict) else {}
