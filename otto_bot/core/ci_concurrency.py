"""Whether heads of Otto's would cancel each other: concurrency groups whose name is the same for two of them.

GitHub keeps one running and one pending member a group; a newcomer cancels the pending one, and with
`cancel-in-progress` the running one, too: https://docs.github.com/en/actions/concepts/workflows-and-actions/concurrency
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from otto_bot.core.ci_conditions import Scope, rendered, says
from otto_bot.core.ci_jobs import Happening, contexts
from otto_bot.core.ci_values import Open, Unknown

Files = Mapping[str, Mapping[str, Any] | None]
DEEPEST = 10
"""Levels of called workflows, as GitHub has it."""
_RUN_IDS = ("run_id", "run_number", "sha", "workflow_sha")


def shared_group(path: str, files: Files, event: Happening) -> str:
    """The name of a group in which two heads of ours would meet when they start this workflow; empty = there is none.

    A group whose name the files do not tell is taken for one that differs: where it does not, its first cancelled
    verification tells.
    """
    scopes = [_scope(event, files.get(path), number) for number in (1, 2)]
    for spec in _specs(path, files, 1):
        group = _group(spec)
        names = {rendered(group, scope) for scope in scopes}
        if len(names) == 1 and (name := names.pop()) and not _queues(spec, scopes[0]):
            return name[:100]
    return ""


def _scope(event: Happening, data: Mapping[str, Any] | None, number: int) -> Scope:
    """What a group may name, for the n-th of our heads: what belongs to one head alone has its number."""
    branch = f"{event.branch}{number}"
    known = contexts(event.model_copy(update={"branch": branch}))
    github = known["github"]
    name = (data or {}).get("name")
    github.update(dict.fromkeys(_RUN_IDS, f"{number}"), run_attempt="1", job=Unknown.MAYBE)
    github["workflow"] = name if isinstance(name, str) and name else Unknown.MAYBE
    if event.name == "pull_request":
        github.update(ref=f"refs/pull/{number}/merge", ref_name=f"{number}/merge")
        happened = github["event"]
        happened["number"] = happened["pull_request"]["number"] = float(number)
        happened["pull_request"]["head"]["sha"] = f"{number}"
        happened["pull_request"].update(id=float(number), html_url=f"{number}", title=f"{number}")
    if event.name == "push":
        github["event"].update(after=f"{number}", head_commit=Open(id=f"{number}"))
    return Scope(known)


def _specs(path: str, files: Files, level: int) -> Iterator[object]:
    """Every `concurrency` of a workflow, its jobs, and the files of the repository that they call."""
    data = files.get(path) or {}
    yield data.get("concurrency")
    jobs = data.get("jobs")
    for job in jobs.values() if isinstance(jobs, dict) else ():
        if not isinstance(job, dict):
            continue
        yield job.get("concurrency")
        uses = job.get("uses")
        if isinstance(uses, str) and uses.startswith("./") and level < DEEPEST:
            yield from _specs(uses.removeprefix("./").partition("@")[0], files, level + 1)


def _group(spec: object) -> str:
    group = spec.get("group") if isinstance(spec, dict) else spec
    return str(group) if isinstance(group, str | int | float) else ""


def _queues(spec: object, scope: Scope) -> bool:
    """`queue: max`: whoever comes waits behind the others, and nobody is cancelled."""
    if not isinstance(spec, dict) or spec.get("queue") != "max":
        return False
    return says(spec.get("cancel-in-progress", False), scope) is False
