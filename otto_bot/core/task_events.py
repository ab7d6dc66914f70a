"""Events about attempts, their verification, and their way to the run branch."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from otto_bot.core.also import Also
from otto_bot.core.attempt import Ending, Handoff
from otto_bot.core.ci_paths import Executed
from otto_bot.core.drift import Drift
from otto_bot.core.event_base import Event
from otto_bot.core.evidence import Failure
from otto_bot.core.learnings import Told
from otto_bot.core.verdict import Proof, Verdict


class AttemptStarted(Event):
    """A coder starts on a task."""

    type: Literal["AttemptStarted"] = "AttemptStarted"
    task: str
    attempt: int
    base_sha: str
    branch: str
    fresh: bool = False
    learnings: tuple[Told, ...] = ()


class AttemptCoded(Event):
    """The coder finished, the diff passed the gate, a commit exists here."""

    type: Literal["AttemptCoded"] = "AttemptCoded"
    task: str
    attempt: int
    sha: str
    tree: str
    stat: str = ""
    handoff: Handoff = Handoff()


class PushWaits(Event):
    """The workflows of the default branch at `base_sha` are others than the attempt's: the base is taken in first."""

    type: Literal["PushWaits"] = "PushWaits"
    task: str
    attempt: int
    base_sha: str


class AttemptRenewed(Event):
    """The run branch's head was merged into the attempt before its push: `sha` is what is pushed and verified."""

    type: Literal["AttemptRenewed"] = "AttemptRenewed"
    task: str
    attempt: int
    sha: str
    tree: str


class AttemptPushed(Event):
    """The attempt's commit is on its branch; its verification has begun."""

    type: Literal["AttemptPushed"] = "AttemptPushed"
    task: str
    attempt: int
    sha: str
    pull_request: int | None = None
    dispatched_run: int | None = None
    runs_in_ci: tuple[Executed, ...] = ()
    """Changed files of the task that the repository's workflows execute."""
    drift: Drift = Drift()
    """What the task's work changes outside of its scope."""


class AttemptFailed(Event):
    """The attempt ended before Actions could say anything. `sha`, `tree`: what it had.

    That is on its branch where it was `pushed`; else it does not fit to what others have put there.
    """

    type: Literal["AttemptFailed"] = "AttemptFailed"
    task: str
    attempt: int
    failure: Failure
    sha: str | None = None
    tree: str | None = None
    pushed: bool = True


class AttemptStopped(Event):
    """A stop reached the coder; what it had is on its branch if `pushed`. Old ledgers do not tell the tree."""

    type: Literal["AttemptStopped"] = "AttemptStopped"
    task: str
    attempt: int
    sha: str | None = None
    tree: str | None = None
    pushed: bool = True


class VerificationPolled(Event):
    """GitHub was asked, and has not finished."""

    type: Literal["VerificationPolled"] = "VerificationPolled"
    target: str
    next_at: datetime
    waiting: str = ""
    run_ids: tuple[int, ...] = ()
    url: str = ""
    knew: int | None = None
    """How many reports were known before GitHub was asked; old ledgers do not tell."""


class VerificationEnded(Event):
    """Actions has said what it says about this head."""

    type: Literal["VerificationEnded"] = "VerificationEnded"
    target: str
    sha: str
    ending: Ending
    failure: Failure | None = None
    run_ids: tuple[int, ...] = ()
    url: str = ""
    left: tuple[str, ...] = ()
    """Required checks of others that nobody waits for."""
    also: tuple[Also, ...] = ()
    """What others report that nobody requires; there may be more of it."""


class Reported(Event):
    """A webhook says that something about a commit changed: ask again now. `key` is `id/attempt` of a workflow run."""

    type: Literal["Reported"] = "Reported"
    sha: str
    key: str = ""


class JobsRerun(Event):
    """The failed jobs of a head were started again."""

    type: Literal["JobsRerun"] = "JobsRerun"
    target: str
    round: int


class JudgeEnded(Event):
    """The judge read an attempt; no failure = it passed. `proof` is what the verdict stands on; old ledgers lack it."""

    type: Literal["JudgeEnded"] = "JudgeEnded"
    task: str
    attempt: int
    verdict: Verdict
    proof: Proof = Proof()
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
    commits: dict[str, str] = {}
    """The squashed commit of each task."""


class CandidateConflict(Event):
    """One verified attempt does not fit onto the run branch any more."""

    type: Literal["CandidateConflict"] = "CandidateConflict"
    batch: int
    step: int
    task: str
    failure: Failure


class TasksMerged(Event):
    """The run branch was fast-forwarded to a proven tree.

    `candidate` and `commits` are for where GitHub made the commits anew, to sign them: what `sha` stands for, and what
    stands for each task's own commit.
    """

    type: Literal["TasksMerged"] = "TasksMerged"
    batch: int
    step: int
    tasks: tuple[str, ...]
    sha: str
    tree: str
    candidate: str = ""
    commits: dict[str, str] = {}
