"""Reads a bench scenario's folder; every mistake of its form is named as `FILE: PLACE: REASON`."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from otto_bot.bench.scenario import FILE_NAME, Bench, BenchScenario, Workflow
from otto_bot.core.config import ConfigError, HostCaps, read_config

WORKFLOW = ".github/workflows/ci.yml"
OTTO = ".github/otto.yml"
MAX_BYTES = 4 * 1024 * 1024


class BenchError(ValueError):
    """A scenario cannot be used; `problems` holds every reason, each as `FILE: PLACE: REASON`."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class _Loader(yaml.SafeLoader):
    """YAML in which `on` stays a word and no key stands twice."""

    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool" or first in "tTfF"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """The mapping; raises ConstructorError for a key that stands twice."""
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode) and key.value != "<<"]
        twice = next((key for key in keys if keys.count(key) > 1), None)
        if twice is not None:
            raise yaml.constructor.ConstructorError(None, None, f"the key {twice!r} stands twice", node.start_mark)
        return super().construct_mapping(node, deep=deep)


def shipped_root() -> Path:
    """The folder of the scenarios that come with the package."""
    return Path(str(resources.files("otto_bot.bench"))) / "scenarios"


def shipped() -> tuple[str, ...]:
    """Names of the shipped scenarios."""
    return tuple(sorted(entry.parent.name for entry in shipped_root().glob(f"*/{FILE_NAME}")))


def find(name_or_folder: str) -> Path:
    """The folder of a shipped scenario's name, or of a path. Raises BenchError naming what there is."""
    if name_or_folder in shipped():
        return shipped_root() / name_or_folder
    folder = Path(name_or_folder).expanduser()
    if folder.is_dir():
        return folder
    raise BenchError([f"{name_or_folder}: no shipped scenario and no folder; shipped: {', '.join(shipped())}"])


def load(folder: Path) -> BenchScenario:
    """The scenario in a folder, its form checked. Raises BenchError with every problem found."""
    problems: list[str] = []
    data = read_yaml(folder / FILE_NAME, problems)
    ci = read_yaml(folder / "repo" / WORKFLOW, problems)
    otto = read_yaml(folder / "repo" / OTTO, problems)
    if problems:
        raise BenchError(problems)
    bench = _bench(folder / FILE_NAME, data, problems)
    workflow = _workflow(folder / "repo" / WORKFLOW, ci, problems)
    try:
        read_config(otto, HostCaps())
    except ConfigError as error:
        problems += [f"{folder / 'repo' / OTTO}: {place}: {reason}" for place, reason in error.problems]
    if problems or bench is None or workflow is None:
        raise BenchError(problems)
    return BenchScenario(folder.resolve(), bench, workflow, otto or {})


def read_yaml(path: Path, problems: list[str]) -> Any:
    """The content of a YAML file; what is wrong with it is added to `problems`."""
    try:
        if path.stat().st_size > MAX_BYTES:
            problems.append(f"{path}: file: larger than {MAX_BYTES} bytes")
            return None
        return yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506 - a SafeLoader of our own
    except (OSError, UnicodeDecodeError) as error:
        problems.append(f"{path}: file: cannot be read: {error}")
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        problems.append(f"{path}: line {line}: {error.problem or error}")
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        problems.append(f"{path}: file: is no valid YAML: {error}")
    return None


def _bench(path: Path, data: Any, problems: list[str]) -> Bench | None:
    if not isinstance(data, dict):
        problems.append(f"{path}: file: must be a mapping")
        return None
    plan = data.get("plan")
    if isinstance(plan, dict) and "mode" not in plan:
        plan["mode"] = "decomposed" if len(plan.get("tasks") or ()) > 1 else "single"
    try:
        return Bench.model_validate(data)
    except ValidationError as error:
        problems += [f"{path}: {dotted(item['loc'])}: {reason_of(item['msg'])}" for item in error.errors()]
    return None


def dotted(place: Iterable[int | str]) -> str:
    """A place in a file as people write it: list items count from 1."""
    text = ""
    for part in place:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}"
    return text.lstrip(".") or "file"


def reason_of(message: str) -> str:
    """A reason of the validation in words for people."""
    return message.removeprefix("Value error, ").replace("Extra inputs are not permitted", "is not a known key")


def _workflow(path: Path, data: Any, problems: list[str]) -> Workflow | None:
    """The one job and its last step with a command."""
    jobs = data.get("jobs") if isinstance(data, dict) else None
    if not isinstance(jobs, dict) or len(jobs) != 1:
        problems.append(f"{path}: jobs: needs exactly one job, whose last step runs the check")
        return None
    ((key, job),) = jobs.items()
    steps = [step for step in (job or {}).get("steps") or [] if isinstance(step, dict) and step.get("run")]
    if not steps:
        problems.append(f"{path}: jobs.{key}.steps: no step has a command (`run`)")
        return None
    last = steps[-1]
    command = str(last["run"]).strip()
    return Workflow(WORKFLOW, str(data.get("name") or WORKFLOW), str(job.get("name") or key),
                    str(last.get("name") or f"Run {command.splitlines()[0]}"), command)  # fmt: skip
