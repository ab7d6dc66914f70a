"""A scenario: a folder with `repo/` (the default branch's files) and `scenario.yml` (what happens, what must hold)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import BaseModel, Field, ValidationError, model_validator

from otto_bot.playground.github.config import FaultConfig, OtherAppConfig, ReactionConfig, RuleConfig, Sha, UserConfig
from otto_bot.playground.github.limits import LimitConfig
from otto_bot.playground.scenario_expect import Expect, Number, Part, Role, TaskKey, Words
from otto_bot.playground.scenario_file import Place, ScenarioError, YamlFile
from otto_bot.playground.scenario_pilot import PilotReply
from otto_bot.playground.scenario_preset import PresetFile

_SAID = ("json_", "pilot", "order", "text", "turns", "error")
_Model = TypeVar("_Model", bound=BaseModel)
FILE_NAME = "scenario.yml"
DEFAULT = "mixed-batch"
ERROR_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    529: "overloaded_error",
}


class Issue(Part):
    """The issue that the maintainer labels."""

    title: Annotated[str, Field(min_length=1, max_length=256)]
    body: Annotated[str, Field(max_length=65_536)] = ""
    author: str = "maintainer"
    says: Annotated[str, Field(pattern=r"^/otto ")] | None = None
    """What the maintainer comments instead of putting the label on."""


class When(Part):
    """Which model calls a rule answers; what is left out does not matter, a list means any of them."""

    role: Role | list[Role] | None = None
    task: TaskKey | list[TaskKey] | None = None
    attempt: Number | list[Number] | None = None
    gate: Number | list[Number] | None = None
    try_: Annotated[Number | list[Number] | None, Field(alias="try")] = None
    turn: Number | list[Number] | None = None
    prompt_contains: Words = []
    prompt_lacks: Words = []


class ToolCall(Part):
    """One tool call of a turn, one sentence that the model says beside its calls, or the answer that ends a turn."""

    tool: Annotated[str, Field(pattern=r"^[a-zA-Z0-9_-]{1,64}$")] | None = None
    input: dict[str, Any] = {}
    text: str | None = None
    json_: Annotated[dict[str, Any] | list[Any] | None, Field(alias="json")] = None

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        if sum(part is not None for part in (self.tool, self.text, self.json_)) != 1:
            raise ValueError("is either `tool` with `input`, or `text`, or `json`")
        return self


class HttpError(Part):
    """An error in the shape of the Messages API."""

    status: Annotated[int, Field(ge=400, le=599)]
    type: str | None = None
    message: str = "scripted error"
    retry_after: Annotated[float, Field(ge=0, le=3600)] | None = None

    @property
    def kind(self) -> str:
        """The error type; the usual one for the status where none is given."""
        return self.type or ERROR_TYPES.get(self.status, "api_error" if self.status >= 500 else ERROR_TYPES[400])


class UsageNumbers(Part):
    """Token counts that replace the ones computed from the texts' lengths."""

    input_tokens: Annotated[int, Field(ge=0)] | None = None
    output_tokens: Annotated[int, Field(ge=0)] | None = None
    cache_read_input_tokens: Annotated[int, Field(ge=0)] = 0
    cache_creation_input_tokens: Annotated[int, Field(ge=0)] = 0


class Reply(Part):
    """What the model says: one of `json`, `pilot`, `order`, `text`, `turns`, `error`, or `cut`, also beside words."""

    json_: Annotated[dict[str, Any] | list[Any] | None, Field(alias="json")] = None
    pilot: PilotReply | None = None
    order: Literal["auto"] | None = None
    text: str | None = None
    turns: Annotated[list[Annotated[list[ToolCall], Field(min_length=1)]], Field(min_length=1)] | None = None
    error: HttpError | None = None
    cut: bool = False
    usage: UsageNumbers = UsageNumbers()
    stop_reason: Literal["end_turn", "max_tokens", "refusal", "tool_use"] | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        given = [name for name in _SAID if getattr(self, name) is not None]
        if len(given) > 1 or (not given and not self.cut):
            raise ValueError("needs exactly one of `json`, `pilot`, `order`, `text`, `turns`, `error`, `cut`")
        if self.cut and self.error is not None:
            raise ValueError("`cut` breaks off words; an `error` has none")
        return self


class Rule(Part):
    """The first rule whose `when` fits answers a call."""

    name: str = ""
    when: When = When()
    reply: Reply
    times: Number | None = None


class GitHubSide(Part):
    """How the repository stands on GitHub."""

    owner: str = "octo"
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")] | None = None
    private: bool = True
    default_branch: str = "main"
    maintainer: str = "maintainer"
    users: list[UserConfig] = []
    seed_subjects: list[str] = ["Initial commit"]
    rules: list[RuleConfig] = []
    branches: list[str] = []
    other_apps: list[OtherAppConfig] = []
    submodules: dict[str, Sha] = {}
    refuse_drafts: bool = False
    lazy_mergeable: bool = False
    enterprise: str = Field(default="", pattern=r"^(3\.\d{1,2})?$")
    limits: LimitConfig = LimitConfig()
    actions: dict[str, Any] = {}
    permissions: dict[str, Literal["read", "write", "none"]] = {}
    """Of the App's installation, where an owner granted less than it asks for."""


class Script(Part):
    """Everything that `scenario.yml` says."""

    description: str = ""
    needs: list[Literal["python", "git", "node"]] = []
    issue: Issue
    github: GitHubSide = GitHubSide()
    script: list[Rule] = []
    people: list[Any] = []
    faults: list[Any] = []
    expect: Expect = Expect()
    time_limit: Annotated[float, Field(gt=0, le=3600)] = 180


@dataclass(frozen=True)
class Scenario:
    """A loaded scenario: where it lies and what it says."""

    folder: Path
    script: Script
    people: tuple[ReactionConfig, ...] = ()
    faults: tuple[FaultConfig, ...] = ()
    preset: Path | None = None
    """The file that was laid over the folder's own, if one was."""
    files: Mapping[str, str | None] = field(default_factory=dict)
    """Of a preset: what is laid over `repo/`; None takes a file away."""

    @property
    def name(self) -> str:
        """The folder's name, or the preset's."""
        return self.folder.name if self.preset is None else self.preset.stem

    @property
    def repo(self) -> Path:
        """The files of the default branch."""
        return self.folder / "repo"

    @property
    def file(self) -> Path:
        """`scenario.yml`, or the preset's file."""
        return self.preset or self.folder / FILE_NAME

    @property
    def source(self) -> Path:
        """What `load` takes to give it again."""
        return self.preset or self.folder


def load(source: Path, *, script_only: bool = False) -> Scenario:
    """Reads and checks a scenario folder, or a preset's file; `script_only`: a folder without `repo/`.

    Raises ScenarioError with all found.
    """
    if source.is_file():
        bases = presets_root() / "bases"
        preset = PresetFile(source, bases)
        return _checked(preset, bases, [], preset=source.resolve(), files=preset.preset.files)
    if not source.is_dir():
        raise ScenarioError([f"{source}: is no folder; a scenario is a folder with repo/ and {FILE_NAME}"])
    problems = [] if script_only else _repo_problems(source / "repo")
    try:
        file = YamlFile(source / FILE_NAME)
    except ScenarioError as error:
        raise ScenarioError([*problems, *error.problems]) from None
    if not isinstance(file.data, dict):
        raise ScenarioError([*problems, file.problem((), "must be a mapping with issue, script, expect")])
    return _checked(file, source, problems)


def _checked(file: YamlFile | PresetFile, folder: Path, problems: list[str], **more: Any) -> Scenario:
    script = None
    try:
        script = Script.model_validate(file.data)
    except ValidationError as error:
        problems += file.problems(error)
    people = _each(file, "people", ReactionConfig, problems)
    faults = _each(file, "faults", FaultConfig, problems)
    if problems or script is None:
        raise ScenarioError(problems)
    return Scenario(folder=folder.resolve(), script=script, people=tuple(people), faults=tuple(faults), **more)


def _each(file: YamlFile | PresetFile, key: str, model: type[_Model], problems: list[str]) -> list[_Model]:
    """The items of a list whose shape the stand-in defines; what is wrong goes to `problems`."""
    items = file.data.get(key)
    good: list[_Model] = []
    for index, item in enumerate(items if isinstance(items, list) else []):
        place: Place = (key, index)
        try:
            good.append(model.model_validate(item))
        except ValidationError as error:
            problems += file.problems(error, place)
    return good


def shipped_root() -> Path:
    """The folder of the scenarios that come with the package."""
    return Path(str(resources.files("otto_bot.playground"))) / "scenarios"


def presets_root() -> Path:
    """The folder of the presets that come with the package, and of their bases."""
    return Path(str(resources.files("otto_bot.playground"))) / "presets"


def presets() -> tuple[str, ...]:
    """Names of the shipped presets."""
    return tuple(sorted(file.stem for file in presets_root().glob("*.yml")))


def shipped() -> tuple[str, ...]:
    """Names of the shipped scenarios, the default one first."""
    names = sorted(entry.name for entry in shipped_root().iterdir() if (entry / FILE_NAME).is_file())
    return tuple(sorted(names, key=lambda name: name != DEFAULT))


def find(name_or_folder: str) -> Path:
    """Where a shipped scenario or preset of this name is, or a path. Raises ScenarioError naming what there is."""
    if name_or_folder in shipped():
        return shipped_root() / name_or_folder
    if name_or_folder in presets():
        return presets_root() / f"{name_or_folder}.yml"
    folder = Path(name_or_folder).expanduser()
    if folder.is_dir() or (folder.suffix == ".yml" and folder.is_file()):
        return folder
    there = f"shipped: {', '.join(shipped())}; presets: {', '.join(presets())}"
    raise ScenarioError([f"{name_or_folder}: no shipped scenario and no folder; {there}"])


def _repo_problems(repo: Path) -> list[str]:
    if not repo.is_dir() or not any(repo.iterdir()):
        return [f"{repo}: missing or empty; it holds the files of the default branch"]
    if (repo / ".git").exists():
        return [f"{repo / '.git'}: give plain files; the history is made from them"]
    links = [
        path for path in repo.rglob("*") if path.is_symlink() and not path.resolve().is_relative_to(repo.resolve())
    ]
    return [f"{path}: points outside of repo/" for path in links]
