"""GitHub's verbs answered from a scenario: the few that a run asks for; any other is a mistake of the bench."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NoReturn

from otto_bot.bench.world import Head, World
from otto_bot.core.branch_rules import BranchRule
from otto_bot.core.run import Run
from otto_bot.github.ci_models import (
    Annotation,
    Artifact,
    CheckRun,
    Job,
    PendingDeployment,
    RequiredContexts,
    Status,
    Workflow,
    WorkflowRun,
)
from otto_bot.github.errors import LogsGone
from otto_bot.github.models import CommentRef, PullRequest, WorkflowFile
from otto_bot.github.verbs import Repository

PULL_REQUEST = 2


class NotRecorded(AssertionError):
    """A verb was asked that no scenario records."""


class RecordedGitHub(Repository):
    """The repository of one run. Nothing goes over a network."""

    def __init__(self, world: World, run: Run) -> None:
        self.id = run.repo.id
        self._world = world
        self._run = run

    async def _call(self, method: str, tail: str, *parts: Any, **_more: Any) -> NoReturn:
        self._unknown(method, tail)

    def _pages(self, tail: str, *parts: Any, **_more: Any) -> NoReturn:
        self._unknown("GET", tail)

    def _unknown(self, method: str, tail: str) -> NoReturn:
        """Written down as well: a job that is tried again must not hide it."""
        self._world.mistakes.append(f"{method} {tail} is not recorded")
        raise NotRecorded(self._world.mistakes[-1])

    async def workflow_runs(self, sha: str) -> list[WorkflowRun]:
        """The one workflow run of a head that the run verifies, where GitHub started one."""
        target = next((v.target for v in self._run.verifications.values() if v.sha == sha), None)
        if target is None:
            return []
        head = await self._world.head(sha, target)
        return [self._seen(head)] if head.answered.exists else []

    async def workflow_run(self, run_id: int) -> WorkflowRun:
        """One run as it is now."""
        head = self._world.by_number(run_id)
        return self._seen(await self._world.head(head.sha, head.place))

    async def workflow_files(self, ref: str) -> list[WorkflowFile]:
        """The workflow of the scenario: no task may change it."""
        path = self._world.scenario.workflow.path
        text = (self._world.scenario.repo / path).read_text(encoding="utf-8")
        return [WorkflowFile(path=path, text=text)]

    async def workflows(self) -> list[Workflow]:
        """It is switched on; where no run starts, Actions as a whole are off, and GitHub tells nobody."""
        flow = self._world.scenario.workflow
        return [Workflow(id=1, name=flow.name, path=flow.path, state="active")]

    def _seen(self, head: Head) -> WorkflowRun:
        flow = self._world.scenario.workflow
        ended = head.begun + timedelta(seconds=20)
        return WorkflowRun(
            id=head.number,
            run_attempt=head.attempt,
            name=flow.name,
            path=flow.path,
            event="push",
            status="completed",
            conclusion=head.answered.conclusion,
            head_sha=head.sha,
            html_url=f"https://github.com/octo/bench/actions/runs/{head.number}",
            created_at=head.begun,
            updated_at=ended,
            run_started_at=head.begun,
        )

    async def jobs(self, run_id: int, attempt: int) -> list[Job]:
        """The one job, where it was made."""
        head = self._world.by_number(run_id)
        if not head.answered.ran:
            return []
        flow, number = self._world.scenario.workflow, head.number * 10 + attempt
        return [
            Job.model_validate(
                {
                    "id": number,
                    "check_run_url": f"https://api.github.com/repos/octo/bench/check-runs/{number}",
                    "run_id": run_id,
                    "run_attempt": attempt,
                    "name": flow.job,
                    "status": "completed",
                    "conclusion": head.answered.job,
                    "head_sha": head.sha,
                    "labels": ("ubuntu-latest",),
                    "runner_name": "GitHub Actions 12" if head.answered.steps else "",
                    "steps": head.answered.steps,
                    "html_url": f"https://github.com/octo/bench/actions/runs/{run_id}/job/{number}",
                    "started_at": head.begun,
                    "completed_at": head.begun + timedelta(seconds=20),
                }
            )
        ]

    async def job_log(self, job_id: int) -> bytes:
        """The job's log. Raises LogsGone where there is none."""
        log = self._world.by_number(job_id // 10).answered.log
        if log is None:
            raise LogsGone(410, "Gone", "")
        return log

    async def annotations(self, check_run_id: int) -> list[Annotation]:
        """What the runner remarked about the job."""
        notes = self._world.by_number(check_run_id // 10).answered.annotations
        return [
            Annotation.model_validate({"path": ".github", "annotation_level": "failure", "message": text})
            for text in notes
        ]

    async def artifacts(self, run_id: int) -> list[Artifact]:
        """No scenario uploads anything."""
        return []

    async def required_contexts(self, branch: str) -> RequiredContexts:
        """Nothing is required beside the workflow."""
        return RequiredContexts()

    async def binding_rules(self, branch: str) -> tuple[BranchRule, ...]:
        """No rulesets."""
        return ()

    async def may_start_workflows(self) -> bool:
        """Everything was granted."""
        return True

    async def pending_deployments(self, run_id: int) -> list[PendingDeployment]:
        """No environments."""
        return []

    async def runs_since(self, workflow_id: int, begun: datetime) -> list[WorkflowRun]:
        """Nobody else starts anything."""
        return []

    async def runs_that_wait(self) -> list[WorkflowRun]:
        """No concurrency groups."""
        return []

    async def check_runs(self, sha: str) -> list[CheckRun]:
        """No checks of others."""
        return []

    async def statuses(self, sha: str) -> list[Status]:
        """No statuses."""
        return []

    async def rerun_failed(self, run_id: int) -> None:
        """The failed jobs run again, and are answered by what is recorded for that time."""
        await self._world.again(run_id)

    async def upsert_comment(self, number: int, marker: str, body: str, known_id: int | None = None) -> CommentRef:
        """Kept, so that the decision stands before it counts."""
        self._world.comments.append(body)
        return CommentRef(id=known_id or len(self._world.comments))

    async def open_pull_request(self, head: str, base: str, title: str, body: str, draft: bool = True) -> PullRequest:
        """The run's draft."""
        return self._pull(head, base, title, body, draft)

    async def pull_request(self, number: int) -> PullRequest:
        """The same as it stands."""
        return self._pull(self._run.run_branch, self._run.repo.default_branch, self._run.title, "", draft=True)

    def _pull(self, head: str, base: str, title: str, body: str, draft: bool) -> PullRequest:
        return PullRequest.model_validate(
            {
                "id": PULL_REQUEST,
                "number": PULL_REQUEST,
                "node_id": "PR_bench",
                "title": title,
                "body": body,
                "state": "open",
                "draft": draft,
                "head": {"ref": head, "sha": self._run.base_sha},
                "base": {"ref": base},
            }
        )

    async def file(self, path: str, ref: str) -> bytes | None:
        """No template of a pull request."""
        return None
