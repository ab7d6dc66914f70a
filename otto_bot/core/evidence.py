"""Evidence: numbered, quotable facts, and the typed record of a failed attempt."""

from __future__ import annotations

import hashlib
import re
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from otto_bot.core.values import Frozen


class FailureClass(StrEnum):
    """Whose problem a failure is."""

    CODE = "code"
    ENVIRONMENT = "environment"
    INFRASTRUCTURE = "infrastructure"
    SPEC = "spec"


class Phase(StrEnum):
    """Where in an attempt's life it failed."""

    CODING = "coding"
    PUSH = "push"
    VERIFY = "verify"
    QA = "qa"
    MERGE = "merge"
    INTEGRATION = "integration"


class Cause(StrEnum):
    """Why an attempt failed; decided by structure first, text last."""

    NEVER_STARTED = "never_started"
    BILLING = "billing"
    INFRA = "infra"
    CANCELLED = "cancelled"
    TIMEOUT = "timeout"
    ACTION_REQUIRED = "action_required"
    BASE_RED = "base_red"
    SYSTEMIC = "systemic"
    FLAKY = "flaky"
    PERMISSION = "permission"
    PUSH_REJECTED = "push_rejected"
    BUDGET = "budget"
    AGENT_LIMIT = "agent_limit"
    PROVIDER_ERROR = "provider_error"
    NO_CI = "no_ci"
    NO_CHANGES = "no_changes"
    HELD_BY_DIFF_GATE = "held_by_diff_gate"
    TESTS_WEAKENED = "tests_weakened"
    DEPENDENCY = "dependency"
    BUILD = "build"
    LINT = "lint"
    TEST = "test"
    QA_FAILED = "qa_failed"
    MERGE_CONFLICT = "merge_conflict"
    INTEGRATION = "integration"
    UNKNOWN = "unknown"


class Progress(StrEnum):
    """An attempt against the ones before it."""

    FIRST = "first"
    BETTER = "better"
    SAME = "same"
    NEW = "new"
    OSCILLATING = "oscillating"


class Excerpt(Frozen):
    """A piece of a source, quotable: lines are 1-based and inclusive in the original."""

    kind: Literal["log", "annotation", "test", "verdict", "diff", "handoff", "message", "spec"]
    source: str
    text: str
    first_line: int | None = None
    last_line: int | None = None
    url: str = ""

    @property
    def sha256(self) -> str:
        """Hash of the text, so that a stored quote can be checked later."""
        return hashlib.sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()

    @property
    def place(self) -> str:
        """Source and lines, as shown to people."""
        if self.first_line is None:
            return self.source
        if self.last_line in (None, self.first_line):
            return f"{self.source} · line {self.first_line}"
        return f"{self.source} · lines {self.first_line}-{self.last_line}"


class FailingTest(Frozen):
    """A test that failed, as far as a log or a report tells.

    `frames` are at most three places of the project's own in the trace, as printed, the one nearest the error first.
    """

    id: str
    message: str = ""
    file: str | None = None
    line: int | None = None
    frames: tuple[str, ...] = ()


class Failure(Frozen):
    """The typed record of one failed attempt; it is never overwritten."""

    task: str
    attempt: int
    sha: str | None = None
    phase: Phase
    cause: Cause
    detail: str = ""
    class_hint: FailureClass | None = None
    conclusion: str = ""
    exit_code: int | None = None
    failing_jobs: tuple[str, ...] = ()
    failing_tests: tuple[FailingTest, ...] = ()
    fingerprint: str = ""
    suspected_files: tuple[str, ...] = ()
    pre_existing: bool = False
    flaky: bool = False
    progress: Progress = Progress.FIRST
    signals: tuple[str, ...] = ()
    excerpts: tuple[Excerpt, ...] = ()
    hits: tuple[str, ...] = ()
    """Names of the places that are shown, where checks prove less or the gate stopped: what a person accepts."""
    more: int = 0
    """Places beyond these: nobody was shown them, so they are asked about after a yes to these."""


class EvidenceItem(Frozen):
    """One numbered fact of a gate's evidence pack."""

    id: Annotated[str, Field(pattern=r"^E[1-9][0-9]{0,3}$")]
    task: str | None = None
    attempt: int | None = None
    excerpt: Excerpt


class Citation(Frozen):
    """A claim's ground: words that stand in a piece of evidence."""

    evidence: Annotated[str, Field(max_length=8)]
    quote: Annotated[str, Field(min_length=1, max_length=600)]


CLASS_OF: dict[Cause, FailureClass | None] = {
    Cause.NEVER_STARTED: FailureClass.INFRASTRUCTURE,
    Cause.BILLING: FailureClass.INFRASTRUCTURE,
    Cause.INFRA: FailureClass.INFRASTRUCTURE,
    Cause.CANCELLED: FailureClass.INFRASTRUCTURE,
    Cause.TIMEOUT: None,
    Cause.ACTION_REQUIRED: FailureClass.ENVIRONMENT,
    Cause.BASE_RED: FailureClass.ENVIRONMENT,
    Cause.SYSTEMIC: FailureClass.INFRASTRUCTURE,
    Cause.FLAKY: FailureClass.INFRASTRUCTURE,
    Cause.PERMISSION: FailureClass.ENVIRONMENT,
    Cause.PUSH_REJECTED: FailureClass.ENVIRONMENT,
    Cause.BUDGET: FailureClass.ENVIRONMENT,
    Cause.AGENT_LIMIT: FailureClass.CODE,
    Cause.PROVIDER_ERROR: FailureClass.INFRASTRUCTURE,
    Cause.NO_CI: FailureClass.ENVIRONMENT,
    Cause.NO_CHANGES: FailureClass.CODE,
    Cause.HELD_BY_DIFF_GATE: FailureClass.SPEC,
    Cause.TESTS_WEAKENED: FailureClass.CODE,
    Cause.DEPENDENCY: FailureClass.ENVIRONMENT,
    Cause.BUILD: FailureClass.CODE,
    Cause.LINT: FailureClass.CODE,
    Cause.TEST: FailureClass.CODE,
    Cause.QA_FAILED: FailureClass.CODE,
    Cause.MERGE_CONFLICT: FailureClass.CODE,
    Cause.INTEGRATION: FailureClass.CODE,
    Cause.UNKNOWN: None,
}
"""The class each cause has unless someone shows otherwise; None = not known from the cause alone."""


def squeeze(text: str) -> str:
    """Text with every run of white space as one space: what quotes are compared in."""
    return re.sub(r"\s+", " ", text).strip()


def quote_holds(citation: Citation, items: dict[str, EvidenceItem]) -> bool:
    """Whether the quoted words stand in the cited evidence."""
    item = items.get(citation.evidence)
    quote = squeeze(citation.quote)
    return item is not None and quote != "" and quote in squeeze(item.excerpt.text)
