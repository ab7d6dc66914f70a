"""Third-party actions: which the playground has stand-ins for, and GitHub's words for those it has not."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from otto_bot.playground.actions.values import text_of
from otto_bot.playground.actions.workflow import parse_yaml

HERE = Path(__file__).parent
STUBS = HERE / "stubs"
_REMOTE = re.compile(r"(?P<repository>[\w.-]+/[\w.-]+)(?P<folder>(?:/[\w.-]+)*)@(?P<ref>[\w./-]+)")
_KNOWN = {
    "actions/checkout": "checkout",
    "actions/setup-python": "setup-python",
    "actions/setup-node": "setup-node",
    "actions/cache": "cache",
    "actions/upload-artifact": "upload-artifact",
    "actions/download-artifact": "download-artifact",
}
_MAX_DEPTH = 5


def uses_of(job: Mapping[str, Any], tree: Path) -> tuple[str, ...]:
    """Every remote or Docker action of the job, those inside the repository's own composite actions included."""
    return tuple(dict.fromkeys(_walk(job.get("steps"), tree, _MAX_DEPTH)))


def _walk(steps: object, tree: Path, depth: int) -> Iterable[str]:
    for step in steps if isinstance(steps, list) else []:
        uses = text_of(step.get("uses")) if isinstance(step, dict) else ""
        if uses.startswith("./"):
            if depth > 0:
                yield from _walk(_local_steps(tree, uses), tree, depth - 1)
        elif uses:
            yield uses


def _local_steps(tree: Path, uses: str) -> object:
    folder = (tree / uses).resolve()
    if not folder.is_relative_to(tree.resolve()):
        return None
    for name in ("action.yml", "action.yaml"):
        if (folder / name).is_file():
            runs = (parse_yaml((folder / name).read_bytes()) or {}).get("runs")
            return runs.get("steps") if isinstance(runs, dict) else None
    return None


def refusal(uses: str) -> str | None:
    """Why the action cannot be used here, in the words of GitHub's runner; `None` when it can."""
    if uses.startswith("docker://"):
        return "Container action is only supported on a runner with Docker, and the playground has none"
    match = _REMOTE.fullmatch(uses)
    if match is None:
        return f"Expected format {{org}}/{{repo}}[/path]@ref. Actual '{uses}'"
    stub = _KNOWN.get(match["repository"])
    if stub is None or not (STUBS / f"{stub}{match['folder']}" / "action.yml").is_file():
        return f"Unable to resolve action `{uses}`, repository not found"
    return None


def mappings(uses: Iterable[str]) -> list[str]:
    """act's `--local-repository` values for actions that have a stand-in."""
    found: dict[str, None] = {}
    for name in uses:
        match = _REMOTE.fullmatch(name)
        if match and match["repository"] in _KNOWN:
            found[f"{match['repository']}@{match['ref']}={STUBS / _KNOWN[match['repository']]}"] = None
    return list(found)
