"""A bench scenario as values: a repository, a plan, a scripted coder, recorded answers of GitHub, and the truth."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from otto_bot.core.evidence import FailureClass
from otto_bot.core.plan import Plan, TaskKey
from otto_bot.core.values import Frozen

FILE_NAME = "bench.yml"
Kind = Literal[
    "environment", "wrong_tool", "missing_dependency", "hidden_convention", "contradictory_contract",
    "spec_ambiguity", "code_bug", "two_tasks_one_cause", "dependency_broken", "peer_discovery", "flaky",
    "runner_lost", "timeout", "oom", "network", "base_red", "systemic", "billing", "no_ci", "merge_conflict",
    "integration_break", "oscillation", "injected_instructions", "huge_batch",
    "action_required", "startup_failure", "cancelled", "permission", "budget", "qa_failed",
]  # fmt: skip
SeenIn = Literal["own_log", "sibling_handoff", "spec", "two_failures_together", "nowhere"]
ActionName = Literal["retry", "retry_different", "restart_fresh", "skip", "ask", "rerun", "hold"]
PilotAction = Literal["retry", "retry_different", "restart_fresh", "skip", "ask"]
Text = Annotated[str, Field(min_length=1)]
Facts = tuple[Text, ...]
AnswerKind = Literal[
    "log", "runner_lost", "oom", "network", "billing", "startup_failure", "action_required", "no_run", "timeout",
    "cancelled", "permission",
]  # fmt: skip
BASELINE, CANDIDATE, ANY = "baseline", "candidate", "any"
At = Annotated[str, Field(pattern=r"^(?:t[1-9][0-9]{0,2}|baseline|candidate|any)$")]


class Edit(Frozen):
    """One replacement in a file that is there."""

    file: Text
    old: Text
    new: str


class Coded(Frozen):
    """What the scripted coder does when the prompt fits; the first rule that fits answers."""

    prompt_contains: tuple[Text, ...] = ()
    prompt_lacks: tuple[Text, ...] = ()
    writes: dict[str, str] = {}
    edits: tuple[Edit, ...] = ()
    summary: Text = "Done."
    handoff: tuple[Text, ...] = ()


class Judged(Frozen):
    """When the scripted judge finds a criterion met: the diff holds `needs`; else it says `says`."""

    needs: Text
    says: Text


class Answer(Frozen):
    """A recorded answer of Actions that stands in for the check.

    `lines` or `log` (a file of the scenario) is what the failing step wrote; the kinds but `log` have words of their
    own. `step` names the failing step where it is not the check.
    """

    kind: AnswerKind = "log"
    log: str = ""
    lines: tuple[str, ...] = ()
    step: str = ""
    exit_code: Annotated[int, Field(ge=0, le=255)] = 1
    annotations: tuple[Text, ...] = ()


class ActionFact(Frozen):
    """Where and how often a recorded answer replaces the check.

    `verifications` counts what is verified at `at`, re-runs included, from 1; with `until` it holds every time until
    a person has mended what is named. `if_check` limits it to trees that the check finds red or green.
    """

    at: At
    answer: str | Answer
    verifications: tuple[Annotated[int, Field(ge=1)], ...] = (1,)
    until: str = ""
    if_check: Literal["any", "red", "green"] = "any"


class PastVerdict(Frozen):
    """What Actions said of a head of another issue before this run: `answer` names what it failed with."""

    issue: Annotated[int, Field(ge=2)]
    answer: str | Answer | None = None
    green: bool = False
    head: str = "a"
    hours_ago: Annotated[float, Field(gt=0, le=720)]


class Mend(Frozen):
    """What a person does when asked: `files` go onto the default branch (null removes one)."""

    files: dict[str, str | None] = {}


class People(Frozen):
    """What the one person knows and can do; all else is asked in vain."""

    answers: dict[TaskKey, Text] = {}
    mends: dict[str, Mend] = {}
    budget: Annotated[float, Field(ge=0)] = 0

    @field_validator("mends", mode="before")
    @classmethod
    def _names_alone(cls, value: Any) -> Any:
        if isinstance(value, list):
            return {name: {} for name in value}
        return {k: v or {} for k, v in value.items()} if isinstance(value, dict) else value


class Truth(Frozen):
    """The right answers. `after`: tasks that are merged where a task's rules are held against the check."""

    classes: dict[TaskKey, FailureClass] = {}
    actions: dict[TaskKey, tuple[ActionName, ...]] = {}
    recoverable: tuple[TaskKey, ...] = ()
    ask_needed: tuple[TaskKey, ...] = ()
    right_skips: tuple[TaskKey, ...] = ()
    after: dict[TaskKey, tuple[TaskKey, ...]] = {}


class PilotAnswer(Frozen):
    """What the scripted pilot says of one failed task."""

    class_: Annotated[FailureClass, Field(alias="class")]
    summary: Annotated[str, Field(min_length=1, max_length=300)]
    quotes: tuple[Text, ...] = ()
    action: PilotAction
    guidance: Annotated[str, Field(max_length=2000)] = ""
    reason: Annotated[str, Field(max_length=300)] = ""
    question: Annotated[str, Field(max_length=500)] = ""
    routed: dict[TaskKey, Annotated[str, Field(min_length=1, max_length=1000)]] = {}

    model_config = {**Frozen.model_config, "populate_by_name": True}


class PilotSide(Frozen):
    """Right and wrong answers for one task; without wrong ones the model server has its own."""

    right: PilotAnswer
    wrong: tuple[PilotAnswer, ...] = ()


class Issue(Frozen):
    """The issue of the run."""

    title: Annotated[str, Field(min_length=1, max_length=256)]
    body: str = ""


class Bench(Frozen):
    """Everything that `bench.yml` says."""

    description: Text
    kind: Kind
    seen_in: SeenIn
    single_move: bool = False
    fact: Facts = ()
    facts: dict[TaskKey, Facts] = {}
    issue: Issue
    plan: Plan
    check: Text
    coder: dict[Annotated[str, Field(pattern=r"^(?:t[1-9][0-9]{0,2}|any)$")], tuple[Coded, ...]]
    judge: dict[TaskKey, dict[str, Judged]] = {}
    answers: dict[str, Answer] = {}
    actions: tuple[ActionFact, ...] = ()
    history: tuple[PastVerdict, ...] = ()
    people: People = People()
    truth: Truth
    pilot: dict[TaskKey, PilotSide] = {}

    @field_validator("fact", mode="before")
    @classmethod
    def _one_fact(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @field_validator("facts", mode="before")
    @classmethod
    def _one_fact_each(cls, value: Any) -> Any:
        return {k: (v,) if isinstance(v, str) else v for k, v in value.items()} if isinstance(value, dict) else value

    @model_validator(mode="after")
    def _one_way(self) -> Bench:
        if self.fact and self.facts:
            raise ValueError("give `fact` for all failing tasks or `facts` for each, not both")
        return self

    def facts_of(self, task: str) -> Facts:
        """The decisive texts of a task: all of them must be in a prompt of a coder that succeeds."""
        if self.fact and (task in self.truth.classes or task in self.truth.recoverable):
            return self.fact
        return self.facts.get(task, ())

    def rules_of(self, task: str) -> tuple[Coded, ...]:
        """The coder's rules for a task; those of `any` with `${task}` and `${n}` filled in where it has none."""
        own = self.coder.get(task)
        return own if own is not None else tuple(_filled(rule, task) for rule in self.coder.get("any", ()))

    def answer(self, named: str | Answer) -> Answer:
        """A recorded answer by name. Raises KeyError."""
        return self.answers[named] if isinstance(named, str) else named


def _filled(rule: Coded, task: str) -> Coded:
    def fill(value: Any) -> Any:
        if isinstance(value, str):
            return value.replace("${task}", task).replace("${n}", task[1:])
        if isinstance(value, dict):
            return {fill(k): fill(v) for k, v in value.items()}
        return [fill(item) for item in value] if isinstance(value, list | tuple) else value

    return Coded.model_validate(fill(rule.model_dump()))


@dataclass(frozen=True)
class Workflow:
    """The one job of `.github/workflows/ci.yml` as its log shows it."""

    path: str
    name: str
    job: str
    step: str
    command: str


@dataclass(frozen=True)
class BenchScenario:
    """A loaded scenario: where it lies, what it says, and its workflow."""

    folder: Path
    bench: Bench
    workflow: Workflow
    otto: dict[str, Any]

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.folder.name

    @property
    def repo(self) -> Path:
        """The files of the default branch."""
        return self.folder / "repo"

    @property
    def file(self) -> Path:
        """`bench.yml`."""
        return self.folder / FILE_NAME
