"""What the service remembers about one workflow run, over all its attempts."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from otto_bot.playground.actions.api import (
    Artifact,
    Conclusion,
    Job,
    PullRequestRef,
    Record,
    RunStatus,
    TriggerEvent,
    WorkflowRun,
)
from otto_bot.playground.actions.concurrency import Group
from otto_bot.playground.actions.groups import Ticket
from otto_bot.playground.actions.live import LiveJob
from otto_bot.playground.actions.workflow import WorkflowFile


@dataclass(slots=True)
class Leg:
    """A leg of an attempt: its job, what it gave, and whether its failure counts."""

    live: LiveJob
    outputs: Mapping[str, str] = field(default_factory=dict)
    tolerated: bool = False

    @property
    def result(self) -> str:
        """What `needs.<key>.result` takes from it."""
        conclusion = self.live.record.conclusion or "cancelled"
        return "success" if self.tolerated and conclusion == "failure" else conclusion


@dataclass(slots=True)
class Attempt:
    """The legs of one attempt by job key, in the order they were made."""

    legs: dict[str, list[Leg]] = field(default_factory=dict)
    order: list[LiveJob] = field(default_factory=list)
    waiting: int = 0
    """Legs that cannot go on by themselves: no runner has their labels, or they hang."""

    def add(self, key: str, leg: Leg) -> None:
        """Remember a leg."""
        self.legs.setdefault(key, []).append(leg)
        self.order.append(leg.live)

    def unfinished(self) -> list[LiveJob]:
        """The jobs that have not ended."""
        return [live for live in self.order if not live.is_over]


@dataclass(slots=True)
class RunState:
    """One run. `publish` hands every new record to the host."""

    record: WorkflowRun
    workflow: WorkflowFile
    event: TriggerEvent
    inputs: Mapping[str, Any]
    now: Callable[[], datetime]
    publish: Callable[[Record], None]
    group: Group | None = None
    ticket: Ticket | None = None
    """Its place in the workflow's concurrency group."""
    files: Mapping[str, WorkflowFile] = field(default_factory=dict)
    """The workflow files of its commit, by path: what its jobs may call."""
    attempts: dict[int, Attempt] = field(default_factory=dict)
    artifacts: dict[str, tuple[int, Artifact]] = field(default_factory=dict)
    task: asyncio.Task[None] | None = None
    cancel_reason: str | None = None
    reviews: dict[str, asyncio.Future[bool]] = field(default_factory=dict)
    """Environments that jobs of this run wait for: the answer of a reviewer."""

    @property
    def is_over(self) -> bool:
        """Whether the latest attempt has completed."""
        return self.record.status == "completed"

    @property
    def attempt(self) -> Attempt:
        """The latest attempt."""
        return self.attempts.setdefault(self.record.run_attempt, Attempt())

    def can_go_on(self) -> bool:
        """Whether something will still happen without a further call."""
        if self.is_over or self.record.status == "pending":
            return False
        return not self.attempt.waiting or len(self.attempt.unfinished()) > self.attempt.waiting

    def set_status(self, status: RunStatus, conclusion: Conclusion | None = None) -> None:
        """Publish a new state of the run."""
        self.record = replace(self.record, status=status, conclusion=conclusion, updated_at=self.now())
        self.publish(self.record)

    def fail_to_start(self, error: str) -> None:
        """The run ends as a startup failure."""
        self.record = replace(self.record, error=error)
        self.set_status("completed", "startup_failure")

    def wait_for_approval(self) -> None:
        """The run is there and nothing of it starts: a maintainer has to approve it."""
        self.set_status("completed", "action_required")

    def waits_for(self, environment: str) -> "asyncio.Future[bool]":
        """The answer of an environment's reviewer, one for all jobs that name it."""
        return self.reviews.setdefault(environment, asyncio.get_running_loop().create_future())

    def next_attempt(self, actor: str) -> None:
        """Begin the next attempt, queued."""
        now = self.now()
        self.cancel_reason = None
        self.reviews = {}
        self.record = replace(
            self.record,
            run_attempt=self.record.run_attempt + 1,
            actor=actor,
            run_started_at=now,
            cancelled_by=None,
            error=None,
        )
        self.set_status("queued")

    def new_job(self, job_id: int, check_run_id: int, key: str, name: str, labels: tuple[str, ...]) -> LiveJob:
        """A queued job of the latest attempt."""
        record = Job(
            id=job_id,
            run_id=self.record.id,
            run_attempt=self.record.run_attempt,
            key=key,
            name=name,
            status="queued",
            conclusion=None,
            head_sha=self.record.head_sha,
            workflow_name=self.record.name,
            created_at=self.now(),
            check_run_id=check_run_id,
            labels=labels,
        )
        return LiveJob(record, self.now, self.publish)


def pull_requests_of(event: TriggerEvent) -> tuple[PullRequestRef, ...]:
    """The pull request of a pull_request event."""
    if event.pull_request is None:
        return ()
    return (
        PullRequestRef(
            number=event.pull_request,
            head_branch=event.head_branch or "",
            head_sha=event.head_sha,
            base_branch=event.base_branch or "",
            base_sha=event.base_sha or "",
        ),
    )
