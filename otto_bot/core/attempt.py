"""A task of a run: its state, its attempts, and what Actions said about each of them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal

from otto_bot.core.also import Also
from otto_bot.core.ci_paths import Executed
from otto_bot.core.decision import Action
from otto_bot.core.drift import Drift
from otto_bot.core.evidence import Failure
from otto_bot.core.lanes import Lane
from otto_bot.core.learnings import Told
from otto_bot.core.notes import Findings
from otto_bot.core.values import Frozen
from otto_bot.core.verdict import Proof, Verdict


class TaskState(StrEnum):
    """Where a task stands; every task is in exactly one of these."""

    PENDING = "pending"
    CODING = "coding"
    VERIFYING = "verifying"
    JUDGING = "judging"
    VERIFIED = "verified"
    MERGED = "merged"
    FAILED = "failed"
    REOPENED = "reopened"
    HELD = "held"
    ASKED = "asked"
    SKIPPED = "skipped"
    BLOCKED = "blocked"


MOVING = frozenset({TaskState.CODING, TaskState.VERIFYING, TaskState.JUDGING})
"""A job or GitHub is at work on the task."""
SETTLED = frozenset(
    {TaskState.MERGED, TaskState.SKIPPED, TaskState.ASKED, TaskState.HELD, TaskState.BLOCKED, TaskState.FAILED}
)
"""Nothing happens to the task without a decision."""
Ending = Literal["green", "red", "timed_out", "blocked", "neutral", "no_ci", "cancelled", "unwatched"]
"""`unwatched`: path filters leave out every file of the change, so that no workflow starts; the judge alone decides."""


class Verification(Frozen):
    """What Actions is asked, or said, about one (SHA, tree, round); `target` names whose head it is."""

    target: str
    branch: str
    sha: str
    tree: str
    started_at: datetime
    pull_request: int | None = None
    dispatched_run: int | None = None
    polls: int = 0
    next_at: datetime
    looked_at: datetime | None = None
    reports: int = 0
    """How many webhooks told something about it."""
    reported: tuple[str, ...] = ()
    """Workflow runs that webhooks told the end of, as `id/attempt`."""
    again: int = 0
    """How many other commits were verified under this name before."""
    round: int = 1
    rerun_due: bool = False
    waiting: str = ""
    run_ids: tuple[int, ...] = ()
    url: str = ""
    ending: Ending | None = None
    failure: Failure | None = None
    left: tuple[str, ...] = ()
    """Required checks of other Apps that are left to people: GitHub holds the merge for them."""
    also: tuple[Also, ...] = ()
    """What other Apps report that nobody requires."""
    lane: Lane | None = None
    """How it is verified, where the run's lane has changed since."""


class Handoff(Frozen):
    """What a coder leaves behind: a summary, facts that others should know, and what belongs into `context.md`."""

    summary: str = ""
    facts: tuple[str, ...] = ()
    findings: Findings = Findings()


class Attempt(Frozen):
    """One coder session on one branch and its verification."""

    number: int
    strategy: Action | None = None
    gate: int | None = None
    guidance: str = ""
    routed: tuple[str, ...] = ()
    learnings: tuple[Told, ...] = ()
    """What it was told of what is known about the repository; a resumed session is told the same."""
    notes: int | None = None
    """How many facts this run had found out when it started: what it is told of them, also when it is resumed."""
    branch: str
    base_sha: str
    base_round: int = 0
    sha: str | None = None
    tree: str | None = None
    pushed: bool = False
    taken_in: int = 0
    """How often others pushed on top of it after it was pushed, so that it is verified with their commits in it."""
    awaits_base: bool = False
    """Its push waited, once, for the default branch to be taken in."""
    stat: str = ""
    runs_in_ci: tuple[Executed, ...] = ()
    """Changed files of the task that the workflows execute, as of this push."""
    drift: Drift = Drift()
    """What the task's work changes outside of its scope, as of this push."""
    handoff: Handoff = Handoff()
    verdict: Verdict | None = None
    proof: Proof = Proof()
    """What the verdict stands on."""
    failure: Failure | None = None
    flaky: Failure | None = None
    """A failure that was gone when the jobs of the same commit ran again."""


class Accepted(Frozen):
    """A person's yes to changed tests, or to what the diff gate held: to these places (`hits` are their names) alone.

    `lines` are the places as they were shown, redacted; there may be more places than lines.
    """

    by: str
    attempt: int
    sha: str = ""
    hits: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    what: Literal["tests", "change"] = "tests"


Origin = Literal["plan", "journeys", "review", "replan"]
"""Where a task comes from: the plan, failing journeys, a person's review, or the plan made anew in mid-run."""


class Task(Frozen):
    """A task and its attempts. What the next attempt gets stands here until it starts."""

    key: str
    origin: Origin = "plan"
    state: TaskState = TaskState.PENDING
    attempts: tuple[Attempt, ...] = ()
    granted: int = 0
    rerun_count: int = 0
    reruns: dict[str, int] = {}
    """How often the rules let its jobs run again, by cause."""
    next_strategy: Action | None = None
    next_gate: int | None = None
    next_guidance: str = ""
    routed: tuple[str, ...] = ()
    question: str = ""
    blocked_by: tuple[str, ...] = ()
    merged_sha: str | None = None
    begun_at: datetime | None = None
    """When its first attempt began."""
    ended_at: datetime | None = None
    """When it was merged, or failed last."""
    accepted: tuple[Accepted, ...] = ()
    """What people said is right although checks prove less than before."""

    @property
    def last(self) -> Attempt | None:
        """The newest attempt."""
        return self.attempts[-1] if self.attempts else None

    @property
    def failure(self) -> Failure | None:
        """Why the newest attempt failed, if it did."""
        return self.last.failure if self.last else None


def target_of(task: str, attempt: int) -> str:
    """Name of an attempt's head in `verifications`."""
    return f"{task}/a{attempt}"


BASELINE = "baseline"
"""Name of the empty first commit's head in `verifications`."""
