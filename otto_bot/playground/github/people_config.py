"""What people in a scenario wait for (`on`) and what they then do (`do`), checked with clear errors."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator


class Strict(BaseModel):
    """Base of every config model: unknown keys are errors, so a typo is never silently ignored."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


def _where(value: str) -> str:
    if not re.fullmatch(r"issue|pull|(?:issue|pull)/[1-9][0-9]{0,8}", value):
        raise ValueError("is `issue`, `pull`, `issue/N` or `pull/N`")
    return value


def _regex(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"is no regular expression: {error}") from error
    return value


Where = Annotated[str, AfterValidator(_where)]
Regex = Annotated[str, AfterValidator(_regex)]
Login = Annotated[str, Field(min_length=1, max_length=60)]


class OnComment(Strict):
    """A comment was written (`edited: true`: or edited). Named groups of `matches` can be used in `do` as `$name`."""

    where: Where | None = None
    author: Login | None = None
    contains: str | None = None
    lacks: str | None = None
    matches: Regex | None = None
    edited: bool = False


class OnCheck(Strict):
    """A check run was made or has ended."""

    name_contains: str | None = None
    conclusion: str | None = None
    status: str | None = None


class OnPush(Strict):
    """A ref was pushed."""

    branch_contains: str | None = None
    author: Login | None = None


class On(Strict):
    """Exactly one thing that becomes visible; `conclusion` belongs to `workflow_run`, `title_contains` to pulls."""

    comment: OnComment | None = None
    pull_request: Literal["opened", "ready", "draft", "closed", "merged", "synchronize"] | None = None
    title_contains: str | None = None
    workflow_run: Literal["requested", "in_progress", "completed"] | None = None
    conclusion: str | None = None
    workflow: str | None = None
    label: str | None = None
    check: OnCheck | None = None
    push: OnPush | None = None
    issue: Literal["opened", "closed", "reopened", "edited"] | None = None
    nth: int = Field(default=1, ge=1)

    @model_validator(mode="after")
    def _one(self) -> Self:
        kinds = ("comment", "pull_request", "workflow_run", "label", "check", "push", "issue")
        given = [kind for kind in kinds if getattr(self, kind) is not None]
        if len(given) != 1:
            raise ValueError(f"names exactly one of {', '.join(kinds)}; found {given or 'none'}")
        if self.workflow_run is None and (self.conclusion or self.workflow):
            raise ValueError("`conclusion` and `workflow` go with `workflow_run` (a check has its own `conclusion`)")
        return self


class DoComment(Strict):
    """A new comment."""

    where: Where = "issue"
    body: str = Field(min_length=1, max_length=65_536)


class DoLabel(Strict):
    """A label put on or taken off."""

    where: Where = "issue"
    name: str = Field(min_length=1, max_length=50)


class DoWhere(Strict):
    """An issue or pull request."""

    where: Where = "issue"


class DoReviewLine(Strict):
    """A review's comment on one line."""

    path: str
    line: int = Field(ge=1)
    body: str = Field(min_length=1)


class DoReview(Strict):
    """A submitted review of a pull request."""

    where: Where = "pull"
    state: Literal["approve", "request_changes", "comment"] = "comment"
    body: str = ""
    comments: list[DoReviewLine] = []


class DoReviewComment(DoReviewLine):
    """A single comment on a line, outside of a written review."""

    where: Where = "pull"


class DoButton(Strict):
    """A click on a check's button (`action` = its identifier), or on "Re-run" where `action` is left out."""

    check: str = ""
    action: str | None = None


class DoPush(Strict):
    """A commit on a branch: path -> text, null removes the file. `branch: pull` is the pull request's head."""

    branch: str = "pull"
    files: dict[str, str | None] = Field(min_length=1)
    message: str = "Change files"
    force_from: str | None = None


class DoEditor(Strict):
    """A commit of what GitHub's editor shows behind a comment's link with these words, exactly as it is filled in."""

    link: str = Field(min_length=1)


class DoMerge(Strict):
    """A merge of a pull request; a draft is marked ready first, as a person has to."""

    where: Where = "pull"
    method: Literal["merge", "squash"] = "merge"


class DoOpenPull(Strict):
    """A pull request of a branch that is there, into the default branch."""

    branch: str
    title: str = Field(min_length=1, max_length=256)
    body: str = ""


class DoEditIssue(Strict):
    """New title or text of an issue."""

    where: Where = "issue"
    title: str | None = None
    body: str | None = None


class DoEditComment(Strict):
    """An edit of the latest comment that fits; `tick` checks the box whose line contains the text."""

    author: Login | None = None
    contains: str = ""
    tick: str | None = None
    find: str | None = None
    replace: str = ""
    append: str | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(value is not None for value in (self.tick, self.find, self.append)) != 1:
            raise ValueError("needs exactly one of `tick`, `find` (with `replace`), `append`")
        return self


class DoDraft(Strict):
    """Draft or ready for review."""

    where: Where = "pull"
    draft: bool


class DoStatus(Strict):
    """A commit status of another system, on a branch's head; `pull` is the branch of the pull request at hand."""

    branch: str = "pull"
    context: str
    state: Literal["error", "failure", "pending", "success"]
    description: str | None = None


class DoRename(Strict):
    """Another name of the repository, or (`default_branch`) of its default branch."""

    name: str | None = Field(default=None, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")
    default_branch: str | None = Field(default=None, pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$")

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.name is None and self.default_branch is None:
            raise ValueError("needs `name` or `default_branch`, or both")
        return self


class DoTransfer(Strict):
    """An issue moved to another repository, `to` = `owner/name`; `seen: false`: the app cannot read there."""

    where: Where = "issue"
    to: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")
    seen: bool = True


class DoApp(Strict):
    """What the owner does with the app: suspends it, lets it in again, takes it away, …"""

    what: Literal[
        "suspend", "unsuspend", "uninstall", "install", "accept_rights", "take_repository_out", "add_repository"
    ]


class DoArchive(Strict):
    """The repository is read-only from now on, or no more."""

    archived: bool


class DoStanding(Strict):
    """What an owner or administrator sets around Actions; what is left out stays."""

    enabled: bool | None = None
    paid: bool | None = None
    sha_pinning: bool | None = None
    approve_runs: bool | None = None


class DoReviewDeployments(Strict):
    """The answer of an environment's reviewer to the newest run that waits."""

    approved: bool = True


class DoBranch(Strict):
    """A branch that is deleted."""

    branch: str


class Do(Strict):
    """Exactly one action; `as` names who does it, otherwise the reaction's person or the maintainer."""

    comment: DoComment | None = None
    label: DoLabel | None = None
    unlabel: DoLabel | None = None
    close: DoWhere | None = None
    reopen: DoWhere | None = None
    review: DoReview | None = None
    review_comment: DoReviewComment | None = None
    button: DoButton | None = None
    push: DoPush | None = None
    editor: DoEditor | None = None
    merge: DoMerge | None = None
    open_pull: DoOpenPull | None = None
    enqueue: DoWhere | None = None
    edit_issue: DoEditIssue | None = None
    edit_comment: DoEditComment | None = None
    draft: DoDraft | None = None
    status: DoStatus | None = None
    delete_branch: DoBranch | None = None
    cancel_run: DoWhere | None = None
    rerun_failed: DoWhere | None = None
    approve_run: DoWhere | None = None
    review_deployments: DoReviewDeployments | None = None
    actions_standing: DoStanding | None = None
    open_issue: DoEditIssue | None = None
    rename: DoRename | None = None
    archive: DoArchive | None = None
    transfer_issue: DoTransfer | None = None
    delete_issue: DoWhere | None = None
    app: DoApp | None = None
    as_: Login | None = Field(default=None, alias="as")

    @model_validator(mode="before")
    @classmethod
    def _short_forms(cls, value: Any) -> Any:
        """`comment: text`, `label: name` and `close: issue` are short for their long forms."""
        if not isinstance(value, dict):
            return value
        keys = {"comment": "body", "label": "name", "unlabel": "name", "close": "where", "reopen": "where",
                "merge": "where", "enqueue": "where", "delete_branch": "branch", "button": "action", "rename": "name",
                "transfer_issue": "to", "delete_issue": "where", "app": "what", "rerun_failed": "where",
                "approve_run": "where", "editor": "link"}  # fmt: skip
        return {
            name: {keys[name]: given} if name in keys and isinstance(given, str) else given
            for name, given in (
                (key, {"archived": one} if key == "archive" and isinstance(one, bool) else one)
                for key, one in value.items()
            )
        }

    @model_validator(mode="after")
    def _one(self) -> Self:
        kinds = [name for name in type(self).model_fields if name != "as_"]
        given = [name for name in kinds if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"names exactly one of {', '.join(kinds)}; found {given or 'none'}")
        return self

    @property
    def kind(self) -> str:
        """Name of the action."""
        return next(n for n in type(self).model_fields if n != "as_" and getattr(self, n) is not None)
