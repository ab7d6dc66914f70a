"""Webhook payloads, as narrow as Otto needs them: a field that GitHub adds, renames or drops elsewhere breaks nothing.

`parse` gives the typed value when a stored delivery is processed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from otto_bot.core.issue import IssueText
from otto_bot.core.values import writable

Id = Annotated[int, Field(ge=0, lt=2**63)]
"""Of anything at GitHub; what no database and no path can hold is no id."""
Number = Annotated[int, Field(ge=0, lt=2**31)]
"""Of an issue or pull request."""


class Narrow(BaseModel):
    """A frozen part of a payload; everything else in it is ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    @model_validator(mode="before")
    @classmethod
    def _readable(cls, value: Any) -> Any:
        """JSON may hold text that no database takes; people's words count without it."""
        if not isinstance(value, Mapping):
            return value
        return {key: writable(part) if isinstance(part, str) else part for key, part in value.items()}


class Account(Narrow):
    """A user, bot or organisation. `type` is `User`, `Bot` or `Organization`."""

    id: Id
    login: str
    type: str = "User"


class Repository(Narrow):
    """The repository an event belongs to."""

    id: Id
    name: str
    full_name: str
    private: bool = False
    default_branch: str | None = None
    owner: Account | None = None
    archived: bool = False


class InstallationRef(Narrow):
    """The App's installation that the event was sent for."""

    id: Id


class Label(Narrow):
    """A label; its name decides."""

    name: str


class Issue(Narrow):
    """An issue; `pull_request` is set where it is a pull request."""

    id: Id
    number: Number
    title: str = ""
    body: str | None = None
    state: str = "open"
    state_reason: str | None = None
    updated_at: AwareDatetime | None = None
    user: Account | None = None
    labels: tuple[Label, ...] = ()
    pull_request: dict[str, Any] | None = None

    @property
    def text(self) -> IssueText:
        """Title and body, as of this delivery."""
        return IssueText(title=self.title, body=self.body or "", as_of=self.updated_at)


class Comment(Narrow):
    """A comment of an issue, a pull request or a review; `user` is None for accounts that are gone."""

    id: Id
    body: str | None = None
    user: Account | None = None
    html_url: str = ""
    created_at: AwareDatetime | None = None
    updated_at: AwareDatetime | None = None
    performed_via_github_app: InstallationRef | None = None
    path: str | None = None
    line: int | None = None
    pull_request_review_id: Id | None = None


class HeadRepository(Narrow):
    """Where a branch lives."""

    id: Id
    full_name: str = ""


class Branch(Narrow):
    """One side of a pull request; `repo` is None where a fork was deleted."""

    ref: str
    sha: str
    repo: HeadRepository | None = None


class PullRequest(Narrow):
    """A pull request."""

    id: Id
    number: Number
    state: str = "open"
    draft: bool = False
    merged: bool = False
    head: Branch
    base: Branch
    user: Account | None = None
    updated_at: str | None = None


class Review(Narrow):
    """A review; `state` is `approved`, `changes_requested`, `commented` or `dismissed`."""

    id: Id
    state: str
    body: str | None = None
    user: Account | None = None
    commit_id: str | None = None
    submitted_at: AwareDatetime | None = None
    html_url: str = ""
    performed_via_github_app: InstallationRef | None = None


class WorkflowRun(Narrow):
    """One run of a workflow; with `run_attempt` it names one verification."""

    id: Id
    head_sha: str
    head_branch: str | None = None
    status: str | None = None
    conclusion: str | None = None
    run_attempt: int = 1
    event: str = ""
    path: str = ""


class App(Narrow):
    """The App that made a check."""

    id: Id
    slug: str | None = None


class CheckRun(Narrow):
    """A check; `external_id` is Otto's own key where `app` is Otto."""

    id: Id
    name: str
    head_sha: str
    status: str = ""
    conclusion: str | None = None
    external_id: str | None = None
    app: App | None = None
    started_at: str | None = None
    completed_at: str | None = None
    output: dict[str, Any] | None = None


class RequestedAction(Narrow):
    """The button that was pressed."""

    identifier: str | None = None


class Payload(Narrow):
    """What every event has."""

    action: str | None = None
    installation: InstallationRef | None = None
    repository: Repository | None = None
    sender: Account | None = None


class IssuesPayload(Payload):
    """`issues`."""

    issue: Issue
    label: Label | None = None
    changes: dict[str, Any] | None = None


class IssueCommentPayload(Payload):
    """`issue_comment`; `changes` holds the former body of an edit."""

    issue: Issue
    comment: Comment
    changes: dict[str, Any] | None = None


class PullRequestPayload(Payload):
    """`pull_request`."""

    number: Number
    pull_request: PullRequest
    label: Label | None = None
    changes: dict[str, Any] | None = None


class ReviewPayload(Payload):
    """`pull_request_review`."""

    review: Review
    pull_request: PullRequest


class ReviewCommentPayload(Payload):
    """`pull_request_review_comment`."""

    comment: Comment
    pull_request: PullRequest


class PushPayload(Payload):
    """`push`; `after` is all zeros where the ref was deleted."""

    ref: str
    before: str
    after: str
    created: bool = False
    deleted: bool = False
    forced: bool = False


class WorkflowRunPayload(Payload):
    """`workflow_run`."""

    workflow_run: WorkflowRun


class CheckRunPayload(Payload):
    """`check_run`."""

    check_run: CheckRun
    requested_action: RequestedAction | None = None


class StatusPayload(Payload):
    """`status`: a commit status of another service."""

    id: Id
    sha: str
    context: str
    state: str


class RepositoryPayload(Payload):
    """`repository`: what happened to it as a whole; `changes` holds what an edit changed."""

    changes: dict[str, Any] | None = None


class InstalledRepository(Narrow):
    """A repository in an installation's list."""

    id: Id
    name: str
    full_name: str


class Installation(Narrow):
    """An installation of the App."""

    id: Id
    account: Account | None = None
    suspended_at: str | None = None


class InstallationPayload(Narrow):
    """`installation`."""

    action: str
    installation: Installation
    repositories: tuple[InstalledRepository, ...] = ()
    sender: Account | None = None


class InstallationRepositoriesPayload(Narrow):
    """`installation_repositories`."""

    action: str
    installation: Installation
    repositories_added: tuple[InstalledRepository, ...] = ()
    repositories_removed: tuple[InstalledRepository, ...] = ()
    sender: Account | None = None


class PingPayload(Narrow):
    """`ping`: GitHub tries the address."""

    zen: str = ""
    hook_id: Id | None = None


MODELS: Mapping[str, type[Narrow]] = {
    "issues": IssuesPayload,
    "issue_comment": IssueCommentPayload,
    "pull_request": PullRequestPayload,
    "pull_request_review": ReviewPayload,
    "pull_request_review_comment": ReviewCommentPayload,
    "push": PushPayload,
    "workflow_run": WorkflowRunPayload,
    "check_run": CheckRunPayload,
    "status": StatusPayload,
    "repository": RepositoryPayload,
    "installation": InstallationPayload,
    "installation_repositories": InstallationRepositoriesPayload,
    "ping": PingPayload,
}
"""The model of each event Otto subscribes to."""


def parse(event: str, payload: Mapping[str, Any]) -> Narrow:
    """The payload as its event's model. Raises KeyError for an unknown one, pydantic.ValidationError for a bad body."""
    return MODELS[event].model_validate(payload)
