"""The default rights of a token, from what GitHub has of the default branch's last commit."""

from __future__ import annotations

from typing import Any

import pytest

from otto_bot.core.lanes import Workflow
from otto_bot.github.ci_models import Job, WorkflowRun
from otto_bot.github.errors import Forbidden, LogsGone, NotFound, Unreachable
from otto_bot.jobs.default_token import MOST_LOGS, default_rights

SILENT = Workflow(path=".github/workflows/ci.yml", data={"on": "push", "jobs": {"a": {"runs-on": "ubuntu-latest"}}})
LOG = b"##[group]GITHUB_TOKEN Permissions\nContents: write\n##[endgroup]\n"
RUN: dict[str, Any] = {
    "id": 1, "path": SILENT.path, "event": "push", "head_sha": "b", "head_branch": "main", "actor": {"login": "anna"},
}  # fmt: skip


class OnGitHub:
    """What GitHub answers about runs, jobs and logs: `logs` by the job's number, each its text or what is raised."""

    def __init__(self, *logs: bytes | Exception, skipped: tuple[int, ...] = (), **run: Any) -> None:
        self._run = WorkflowRun.model_validate({**RUN, **run})
        self._logs = logs or (LOG,)
        self._skipped = skipped
        self.asked: list[int] = []

    async def workflow_runs(self, sha: str) -> list[WorkflowRun]:
        return [self._run, self._run.model_copy(update={"id": 2})]

    async def jobs(self, run_id: int, attempt: int) -> list[Job]:
        """The first run has the first job alone, the second one all others."""
        numbers = [0] if run_id == 1 else range(1, len(self._logs))
        ended = {number: "skipped" if number in self._skipped else "success" for number in numbers}
        return [Job(id=n, run_id=run_id, name="a", status="completed", conclusion=ended[n]) for n in numbers]

    async def job_log(self, job_id: int) -> bytes:
        self.asked.append(job_id)
        answer = self._logs[job_id]
        if isinstance(answer, Exception):
            raise answer
        return answer


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


async def test_one_log_that_says_nothing_does_not_end_the_search() -> None:
    gone, quiet = LogsGone(410, "gone"), b"Complete job name: a\n"
    for first in (gone, NotFound(404, "no log"), quiet):
        assert await known(OnGitHub(first, LOG)) == ("contents: write",)
    assert await known(OnGitHub(gone, gone, LOG)) == ("contents: write",)
    github = OnGitHub(gone, gone, LOG, skipped=(0, 1))
    assert (await known(github), github.asked) == (("contents: write",), [2])


async def test_no_more_than_a_few_logs_are_asked_for() -> None:
    github = OnGitHub(*[LogsGone(410, "gone")] * 40)
    assert await known(github) is None
    assert len(github.asked) == MOST_LOGS
