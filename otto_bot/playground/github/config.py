"""What the stand-in is told at start: one JSON file, checked here with errors that name the field."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from otto_bot.playground.github.limits import LimitConfig
from otto_bot.playground.github.people_config import Do, Login, On, Regex, Strict

Sha = Annotated[str, Field(pattern=r"^[0-9a-f]{40}$")]
MAX_CONFIG_BYTES = 4 * 1024 * 1024
Permission = Literal["none", "read", "triage", "write", "maintain", "admin"]


class ConfigError(ValueError):
    """The config file cannot be used; the text says which field and why."""


class AppConfig(Strict):
    """The GitHub App as registered: identity, key and what its installation was granted."""

    id: int = Field(default=4242, gt=0)
    slug: str = Field(default="otto", pattern=r"^[a-z0-9][a-z0-9-]{0,33}$")
    name: str = "Otto"
    private_key_pem: str | None = None
    public_key_pem: str | None = None
    webhook_secret: str = Field(min_length=1)
    webhook_url: str | None = None
    hook_content_type: Literal["json", "form"] = "json"
    permissions: dict[str, Literal["read", "write"]] = {}
    accepted: dict[str, Literal["read", "write"]] | None = None
    """What its installation was granted, where an owner has not accepted all of `permissions` yet."""
    events: list[str] = []
    client_secret: str | None = None
    """With it people can log in by the App; its client id is made of the number."""
    callback_urls: list[str] = ["http://127.0.0.1/login/callback", "http://localhost/login/callback"]
    """Where a login may lead back to; of this machine the port does not count."""
    user_tokens_expire: bool = True
    suspended: bool = False
    """GitHub has suspended the App itself: nobody can log in by it."""

    @property
    def client_id(self) -> str:
        """As GitHub makes them."""
        return f"Iv23li{self.id:014d}"

    @model_validator(mode="after")
    def _has_a_key(self) -> Self:
        if not (self.private_key_pem or self.public_key_pem):
            raise ValueError("give private_key_pem or public_key_pem: without it no App JWT can be verified")
        return self


class UserConfig(Strict):
    """A person with an account and a permission on the repository; `role`: a custom role that is built on it."""

    login: str = Field(pattern=r"^[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})$")
    permission: Permission = "read"
    role: str = Field(default="", max_length=60)


class IssueConfig(Strict):
    """The issue that exists from the start (number 1)."""

    title: str = Field(min_length=1, max_length=256)
    body: str = Field(default="", max_length=65536)
    author: str | None = None
    labels: list[str] = []


class RuleConfig(Strict):
    """One rule of a ruleset: `include` and `exclude` say of which branches, as rulesets do.

    `bypass` is what the ruleset lets the App do in spite of it.
    """

    type: str = Field(pattern=r"^[a-z_]+$")
    parameters: dict[str, Any] | None = None
    include: list[str] = ["~DEFAULT_BRANCH"]
    exclude: list[str] = []
    bypass: Literal["always", "pull_requests_only", "never", "exempt"] = "never"
    ruleset: int = Field(default=1, ge=1)

    @property
    def bypassed(self) -> bool:
        """Whether the App's pushes are not held to it."""
        return self.bypass in ("always", "exempt")

    def told(self) -> dict[str, Any]:
        """As the pre-receive hook reads it."""
        return self.model_dump(include={"type", "parameters", "include", "exclude"})


class ReactionConfig(Strict):
    """What a person does when something becomes visible: `on` is matched, `do` is done as `as`."""

    on: On
    do: Do | list[Do]
    as_: Login | None = Field(default=None, alias="as")
    once: bool = True
    after_ms: int = Field(default=0, ge=0, le=600_000)
    awaited: bool = False
    """The demo goes on until this has happened, also where the run has ended: people look at what is done."""


class RequestMatch(Strict):
    """Which request a fault hits: method, a regular expression on the path, the n-th match (1 = first).

    `writes`: only what may change the repository, pushes of git included. `every` 3 hits each third match from there.
    `each`: every path is counted by itself.
    """

    method: str | None = None
    path: Regex = ".*"
    writes: bool = False
    nth: int = Field(default=1, ge=1)
    count: int = Field(default=1, ge=1)
    every: int = Field(default=1, ge=1)
    each: bool = False


class FaultConfig(Strict):
    """One fault: on a request (`match`) or on a webhook delivery (`event`)."""

    kind: Literal[
        "secondary_limit", "primary_limit", "status", "status_after", "lost_response", "delay_ms", "token_expired",
        "drop", "duplicate", "reorder",
    ]  # fmt: skip
    match: RequestMatch | None = None
    event: str | None = None
    action: str | None = None
    nth: int = Field(default=1, ge=1)
    count: int = Field(default=1, ge=1)
    status: int = Field(default=502, ge=400, le=599)
    delay_ms: int = Field(default=500, ge=0, le=600_000)
    retry_after: int | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _names_one_target(self) -> Self:
        if (self.match is None) == (self.event is None):
            raise ValueError("a fault names either match (a request) or event (a delivery)")
        deliveries = {"drop", "duplicate", "reorder", "delay_ms"}
        if self.event is not None and self.kind not in deliveries:
            raise ValueError(f"kind {self.kind!r} cannot happen to a delivery; use one of {sorted(deliveries)}")
        if self.match is not None and self.kind in deliveries - {"delay_ms"}:
            raise ValueError(f"kind {self.kind!r} cannot happen to a request")
        return self


class OtherAppConfig(Strict):
    """Another App with access to the repository: GitHub opens a check suite of it on every push, used or not.

    `reports`: name of a check → its conclusion, or `queued` for one that never begins.
    """

    slug: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,33}$")
    name: str = ""
    reports: dict[str, Literal["queued", "success", "failure", "neutral", "action_required"]] = {}


class StandInConfig(Strict):
    """Everything the stand-in needs; see `docs/scenarios.md` for the meaning of people and faults."""

    state_dir: Path
    registered: bool = True
    """False: GitHub knows no App yet; what `app` says is not used."""
    port: int = Field(default=0, ge=0, le=65535)
    password: str = ""
    """With it people clone and push by their login; without, only the App can."""
    app: AppConfig
    owner: str = Field(default="octo", pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,38}$")
    repo: str = Field(default="demo", pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")
    private: bool = True
    default_branch: str = Field(default="main", pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$")
    repo_source_dir: Path | None = None
    seed_subjects: list[str] = ["Initial commit"]
    users: list[UserConfig] = []
    maintainer: str = "maintainer"
    issue: IssueConfig | None = None
    people: list[ReactionConfig] = []
    faults: list[FaultConfig] = []
    rules: list[RuleConfig] = []
    branches: list[str] = []
    """Branches that exist from the start, at the default branch's head."""
    other_apps: list[OtherAppConfig] = []
    submodules: dict[str, Sha] = {}
    has_issues: bool = True
    refuse_drafts: bool = False
    lazy_mergeable: bool = False
    enterprise: str = Field(default="", pattern=r"^(3\.\d{1,2})?$")
    """An Enterprise Server of this release: its API is below `/api/v3` only, and in the older version only."""
    limits: LimitConfig = LimitConfig()
    control_token: str | None = None
    log_url_seconds: float = Field(default=60, gt=0)
    actions: dict[str, Any] = {}


def load_config(path: Path) -> StandInConfig:
    """Reads the JSON file at `path`; raises ConfigError with one line a problem."""
    try:
        if path.stat().st_size > MAX_CONFIG_BYTES:
            raise ConfigError(f"{path}: larger than {MAX_CONFIG_BYTES} bytes")
        raw = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    try:
        return StandInConfig.model_validate_json(raw)
    except ValidationError as error:
        lines = [f"{path}: {'.'.join(map(str, e['loc'])) or 'file'}: {e['msg']}" for e in error.errors()]
        raise ConfigError("\n".join(lines)) from error
