"""The default rights of a token, from what GitHub has of the default branch's last commit."""

from __future__ import annotations

from typing import Any

import pytest

from otto_bot.core.lanes import Workflow
from otto_bot.github.ci_models import Job, WorkflowRun
from otto_bot.github.errors import Forbidden, LogsGone, Unreachable
from otto_bot.jobs.default_token import default_rights

SILENT = Workflow(path=".github/workflows/ci.yml", data={"on": "push", "jobs": {"a": {"runs-on": "ubuntu-latest"}}})
LOG = b"##[group]GITHUB_TOKEN Permissions\nContents: write\n##[endgroup]\n"
RUN: dict[str, Any] = {
    "id": 1, "path": SILENT.path, "event": "push", "head_sha": "b", "head_branch": "main", "actor": {"login": "anna"},
}  # fmt: skip


class OnGitHub:
    """What GitHub answers about runs, jobs and logs."""

    def __init__(self, error: Exception | None = None, **run: Any) -> None:
        self._run = WorkflowRun.model_validate({**RUN, **run})
        self._error = error

    async def workflow_runs(self, sha: str) -> list[WorkflowRun]:
        return [self._run]

    async def jobs(self, run_id: int, attempt: int) -> list[Job]:
        return [Job(id=1, run_id=1, name="a", status="completed")]

    async def job_log(self, job_id: int) -> bytes:
        if self._error is not None:
            raise self._error
        return LOG


async def known(repository: Any, *workflows: Workflow) -> tuple[str, ...] | None:
    return await default_rights(repository, workflows or (SILENT,), "b", "main")


async def test_the_runner_of_a_persons_push_is_believed() -> None:
    assert await known(OnGitHub()) == ("contents: write",)


@pytest.mark.parametrize(
    "run",
    [
        {"event": "pull_request"}, {"head_branch": "dev"}, {"actor": {"login": "dependabot[bot]"}}, {"actor": ""},
        {"path": ".github/workflows/other.yml"},
    ],
)  # fmt: skip
async def test_other_runs_prove_nothing(run: dict[str, Any]) -> None:
    assert await known(OnGitHub(**run)) is None


async def test_what_cannot_be_read_is_not_known_and_what_comes_later_is_asked_for_later() -> None:
    for error in (LogsGone(410, "gone"), Forbidden(403, "no")):
        assert await known(OnGitHub(error)) is None
    with pytest.raises(Unreachable):
        await known(OnGitHub(Unreachable(502, "later")))
    told = SILENT.model_copy(update={"data": {**(SILENT.data or {}), "permissions": {}}})
    assert await known(OnGitHub(), told) is None
