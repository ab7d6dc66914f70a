"""The shape of tasks in the API: attempts, verdicts and failure records."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from otto_bot.core.attempt import Ending, TaskState
from otto_bot.core.decision import Action
from otto_bot.core.evidence import Cause, FailureClass, Phase, Progress
from otto_bot.web.api.base import Answer


class Excerpt(Answer):
    """A piece of a log, a report or a text."""

    kind: str = Field(examples=["log"])
    place: str = Field(description="Source and lines, for people.")
    url: str = Field(description="The same on GitHub; empty where it has no address there.")
    first_line: int | None
    last_line: int | None
    text: str = Field(description="Without secrets; characters that nobody sees are shown by their names.")
    cut: bool = Field(description="Whether the end is left out here.")


class FailedTest(Answer):
    """A test that failed."""

    id: str
    message: str
    file: str | None
    line: int | None


class FailureRecord(Answer):
    """The typed record of a failed attempt; it is never overwritten."""

    task: str
    attempt: int
    sha: str | None
    failed_when: Phase
    cause: Cause
    words: str = Field(description="The cause in words.")
    failure_class: FailureClass | None = Field(description="Whose problem it is, as far as the record tells.")
    progress: Progress = Field(description="Against the attempts before it.")
    detail: str
    exit_code: int | None
    failing_jobs: tuple[str, ...]
    failing_tests: tuple[FailedTest, ...]
    more_tests: int = Field(description="Failing tests that are left out here.")
    suspected_files: tuple[str, ...]
    fingerprint: str
    excerpts: tuple[Excerpt, ...]


class Criterion(Answer):
    """What must, or should, hold."""

    id: str
    level: str
    text: str


class VerdictItem(Answer):
    """What the judge says of one criterion."""

    id: str
    status: Literal["met", "not_met", "unclear"]
    evidence: str
    refs: tuple[str, ...] = Field(description="Records and tests that it stands on.")


class Verdict(Answer):
    """The judge's verdict on an attempt."""

    summary: str
    items: tuple[VerdictItem, ...]


class Verification(Answer):
    """What GitHub Actions was asked, and said, about an attempt's commit."""

    sha: str
    ending: Ending | None = Field(description="Null while it has not ended.")
    words: str = Field(description="The ending in words; empty while there is none.")
    waiting: str = Field(description="What it waits for.")
    started_at: datetime
    url: str
    left_to_people: tuple[str, ...] = Field(description="Required checks that GitHub holds the merge for.")


class AttemptAnswer(Answer):
    """One attempt of a task."""

    number: int
    move: Action | None = Field(description="How it was reopened; null for the first one.")
    gate: int | None = Field(description="The gate whose decision that was.")
    guidance: str = Field(description="What it was told.")
    routed: tuple[str, ...] = Field(description="What it was told of other tasks.")
    branch: str
    sha: str | None
    pushed: bool
    verification: Verification | None
    verdict: Verdict | None
    failure: FailureRecord | None
    flaky: FailureRecord | None = Field(description="A failure that was gone when the same commit ran again.")


class TaskAnswer(Answer):
    """One task with its attempts, the newest last."""

    run: int
    key: str
    page: str
    title: str
    goal: str
    state: TaskState
    words: str = Field(description="The state with its reason.")
    needs: tuple[str, ...]
    criteria: tuple[Criterion, ...]
    attempts_allowed: int
    attempts: tuple[AttemptAnswer, ...]
    earlier_attempts: int = Field(description="Attempts before these that are left out here.")
