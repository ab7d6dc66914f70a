"""Records of the Actions service, and the protocol between it and the GitHub stand-in.

Every record is frozen: a change of state is a new record, handed to `ActionsHost.changed`. Times are aware
datetimes in UTC as the host's clock gives them; ids come from the host, so that they are unique over the whole
stand-in. Words (`status`, `conclusion`, names) are GitHub's own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Protocol

from otto_bot.playground.actions.standing import Standing

RunStatus = Literal["queued", "in_progress", "completed", "pending", "waiting"]
Conclusion = Literal[
    "success", "failure", "cancelled", "skipped", "timed_out", "startup_failure", "neutral", "action_required"
]  # fmt: skip
Cage = Literal["auto", "off", "require"]
FaultKind = Literal["never_start", "fail_setup", "lost_runner", "hang", "flaky", "delay"]


class ActionsError(Exception):
    """A request that GitHub would refuse; `status` is the HTTP status it would answer with."""

    status = 422


class NotFoundError(ActionsError):
    """There is no such workflow, run, job or artifact."""

    status = 404


class ConflictError(ActionsError):
    """The run is in a state that does not allow this."""

    status = 409


class NotRerunnableError(ConflictError):
    """The run is still going, or has nothing to run again."""

    status = 403


class CageUnavailableError(RuntimeError):
    """`cage: require` was asked for and bubblewrap cannot start here."""


@dataclass(frozen=True, slots=True)
class TriggerEvent:
    """Something that may start workflows. `ref` is full (`refs/heads/x`, `refs/pull/1/merge`).

    `head_sha` is the commit that is checked out and reported. `payload` is the webhook's body and becomes
    `github.event`. `changed_paths` are relative to the repository's root; `None` means unknown, and unknown passes
    every path filter, as on GitHub when a diff is too large. `merge_sha` is the pull request's test merge commit: when
    given it is what is checked out and what `github.sha` says, while records still name `head_sha`.
    """

    name: str
    ref: str
    head_sha: str
    action: str | None = None
    branch: str | None = None
    tag: str | None = None
    base_branch: str | None = None
    base_sha: str | None = None
    head_branch: str | None = None
    merge_sha: str | None = None
    draft: bool = False
    changed_paths: tuple[str, ...] | None = None
    commit_message: str = ""
    title: str = ""
    payload: Mapping[str, Any] = field(default_factory=dict)
    actor: str = "ghost"
    inputs: Mapping[str, str] = field(default_factory=dict)
    pull_request: int | None = None


@dataclass(frozen=True, slots=True)
class PullRequestRef:
    """The pull request a run belongs to, as `pull_requests[]` of a run shows it."""

    number: int
    head_branch: str
    head_sha: str
    base_branch: str
    base_sha: str


@dataclass(frozen=True, slots=True)
class WorkflowRun:
    """One run of one workflow. `run_attempt` starts at 1; a re-run keeps the id."""

    id: int
    workflow_id: int
    workflow_path: str
    name: str
    event: str
    head_sha: str
    head_branch: str
    status: RunStatus
    conclusion: Conclusion | None
    run_attempt: int
    run_number: int
    created_at: datetime
    updated_at: datetime
    run_started_at: datetime
    display_title: str
    actor: str
    check_suite_id: int
    pull_requests: tuple[PullRequestRef, ...] = ()
    cancelled_by: str | None = None
    error: str | None = None
    """Why the run could not start at all (`startup_failure`), as the web page would say."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a job; numbers start at 1 with "Set up job"."""

    number: int
    name: str
    status: RunStatus
    conclusion: Conclusion | None
    started_at: datetime | None
    completed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Annotation:
    """What a check run's annotations endpoint lists. Lines start at 1; `.github` is the path for whole-job ones."""

    path: str
    start_line: int
    end_line: int
    level: Literal["notice", "warning", "failure"]
    message: str
    title: str = ""
    start_column: int | None = None
    end_column: int | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """One job of one attempt. `key` is its name in the workflow file; `name` is what GitHub shows (matrix included)."""

    id: int
    run_id: int
    run_attempt: int
    key: str
    name: str
    status: RunStatus
    conclusion: Conclusion | None
    head_sha: str
    workflow_name: str
    created_at: datetime
    check_run_id: int
    started_at: datetime | None = None
    completed_at: datetime | None = None
    steps: tuple[Step, ...] = ()
    labels: tuple[str, ...] = ()
    runner_name: str | None = None
    annotations: tuple[Annotation, ...] = ()


@dataclass(frozen=True, slots=True)
class Artifact:
    """Files that a run uploaded under one name. `folder` holds them, unpacked."""

    id: int
    run_id: int
    name: str
    size_in_bytes: int
    created_at: datetime
    folder: Path


@dataclass(frozen=True, slots=True)
class Workflow:
    """One workflow file of one commit. `error` says why the file is not a workflow; `events` is empty then."""

    id: int
    path: str
    name: str
    events: tuple[str, ...]
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """An ending that GitHub, not the code, is to blame for. The first fault that fits a job wins.

    `workflow` (path or name), `job` (shown name) and `branch` are regular expressions searched for; `runs` are the run
    numbers it holds for (empty: every one); `attempts` the run attempts (empty: every one; `flaky` is always the first
    only).
    """

    kind: FaultKind
    workflow: str = ""
    job: str = ""
    branch: str = ""
    runs: tuple[int, ...] = ()
    attempts: tuple[int, ...] = ()
    delay_ms: int = 0


@dataclass(frozen=True, slots=True)
class ActionsConfig:
    """How the service works. `root` is its own folder: it is created, and everything in it may be deleted."""

    root: Path
    cage: Cage = "auto"
    runner: Literal["act", "shell"] = "act"
    """`shell`: a checkout and `run:` steps only, without act, which takes a moment to start."""
    max_parallel: int = 2
    job_timeout_seconds: float = 600.0
    hosted_labels: tuple[str, ...] = ("ubuntu-latest", "ubuntu-24.04", "ubuntu-22.04", "ubuntu-slim")
    faults: tuple[Fault, ...] = ()
    log_limit_bytes: int = 16 * 1024 * 1024
    server_url: str = "https://github.com"
    hidden_paths: tuple[Path, ...] = ()
    """Further folders that a caged job must not see: the host's own state and keys."""
    standing: Standing = field(default_factory=Standing)


Record = WorkflowRun | Job


class ActionsHost(Protocol):
    """What the stand-in offers to the service. Every call comes from the service's event loop."""

    @property
    def repository(self) -> str:
        """`owner/name`."""
        ...

    @property
    def clone_url(self) -> str:
        """Where a job could clone from; set as the checkout's `origin`. Holds no credentials."""
        ...

    @property
    def default_branch(self) -> str:
        """The short name of the default branch."""
        ...

    async def checkout(self, sha: str, dest: Path) -> None:
        """Write the tree of commit `sha` into the existing, empty folder `dest`; raises `NotFoundError`.

        A `.git` folder may come with it; where there is none, jobs see a repository of one commit.
        """
        ...

    def now(self) -> datetime:
        """The stand-in's clock: aware, UTC."""
        ...

    def next_id(self) -> int:
        """A number that no other record has; grows."""
        ...

    def changed(self, record: Record) -> None:
        """Called once for every new state of a run or a job, in order; must not block and must not raise."""
        ...


class Actions(Protocol):
    """The service as the stand-in sees it; `service.ActionsService` is the only implementation."""

    async def on_event(self, event: TriggerEvent) -> tuple[WorkflowRun, ...]:
        """Start what the event triggers; returns the new runs at once, before they have ended."""
        ...

    async def dispatch(
        self, workflow_path: str, *, ref: str, head_sha: str, inputs: Mapping[str, str], actor: str
    ) -> int:
        """Start one workflow by hand: the run id. Raises `NotFoundError`, or `ActionsError` with GitHub's words."""
        ...

    async def rerun(self, run_id: int, *, failed_only: bool, actor: str) -> None:
        """Begin the next attempt of a completed run. Raises `NotFoundError`, `ConflictError`."""
        ...

    async def cancel(self, run_id: int, by: str) -> None:
        """Ask a run to stop; it ends a moment later. Raises `NotFoundError`, `ConflictError` when it has ended."""
        ...

    standing: Standing
    """What owners and administrators have set; whoever changes it puts another record here."""

    def approve(self, run_id: int) -> None:
        """A maintainer approves a run: it starts now. Raises `NotFoundError`, or `ActionsError` where none waits."""
        ...

    def pending(self, run_id: int) -> Mapping[str, tuple[str, ...]]:
        """The environments that a run waits for, with who may approve each. Raises `NotFoundError`."""
        ...

    def review(self, run_id: int, *, approved: bool) -> None:
        """A reviewer lets the waiting jobs go on, or not. Raises `NotFoundError`, or `ActionsError` where none wait."""
        ...

    async def workflows(self, sha: str) -> tuple[Workflow, ...]:
        """The workflow files of a commit, in order of their paths."""
        ...

    def runs(
        self, *, head_sha: str | None = None, branch: str | None = None, event: str | None = None
    ) -> tuple[WorkflowRun, ...]:
        """The runs that fit, newest first."""
        ...

    def run(self, run_id: int) -> WorkflowRun:
        """One run in its latest attempt. Raises `NotFoundError`."""
        ...

    def jobs(self, run_id: int, attempt: int | None = None) -> tuple[Job, ...]:
        """The jobs of an attempt (default: the latest), in the order they were made. Raises `NotFoundError`."""
        ...

    def job(self, job_id: int) -> Job:
        """One job. Raises `NotFoundError`."""
        ...

    def log(self, job_id: int) -> bytes:
        """A job's log in GitHub's format, begun with a byte order mark. Raises `NotFoundError` while it has none."""
        ...

    def run_log_zip(self, run_id: int, attempt: int | None = None) -> bytes:
        """The archive of a run's logs: `N_job.txt` at the top. Raises `NotFoundError`."""
        ...

    def artifacts(self, run_id: int) -> tuple[Artifact, ...]:
        """What the run uploaded. Raises `NotFoundError`."""
        ...

    def artifact_zip(self, artifact_id: int) -> bytes:
        """An artifact as GitHub hands it out. Raises `NotFoundError`."""
        ...

    async def idle(self) -> None:
        """Return when no run can go further by itself (jobs that wait for a runner or hang do not count)."""
        ...

    async def aclose(self) -> None:
        """Stop everything that runs and free what is held. May be called twice."""
        ...
