"""What a diagnosis is made from: plain values of a job that ended, as GitHub's API tells them."""

from __future__ import annotations

from datetime import datetime

from otto_bot.core.values import Frozen


class StepResult(Frozen):
    """One step as the jobs API lists it. Times have whole seconds there."""

    number: int
    name: str
    status: str = "completed"
    conclusion: str | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None


class Annotation(Frozen):
    """One annotation of the job's check run. `path` is `.github` for those about the job itself."""

    path: str
    line: int | None = None
    level: str = "failure"
    message: str = ""
    title: str = ""


class CheckedJob(Frozen):
    """One job of one run attempt. `log` is the raw bytes of its log, None where there is none (any more).

    `passing` is the log of the same job where it succeeded, to compare with.
    """

    id: int
    name: str
    workflow: str = ""
    conclusion: str | None = None
    steps: tuple[StepResult, ...] = ()
    log: bytes | None = None
    passing: bytes | None = None
    annotations: tuple[Annotation, ...] = ()
    run_attempt: int = 1
    url: str = ""
    started_at: datetime | None = None
    runner: str | None = None

    @property
    def source(self) -> str:
        """`workflow / job`, as people see it in a pull request's checks."""
        return f"{self.workflow} / {self.name}" if self.workflow else self.name

    @property
    def failed(self) -> bool:
        """Whether this job keeps a head from being green."""
        return self.conclusion not in (None, "success", "skipped", "neutral")
