"""What the verbs return: small frozen facts about repositories, issues and pull requests.

Only fields that Otto uses; everything else GitHub sends is ignored, so that new, old and Enterprise answers fit.
Times are aware datetimes. People are named by login and, where rights depend on it, by numeric id.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AliasPath, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from otto_bot.core.values import writable


class Fact(BaseModel):
    """Base of everything read from GitHub."""

    model_config = ConfigDict(frozen=True, extra="ignore", validate_by_name=True, validate_by_alias=True)

    @model_validator(mode="before")
    @classmethod
    def _readable(cls, value: Any) -> Any:
        """JSON may hold text that no database takes; the rest of it counts."""
        if not isinstance(value, dict):
            return value
        return {key: writable(part) if isinstance(part, str) else part for key, part in value.items()}


def _label_names(value: Any) -> Any:
    """GitHub lists labels as objects, older answers as strings."""
    if not isinstance(value, list | tuple):
        return value
    names = (item.get("name") if isinstance(item, dict) else item for item in value)
    return tuple(name for name in names if isinstance(name, str))


def _shas(value: Any) -> Any:
    """GitHub lists parents as objects with a SHA."""
    if not isinstance(value, list | tuple):
        return value
    return tuple(item.get("sha") if isinstance(item, dict) else item for item in value)


def _logins(value: Any) -> Any:
    """GitHub lists people as objects with a login."""
    if not isinstance(value, list | tuple):
        return value
    return tuple(item.get("login") if isinstance(item, dict) else item for item in value)


def _text(value: Any) -> Any:
    return "" if value is None else value


Text = Annotated[str, BeforeValidator(_text)]
Logins = Annotated[tuple[str, ...], BeforeValidator(_logins)]
LabelNames = Annotated[tuple[str, ...], BeforeValidator(_label_names)]
PermissionLevel = Literal["admin", "write", "read", "none"]


class RepositoryInfo(Fact):
    """`owner` and `name` are today's; only `id` lasts."""

    id: int
    owner: str = Field(validation_alias=AliasPath("owner", "login"))
    name: str
    default_branch: str = "main"
    private: bool = False
    archived: bool = False
    disabled: bool = False
    fork: bool = False
    has_issues: bool = True
    html_url: str = ""
    size_kib: int = Field(default=0, validation_alias="size")
    """What GitHub holds of it, with all history; 0 where it does not tell, or has not counted yet."""

    @property
    def full_name(self) -> str:
        return f"{self.owner}/{self.name}"


class Permission(Fact):
    """What a person may do. `user_id` is None for somebody GitHub does not know here."""

    level: PermissionLevel = Field(default="none", validation_alias="permission")
    user_id: int | None = Field(default=None, validation_alias=AliasPath("user", "id"))
    login: str = Field(default="", validation_alias=AliasPath("user", "login"))
    role_name: str = ""

    @property
    def can_write(self) -> bool:
        return self.level in ("admin", "write")


class Issue(Fact):
    """An issue, or a pull request seen as one (`pull_request` is then True)."""

    id: int
    number: int
    title: str
    body: Text = ""
    state: Literal["open", "closed"]
    state_reason: str | None = None
    author_login: str = Field(default="ghost", validation_alias=AliasPath("user", "login"))
    author_id: int | None = Field(default=None, validation_alias=AliasPath("user", "id"))
    labels: LabelNames = ()
    pull_request: Annotated[bool, BeforeValidator(bool)] = False
    closed_at: datetime | None = None
    closed_by_login: str = Field(default="ghost", validation_alias=AliasPath("closed_by", "login"))
    closed_by_id: int | None = Field(default=None, validation_alias=AliasPath("closed_by", "id"))
    closed_by_type: str = Field(default="User", validation_alias=AliasPath("closed_by", "type"))
    html_url: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None


class LabelledEvent(Fact):
    """Somebody put a label on an issue, or took it off."""

    id: int
    kind: Literal["labeled", "unlabeled"] = Field(default="labeled", validation_alias="event")
    label: str = Field(validation_alias=AliasPath("label", "name"))
    actor_login: str = Field(default="ghost", validation_alias=AliasPath("actor", "login"))
    actor_id: int | None = Field(default=None, validation_alias=AliasPath("actor", "id"))
    actor_type: str = Field(default="User", validation_alias=AliasPath("actor", "type"))
    at: datetime = Field(validation_alias="created_at")
    app_id: int | None = Field(default=None, validation_alias=AliasPath("performed_via_github_app", "id"))


class ReopenedEvent(Fact):
    """Somebody opened an issue or pull request again."""

    actor_login: str = Field(default="ghost", validation_alias=AliasPath("actor", "login"))
    actor_id: int | None = Field(default=None, validation_alias=AliasPath("actor", "id"))
    actor_type: str = Field(default="User", validation_alias=AliasPath("actor", "type"))
    app_id: int | None = Field(default=None, validation_alias=AliasPath("performed_via_github_app", "id"))


class Comment(Fact):
    """A comment on an issue or pull request. `app_id` is the App that wrote it, if one did."""

    id: int
    node_id: str = ""
    body: Text = ""
    author_login: str = Field(default="ghost", validation_alias=AliasPath("user", "login"))
    author_id: int | None = Field(default=None, validation_alias=AliasPath("user", "id"))
    author_type: str = Field(default="User", validation_alias=AliasPath("user", "type"))
    app_id: int | None = Field(default=None, validation_alias=AliasPath("performed_via_github_app", "id"))
    html_url: str = ""
    created_at: datetime
    updated_at: datetime


class ReviewComment(Comment):
    """A comment on a line of a diff, or on a file. `line` is None where it is outdated, and in lists of one review."""

    path: str = ""
    line: int | None = None
    original_line: int | None = None
    subject_type: str | None = None
    commit_id: str = ""
    diff_hunk: Text = ""
    review_id: int | None = Field(default=None, validation_alias="pull_request_review_id")
    in_reply_to_id: int | None = None


class ThreadAnswer(Fact):
    """What Otto says in a thread, and the hidden line by which it finds that again. `thread` is its first comment."""

    thread: int
    marker: str
    body: str


class Review(Fact):
    """A submitted review. `state` as GitHub writes it: APPROVED, CHANGES_REQUESTED, COMMENTED, DISMISSED, PENDING."""

    id: int
    state: str
    body: Text = ""
    author_login: str = Field(default="ghost", validation_alias=AliasPath("user", "login"))
    author_id: int | None = Field(default=None, validation_alias=AliasPath("user", "id"))
    author_type: str = Field(default="User", validation_alias=AliasPath("user", "type"))
    app_id: int | None = Field(default=None, validation_alias=AliasPath("performed_via_github_app", "id"))
    commit_id: Text = ""
    html_url: Text = ""
    submitted_at: datetime | None = None


class Editor(Fact):
    """Who edited something. `kind` is GraphQL's: `User`, `Bot` and others. An account that is gone has no id."""

    login: str = "ghost"
    id: int | None = Field(default=None, validation_alias="databaseId")
    kind: str = Field(default="User", validation_alias="__typename")


class CommentRef(Fact):
    """Where a comment stands."""

    id: int
    url: str = Field(default="", validation_alias="html_url")


class PullRequest(Fact):
    """`mergeable` is None while GitHub is still computing it."""

    id: int
    number: int
    node_id: str = ""
    title: str = ""
    body: Text = ""
    state: Literal["open", "closed"]
    draft: bool = False
    merged_at: datetime | None = None
    mergeable: bool | None = None
    mergeable_state: str = "unknown"
    head_ref: str = Field(validation_alias=AliasPath("head", "ref"))
    head_sha: str = Field(validation_alias=AliasPath("head", "sha"))
    head_repo_id: int | None = Field(default=None, validation_alias=AliasPath("head", "repo", "id"))
    base_ref: str = Field(validation_alias=AliasPath("base", "ref"))
    base_sha: str = Field(default="", validation_alias=AliasPath("base", "sha"))
    author_login: str = Field(default="ghost", validation_alias=AliasPath("user", "login"))
    labels: LabelNames = ()
    asked: Logins = Field(default=(), validation_alias="requested_reviewers")
    """Who is asked for a review and has not given one."""
    html_url: str = ""

    @property
    def merged(self) -> bool:
        return self.merged_at is not None


class Label(Fact):
    """A label to be created where missing; `color` is six hex digits without `#`."""

    name: str = Field(min_length=1, max_length=50)
    color: str = Field(default="ededed", pattern=r"^[0-9a-fA-F]{6}$")
    description: str = Field(default="", max_length=100)


class Target(Fact):
    """What a reaction is put on: an issue or pull request by number, a comment by id."""

    kind: Literal["issue", "comment", "review_comment"]
    id: int


class TreeEntry(Fact):
    """One path of a tree: `blob`, `tree` or `commit` (a submodule)."""

    path: str
    type: str


class TreeListing(Fact):
    """A tree with all that is below it."""

    tree: tuple[TreeEntry, ...] = ()
    truncated: bool = False


class Commit(Fact):
    """A commit object."""

    sha: str
    tree_sha: str = Field(validation_alias=AliasPath("tree", "sha"))
    parents: Annotated[tuple[str, ...], BeforeValidator(_shas)] = ()
    message: str = ""
    author_name: str = Field(default="", validation_alias=AliasPath("author", "name"))
    author_email: str = Field(default="", validation_alias=AliasPath("author", "email"))
    committed_at: datetime | None = Field(default=None, validation_alias=AliasPath("committer", "date"))


class ComparedFile(Fact):
    """A file that differs. There is no `patch` of a binary file, nor of one that GitHub finds too large."""

    filename: str
    previous_filename: Text = ""
    status: Text = ""
    additions: int = 0
    deletions: int = 0
    patch: str | None = None


class Comparison(Fact):
    """What one commit changes since it parted from another one, at `merge_base`."""

    base: str = Field(validation_alias=AliasPath("base_commit", "sha"))
    merge_base: str = Field(validation_alias=AliasPath("merge_base_commit", "sha"))
    status: Text = ""
    ahead_by: int = 0
    behind_by: int = 0
    files: Annotated[tuple[ComparedFile, ...], BeforeValidator(lambda v: v or ())] = ()


class MadeCommit(Fact):
    """A commit that GitHub made, and what it says of its own signature."""

    sha: str
    tree_sha: str = Field(validation_alias=AliasPath("tree", "sha"))
    verified: bool = Field(default=False, validation_alias=AliasPath("verification", "verified"))
    reason: str = Field(default="", validation_alias=AliasPath("verification", "reason"))
    signature: Annotated[str, BeforeValidator(lambda v: v or "")] = Field(
        default="", validation_alias=AliasPath("verification", "signature")
    )
    payload: Annotated[str, BeforeValidator(lambda v: v or "")] = Field(
        default="", validation_alias=AliasPath("verification", "payload")
    )


class CommitSummary(Fact):
    """One line of a branch's history, newest first. `author_login` is None where no account belongs to the email."""

    sha: str
    message: str = Field(default="", validation_alias=AliasPath("commit", "message"))
    author_login: str | None = Field(default=None, validation_alias=AliasPath("author", "login"))

    @property
    def subject(self) -> str:
        return self.message.partition("\n")[0].strip()


class Content(Fact):
    """A file, or what else stands at a path; `content` is base64 unless the file is too large for it."""

    type: str = "dir"
    name: str = ""
    sha: str = ""
    size: int = 0
    encoding: str = "none"
    content: Text = ""


class Rule(Fact):
    """One rule that applies to a branch (which may not exist yet)."""

    type: str
    parameters: Annotated[dict[str, Any], BeforeValidator(lambda v: v or {})] = Field(default_factory=dict)


class WorkflowFile(Fact):
    """A file of `.github/workflows` at some commit. `digest` is its blob's id, `problem` says why there is no text."""

    path: str
    text: str = ""
    digest: str = ""
    problem: str = ""
