"""The repository's configuration, `.github/otto.yml`: a value, and the host's caps over it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, ValidationError, field_validator

from otto_bot.core.egress_hosts import is_entry
from otto_bot.core.globs import checked_all
from otto_bot.core.projects import project_path, project_problems
from otto_bot.core.values import Frozen

DEFAULT_MODEL = "claude-sonnet-5-5"
PREFIX_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,38}(?:/[A-Za-z0-9][A-Za-z0-9._-]{0,38}){0,2}$"


class Described(Frozen):
    """Settings whose words stand below each of them: the tables of docs/configure.md are made of them."""

    model_config = ConfigDict(use_attribute_docstrings=True)


class PlanConfig(Described):
    """`plan`: when a plan waits for a person."""

    approval: Literal["auto", "always", "never"] = "auto"
    """When a plan waits for a person. `auto`: when the high end of its estimate is above `auto_if_under_usd`, or it has
    more than `max_tasks` tasks, or the planner's answer broke rules ([planning.md](planning.md)); `always`; `never`.
    Whatever is set, a plan of an issue that was edited meanwhile waits ([approval.md](approval.md)).
    """
    max_tasks: Annotated[int, Field(ge=1, le=50)] = 8
    """More tasks than this are refused."""
    auto_if_under_usd: Annotated[float, Field(ge=0)] = 5.0
    """High end of the estimate up to which `auto` does not ask, in US dollars."""
    files: Literal["auto", "always", "never"] = "auto"
    """When the plan's product spec and trade-offs are committed as `product-spec.md` and `architecture.md` on the run
    branch. `auto`: where the repository has no source files yet; `always`; `never`. A file that is there is never
    overwritten ([context.md](context.md)).
    """


class VerifyConfig(Described):
    """`verify`: how GitHub Actions says whether a head is good."""

    via: Literal["auto", "dispatch", "push", "pull_request"] = "auto"
    """The lane ([lanes.md](lanes.md)): `auto`, `dispatch`, `push` or `pull_request`."""
    workflow: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]+\.ya?ml$")] = "otto-verify.yml"
    """The workflow file that the dispatch lane calls."""
    required: tuple[str, ...] = ()
    """Names of checks that must be green and are waited for like a workflow, besides those that the default branch
    requires. Of these, one of another App that is red counts against the attempt, unless it was red on the base commit
    already; one that has not reported ten settle times after the last workflow is left to people, and named in the
    attempt's check: GitHub holds the merge until it is green.
    """
    ignore: tuple[str, ...] = ()
    """Names of required checks that are neither waited for nor count."""
    settle_seconds: Annotated[float, Field(ge=0, le=3600)] = 30
    """A verification has ended when its set of runs has not changed for this long."""
    timeout_minutes: Annotated[float, Field(gt=0, le=1440)] = 60
    """A verification that takes longer has timed out."""
    exposure: Literal["ask", "accept", "dispatch-only"] = "ask"
    """What happens where code on Otto's branches could use more in your CI than a throw-away machine
    ([exposure.md](exposure.md)). `ask`: one yes for exactly these workflow files, for all runs of the repository, and a
    new one whenever they change; `accept`: no question, if the host allows it too (`OTTO_ACCEPT_EXPOSURE`);
    `dispatch-only`: only the lane in which Otto calls `verify.workflow`, and asked as with `ask`.
    """


class QaConfig(Described):
    """`qa`: whether a judge reads each green attempt against its criteria."""

    enabled: bool = True
    """A judge holds each green attempt against its criteria; what it may do and what its verdict stands on:
    [judging.md](judging.md). Whether tests were weakened is looked at in any case: [tampering.md](tampering.md).
    """


class PilotConfig(Described):
    """`pilot`: who decides at a gate, and how long people have to object."""

    enabled: bool = True
    """A pilot decides at gates; otherwise the plain replan does. `pilot: false` is short for it."""
    approval: Literal["auto", "always"] = "auto"
    """`auto`: a decision applies after the grace; `always`: a person approves each."""
    grace_minutes: Annotated[float, Field(ge=0, le=1440)] = 2
    """How long people can object before a decision applies."""
    mode: Literal["decide", "shadow"] = "decide"
    """`shadow`: the plain replan decides; the pilot's analysis, and what it would have done, is posted and stored
    beside it.
    """


class AttemptsConfig(Described):
    """`attempts`: how often a task may be coded."""

    per_task: Annotated[int, Field(ge=1, le=10)] = 3
    """How often one task may be coded."""


class BudgetConfig(Described):
    """`budget`: caps for everything that descends from one issue."""

    usd: Annotated[float, Field(gt=0)] = 10
    """Money for everything that descends from one issue: all its runs together. `/otto budget +5` adds to it."""
    minutes: Annotated[float, Field(gt=0)] = 240
    """Working time of one run; waiting for people, for its turn or for a limit of GitHub does not count."""


class ModelsConfig(Described):
    """`models`: which model plays which role; `pilot: null` is the planner's, `journeys: null` the judge's."""

    planner: str = DEFAULT_MODEL
    """Model of the planner."""
    coder: str = DEFAULT_MODEL
    """Model of the coder."""
    judge: str = DEFAULT_MODEL
    """Model of the judge."""
    pilot: str | None = None
    """Model of the pilot; `null` = the planner's."""
    journeys: str | None = None
    """Model that uses the finished product; `null` = the judge's."""

    @property
    def by_role(self) -> dict[str, str]:
        """Every role with its model."""
        plain = {"planner": self.planner, "coder": self.coder, "judge": self.judge}
        return {**plain, "pilot": self.for_pilot, "journeys": self.for_journeys}

    @property
    def for_journeys(self) -> str:
        """The model that uses the product."""
        return self.journeys or self.judge

    @property
    def for_pilot(self) -> str:
        """The pilot's model."""
        return self.pilot or self.planner


class Project(Described):
    """One part of a repository with its own set-up and test commands, which run in its folder."""

    path: str = "."
    """The part's folder, from the root of the repository."""
    setup: str = ""
    """What installs what the part needs; run in the cage once for each work tree ([set-ups](#set-ups)). Empty: nothing.
    """
    test: str = ""
    """What tests the part; the coder and the judge are told it, and run it in the cage."""
    required_checks: Annotated[tuple[str, ...], Field(max_length=50)] = ()
    """Checks that must be green, as with `verify.required`, where a commit changes files of the part."""


ALWAYS = (".github/**", "CODEOWNERS")
"""Paths that are protected in any case; `protected_paths.floor_reason` has all of them."""


class PathsConfig(Described):
    """`paths`: what must not be touched, and where the projects are."""

    protected: tuple[str, ...] = ALWAYS
    """What no attempt may change without a person's yes, on top of what is protected everywhere
    ([held.md](held.md#protected-everywhere)): a list here takes nothing of that away. At most 100 patterns, each of at
    most 256 characters with at most 20 stars.
    """
    projects: tuple[Project, ...] = (Project(),)
    """Parts of the repository with their commands to set up and to test, at most 50 ([monorepo.md](monorepo.md)). Otto
    runs `setup` in the cage before the first command in each work tree ([set-ups](#set-ups)); the coder is told both.
    """
    drift: Literal["report", "ask", "refuse"] = "report"
    """What follows where an attempt changes files outside of its task's projects ([monorepo.md](monorepo.md#drift)).
    `report`: it is shown; `ask`: a person says yes to exactly these files before they are pushed; `refuse`: the attempt
    has failed.
    """
    setup_hosts: Annotated[tuple[str, ...], Field(max_length=50)] | None = None
    """Hosts that set-ups of this repository may reach, of those that Otto's host allows; `null` = all of them, `[]` =
    none.
    """

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


class LearningsConfig(Described):
    """`learnings`: whether facts about the repository are kept for later runs, and for how long without use."""

    enabled: bool = True
    """Facts about the repository are proposed at gates, kept once they helped or a person said so, and told to later
    runs ([learnings.md](learnings.md)). `learnings: false` is short for off.
    """
    expire_days: Annotated[int, Field(ge=1, le=3650)] = 180
    """A learning that no attempt was told for this long is not told any more."""


class JourneysConfig(Described):
    """`journeys`: whether and where the finished product is tested by its user journeys."""

    enabled: bool = True
    """Once all tasks of a decomposed plan are merged, the product is tested by the plan's user journeys. `journeys:
    false` is short for off.
    """
    via: Literal["auto", "sandbox", "actions"] = "auto"
    """See [journeys.md](journeys.md). Where the journeys' commands run: `sandbox` (on Otto's machine, caged), `actions`
    (as the workflow below), `auto`: the sandbox, else the workflow.
    """
    workflow: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]+\.ya?ml$")] = "otto-journeys.yml"
    """The workflow with `workflow_dispatch` that runs journeys in Actions."""


class TriggersConfig(Described):
    """`triggers`: bots that may put the label on; no wildcard."""

    allow_bots: tuple[str, ...] = ()
    """Bots that may put the label on, by exact name (`renovate[bot]`); no wildcard. Whoever can make such a bot label
    an issue can start Otto. Commands, boxes, buttons and reviews are for people alone.
    """

    @field_validator("allow_bots")
    @classmethod
    def _no_wildcard(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if any("*" in name for name in value):
            raise ValueError("names bots one by one; `*` is not allowed")
        return value


class BranchesConfig(Described):
    """`branches`: the prefix of every branch Otto makes."""

    prefix: Annotated[str, Field(pattern=PREFIX_PATTERN)] = "otto"
    """The first part of every branch name; up to three names with slashes between. Where a branch of that name stands
    in the way it gets `-bot` at its end; left at `otto`, one that a ruleset of the repository wants is taken instead
    ([troubleshooting.md](troubleshooting.md#branch-pattern)).
    """


class Config(Described):
    """Everything a repository may set. Unknown keys are errors."""

    label: Annotated[str, Field(min_length=1, max_length=50)] = "otto"
    """The label that starts a run."""
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
    """Mark the pull request ready for review when all is settled. Without it the labeller is asked for a review and it
    stays a draft.
    """

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
