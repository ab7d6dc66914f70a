"""The repository's configuration, `.github/otto.yml`: a value, and the host's caps over it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, field_validator

from otto_bot.core.egress_hosts import is_entry
from otto_bot.core.globs import checked_all
from otto_bot.core.projects import project_path, project_problems
from otto_bot.core.values import Frozen

DEFAULT_MODEL = "claude-sonnet-5-5"
PREFIX_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,38}(?:/[A-Za-z0-9][A-Za-z0-9._-]{0,38}){0,2}$"


class PlanConfig(Frozen):
    """`plan`: when a plan waits for a person."""

    approval: Literal["auto", "always", "never"] = "auto"
    max_tasks: Annotated[int, Field(ge=1, le=50)] = 8
    auto_if_under_usd: Annotated[float, Field(ge=0)] = 5.0
    files: Literal["auto", "always", "never"] = "auto"
    """When what is built is written down in files of the repository; `auto`: where it has no source yet."""


class VerifyConfig(Frozen):
    """`verify`: how GitHub Actions says whether a head is good."""

    via: Literal["auto", "dispatch", "push", "pull_request"] = "auto"
    workflow: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]+\.ya?ml$")] = "otto-verify.yml"
    required: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    settle_seconds: Annotated[float, Field(ge=0, le=3600)] = 30
    timeout_minutes: Annotated[float, Field(gt=0, le=1440)] = 60
    exposure: Literal["ask", "accept", "dispatch-only"] = "ask"


class QaConfig(Frozen):
    """`qa`: whether a judge reads each green attempt against its criteria."""

    enabled: bool = True


class PilotConfig(Frozen):
    """`pilot`: who decides at a gate, and how long people have to object."""

    enabled: bool = True
    approval: Literal["auto", "always"] = "auto"
    grace_minutes: Annotated[float, Field(ge=0, le=1440)] = 2
    mode: Literal["decide", "shadow"] = "decide"


class AttemptsConfig(Frozen):
    """`attempts`: how often a task may be coded."""

    per_task: Annotated[int, Field(ge=1, le=10)] = 3


class BudgetConfig(Frozen):
    """`budget`: caps for everything that descends from one issue."""

    usd: Annotated[float, Field(gt=0)] = 10
    minutes: Annotated[float, Field(gt=0)] = 240


class ModelsConfig(Frozen):
    """`models`: which model plays which role; `pilot: null` is the planner's, `journeys: null` the judge's."""

    planner: str = DEFAULT_MODEL
    coder: str = DEFAULT_MODEL
    judge: str = DEFAULT_MODEL
    pilot: str | None = None
    journeys: str | None = None

    @property
    def for_journeys(self) -> str:
        """The model that uses the product."""
        return self.journeys or self.judge

    @property
    def for_pilot(self) -> str:
        """The pilot's model."""
        return self.pilot or self.planner


class Project(Frozen):
    """One part of a repository with its own set-up and test commands, which run in its folder."""

    path: str = "."
    setup: str = ""
    test: str = ""
    required_checks: Annotated[tuple[str, ...], Field(max_length=50)] = ()
    """Checks that must be green where a commit changes files of this project."""


ALWAYS = (".github/**", "CODEOWNERS")
"""Paths that are protected in any case; `protected_paths.floor_reason` has all of them."""


class PathsConfig(Frozen):
    """`paths`: what must not be touched, and where the projects are."""

    protected: tuple[str, ...] = ALWAYS
    projects: tuple[Project, ...] = (Project(),)
    drift: Literal["report", "ask", "refuse"] = "report"
    """What follows where an attempt changes files outside of its task's scope."""
    setup_hosts: Annotated[tuple[str, ...], Field(max_length=50)] | None = None
    """Hosts that a set-up may reach, of those that Otto's host allows; None = all of them."""

    @field_validator("setup_hosts")
    @classmethod
    def _are_hosts(cls, value: tuple[str, ...] | None) -> tuple[str, ...] | None:
        wrong = [entry for entry in value or () if not is_entry(entry.lower())]
        if wrong:
            raise ValueError(f"`{wrong[0][:80]}` is no host; write names such as pypi.org or *.example.com")
        return value

    @field_validator("protected")
    @classmethod
    def _usable(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return checked_all(value)

    @property
    def guarded(self) -> tuple[str, ...]:
        """What nobody may be told to touch: the list, and what it takes away from the default in vain."""
        return (*self.protected, *(one for one in ALWAYS if one not in self.protected))


class LearningsConfig(Frozen):
    """`learnings`: whether facts about the repository are kept for later runs, and for how long without use."""

    enabled: bool = True
    expire_days: Annotated[int, Field(ge=1, le=3650)] = 180


class JourneysConfig(Frozen):
    """`journeys`: whether and where the finished product is tested by its user journeys."""

    enabled: bool = True
    via: Literal["auto", "sandbox", "actions"] = "auto"
    workflow: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]+\.ya?ml$")] = "otto-journeys.yml"


class TriggersConfig(Frozen):
    """`triggers`: bots that may put the label on; no wildcard."""

    allow_bots: tuple[str, ...] = ()

    @field_validator("allow_bots")
    @classmethod
    def _no_wildcard(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if any("*" in name for name in value):
            raise ValueError("names bots one by one; `*` is not allowed")
        return value


class BranchesConfig(Frozen):
    """`branches`: the prefix of every branch Otto makes."""

    prefix: Annotated[str, Field(pattern=PREFIX_PATTERN)] = "otto"


class Config(Frozen):
    """Everything a repository may set. Unknown keys are errors."""

    label: Annotated[str, Field(min_length=1, max_length=50)] = "otto"
    plan: PlanConfig = PlanConfig()
    verify: VerifyConfig = VerifyConfig()
    qa: QaConfig = QaConfig()
    pilot: PilotConfig = PilotConfig()
    attempts: AttemptsConfig = AttemptsConfig()
    budget: BudgetConfig = BudgetConfig()
    models: ModelsConfig = ModelsConfig()
    paths: PathsConfig = PathsConfig()
    triggers: TriggersConfig = TriggersConfig()
    branches: BranchesConfig = BranchesConfig()
    learnings: LearningsConfig = LearningsConfig()
    journeys: JourneysConfig = JourneysConfig()
    mark_ready: bool = False

    @field_validator("pilot", "qa", "learnings", "journeys", mode="before")
    @classmethod
    def _switch(cls, value: object) -> object:
        """`pilot: false` is short for `pilot: {enabled: false}`."""
        return {"enabled": value} if isinstance(value, bool) else value


class HostCaps(Frozen):
    """What the host allows at most; a repository may only go lower."""

    usd: Annotated[float, Field(gt=0)] = 50
    minutes: Annotated[float, Field(gt=0)] = 1440
    attempts: Annotated[int, Field(ge=1, le=10)] = 10
    accept_exposure: bool = False
    """Whether `verify.exposure: accept` of a repository counts."""
    defaults: dict[str, Any] = {}
    """What a repository's file that is silent means on this host, in the shape of that file."""


class ConfigError(ValueError):
    """The file cannot be used; `problems` are (place, reason) pairs for people."""

    def __init__(self, problems: tuple[tuple[str, str], ...]) -> None:
        self.problems = problems
        super().__init__("; ".join(f"{place}: {reason}" for place, reason in problems))


def laid_over(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Both settings as one: what `over` says counts, key by key; a list counts whole."""
    made = dict(under)
    for key, value in over.items():
        below = made.get(key)
        made[key] = laid_over(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return made


def read_config(data: Any, caps: HostCaps) -> Config:
    """The configuration in parsed YAML `data` (None = defaults), over the host's defaults, lowered to its caps.

    Raises ConfigError with every problem found, each with its dotted place.
    """
    if data is None:
        data = {}
    if not isinstance(data, dict):
        raise ConfigError((("file", "must be a mapping of settings"),))
    try:
        config = Config.model_validate(laid_over(caps.defaults, data))
    except ValidationError as error:
        problems = tuple(
            (".".join(str(part) for part in item["loc"]) or "file", item["msg"]) for item in error.errors()
        )
        raise ConfigError(problems) from None
    if wrong := project_problems([one.path for one in config.paths.projects]):
        raise ConfigError(wrong)
    return _in_one_form(config).model_copy(
        update={
            "budget": BudgetConfig(
                usd=min(config.budget.usd, caps.usd), minutes=min(config.budget.minutes, caps.minutes)
            ),
            "attempts": AttemptsConfig(per_task=min(config.attempts.per_task, caps.attempts)),
        }
    )


def _in_one_form(config: Config) -> Config:
    """Paths of projects as they are compared. Not where values are read: ledgers hold what was allowed before."""
    projects = tuple(one.model_copy(update={"path": project_path(one.path)}) for one in config.paths.projects)
    return config.model_copy(update={"paths": config.paths.model_copy(update={"projects": projects})})
