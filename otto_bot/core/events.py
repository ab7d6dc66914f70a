"""Run events: what happened, as facts. The ledger holds nothing else."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from otto_bot.core.commands import Given
from otto_bot.core.config import Config, HostCaps
from otto_bot.core.decision import Decision
from otto_bot.core.evidence import EvidenceItem, Failure
from otto_bot.core.exposure import Exposure
from otto_bot.core.lanes import Lane
from otto_bot.core.plan import Plan
from otto_bot.core.run import Ending, Handoff
from otto_bot.core.values import Frozen, Person, Repo, Usage
from otto_bot.core.verdict import Verdict


class Event(Frozen):
    """Something that happened, and when (UTC)."""

    at: datetime


class RunStarted(Event):
    """A maintainer labelled an issue, or asked for a plan. Title and body are frozen here."""

    type: Literal["RunStarted"] = "RunStarted"
    run_id: int
    repo: Repo
    issue: int
    ordinal: int
    title: str
    body: str
    actor: Person
    caps: HostCaps = HostCaps()
    plan_only: bool = False


class Prepared(Event):
    """Configuration, base commit, lane and exposure were read."""

    type: Literal["Prepared"] = "Prepared"
    config: Config
    base_sha: str
    lane: Lane
    exposure: Exposure
    prefix: str


class Refused(Event):
    """The run cannot go on as the repository stands; a person must change something."""

    type: Literal["Refused"] = "Refused"
    reason: str
    reply: str = "/otto resume"


class PlanMade(Event):
    """The planner answered."""

    type: Literal["PlanMade"] = "PlanMade"
    number: int
    plan: Plan
    notes: tuple[str, ...] = ()


class PlanPosted(Event):
    """The plan comment stands."""

    type: Literal["PlanPosted"] = "PlanPosted"
    revision: int
    comment_id: int


class PullRequestOpened(Event):
    """The run branch with its empty first commit, and the draft pull request, stand."""

    type: Literal["PullRequestOpened"] = "PullRequestOpened"
    number: int
    node_id: str
    head_sha: str
    head_tree: str
    dispatched_run: int | None = None


class AttemptStarted(Event):
    """A coder starts on a task."""

    type: Literal["AttemptStarted"] = "AttemptStarted"
    task: str
    attempt: int
    base_sha: str
    branch: str
    fresh: bool = False


class AttemptCoded(Event):
    """The coder finished, the diff passed the gate, a commit exists here."""

    type: Literal["AttemptCoded"] = "AttemptCoded"
    task: str
    attempt: int
    sha: str
    tree: str
    stat: str = ""
    handoff: Handoff = Handoff()


class AttemptPushed(Event):
    """The attempt's commit is on its branch; its verification has begun."""

    type: Literal["AttemptPushed"] = "AttemptPushed"
    task: str
    attempt: int
    sha: str
    pull_request: int | None = None
    dispatched_run: int | None = None


class AttemptFailed(Event):
    """The attempt ended before Actions could say anything."""

    type: Literal["AttemptFailed"] = "AttemptFailed"
    task: str
    attempt: int
    failure: Failure


class AttemptStopped(Event):
    """A stop reached the coder; what it had is pushed."""

    type: Literal["AttemptStopped"] = "AttemptStopped"
    task: str
    attempt: int
    sha: str | None = None


class VerificationPolled(Event):
    """GitHub was asked, and has not finished."""

    type: Literal["VerificationPolled"] = "VerificationPolled"
    target: str
    next_at: datetime
    waiting: str = ""
    run_ids: tuple[int, ...] = ()
    url: str = ""


class VerificationEnded(Event):
    """Actions has said what it says about this head."""

    type: Literal["VerificationEnded"] = "VerificationEnded"
    target: str
    sha: str
    ending: Ending
    failure: Failure | None = None
    run_ids: tuple[int, ...] = ()
    url: str = ""


class Reported(Event):
    """A webhook says that something about a commit changed: ask again now."""

    type: Literal["Reported"] = "Reported"
    sha: str


class JobsRerun(Event):
    """The failed jobs of a head were started again."""

    type: Literal["JobsRerun"] = "JobsRerun"
    target: str
    round: int


class JudgeEnded(Event):
    """The judge read an attempt; no failure = it passed."""

    type: Literal["JudgeEnded"] = "JudgeEnded"
    task: str
    attempt: int
    verdict: Verdict
    failure: Failure | None = None


class CandidateBuilt(Event):
    """Verified attempts stand squashed on a candidate; it is pushed unless its tree is proven."""

    type: Literal["CandidateBuilt"] = "CandidateBuilt"
    batch: int
    step: int
    tasks: tuple[str, ...]
    sha: str
    tree: str
    branch: str = ""
    pull_request: int | None = None
    dispatched_run: int | None = None


class CandidateConflict(Event):
    """One verified attempt does not fit onto the run branch any more."""

    type: Literal["CandidateConflict"] = "CandidateConflict"
    batch: int
    step: int
    task: str
    failure: Failure


class TasksMerged(Event):
    """The run branch was fast-forwarded to a proven tree."""

    type: Literal["TasksMerged"] = "TasksMerged"
    batch: int
    step: int
    tasks: tuple[str, ...]
    sha: str
    tree: str


class GateOpened(Event):
    """A batch settled with failures."""

    type: Literal["GateOpened"] = "GateOpened"
    gate: int


class DecisionMade(Event):
    """Someone or something decided; the reasons and the evidence stand beside it."""

    type: Literal["DecisionMade"] = "DecisionMade"
    gate: int
    decision: Decision
    evidence: tuple[EvidenceItem, ...] = ()
    cut: str = ""
    model: str = ""
    prompt_hash: str = ""
    calls: int = 0
    usd: float = 0.0
    rejections: tuple[str, ...] = ()


class DecisionPosted(Event):
    """The decision's comment stands."""

    type: Literal["DecisionPosted"] = "DecisionPosted"
    gate: int
    revision: int
    comment_id: int
    url: str = ""


class DecisionApplied(Event):
    """Grace passed or someone approved; work is reopened."""

    type: Literal["DecisionApplied"] = "DecisionApplied"
    gate: int
    revision: int


class CommandGiven(Event):
    """Someone with the right to said something to Otto."""

    type: Literal["CommandGiven"] = "CommandGiven"
    given: Given


class IssueChanged(Event):
    """The issue was closed, or lost the label: the run is cancelled."""

    type: Literal["IssueChanged"] = "IssueChanged"
    what: Literal["closed", "unlabelled"]
    by: str = ""


class IssueRelabelled(Event):
    """The label was set again while the run is active."""

    type: Literal["IssueRelabelled"] = "IssueRelabelled"
    by: str


class PullRequestClosed(Event):
    """The run's pull request was closed or merged."""

    type: Literal["PullRequestClosed"] = "PullRequestClosed"
    merged: bool
    by: str = ""


class RunBranchMoved(Event):
    """Someone else's commits are on the run branch: they are the new base."""

    type: Literal["RunBranchMoved"] = "RunBranchMoved"
    sha: str
    tree: str
    by: str = ""


class BaseMoved(Event):
    """The default branch moved."""

    type: Literal["BaseMoved"] = "BaseMoved"
    sha: str


class MoneyReserved(Event):
    """A model call is about to be made and may cost this much at worst."""

    type: Literal["MoneyReserved"] = "MoneyReserved"
    call: str
    usd: float


class MoneySettled(Event):
    """A model call ended; no usage = its whole reservation is spent."""

    type: Literal["MoneySettled"] = "MoneySettled"
    call: str
    usage: Usage | None = None


class TimeUsedUp(Event):
    """The run's minutes are over."""

    type: Literal["TimeUsedUp"] = "TimeUsedUp"


class EffectFailed(Event):
    """An action did not work; `retry_at` None = only a person can help."""

    type: Literal["EffectFailed"] = "EffectFailed"
    key: str
    kind: str
    message: str
    retry_at: datetime | None = None


class Published(Event):
    """A surface shows this digest now."""

    type: Literal["Published"] = "Published"
    surface: str
    digest: str
    github_id: int | None = None


class PersonCalled(Event):
    """A person was asked to act, once for this wait."""

    type: Literal["PersonCalled"] = "PersonCalled"
    wait: str


class Replied(Event):
    """A command got its answer."""

    type: Literal["Replied"] = "Replied"
    number: int


class Tidied(Event):
    """A verification pull request that has served is closed."""

    type: Literal["Tidied"] = "Tidied"
    number: int


RunEvent = Annotated[
    RunStarted
    | Prepared
    | Refused
    | PlanMade
    | PlanPosted
    | PullRequestOpened
    | AttemptStarted
    | AttemptCoded
    | AttemptPushed
    | AttemptFailed
    | AttemptStopped
    | VerificationPolled
    | VerificationEnded
    | Reported
    | JobsRerun
    | JudgeEnded
    | CandidateBuilt
    | CandidateConflict
    | TasksMerged
    | GateOpened
    | DecisionMade
    | DecisionPosted
    | DecisionApplied
    | CommandGiven
    | IssueChanged
    | IssueRelabelled
    | PullRequestClosed
    | RunBranchMoved
    | BaseMoved
    | MoneyReserved
    | MoneySettled
    | TimeUsedUp
    | EffectFailed
    | Published
    | PersonCalled
    | Replied
    | Tidied,
    Field(discriminator="type"),
]
"""Every event there is."""

_ADAPTER: TypeAdapter[RunEvent] = TypeAdapter(RunEvent)


def read_event(data: str | bytes) -> RunEvent:
    """An event from its JSON. Raises pydantic.ValidationError."""
    return _ADAPTER.validate_json(data)
