"""The book of runs: ids, numbers, titles, and everything that can be read from it."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from otto_bot.playground.actions.api import (
    ActionsHost,
    Artifact,
    Job,
    NotFoundError,
    Record,
    TriggerEvent,
    WorkflowRun,
)
from otto_bot.playground.actions.expressions import Scope, interpolate
from otto_bot.playground.actions.live import LiveJob
from otto_bot.playground.actions.standing import Standing
from otto_bot.playground.actions.state import Leg, RunState, pull_requests_of
from otto_bot.playground.actions.values import text_of
from otto_bot.playground.actions.workflow import WorkflowFile


class RunBook:
    """All runs of the repository, the reading half of `api.Actions`."""

    standing: Standing

    def __init__(self, host: ActionsHost) -> None:
        self._host = host
        self._runs: dict[int, RunState] = {}
        self._workflow_ids: dict[str, int] = {}
        self._numbers: dict[str, int] = {}
        self._carried: dict[int, dict[str, list[Leg]]] = {}

    def states(self) -> Iterable[RunState]:
        """Every run, oldest first."""
        return tuple(self._runs.values())

    def workflow_id(self, path: str) -> int:
        """The id of the workflow at a path: given once, kept for ever."""
        if path not in self._workflow_ids:
            self._workflow_ids[path] = self._host.next_id()
        return self._workflow_ids[path]

    def add_run(
        self,
        workflow: WorkflowFile,
        event: TriggerEvent,
        inputs: Mapping[str, Any],
        publish: Callable[[Record], None],
    ) -> RunState:
        """A new run, not published yet."""
        now = self._host.now()
        self._numbers[workflow.path] = self._numbers.get(workflow.path, 0) + 1
        record = WorkflowRun(
            id=self._host.next_id(),
            workflow_id=self.workflow_id(workflow.path),
            workflow_path=workflow.path,
            name=workflow.name,
            event=event.name,
            head_sha=event.head_sha,
            head_branch=event.head_branch or event.branch or event.tag or "",
            status="queued",
            conclusion=None,
            run_attempt=1,
            run_number=self._numbers[workflow.path],
            created_at=now,
            updated_at=now,
            run_started_at=now,
            display_title=event.title or workflow.name,
            actor=event.actor,
            check_suite_id=self._host.next_id(),
            pull_requests=pull_requests_of(event),
        )
        state = RunState(record, workflow, event, dict(inputs), self._host.now, publish)
        self._runs[record.id] = state
        return state

    def runs(
        self, *, head_sha: str | None = None, branch: str | None = None, event: str | None = None
    ) -> tuple[WorkflowRun, ...]:
        """The runs that fit, newest first."""
        return tuple(
            state.record
            for state in reversed(self._runs.values())
            if head_sha in (None, state.record.head_sha)
            and branch in (None, state.record.head_branch)
            and event in (None, state.record.event)
        )

    def run(self, run_id: int) -> WorkflowRun:
        """One run in its latest attempt."""
        return self._state(run_id).record

    def jobs(self, run_id: int, attempt: int | None = None) -> tuple[Job, ...]:
        """The jobs of an attempt (default: the latest), in the order they were made."""
        state = self._state(run_id)
        wanted = attempt if attempt is not None else state.record.run_attempt
        if not 1 <= wanted <= state.record.run_attempt:
            raise NotFoundError(f"Run {run_id} has no attempt {wanted}")
        found = state.attempts.get(wanted)
        return tuple(live.record for live in found.order) if found else ()

    def job(self, job_id: int) -> Job:
        """One job."""
        return self._live(job_id).record

    def has_log(self, job_id: int) -> bool:
        """Whether the job's log can be read."""
        live = self._live(job_id)
        return live.is_over and live.log is not None

    def log(self, job_id: int) -> bytes:
        """A job's log; while the job is going, and for a job that no runner took, there is none."""
        live = self._live(job_id)
        if not live.is_over or live.log is None:
            raise NotFoundError(f"Job {job_id} has no log")
        return live.log.content()

    def pending(self, run_id: int) -> Mapping[str, tuple[str, ...]]:
        """The environments that a run waits for, with who may approve each."""
        open_ = [name for name, answer in self._state(run_id).reviews.items() if not answer.done()]
        return {name: self.standing.environments.get(name, ()) for name in open_}

    def artifacts(self, run_id: int) -> tuple[Artifact, ...]:
        """What the run uploaded."""
        return tuple(artifact for _attempt, artifact in self._state(run_id).artifacts.values())

    def artifact(self, artifact_id: int) -> Artifact:
        """One artifact."""
        for state in self._runs.values():
            for _attempt, artifact in state.artifacts.values():
                if artifact.id == artifact_id:
                    return artifact
        raise NotFoundError(f"There is no artifact {artifact_id}")

    def _state(self, run_id: int) -> RunState:
        if run_id not in self._runs:
            raise NotFoundError(f"There is no run {run_id}")
        return self._runs[run_id]

    def _live(self, job_id: int) -> LiveJob:
        for state in self._runs.values():
            for attempt in state.attempts.values():
                for live in attempt.order:
                    if live.record.id == job_id:
                        return live
        raise NotFoundError(f"There is no job {job_id}")


def display_title(workflow: WorkflowFile, event: TriggerEvent, scope: Scope) -> str:
    """`run-name`, else the pull request's title, the commit's subject, or the workflow's name."""
    named = workflow.document.get("run-name")
    if named:
        return text_of(interpolate(text_of(named), scope))
    subject = event.commit_message.strip().partition("\n")[0]
    if event.name == "push":
        return subject or workflow.name
    return event.title or workflow.name
