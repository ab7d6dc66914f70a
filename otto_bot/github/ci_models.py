"""What the verbs return about checks, Actions and the App itself."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AliasPath, BeforeValidator, Field, field_validator

from otto_bot.core.rights import Granted
from otto_bot.github.models import Fact, Text


def _reviewers(rows: Any) -> tuple[str, ...]:
    """Of GitHub's `{type, reviewer}`: a login, or a team's name."""
    people = [row.get("reviewer") for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    names = [one.get("login") or one.get("name") for one in people if isinstance(one, dict)]
    return tuple(name for name in names if isinstance(name, str))


class CheckRun(Fact):
    """A check on a commit, anyone's. `app_id` says whose."""

    id: int
    name: str
    head_sha: str = ""
    external_id: Text = ""
    status: str
    conclusion: str | None = None
    app_id: int | None = Field(default=None, validation_alias=AliasPath("app", "id"))
    app_slug: str = Field(default="", validation_alias=AliasPath("app", "slug"))
    title: Text = Field(default="", validation_alias=AliasPath("output", "title"))
    annotations_count: int = Field(default=0, validation_alias=AliasPath("output", "annotations_count"))
    html_url: Text = ""
    started_at: datetime | None = None
    completed_at: datetime | None = None


class CheckAnnotation(Fact):
    """A remark at a place in a file, to be written."""

    path: str
    start_line: int = Field(ge=1)
    end_line: int = Field(ge=1)
    level: Literal["notice", "warning", "failure"] = "failure"
    message: str
    title: str = ""


class CheckAction(Fact):
    """A button on a check."""

    label: str = Field(max_length=20)
    description: str = Field(max_length=40)
    identifier: str = Field(max_length=20)


class Status(Fact):
    """The latest commit status of one context."""

    context: str
    state: Literal["error", "failure", "pending", "success"]
    description: Text = ""
    updated_at: datetime | None = None


class RequiredContext(Fact):
    """A check that must pass before a merge; `app_id` only where the rule names the App it must come from."""

    context: str
    app_id: int | None = None


class RequiredContexts(Fact):
    """What the branch requires. `unreadable` names each source GitHub did not let us read: the list may be short."""

    contexts: tuple[RequiredContext, ...] = ()
    unreadable: tuple[str, ...] = ()


class PendingDeployment(Fact):
    """An environment that a workflow run waits for, and who may approve it: logins of people, names of teams."""

    environment: Text = Field(validation_alias=AliasPath("environment", "name"))
    reviewers: Annotated[tuple[str, ...], BeforeValidator(_reviewers)] = ()


class Workflow(Fact):
    """`state` is `active`, `disabled_manually`, `disabled_inactivity`, …"""

    id: int
    name: str
    path: str
    state: str


class WorkflowRun(Fact):
    """One run of a workflow; a re-run keeps `id` and raises `run_attempt`."""

    id: int
    run_attempt: int = 1
    name: Text = ""
    path: str = ""
    workflow_id: int = 0
    event: str = ""
    status: Text = ""
    conclusion: str | None = None
    head_sha: str
    head_branch: Text = ""
    check_suite_id: int | None = None
    display_title: Text = ""
    html_url: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None
    run_started_at: datetime | None = None
    """When this attempt began; `created_at` is the first one's."""
    actor: Annotated[str, BeforeValidator(lambda v: v.get("login") if isinstance(v, dict) else v)] = ""
    """Login of whose act started it; empty where GitHub does not say."""


class Step(Fact):
    """One step of a job."""

    number: int
    name: str
    status: str = ""
    conclusion: str | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None


def _last_number(url: Any) -> Any:
    """Ids are read from the end of a URL; the URL itself is never asked."""
    tail = url.rsplit("/", 1)[-1] if isinstance(url, str) else ""
    return int(tail) if tail.isascii() and tail.isdigit() else None


class Job(Fact):
    """One job of one attempt of a run. Its annotations hang on `check_run_id`."""

    id: int
    check_run_id: Annotated[int | None, BeforeValidator(lambda v: v if isinstance(v, int) else _last_number(v))] = (
        Field(default=None, validation_alias="check_run_url")
    )
    run_id: int
    run_attempt: int = 1
    name: str
    status: str
    conclusion: str | None = None
    head_sha: str = ""
    labels: tuple[str, ...] = ()
    runner_name: Text = ""
    steps: Annotated[tuple[Step, ...], BeforeValidator(lambda v: v or ())] = ()
    html_url: Text = ""
    started_at: datetime | None = None
    completed_at: datetime | None = None


class Artifact(Fact):
    """Files that a job uploaded. GitHub does not tell which job or attempt: `created_at` and the job's log do."""

    id: int
    name: str
    size_in_bytes: int = 0
    expired: bool = False
    created_at: datetime | None = None


class Annotation(Fact):
    """What a job or another App remarked at a line."""

    path: Text = ""
    start_line: int | None = None
    end_line: int | None = None
    level: Text = Field(default="", validation_alias="annotation_level")
    title: Text = ""
    message: Text = ""


class AppIdentity(Fact):
    """Who we are: the App's `id` and `slug`, and the bot user that signs its comments and commits."""

    id: int
    slug: str
    bot_login: str
    bot_user_id: int


class Installation(Fact):
    """Where the App is installed."""

    id: int
    account_login: str = Field(default="", validation_alias=AliasPath("account", "login"))
    account_id: int | None = Field(default=None, validation_alias=AliasPath("account", "id"))
    repository_selection: str = "all"
    permissions: dict[str, str] = Field(default_factory=dict)
    events: tuple[str, ...] = ()
    suspended_at: datetime | None = None
    html_url: Text = ""

    @property
    def granted(self) -> Granted:
        """What is kept of it."""
        return Granted(
            id=self.id,
            account=self.account_login,
            page=self.html_url,
            permissions=self.permissions,
            events=self.events,
            suspended=self.suspended_at is not None,
        )


class Registered(Fact):
    """The App as it is registered. `at` is the time of GitHub's own clock when it answered."""

    id: int
    slug: str = ""
    permissions: dict[str, str] = Field(default_factory=dict)
    events: tuple[str, ...] = ()
    html_url: Text = ""
    at: datetime | None = None


class Hook(Fact):
    """Where GitHub sends the App's webhooks; no `url` = nowhere."""

    url: Text = ""
    content_type: Text = "form"
    insecure_ssl: str = "0"

    @field_validator("insecure_ssl", mode="before")
    @classmethod
    def _as_text(cls, value: Any) -> str:
        """A text or a number."""
        return str(value)


class ActionsPolicy(Fact):
    """Whether Actions may run at all, and which actions: `all`, `local_only`, `selected`."""

    enabled: bool
    allowed_actions: Text = ""
    sha_pinning_required: bool = False


class Environment(Fact):
    """An environment that jobs may name, and whether somebody must approve what uses it."""

    name: str
    reviewed: bool = Field(default=False, validation_alias="protection_rules")

    @field_validator("reviewed", mode="before")
    @classmethod
    def _has_reviewers(cls, value: Any) -> Any:
        """GitHub lists rules of protection; one kind of them is reviewers."""
        if not isinstance(value, list):
            return value
        return any(isinstance(one, dict) and one.get("type") == "required_reviewers" for one in value)


class Delivery(Fact):
    """One webhook delivery as GitHub keeps it. A redelivery has the same `guid` and another `id`."""

    id: int
    guid: str
    event: str
    action: str | None = None
    status: str = ""
    status_code: int = 0
    delivered_at: datetime
    redelivery: bool = False
    installation_id: int | None = None
    repository_id: int | None = None

    @property
    def ok(self) -> bool:
        """Whether it was accepted."""
        return self.status == "OK" or 200 <= self.status_code < 300


class DeliveryContent(Fact):
    """What was (to be) delivered: for a host that webhooks cannot reach."""

    id: int
    guid: str
    event: str
    payload: dict[str, Any] = Field(validation_alias=AliasPath("request", "payload"))
