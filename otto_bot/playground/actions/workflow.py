"""Read a workflow file: YAML as GitHub reads it (1.2 booleans, `on` stays `on`), checked for the shape it needs."""

import re
from collections.abc import Hashable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

FOLDER = ".github/workflows"
_MAX_BYTES = 512 * 1024
_MAX_NODES = 50_000
_JOB_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


class WorkflowError(ValueError):
    """The file is not a workflow; the text is what GitHub would show as the run's error."""


@dataclass(frozen=True, slots=True)
class WorkflowFile:
    """One parsed file. With `error` set there is nothing else to rely on but `path` and `name`."""

    path: str
    name: str
    on: dict[str, Any] = field(default_factory=dict)
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    document: dict[str, Any] = field(default_factory=dict)
    error: str | None = None


class _Loader(yaml.SafeLoader):
    """YAML 1.2's core: only true and false are booleans, so that the key `on` is a text; aliases stay allowed."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Hashable] = set()
        for key_node, _value in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, Hashable) or key in seen:
                line = key_node.start_mark.line + 1
                raise WorkflowError(
                    f"(Line: {line}, Col: {key_node.start_mark.column + 1}): '{key}' is already defined"
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


_NOT_IN_YAML_1_2 = frozenset(f"tag:yaml.org,2002:{kind}" for kind in ("bool", "timestamp", "merge"))
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in _NOT_IN_YAML_1_2]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)


def read_folder(tree: Path) -> tuple[WorkflowFile, ...]:
    """The workflow files of a checked-out tree, in order of their paths. Links and folders are not followed."""
    folder = tree / FOLDER
    if not folder.is_dir() or folder.is_symlink() or folder.parent.is_symlink():
        return ()
    files = (entry for entry in sorted(folder.iterdir()) if entry.suffix in (".yml", ".yaml"))
    return tuple(parse(f"{FOLDER}/{entry.name}", entry.read_bytes()) for entry in files if _is_plain(entry))


def _is_plain(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def parse(path: str, content: bytes) -> WorkflowFile:
    """Parse one file. Never raises: what is wrong stands in `error`."""
    try:
        document = _load(content)
        name = document.get("name")
        on = _triggers(document)
        jobs = _jobs(document)
    except (yaml.YAMLError, WorkflowError, RecursionError, ValueError) as error:
        return WorkflowFile(path=path, name=path, error=f"Invalid workflow file: {path}\n{_reason(error)}")
    return WorkflowFile(path=path, name=str(name) if name else path, on=on, jobs=jobs, document=document)


def _reason(error: Exception) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        mark = error.problem_mark
        return f"You have an error in your yaml syntax on line {mark.line + 1}: {error.problem or error.context}"
    return str(error) or type(error).__name__


def _load(content: bytes) -> dict[str, Any]:
    if len(content) > _MAX_BYTES:
        raise WorkflowError(f"The file has {len(content)} bytes; at most {_MAX_BYTES} are allowed")
    document = yaml.load(content.decode("utf-8-sig"), Loader=_Loader)  # noqa: S506 - a SafeLoader by inheritance
    if not isinstance(document, dict):
        raise WorkflowError("A mapping was expected")
    _count(document, [_MAX_NODES])
    return document


def parse_yaml(content: bytes) -> dict[str, Any] | None:
    """Any other YAML file of a repository (`action.yml`); `None` for what is not a mapping."""
    try:
        return _load(content)
    except (yaml.YAMLError, WorkflowError, RecursionError, ValueError):
        return None


def _count(value: object, left: list[int]) -> None:
    """Refuse documents that blow up through aliases."""
    left[0] -= 1
    if left[0] < 0:
        raise WorkflowError("Maximum object size exceeded")
    if isinstance(value, dict):
        for entry in value.values():
            _count(entry, left)
    elif isinstance(value, list):
        for entry in value:
            _count(entry, left)


def _triggers(document: dict[str, Any]) -> dict[str, Any]:
    if "on" not in document:
        raise WorkflowError("No event triggers defined in `on`")
    raw = document["on"]
    if isinstance(raw, str):
        raw = {raw: None}
    elif isinstance(raw, list) and all(isinstance(entry, str) for entry in raw):
        raw = dict.fromkeys(raw)
    if not isinstance(raw, dict) or not raw:
        raise WorkflowError("No event triggers defined in `on`")
    for event, filters in raw.items():
        if filters is not None and not isinstance(filters, dict | list):
            raise WorkflowError(f"on.{event}: a mapping was expected")
        _check_filters(str(event), filters if isinstance(filters, dict) else {})
    return {str(event): filters for event, filters in raw.items()}


def _check_filters(event: str, filters: dict[str, Any]) -> None:
    for kind in ("branches", "tags", "paths"):
        if kind in filters and f"{kind}-ignore" in filters:
            raise WorkflowError(
                f"you may only define one of `{kind}` and `{kind}-ignore` for a single event (on.{event})"
            )


def _jobs(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    jobs = document.get("jobs")
    if not isinstance(jobs, dict) or not jobs:
        raise WorkflowError("Required property is missing: jobs")
    for key, job in jobs.items():
        _check_job(str(key), job)
    known = {str(key): job for key, job in jobs.items()}
    _check_needs(known)
    return known


def _check_job(key: str, job: object) -> None:
    if not _JOB_KEY.fullmatch(key):
        raise WorkflowError(
            f"The identifier '{key}' is invalid. IDs may only contain alphanumeric characters, _, and -"
        )
    if not isinstance(job, dict):
        raise WorkflowError(f"jobs.{key}: a mapping was expected")
    if "uses" in job:
        return
    if "runs-on" not in job:
        raise WorkflowError(f"jobs.{key}: Required property is missing: runs-on")
    steps = job.get("steps")
    if not isinstance(steps, list) or not steps:
        raise WorkflowError(f"jobs.{key}: steps must be a list with at least one step")
    for number, step in enumerate(steps, 1):
        if not isinstance(step, dict) or ("run" in step) == ("uses" in step):
            raise WorkflowError(f"jobs.{key}: step {number} must define exactly one of `run` and `uses`")


def needs_of(job: dict[str, Any]) -> tuple[str, ...]:
    """The keys of the jobs that this one waits for."""
    needs = job.get("needs") or []
    return (needs,) if isinstance(needs, str) else tuple(str(entry) for entry in needs)


def _check_needs(jobs: dict[str, dict[str, Any]]) -> None:
    done: set[str] = set()
    for key, job in jobs.items():
        for need in needs_of(job):
            if need not in jobs:
                raise WorkflowError(f"Job '{key}' depends on unknown job '{need}'.")
    while len(done) < len(jobs):
        ready = {key for key, job in jobs.items() if key not in done and done.issuperset(needs_of(job))}
        if not ready:
            raise WorkflowError("The workflow must contain at least one job with no dependencies, and no cycle.")
        done |= ready
