"""The run: everything Otto knows about the work on one labelled issue, as one immutable value."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from otto_bot.core.aside import Aside
from otto_bot.core.attempt import Task, Verification
from otto_bot.core.authors import Author
from otto_bot.core.barring import Bar, IssueGone
from otto_bot.core.branch_rules import BranchRule
from otto_bot.core.budget import Money
from otto_bot.core.config import Config, HostCaps
from otto_bot.core.decision import Decision
from otto_bot.core.estimate_values import Estimate
from otto_bot.core.evidence import EvidenceItem, Failure
from otto_bot.core.exposure import Allowed, Exposure
from otto_bot.core.gate_account import GateAccount
from otto_bot.core.issue import IssueSeen
from otto_bot.core.journeys import JourneyRound
from otto_bot.core.lanes import Lane
from otto_bot.core.learnings import GateLearning, LearningOrder
from otto_bot.core.notes import Fact
from otto_bot.core.onboarding import Facts
from otto_bot.core.parking import Parking
from otto_bot.core.plan import Batches, Plan
from otto_bot.core.reviews import Review
from otto_bot.core.trouble import Trouble
from otto_bot.core.values import Frozen, Person, Repo

Kind = Literal["build", "improve", "certify"]
"""build: from the issue. improve: what a review found, and nothing else. certify: journeys and judge, no code."""


class RunPhase(StrEnum):
    """Where the run stands."""

    PLANNING = "planning"
    PLAN_REVIEW = "plan_review"
    EXECUTING = "executing"
    INTEGRATING = "integrating"
    GATE = "gate"
    GATE_REVIEW = "gate_review"
    JOURNEYS = "journeys"
    DONE = "done"


class Outcome(StrEnum):
    """How a run came to rest."""

    DONE = "done"
    DONE_PARTIAL = "done_partial"
    NEEDS_HUMAN = "needs_human"
    CANCELLED = "cancelled"
    FAILED = "failed"


class GateState(StrEnum):
    """Where a decision stands."""

    OPENED = "opened"
    DECIDED = "decided"
    POSTED = "posted"
    APPROVED = "approved"
    APPLIED = "applied"


class Gate(Frozen):
    """The moment after a batch settled with failures, and the decision taken at it."""

    number: int
    batch: int
    opened_at: datetime
    tasks: tuple[str, ...]
    size: int = 0
    """How many tasks the batch had."""
    failures: tuple[Failure, ...]
    state: GateState = GateState.OPENED
    decision: Decision | None = None
    evidence: tuple[EvidenceItem, ...] = ()
    cut: str = ""
    model: str = ""
    calls: int = 0
    usd: float = 0.0
    revision: int = 0
    comment_id: int | None = None
    comment_url: str = ""
    posted_revision: int = 0
    posted_at: datetime | None = None
    deadline: datetime | None = None
    approved_by: str = ""
    approved_at: datetime | None = None
    outcomes: dict[str, str] = {}
    learnings: tuple[GateLearning, ...] = ()
    """Where the learnings stand that the decision proposes."""
    account: GateAccount = GateAccount()
    rejections: tuple[str, ...] = ()
    """Why the pilot's last answer that was rejected could not stand: `field: reason`."""
    shares: int | None = None
    """The earlier gate whose comment tells of this one, too: automatic re-runs of one commit share theirs."""


class Integration(Frozen):
    """Verified attempts on their way to the run branch: `merging` on one candidate, `todo` after it."""

    batch: int
    step: int
    merging: tuple[str, ...]
    todo: tuple[str, ...] = ()
    one_by_one: bool = False
    sha: str | None = None
    tree: str | None = None
    ready: bool = False
    commits: dict[str, str] = {}
    """The squashed commit of each task on the candidate."""
    again: bool = False
    """Whether the candidate before it was the same one, and its verification was cancelled."""


class Hold(Frozen):
    """Why the run rests, and what would make it go on. `number` makes each rest one occurrence."""

    kind: Literal["paused", "needs_human"]
    number: int
    reason: str
    reply: str = "/otto resume"
    since: datetime
    exposure: str = ""
    """Hash of the workflow files that resuming lets Otto's branches start."""
    closed: bool = False
    """Its pull request was closed without being merged: the run goes on as soon as it is open again."""
    trouble: str = ""
    """The entry of docs/troubleshooting.md that says more."""


class Reply(Frozen):
    """One answer owed to someone's command."""

    number: int
    where: int
    comment_id: int | None
    key: str
    detail: str = ""


class Others(Frozen):
    """Commits that somebody else pushed to the run branch: up to which one, who if it is known, how often so far."""

    sha: str
    by: str = ""
    count: int = 1


class Run(Frozen):
    """The work on one labelled issue."""

    id: int
    repo: Repo
    issue: int
    ordinal: int
    title: str
    body: str
    issue_seen: IssueSeen | None = None
    """What the issue said when it was looked at after title and body were taken from it; None = nobody saw an edit."""
    author: Author | None = None
    """Who wrote the issue, and what they might do when the run began; None = nobody looked."""
    actor: Person
    caps: HostCaps = HostCaps()
    plan_only: bool = False
    kind: Kind = "build"
    subject: Plan | None = None
    """What a run that only certifies holds the default branch against."""
    started_at: datetime
    """By the host's clock, which may have been wrong."""
    asked_at: datetime | None = None
    """When the label was put on, or the word said, by GitHub's clock; None in runs of earlier releases."""
    phase: RunPhase = RunPhase.PLANNING
    outcome: Outcome | None = None
    stopping: bool = False
    landed: bool = False
    """People merged the pull request: nothing starts afterwards."""
    slim: bool = False
    """Its ledger was deleted by the host's retention: only what later runs of the issue inherit is here."""
    hold: Hold | None = None
    rests: int = 0
    paid_by: str = ""
    """Who allowed more money while something was still being stopped or decided for want of it."""
    relabelled_by: str = ""
    """Who put the label on again while the run was active: the status comment says that nothing new starts."""
    parked: Parking | None = None
    """A limit of the host or of GitHub that holds the run back; nothing of what is due changes by it."""
    bars: tuple[Bar, ...] = ()
    """Why nothing can be done on GitHub now; nothing is due meanwhile."""
    barred_before: Bar | None = None
    """The last of them that is over."""
    moved_from: str = ""
    """`owner/name` of its repository before it was called otherwise."""
    base_was: str = ""
    """The default branch's name before it was called otherwise."""
    issue_gone: IssueGone | None = None
    """The issue was moved to another repository, or deleted: nothing is written there any more."""
    heard_at: datetime | None = None
    """When a webhook told something about its verifications last."""
    idle_since: datetime | None = None
    idle_seconds: float = 0.0
    """How long the run has waited for people and for limits so far; `idle_since` = it waits now."""

    config: Config = Config()
    prepared: bool = False
    scans: bool = False
    """Whether every green attempt is looked at for weakened tests, judged or not."""
    lane: Lane | None = None
    exposure: Exposure | None = None
    offered: Facts | None = None
    """How the repository is tested, where its people are offered a workflow for it; None = nothing is offered."""
    serial: str = ""
    """A concurrency group that cancelled one of its verifications: since then its heads are verified one at a time."""
    base_sha: str = ""
    base_moved: int = 0
    base_head: str = ""
    """The default branch's newest commit that Otto heard of; empty = still `base_sha`."""
    base_taken: str = ""
    """The default branch's commit that was taken into the run branch last; empty = `base_sha`."""
    base_round: int = 0
    """How many baselines there were after the first."""
    base_begun: int = -1
    """How many attempts had begun when the base was taken in last, or would not fit: once for each batch."""
    base_look: bool = False
    """Whether the default branch may have moved, or been merged by people, unheard: it is looked at in any case."""
    base_wanted: str = ""
    """The default branch's commit that pushes wait for, because its workflows are others."""
    base_conflict: str = ""
    """The default branch's commit that does not fit onto the run branch; it is not tried again."""
    base_conflict_paths: tuple[str, ...] = ()
    base_no_merges: bool = False
    """It does not fit because a rule takes no merge commit there."""
    exposure_accepted: str = ""
    """Hash of the workflow files that a person let Otto's branches start, after the plan."""
    exposure_allowed: tuple[Allowed, ...] = ()
    """What people said yes to in this run and in earlier ones of the repository, the newest first."""
    branches_prefix: str = "otto"
    branch_rules: tuple[BranchRule, ...] = ()
    """GitHub's rules that say how its branches are named and its commits made, as they were when it began."""
    hinders: tuple[str, ...] = ()
    """What will hinder its merge, in sentences, as it was found when it began."""

    revision: int = 0
    plan: Plan | None = None
    plan_before: Plan | None = None
    """The plan before it grew in mid-run, while nobody has said yes to what it grew by."""
    estimate: Estimate | None = None
    estimated: Estimate | None = None
    """The estimate that its work began with; a plan made anew in mid-run has one of its own."""
    plan_number: int = 0
    plan_guidance: str = ""
    plan_guided_by: str = ""
    """Whose words these are; empty = findings of journeys are among them."""
    plan_notes: tuple[str, ...] = ()
    """What the planner's answer broke, and what was done about it: a person looks at such a plan."""
    aside: Aside | None = None
    """What of the repository is left alone, as the newest plan found it."""
    plan_revision: int = 0
    plan_posted: int = 0
    plan_posted_at: datetime | None = None
    plan_comment_id: int | None = None
    plan_issue: str = ""
    """Digest of the issue as it was known when the plan that stands was written: a box there means that text."""
    plan_approved_by: str = ""

    pull_request: int | None = None
    pull_request_node: str = ""
    pull_closed: bool = False
    """Somebody closed it without merging it: it is opened again before any work goes on."""
    head: str = ""
    head_tree: str = ""
    others: Others | None = None
    tasks: dict[str, Task] = {}
    order: Batches = ()
    batch: int = 0
    verifications: dict[str, Verification] = {}
    verification_prs: dict[str, int] = {}
    closed_prs: frozenset[int] = frozenset()
    green_trees: frozenset[str] = frozenset()
    unwatched_trees: frozenset[str] = frozenset()
    """Trees whose change no workflow looks at: never verified, and merged on the judge's word alone."""
    integration: Integration | None = None
    gates: tuple[Gate, ...] = ()
    journeys: tuple[JourneyRound, ...] = ()
    journey_grants: int = 0
    """Rounds of journeys that people allowed beyond the first ones."""
    journey_replans: int = 0
    reviews: tuple[Review, ...] = ()

    notes: tuple[Fact, ...] = ()
    """What its merged tasks found out, in the order in which they were merged."""
    inherited_notes: tuple[Fact, ...] = ()
    """What earlier runs of the issue had found out when this one started."""

    money: Money
    minutes: float = 240
    trouble: dict[str, Trouble] = {}
    replies: tuple[Reply, ...] = ()
    replied: int = 0
    answered_at: tuple[datetime, ...] = ()
    """When it came to owe the answers of this hour, which began with the first of them."""
    called: frozenset[str] = frozenset()
    seen: frozenset[str] = frozenset()
    shown: dict[str, str] = {}
    shown_count: dict[str, int] = {}
    shown_at: dict[str, datetime] = {}
    asked: dict[str, datetime] = {}
    """What Actions was asked to start, and when: it is not asked again before it could have been seen."""
    ids: dict[str, int] = {}
    learnt: dict[str, str] = {}
    """Uses of learnings that are written down: `L3/t2/a2` → what came of it."""
    learnt_count: int = 0
    learning_orders: tuple[LearningOrder, ...] = ()
    learning_orders_seen: int = 0

    @property
    def ended(self) -> bool:
        """Nothing will happen any more, whatever anyone says: a review that it is given sets it to work again."""
        if self.phase is not RunPhase.DONE or self.reviewed:
            return False
        return self.landed or self.slim or self.outcome in (Outcome.DONE, Outcome.CANCELLED, Outcome.FAILED)

    @property
    def reviewed(self) -> bool:
        """Whether a review is still to be taken up, and will be."""
        over = self.landed or self.slim or self.outcome in (Outcome.CANCELLED, Outcome.FAILED)
        return not over and any(review.state in ("given", "posted") for review in self.reviews)

    @property
    def resting(self) -> bool:
        """Nothing happens until someone says something."""
        return self.outcome is not None or self.hold is not None

    @property
    def over_at(self) -> datetime:
        """When its minutes are used up, if it waits for nobody from here on."""
        return self.started_at + timedelta(minutes=self.minutes, seconds=self.idle_seconds)

    @property
    def single(self) -> bool:
        """One task is the whole plan: it, and what mends it later, is coded on the run branch itself, one by one."""
        return self.plan is not None and sum(1 for task in self.tasks.values() if task.origin == "plan") == 1

    @property
    def gate(self) -> Gate | None:
        """The newest gate, if its decision is not applied yet."""
        return self.gates[-1] if self.gates and self.gates[-1].state is not GateState.APPLIED else None

    @property
    def current(self) -> tuple[str, ...]:
        """Tasks of the batch being worked on."""
        return self.order[0] if self.order else ()

    @property
    def prefix(self) -> str:
        """Prefix of every branch of this run."""
        return f"{self.branches_prefix}/{self.issue}-{self.ordinal}"

    @property
    def run_branch(self) -> str:
        """The branch that people review."""
        return f"{self.prefix}/run"

    def mergeable(self, tree: str | None) -> bool:
        """Whether a tree may go onto the run branch: Actions was green, or has nothing to say."""
        return tree in self.green_trees or tree in self.unwatched_trees

    def task(self, key: str) -> Task:
        """A task by key. Raises KeyError."""
        return self.tasks[key]

    def with_task(self, task: Task) -> Run:
        """The run with one task replaced."""
        return self.model_copy(update={"tasks": {**self.tasks, task.key: task}})

    def with_gate(self, gate: Gate) -> Run:
        """The run with one gate replaced, or added at the end."""
        others = tuple(gate if old.number == gate.number else old for old in self.gates)
        return self.model_copy(update={"gates": others if gate.number <= len(self.gates) else (*self.gates, gate)})

    def with_round(self, one: JourneyRound) -> Run:
        """The run with one round of its journeys replaced."""
        rounds = tuple(one if old.number == one.number else old for old in self.journeys)
        return self.model_copy(update={"journeys": rounds})

    def with_review(self, review: Review) -> Run:
        """The run with one review replaced."""
        return self.model_copy(update={"reviews": tuple(review if r.id == review.id else r for r in self.reviews)})

    def with_verification(self, verification: Verification) -> Run:
        """The run with one verification replaced or added."""
        return self.model_copy(update={"verifications": {**self.verifications, verification.target: verification}})
