"""Verbs about GitHub Actions: workflows, runs, jobs, logs, artifacts, annotations, dispatch and re-run."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import datetime

from otto_bot.github.answer import Answer
from otto_bot.github.ci_models import Annotation, Artifact, Job, PendingDeployment, Workflow, WorkflowRun
from otto_bot.github.errors import Forbidden, GitHubError, LogsGone, NotFound, Refused, TooLarge, not_granted
from otto_bot.github.logs import CHUNK, CUT_LINE
from otto_bot.github.needs import needs
from otto_bot.github.reading import parse
from otto_bot.github.repository import RepositoryCalls

MAX_INPUTS = 25
MOST_RUNS = 300
_REDIRECT = frozenset({302})


class ActionVerbs(RepositoryCalls):
    @needs(actions="read")
    async def workflows(self) -> list[Workflow]:
        """The workflows GitHub knows, with whether they are active or disabled."""
        return [parse(Workflow, item) async for item in self._pages("/actions/workflows", key="workflows")]

    @needs(actions="read")
    async def workflow_runs(self, sha: str) -> list[WorkflowRun]:
        """Every workflow run of exactly this head SHA, all pages, newest first."""
        items = self._pages("/actions/runs", key="workflow_runs", params={"head_sha": sha})
        return [run async for item in items if (run := parse(WorkflowRun, item)).head_sha == sha]

    @needs(actions="read")
    async def workflow_run(self, run_id: int) -> WorkflowRun:
        """One run as it is now. Tried again on 404: a dispatched run takes a moment to be seen."""
        return parse(WorkflowRun, await self._json("/actions/runs/{id}", run_id, eventual=True))

    @needs(actions="read")
    async def runs_since(self, workflow_id: int, begun: datetime) -> list[WorkflowRun]:
        """The runs of a workflow that were created at or after `begun`, newest first; at most the newest 300."""
        found: list[WorkflowRun] = []
        async for item in self._pages("/actions/workflows/{id}/runs", workflow_id, key="workflow_runs"):
            run = parse(WorkflowRun, item)
            if len(found) >= MOST_RUNS or (run.created_at is not None and run.created_at < begun):
                break
            found.append(run)
        return found

    @needs(actions="read")
    async def runs_that_wait(self) -> list[WorkflowRun]:
        """The runs that wait in their concurrency groups: GitHub would cancel them for the next one."""
        items = self._pages("/actions/runs", key="workflow_runs", params={"status": "pending"})
        return [run async for item in items if (run := parse(WorkflowRun, item)).status == "pending"]

    @needs(actions="read")
    async def pending_deployments(self, run_id: int) -> list[PendingDeployment]:
        """The environments whose reviewers a run waits for."""
        rows = await self._json("/actions/runs/{id}/pending_deployments", run_id)
        return [parse(PendingDeployment, row) for row in rows if isinstance(row, dict)]

    @needs(actions="read")
    async def jobs(self, run_id: int, attempt: int) -> list[Job]:
        """The jobs of one attempt of a run, with their steps."""
        tail = "/actions/runs/{id}/attempts/{attempt}/jobs"
        return [parse(Job, item) async for item in self._pages(tail, run_id, attempt, key="jobs")]

    @needs(actions="read")
    async def job_log(self, job_id: int) -> bytes:
        """A job's log, at most 50 MiB (a last line says where it was cut).

        GitHub answers with an address that works for a minute; it is asked at once, without our token. Raises
        LogsGone where the log is not kept any more, NotFound where the job has none (yet).
        """
        answer = await self._kept("/actions/jobs/{id}/logs", job_id)
        return answer.body if answer.status != 302 else await self._around.download(_location(answer, "log"))

    @needs(actions="read")
    async def job(self, job_id: int) -> Job:
        """One job as it is now. Raises NotFound where the repository has none of this number."""
        return parse(Job, await self._json("/actions/jobs/{id}", job_id))

    @needs(actions="read")
    async def job_log_parts(self, job_id: int, limit: int) -> AsyncIterator[bytes]:
        """As `job_log`, chunk by chunk and at most `limit` bytes; the errors may also come with the first chunk."""
        answer = await self._kept("/actions/jobs/{id}/logs", job_id)
        if answer.status == 302:
            return self._around.pour(_location(answer, "log"), limit)
        return _chunks(answer.body, limit)

    @needs(actions="read")
    async def artifacts(self, run_id: int) -> list[Artifact]:
        """What a run's jobs uploaded, in all of its attempts."""
        items = self._pages("/actions/runs/{id}/artifacts", run_id, key="artifacts")
        return [parse(Artifact, item) async for item in items]

    @needs(actions="read")
    async def artifact_zip(self, artifact_id: int, limit: int) -> bytes:
        """An artifact as the archive it is kept in, at most `limit` bytes of it.

        Raises TooLarge above that, LogsGone where it has expired or was removed.
        """
        answer = await self._kept("/actions/artifacts/{id}/zip", artifact_id)
        if answer.status == 302:
            return await self._around.download(_location(answer, "archive"), whole_limit=limit)
        if len(answer.body) > limit:
            raise TooLarge(answer.status, f"the archive has more than {limit} bytes", answer.request_id)
        return answer.body

    async def _kept(self, tail: str, number: int) -> Answer:
        """A redirect to storage, or the thing itself. Raises LogsGone for 410."""
        try:
            return await self._call("GET", tail, number, allow=_REDIRECT)
        except NotFound as error:
            if error.status == 410:
                raise LogsGone(410, error.message, error.request_id) from None
            raise

    @needs(checks="read")
    async def annotations(self, check_run_id: int) -> list[Annotation]:
        """What a check or job remarked at lines of files."""
        items = self._pages("/check-runs/{id}/annotations", check_run_id)
        return [parse(Annotation, item) async for item in items]

    @needs(actions="write")
    async def dispatch(self, workflow: str, ref: str, inputs: Mapping[str, str] | None = None) -> int | None:
        """Start a workflow (file name) on a branch. The run's id, or None where the server does not tell it.

        Not find-or-create: GitHub offers nothing to find it by. Pass an input that the run echoes, and look for it
        before calling again after a `retryable` error.
        """
        if inputs and len(inputs) > MAX_INPUTS:
            raise ValueError(f"a workflow takes at most {MAX_INPUTS} inputs")
        body = {"ref": ref, "inputs": dict(inputs or {})}
        answer = await self._call("POST", "/actions/workflows/{workflow}/dispatches", workflow, body=body)
        data = answer.json() if answer.body.strip() else None
        run_id = data.get("workflow_run_id") if isinstance(data, dict) else None
        return run_id if isinstance(run_id, int) else None

    @needs(actions="write")
    async def may_start_workflows(self) -> bool:
        """Whether the installation was granted what `dispatch` and re-runs need. Nothing is started."""
        try:
            await self._call("GET", "/actions/workflows", params={"per_page": 1})
        except (Refused, Forbidden) as error:
            if not not_granted(error):
                raise
            return False
        return True

    @needs(actions="write")
    async def rerun_failed(self, run_id: int) -> None:
        """Run a run's failed jobs again, and what depends on them. Raises Forbidden where that is not allowed."""
        await self._call("POST", "/actions/runs/{id}/rerun-failed-jobs", run_id)

    @needs(actions="write")
    async def rerun(self, run_id: int) -> None:
        """Run all jobs of a run again. Raises Forbidden where that is not allowed."""
        await self._call("POST", "/actions/runs/{id}/rerun", run_id)

    @needs(actions="write")
    async def cancel_run(self, run_id: int) -> None:
        """Cancel a run. Raises Conflict where it has ended."""
        await self._call("POST", "/actions/runs/{id}/cancel", run_id)


async def _chunks(body: bytes, limit: int) -> AsyncIterator[bytes]:
    for start in range(0, min(len(body), limit), CHUNK):
        yield body[start : min(start + CHUNK, limit)]
    if len(body) > limit:
        yield CUT_LINE % limit


def _location(answer: Answer, what: str) -> str:
    location = answer.headers.get("location", "")
    if not location:
        raise GitHubError(302, f"GitHub redirected the {what} to nowhere", answer.request_id)
    return location
