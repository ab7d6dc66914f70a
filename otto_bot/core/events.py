"""Run events: what happened, as facts. The ledger holds nothing else."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, TypeAdapter

from otto_bot.core.barring import Barred, RepositoryMoved, RightsAccepted, Unbarred
from otto_bot.core.event_base import (
    Event,
)
from otto_bot.core.gate_events import (
    DecisionApplied,
    DecisionMade,
    DecisionPosted,
    GateOpened,
)
from otto_bot.core.journey_events import (
    JourneysApplied,
    JourneysDispatched,
    JourneysPolled,
    JourneysPosted,
    JourneysSkipped,
    JourneysTested,
    JourneysTriaged,
)
from otto_bot.core.learning_events import LearningsWritten
from otto_bot.core.parking import Parked, Unparked
from otto_bot.core.review_events import ReviewAnswered, ReviewGiven, ReviewPosted
from otto_bot.core.run_events import (
    AttemptBranchMoved,
    BaseConflict,
    BaseMoved,
    BaseRefused,
    BaseTaken,
    CommandGiven,
    IssueChanged,
    IssueEdited,
    IssueRelabelled,
    PlanMade,
    PlanPosted,
    Prepared,
    PullRequestClosed,
    PullRequestOpened,
    PullRequestReopened,
    Refused,
    RunBranchMoved,
    RunStarted,
    TimeUsedUp,
    WorkflowsHeld,
)
from otto_bot.core.surface_events import (
    ActionsAsked,
    EffectFailed,
    MoneyReserved,
    MoneySettled,
    PersonCalled,
    Published,
    Replied,
    Tidied,
    Unsure,
)
from otto_bot.core.task_events import (
    AttemptCoded,
    AttemptFailed,
    AttemptPushed,
    AttemptRenewed,
    AttemptStarted,
    AttemptStopped,
    CandidateBuilt,
    CandidateConflict,
    JobsRerun,
    JudgeEnded,
    PushWaits,
    Reported,
    TasksMerged,
    VerificationEnded,
    VerificationPolled,
)

__all__ = [
    "ActionsAsked",
    "AttemptBranchMoved",
    "AttemptCoded",
    "AttemptFailed",
    "AttemptPushed",
    "AttemptRenewed",
    "AttemptStarted",
    "AttemptStopped",
    "Barred",
    "BaseConflict",
    "BaseMoved",
    "BaseRefused",
    "BaseTaken",
    "CandidateBuilt",
    "CandidateConflict",
    "CommandGiven",
    "DecisionApplied",
    "DecisionMade",
    "DecisionPosted",
    "EffectFailed",
    "Event",
    "GateOpened",
    "IssueChanged",
    "IssueEdited",
    "IssueRelabelled",
    "JobsRerun",
    "JourneysApplied",
    "JourneysDispatched",
    "JourneysPolled",
    "JourneysPosted",
    "JourneysSkipped",
    "JourneysTested",
    "JourneysTriaged",
    "JudgeEnded",
    "LearningsWritten",
    "MoneyReserved",
    "MoneySettled",
    "Parked",
    "PersonCalled",
    "PlanMade",
    "PlanPosted",
    "Prepared",
    "Published",
    "PullRequestClosed",
    "PullRequestOpened",
    "PullRequestReopened",
    "PushWaits",
    "Refused",
    "Replied",
    "Reported",
    "RepositoryMoved",
    "ReviewAnswered",
    "ReviewGiven",
    "ReviewPosted",
    "RightsAccepted",
    "RunBranchMoved",
    "RunEvent",
    "RunStarted",
    "TasksMerged",
    "Tidied",
    "TimeUsedUp",
    "Unbarred",
    "Unparked",
    "Unsure",
    "VerificationEnded",
    "VerificationPolled",
    "WorkflowsHeld",
    "read_event",
]

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
    | IssueEdited
    | IssueRelabelled
    | PullRequestClosed
    | PullRequestReopened
    | RunBranchMoved
    | AttemptBranchMoved
    | BaseMoved
    | BaseTaken
    | BaseConflict
    | BaseRefused
    | WorkflowsHeld
    | PushWaits
    | AttemptRenewed
    | MoneyReserved
    | MoneySettled
    | TimeUsedUp
    | EffectFailed
    | Published
    | Unsure
    | PersonCalled
    | Replied
    | ActionsAsked
    | Tidied
    | Parked
    | Unparked
    | Barred
    | Unbarred
    | RepositoryMoved
    | RightsAccepted
    | LearningsWritten
    | JourneysTested
    | JourneysDispatched
    | JourneysPolled
    | JourneysSkipped
    | JourneysTriaged
    | JourneysPosted
    | JourneysApplied
    | ReviewGiven
    | ReviewPosted
    | ReviewAnswered,
    Field(discriminator="type"),
]
"""Every event there is."""

_ADAPTER: TypeAdapter[RunEvent] = TypeAdapter(RunEvent)


def read_event(data: str | bytes) -> RunEvent:
    """An event from its JSON. Raises pydantic.ValidationError."""
    return _ADAPTER.validate_json(data)
