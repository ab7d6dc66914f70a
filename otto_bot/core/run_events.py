"""Events about the run as a whole: its start, its plan, its pull request, and what people did."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from otto_bot.core.aside import Aside
from otto_bot.core.authors import Author
from otto_bot.core.branch_rules import BranchRule
from otto_bot.core.budget import Inherited
from otto_bot.core.commands import Given
from otto_bot.core.config import Config, HostCaps
from otto_bot.core.estimate_values import Estimate
from otto_bot.core.event_base import Event
from otto_bot.core.exposure import Allowed, Exposure
from otto_bot.core.lanes import Lane
from otto_bot.core.notes import Fact
from otto_bot.core.onboarding import Facts
from otto_bot.core.plan import Plan
from otto_bot.core.reviews import Review
from otto_bot.core.run import Kind
from otto_bot.core.values import Person, Repo


class RunStarted(Event):
    """A maintainer labelled an issue, or asked for a plan. Title and body are frozen here.

    `inherited` is the money that earlier runs of the issue left to this one, `context` what they found out.
    """

    type: Literal["RunStarted"] = "RunStarted"
    run_id: int
    repo: Repo
    issue: int
    ordinal: int
    title: str
    body: str
    actor: Person
    asked_at: datetime | None = None
    """When the label was put on, or the word said, by GitHub's clock."""
    caps: HostCaps = HostCaps()
    plan_only: bool = False
    inherited: Inherited = Inherited()
    context: tuple[Fact, ...] = ()
    heard: tuple[str, ...] = ()
    """Keys of what people said to earlier runs of the issue: it does not count again."""
    exposure_allowed: tuple[Allowed, ...] = ()
    """What people of the repository let code on Otto's branches use before, in whichever run."""
    kind: Kind = "build"
    subject: Plan | None = None
    """Of a run that only certifies: the plan of the issue's last run, if there is one."""
    review: Review | None = None
    """Of a run that only improves: the review whose findings it takes up."""


class Prepared(Event):
    """Configuration, base commit, lane and exposure were read."""

    type: Literal["Prepared"] = "Prepared"
    config: Config
    base_sha: str
    lane: Lane
    exposure: Exposure
    prefix: str
    scans: bool = False
    """Whether weakened tests are looked for also where nobody judges; runs of earlier releases did not."""
    author: Author | None = None
    """Who wrote the issue; None = GitHub did not say, or an earlier release did not ask."""
    rules: tuple[BranchRule, ...] = ()
    """GitHub's rules that say how Otto's branches are named and its commits made; earlier releases did not ask."""
    hinders: tuple[str, ...] = ()
    """What will hinder a merge, in sentences for the plan; earlier releases did not ask."""
    offered: Facts | None = None
    """How the repository is tested, where its plan comment offers a workflow of its own for that; mostly None."""


class Refused(Event):
    """The run cannot go on as things stand; a person must change something. `money`: it is money that is missing.

    `trouble` is the entry of docs/troubleshooting.md that says more; empty = none does.
    """

    type: Literal["Refused"] = "Refused"
    reason: str
    reply: str = "/otto resume"
    money: bool = False
    trouble: str = ""
    offered: Facts | None = None
    """How the repository is tested, where a workflow is offered that its people add."""


class PlanMade(Event):
    """The planner answered. `notes`: rules that its answer broke, and what was done about it; mostly none.

    `unsound`: they were still broken after the repair, so that a person looks at the plan first.
    """

    type: Literal["PlanMade"] = "PlanMade"
    number: int
    plan: Plan
    notes: tuple[str, ...] = ()
    unsound: bool = False
    estimate: Estimate | None = None
    aside: Aside | None = None
    """What of the repository is left alone; None where nobody looked."""


class PlanPosted(Event):
    """The plan comment stands."""

    type: Literal["PlanPosted"] = "PlanPosted"
    revision: int
    comment_id: int
    begun_at: datetime | None = None
    """When its writing began: nobody can have read it before."""
    issue: str = ""
    """Digest of the issue as it was known then."""


class PullRequestOpened(Event):
    """The run branch with its empty first commit, and the draft pull request, stand."""

    type: Literal["PullRequestOpened"] = "PullRequestOpened"
    number: int
    node_id: str
    head_sha: str
    head_tree: str
    dispatched_run: int | None = None


class CommandGiven(Event):
    """Someone with the right to said something to Otto."""

    type: Literal["CommandGiven"] = "CommandGiven"
    given: Given


class IssueChanged(Event):
    """The issue was closed, lost the label, or is gone: the run is cancelled.

    `to`: where a transferred issue went, as `owner/name#number`; empty where nobody said.
    """

    type: Literal["IssueChanged"] = "IssueChanged"
    what: Literal["closed", "unlabelled", "transferred", "deleted"]
    by: str = ""
    to: str = ""


class IssueEdited(Event):
    """The issue reads otherwise than before; `title_changed` and `body_changed` are against what the run works on.

    `by` is empty where nobody saw who it was; `as_of` is GitHub's time of the edit, where it is known.
    """

    type: Literal["IssueEdited"] = "IssueEdited"
    by: str = ""
    title_changed: bool = False
    body_changed: bool = False
    digest: str
    as_of: datetime | None = None


class IssueRelabelled(Event):
    """The label was set again while the run is active."""

    type: Literal["IssueRelabelled"] = "IssueRelabelled"
    by: str


class PullRequestClosed(Event):
    """The run's pull request was closed or merged."""

    type: Literal["PullRequestClosed"] = "PullRequestClosed"
    merged: bool
    by: str = ""


class PullRequestReopened(Event):
    """The run's pull request is open again: by Otto (`by` is empty), or by somebody. `goes_on`: they may say so."""

    type: Literal["PullRequestReopened"] = "PullRequestReopened"
    by: str = ""
    goes_on: bool = True


class RunBranchMoved(Event):
    """Someone else's commits are on the run branch: they are the new base."""

    type: Literal["RunBranchMoved"] = "RunBranchMoved"
    sha: str
    tree: str
    by: str = ""


class AttemptBranchMoved(Event):
    """Someone else's commits are on the branch of an attempt that is verified, or was, and is not merged yet."""

    type: Literal["AttemptBranchMoved"] = "AttemptBranchMoved"
    task: str
    attempt: int
    sha: str
    by: str = ""


class BaseMoved(Event):
    """The default branch moved."""

    type: Literal["BaseMoved"] = "BaseMoved"
    sha: str


class BaseTaken(Event):
    """The default branch at `base_sha` is part of the run branch, whose head is `sha`. `asked`: what was heard of.

    `lane` and `exposure` are there where its workflow files are others than before.
    """

    type: Literal["BaseTaken"] = "BaseTaken"
    asked: str
    base_sha: str
    sha: str
    tree: str
    dispatched_run: int | None = None
    lane: Lane | None = None
    exposure: Exposure | None = None


class BaseRefused(Event):
    """The workflows of the default branch at `base_sha` do not let the run go on as it is: a person is asked.

    `exposure`: hash of the workflow files whose use would have to be allowed; empty = nothing could verify a branch.
    """

    type: Literal["BaseRefused"] = "BaseRefused"
    asked: str
    base_sha: str
    reason: str
    exposure: str = ""


class WorkflowsHeld(Event):
    """A push or a dispatch would have let code start workflow files that nobody allowed: a person is asked first.

    `exposure`: hash of the files whose use would have to be allowed.
    """

    type: Literal["WorkflowsHeld"] = "WorkflowsHeld"
    reason: str
    exposure: str


class BaseConflict(Event):
    """The default branch at `base_sha` cannot be merged into the run branch by rule.

    `no_merges`: the repository's rules take no merge commit there, whether the two would fit or not.
    """

    type: Literal["BaseConflict"] = "BaseConflict"
    asked: str
    base_sha: str
    paths: tuple[str, ...] = ()
    no_merges: bool = False


class TimeUsedUp(Event):
    """The run's minutes are over."""

    type: Literal["TimeUsedUp"] = "TimeUsedUp"
