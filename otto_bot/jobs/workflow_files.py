"""Workflow files as values: read through the API or from the mirror, parsed within limits, aside from the loop."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from otto_bot.core.lanes import Workflow
from otto_bot.git.blobs import list_blobs_under, read_blobs
from otto_bot.git.mirror import Mirror
from otto_bot.github.models import WorkflowFile
from otto_bot.github.safe_yaml import MAX_BYTES, SMALL, YamlError, load

WORKFLOWS = ".github/workflows"
MOST_FILES = 100


async def parsed(files: Sequence[WorkflowFile]) -> list[Workflow]:
    """The files as values; one that cannot be used keeps its problem."""
    if sum(len(file.text) for file in files) <= SMALL:
        return [_parsed(file) for file in files]
    return await asyncio.to_thread(lambda: [_parsed(file) for file in files])


def _parsed(file: WorkflowFile) -> Workflow:
    if file.problem:
        return Workflow(path=file.path, problem=file.problem[:200], digest=file.digest)
    try:
        data = load(file.text)
    except YamlError as error:
        return Workflow(path=file.path, problem=str(error)[:200], digest=file.digest)
    if not isinstance(data, dict):
        return Workflow(path=file.path, problem="it is no mapping", digest=file.digest)
    # YAML 1.1 reads the key `on` as true.
    named = {("on" if key is True else str(key)): value for key, value in data.items()}
    return Workflow(path=file.path, data=named, digest=file.digest)


async def workflows_of(mirror: Mirror, commit: str) -> list[Workflow]:
    """The workflow files of a commit of the mirror. More than MOST_FILES are one problem: nobody looks through them."""
    blobs = await list_blobs_under(mirror, commit, WORKFLOWS)
    wanted = [blob for blob in blobs if blob.path.endswith((".yml", ".yaml")) and blob.path.count("/") == 2]
    if len(wanted) > MOST_FILES:
        digest = "".join(blob.sha for blob in wanted)
        return [Workflow(path=WORKFLOWS, problem=f"there are more than {MOST_FILES} files", digest=digest)]
    fit = [blob for blob in wanted if blob.size is not None and blob.size <= MAX_BYTES]
    bodies = await read_blobs(mirror, fit)
    files = []
    for blob in wanted:
        body = bodies.get(blob.path)
        problem = "" if body is not None else "it is a link, a submodule, or too large"
        text = (body or b"").decode("utf-8", "replace")
        files.append(WorkflowFile(path=blob.path, text=text, digest=blob.sha, problem=problem))
    return await parsed(files)
