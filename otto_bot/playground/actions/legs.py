"""Expand a job into its legs: the combinations of its matrix, each with name, labels and limits. Pure."""

import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from otto_bot.playground.actions.contexts import with_matrix
from otto_bot.playground.actions.expressions import Scope, interpolate, interpolate_deep
from otto_bot.playground.actions.values import ExpressionError, number_of, text_of, truthy
from otto_bot.playground.actions.workflow import WorkflowFile

_MAX_LEGS = 256


@dataclass(frozen=True, slots=True)
class Leg:
    """One job as it will be run. `timeout_seconds` is `None` where the file sets none."""

    key: str
    name: str
    matrix: Mapping[str, Any]
    labels: tuple[str, ...]
    continue_on_error: bool
    timeout_seconds: float | None


def shown_name(key: str, job: Mapping[str, Any]) -> str:
    """The name of a job that was skipped before its matrix was expanded."""
    return str(job.get("name") or key)


def legs_of(workflow: WorkflowFile, key: str, scope: Scope) -> tuple[Leg, ...]:
    """The job's legs in GitHub's order. Raises `ExpressionError` for what cannot be evaluated or is too much."""
    job = workflow.jobs[key]
    strategy = job.get("strategy") or {}
    matrix = interpolate_deep(strategy.get("matrix"), scope) if isinstance(strategy, dict) else None
    combinations = expand(matrix) if matrix else [{}]
    if len(combinations) > _MAX_LEGS:
        raise ExpressionError(f"jobs.{key}: the matrix gives {len(combinations)} jobs, at most {_MAX_LEGS} are allowed")
    return tuple(_leg(key, job, combination, with_matrix(scope, combination)) for combination in combinations)


def fail_fast(job: Mapping[str, Any], scope: Scope) -> bool:
    """Whether a failed leg cancels the others."""
    strategy = job.get("strategy")
    if not isinstance(strategy, dict) or "matrix" not in strategy:
        return False
    return truthy(interpolate_deep(strategy.get("fail-fast", True), scope))


def expand(matrix: object) -> list[dict[str, Any]]:
    """Product, then `exclude`, then `include`, as GitHub documents it."""
    if not isinstance(matrix, dict):
        raise ExpressionError("strategy.matrix: a mapping was expected")
    axes = {str(key): values for key, values in matrix.items() if key not in ("include", "exclude")}
    for key, values in axes.items():
        if not isinstance(values, list) or not values:
            raise ExpressionError(f"Matrix vector '{key}' does not contain any values")
    size = 1
    for values in axes.values():
        size *= len(values)
    if size > _MAX_LEGS * 4:
        raise ExpressionError(f"The matrix gives {size} jobs, at most {_MAX_LEGS} are allowed")
    base = [dict(zip(axes, values, strict=True)) for values in itertools.product(*axes.values())] if axes else []
    base = [entry for entry in base if not any(_fits(entry, out) for out in _mappings(matrix, "exclude"))]
    return _include(base, _mappings(matrix, "include"))


def _mappings(matrix: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    entries = matrix.get(key) or []
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ExpressionError(f"strategy.matrix.{key}: a list of mappings was expected")
    return entries


def _fits(combination: Mapping[str, Any], part: Mapping[str, Any]) -> bool:
    return all(combination.get(key) == value for key, value in part.items())


def _include(base: list[dict[str, Any]], entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    original = [dict(entry) for entry in base]
    combinations = [dict(entry) for entry in base]
    for entry in entries:
        fitting = [
            index for index, own in enumerate(original) if all(own[key] == entry[key] for key in entry if key in own)
        ]
        for index in fitting:
            combinations[index].update(entry)
        if not fitting:
            combinations.append(dict(entry))
    return combinations


def _leg(key: str, job: Mapping[str, Any], matrix: dict[str, Any], scope: Scope) -> Leg:
    minutes = interpolate_deep(job.get("timeout-minutes"), scope)
    return Leg(
        key=key,
        name=_name(key, job, matrix, scope),
        matrix=matrix,
        labels=() if "uses" in job else _labels(key, interpolate_deep(job.get("runs-on"), scope)),
        continue_on_error=truthy(interpolate_deep(job.get("continue-on-error", False), scope)),
        timeout_seconds=None if minutes is None else max(0.0, number_of(minutes) * 60.0),
    )


def _name(key: str, job: Mapping[str, Any], matrix: Mapping[str, Any], scope: Scope) -> str:
    given = str(job.get("name") or "")
    if "${{" in given:
        return text_of(interpolate(given, scope))
    values = [value if isinstance(value, str) else _short(value) for value in matrix.values()]
    return f"{given or key} ({', '.join(values)})" if values else given or key


def _short(value: object) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else text_of(value)


def _labels(key: str, raw: object) -> tuple[str, ...]:
    if isinstance(raw, dict):
        raw = raw.get("labels") or []
    labels = tuple(text_of(entry) for entry in raw) if isinstance(raw, list) else (text_of(raw),)
    if not labels or not all(labels):
        raise ExpressionError(f"jobs.{key}: runs-on names no runner")
    return labels
