"""What a job's token may write, as the runner says it at the head of the job's log, before anything of the job runs.

GitHub tells the repository's default only to administrators; but the runner writes down what each token was given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from otto_bot.core.lanes import Workflow

HEAD_LINES = 100
_BEGIN, _END = "##[group]GITHUB_TOKEN Permissions", "##[endgroup]"
_OF_THE_JOB = ("##[group]Run ", "Complete job name")
"""From here on the log is what the job's own steps print."""


def rights_in(log: str) -> tuple[str, ...] | None:
    """Each right that is more than reading; () = none is. None where the head of the log does not say."""
    inside = False
    rights: list[str] = []
    for line in log.split("\n", HEAD_LINES)[:HEAD_LINES]:
        if any(mark in line for mark in _OF_THE_JOB):
            return None
        if not inside:
            inside = line.rstrip().endswith(_BEGIN)
            continue
        if line.rstrip().endswith(_END):
            return tuple(rights)
        words = line.split()
        if len(words) < 2 or not words[-2].endswith(":"):
            return None
        if words[-1] not in ("read", "none"):
            rights.append(f"{words[-2][:40].lower()} {words[-1][:20]}")
    return None


def silent(workflows: Sequence[Workflow]) -> tuple[str, ...]:
    """Paths of workflows in which nothing says what a token may do: their jobs get the repository's default."""
    return tuple(workflow.path for workflow in workflows if workflow.data and _silent(workflow.data))


def _silent(data: Mapping[str, Any]) -> bool:
    jobs = data.get("jobs")
    if "permissions" in data or not isinstance(jobs, dict) or not jobs:
        return False
    return all(isinstance(job, dict) and not {"permissions", "uses"} & set(job) for job in jobs.values())
