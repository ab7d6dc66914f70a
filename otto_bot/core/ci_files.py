"""The workflow files that Otto's acts can start, with those that these call, and the hash a yes is bound to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence

from otto_bot.core.ci_starts import Acts, started_by
from otto_bot.core.lanes import Workflow

DIGEST_SHOWN = 16
"""So much of a file's digest is kept to say later which files changed; a yes is bound to the hash of all."""


def reached(workflows: Sequence[Workflow], acts: Acts) -> tuple[Workflow, ...]:
    """Those that Otto's acts can start and those that these call. One that cannot be read is among them.

    Where a started file calls what cannot be told or is not there, it is all of them.
    """
    known = {workflow.path: workflow for workflow in workflows}
    found = {w.path for w in workflows if w.data is None or not w.triggers or started_by(w, acts)}
    todo = list(found)
    while todo:
        called = _called(known[todo.pop()], known)
        if called is None:
            return tuple(workflows)
        todo += called - found
        found |= called
    return tuple(workflow for workflow in workflows if workflow.path in found)


def files_hash(workflows: Sequence[Workflow], acts: Acts, base: Sequence[Workflow] | None = None) -> str:
    """The hash of the files within reach, also of those that cannot be read, and of what starts each of them.

    With `base`, the files of the default branch, it is of both where these are others.
    """
    rows = sorted([w.path, _digest(w), *started_by(w, acts)] for w in reached(workflows, acts))
    found = hashlib.sha256(json.dumps(rows).encode()).hexdigest()
    if base is None or (other := files_hash(base, acts)) == found:
        return found
    return hashlib.sha256(f"{found} {other}".encode()).hexdigest()


def hash_of_all(workflows: Sequence[Workflow]) -> str:
    """What earlier releases bound a yes to: the hash of all files, also of those that Otto never starts."""
    content = json.dumps(sorted([w.path, _digest(w)] for w in workflows))
    return hashlib.sha256(content.encode()).hexdigest()


def digests(workflows: Sequence[Workflow], acts: Acts, base: Sequence[Workflow] | None = None) -> dict[str, str]:
    """For words: the head of the digest of each file within reach, by its path; both where `base` has another one."""
    found: dict[str, str] = {}
    for workflow in (*reached(workflows, acts), *reached(base or (), acts)):
        digest = _digest(workflow)[:DIGEST_SHOWN]
        before = found.get(workflow.path, digest)
        found[workflow.path] = before if before == digest else f"{before} {digest}"
    return found


def _called(workflow: Workflow, known: dict[str, Workflow]) -> set[str] | None:
    """Paths of the files that its jobs call; None = that cannot be said."""
    if workflow.data is None:
        return set()
    jobs = workflow.data.get("jobs")
    if not isinstance(jobs, dict):
        return None
    paths: set[str] = set()
    for job in jobs.values():
        if not isinstance(job, dict):
            return None
        if "uses" in job:
            found = _paths(job["uses"], known)
            if found is None:
                return None
            paths |= set(found)
    return paths


def _paths(uses: object, known: dict[str, Workflow]) -> Iterator[str] | None:
    """Also a call by the repository's own name is one of these files."""
    if not isinstance(uses, str) or "${{" in uses:
        return None
    if uses.startswith("."):
        path = uses.removeprefix("./")
        return iter([path]) if path in known else None
    name = uses.partition("@")[0]
    return (path for path in known if name.endswith(f"/{path}"))


def _digest(workflow: Workflow) -> str:
    """That of its bytes, or of its values where it was made from these; what stands in many places is read once."""
    if workflow.digest:
        return workflow.digest
    known: dict[int, str] = {}

    def digest(value: object) -> str:
        if not isinstance(value, (dict, list)):
            return hashlib.sha256(f"{type(value).__name__}:{value}".encode("utf-8", "surrogatepass")).hexdigest()
        if id(value) in known:
            return known[id(value)]
        known[id(value)] = "itself"
        parts = [digest(one) for pair in value.items() for one in pair] if isinstance(value, dict) else None
        inner = " ".join(parts if parts is not None else [digest(one) for one in value])
        known[id(value)] = hashlib.sha256(f"{type(value).__name__}:{inner}".encode()).hexdigest()
        return known[id(value)]

    return digest([workflow.data, workflow.problem])
