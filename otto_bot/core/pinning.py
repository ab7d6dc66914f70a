"""Actions that a workflow names without a full-length commit SHA: an organisation may refuse to start those."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from otto_bot.core.lanes import Workflow

NOT_STARTED = "startup_failure"
"""GitHub's conclusion of a run that ended before any job: no log, no annotation, and it can never run again."""
_PINNED = re.compile(r"@(?:[0-9a-f]{40}|[0-9a-f]{64})$")
_HERE = "./.github/workflows/"
_MOST = 20


def unpinned(workflows: Sequence[Workflow], paths: Collection[str]) -> tuple[str, ...]:
    """Actions and workflows of others that these files use by a tag or branch, those of called files of the repository
    included; each once, in order."""
    known = {workflow.path: workflow for workflow in workflows}
    found: dict[str, None] = {}
    waiting, seen = [path for path in paths if path in known], set(paths)
    while waiting and len(found) < _MOST:
        for uses in _uses(known[waiting.pop(0)].data or {}):
            called = uses.removeprefix("./")
            if uses.startswith(_HERE) and called in known and called not in seen:
                seen.add(called)
                waiting.append(called)
            elif not uses.startswith(("./", "docker://")) and not _PINNED.search(uses):
                found[uses] = None
    return tuple(found)[:_MOST]


def _uses(data: Mapping[str, Any]) -> Iterator[str]:
    jobs = data.get("jobs")
    for job in jobs.values() if isinstance(jobs, dict) else ():
        steps = job.get("steps") if isinstance(job, dict) else None
        for row in (job, *(steps if isinstance(steps, list) else ())):
            uses = row.get("uses") if isinstance(row, dict) else None
            if isinstance(uses, str) and uses:
                yield uses
