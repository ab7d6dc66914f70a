"""The records the stand-in keeps in memory: people, issues, pull requests, comments, checks, deliveries, requests."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Json = dict[str, Any]


@dataclass
class User:
    """An account; `permission` is what it may do on the one repository, `role` names a custom role built on it."""

    login: str
    id: int
    type: Literal["User", "Bot"] = "User"
    permission: str = "none"
    role: str = ""


@dataclass
class Label:
    """A label of the repository."""

    id: int
    name: str
    color: str = "ededed"
    description: str | None = None


@dataclass
class Reaction:
    """An emoji on an issue or a comment."""

    id: int
    content: str
    user: str
    created_at: datetime


@dataclass
class Comment:
    """A comment on an issue or on a pull request's conversation."""

    id: int
    number: int
    author: str
    body: str
    created_at: datetime
    updated_at: datetime
    by_app: bool = False
    edits: int = 0
    was: list[str] = field(default_factory=list)
    """Its earlier texts, as GitHub's history of an edited comment has them."""
    editor: str = ""
    via_app: int | None = None
    """Another App that wrote it in the author's name."""
    reactions: list[Reaction] = field(default_factory=list)


@dataclass
class Pull:
    """What a pull request has beyond its issue."""

    head_ref: str
    head_sha: str
    base_ref: str
    base_sha: str
    draft: bool
    merged_at: datetime | None = None
    merged_by: str | None = None
    merge_sha: str | None = None
    reviewers: list[str] = field(default_factory=list)
    mergeable_seen: tuple[str, str] | None = None


@dataclass
class Edit:
    """Somebody changed an issue's title or text."""

    at: datetime
    actor: str
    what: Literal["title", "body"]


@dataclass
class Issue:
    """An issue, or a pull request when `pull` is set; both share one number sequence."""

    id: int
    number: int
    title: str
    body: str
    author: str
    created_at: datetime
    updated_at: datetime
    state: Literal["open", "closed"] = "open"
    state_reason: str | None = None
    closed_at: datetime | None = None
    closed_by: str | None = None
    by_app: bool = False
    labels: list[str] = field(default_factory=list)
    assignees: list[str] = field(default_factory=list)
    reactions: list[Reaction] = field(default_factory=list)
    edits: list[Edit] = field(default_factory=list)
    pull: Pull | None = None
    gone: Literal["", "transferred", "hidden", "deleted"] = ""
    """Moved to a repository that the app can read, or to one that it cannot, or deleted."""

    @property
    def where(self) -> str:
        """`issue/1` or `pull/2`, as reports name it."""
        return f"{'pull' if self.pull else 'issue'}/{self.number}"


@dataclass
class IssueEvent:
    """One line of an issue's timeline."""

    id: int
    number: int
    event: str
    actor: str
    created_at: datetime
    label: str | None = None
    renamed: tuple[str, str] | None = None
    via_app: int | None = None


@dataclass
class ReviewComment:
    """A comment on a line of a pull request's diff."""

    id: int
    review_id: int
    number: int
    author: str
    body: str
    path: str
    line: int | None
    commit_id: str
    created_at: datetime
    in_reply_to: int | None = None
    updated_at: datetime | None = None
    hunk: str = "@@ -1 +1 @@"
    reactions: list[Reaction] = field(default_factory=list)


@dataclass
class Review:
    """A submitted review."""

    id: int
    number: int
    author: str
    body: str
    state: str
    commit_id: str
    submitted_at: datetime


@dataclass
class CheckSuite:
    """All check runs of one app on one commit."""

    id: int
    app_id: int
    head_sha: str
    head_branch: str | None
    created_at: datetime
    updated_at: datetime
    before: str | None = None
    status: str = "queued"
    conclusion: str | None = None


@dataclass
class CheckRun:
    """One check, of an app or of an Actions job."""

    id: int
    suite_id: int
    app_id: int
    name: str
    head_sha: str
    status: str = "queued"
    conclusion: str | None = None
    external_id: str = ""
    details_url: str | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    output: Json = field(default_factory=dict)
    annotations: list[Json] = field(default_factory=list)
    actions: list[Json] = field(default_factory=list)


@dataclass
class Status:
    """A commit status."""

    id: int
    sha: str
    state: str
    context: str
    description: str | None
    target_url: str | None
    creator: str
    created_at: datetime


@dataclass
class Token:
    """An installation access token and what it may do."""

    value: str
    permissions: dict[str, str]
    expires_at: datetime
    revoked: bool = False


@dataclass
class UserToken:
    """What a person let the App do in their name: a token, and the one that renews it."""

    value: str
    login: str
    expires_at: datetime | None
    refresh: str = ""
    refresh_expires_at: datetime | None = None
    revoked: bool = False


@dataclass
class LoginCode:
    """A person has agreed; whoever brings the code and the verifier gets a token, once."""

    login: str
    redirect_uri: str
    challenge: str
    until: datetime


@dataclass
class Delivery:
    """One attempt to deliver a webhook; a redelivery is another row with the same GUID."""

    id: int
    guid: str
    event: str
    action: str | None
    body: bytes
    created_at: datetime
    redelivery: bool = False
    status_code: int | None = None
    status: str = "pending"
    duration: float = 0.0
    delivered_at: datetime | None = None
    response_body: str = ""
    request_headers: dict[str, str] = field(default_factory=dict)


@dataclass
class RequestRow:
    """One request as the stand-in saw it."""

    seq: int
    at: datetime
    method: str
    path: str
    status: int
    actor: str
    refs: list[Json] | None = None
    fault: str | None = None
    write: int | None = None
    seconds: float | None = None
    """Until the answer was complete; None while it is not."""
