"""The steps of a leg as GitHub shows them: names, what their log heads say, and how each one ended."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from otto_bot.playground.actions.api import Conclusion, Step
from otto_bot.playground.actions.expressions import Scope, interpolate
from otto_bot.playground.actions.values import ExpressionError, text_of

_WITH_POST = ("actions/checkout", "actions/setup-", "actions/cache")


@dataclass(frozen=True, slots=True)
class StepPlan:
    """One step of the file. `id` is what act calls it: its own id, or its index."""

    id: str
    name: str
    uses: str | None
    script: str | None
    shell: str | None
    env: Mapping[str, str]
    inputs: Mapping[str, str]

    @property
    def is_remote(self) -> bool:
        """Whether it uses an action of another repository."""
        return self.uses is not None and not self.uses.startswith(("./", "docker://"))

    @property
    def has_post(self) -> bool:
        """Whether GitHub lists a "Post" step for it."""
        return self.uses is not None and self.uses.startswith(_WITH_POST)

    def filled(self, scope: Scope) -> "StepPlan":
        """The step with what the expressions in its script and its environment come to."""
        script = None if self.script is None else evaluated(self.script, scope)
        return replace(self, script=script, env=evaluated_all(self.env, scope))


def plan_steps(job: Mapping[str, Any], document: Mapping[str, Any]) -> tuple[StepPlan, ...]:
    """The job's steps, with nothing evaluated yet."""
    defaults = _mapping(_mapping(document.get("defaults")).get("run")) | _mapping(
        _mapping(job.get("defaults")).get("run")
    )
    env = _mapping(document.get("env")) | _mapping(job.get("env"))
    return tuple(_plan(index, step, env, defaults) for index, step in enumerate(job["steps"]))


def _plan(index: int, step: Mapping[str, Any], env: Mapping[str, Any], defaults: Mapping[str, Any]) -> StepPlan:
    script = text_of(step["run"]) if "run" in step else None
    uses = text_of(step["uses"]) if "uses" in step else None
    first = (script or "").strip().split("\n")[0]
    shell = step.get("shell") or defaults.get("shell")
    return StepPlan(
        id=str(step.get("id") or index),
        name=text_of(step.get("name")) or f"Run {uses or first}",
        uses=uses,
        script=script,
        shell=text_of(shell) if shell else None,
        env={key: text_of(value) for key, value in {**env, **_mapping(step.get("env"))}.items()},
        inputs={key: text_of(value) for key, value in _mapping(step.get("with")).items()},
    )


def _mapping(value: object) -> dict[str, Any]:
    return {str(key): entry for key, entry in value.items()} if isinstance(value, dict) else {}


def evaluated(text: str, scope: Scope) -> str:
    """The text as the log shows it; what cannot be evaluated before the step runs stays as it is written."""
    try:
        return text_of(interpolate(text, scope))
    except ExpressionError:
        return text


def evaluated_all(values: Mapping[str, str], scope: Scope) -> dict[str, str]:
    """`evaluated` for every value."""
    return {key: evaluated(value, scope) for key, value in values.items()}


class StepBook:
    """The steps with their states. Numbers as on GitHub: "Set up job" is 1, the file's steps follow, then the tail."""

    def __init__(self, plans: tuple[StepPlan, ...], scope: Scope, now: datetime) -> None:
        self.plans = plans
        self._steps = [Step(1, "Set up job", "in_progress", None, now, None)]
        for number, plan in enumerate(plans, 2):
            self._steps.append(Step(number, evaluated(plan.name, scope), "queued", None, None, None))

    def snapshot(self) -> tuple[Step, ...]:
        """The steps now."""
        return tuple(self._steps)

    def index_of(self, step_id: str) -> int | None:
        """Where the step with act's id is among the file's steps."""
        return next((index for index, plan in enumerate(self.plans) if plan.id == step_id), None)

    def is_running(self, index: int) -> bool:
        """Whether the file's step is in progress."""
        return self._steps[index + 1].status == "in_progress"

    def running(self) -> int | None:
        """The file's step that is in progress."""
        return next((index for index in range(len(self.plans)) if self.is_running(index)), None)

    def finish_setup(self, conclusion: Conclusion, now: datetime) -> None:
        """End "Set up job"; when it failed, GitHub lists none of the file's steps."""
        first = self._steps[0]
        self._steps[0] = Step(1, first.name, "completed", conclusion, first.started_at, now)
        if conclusion != "success":
            del self._steps[1:]

    def begin(self, index: int, name: str | None, now: datetime) -> None:
        """A step starts; those before it that never did were skipped."""
        for earlier in range(index):
            self._skip(earlier, now)
        old = self._steps[index + 1]
        self._steps[index + 1] = Step(old.number, name or old.name, "in_progress", None, now, None)

    def end(self, index: int, conclusion: Conclusion, now: datetime) -> None:
        """A step has ended."""
        old = self._steps[index + 1]
        self._steps[index + 1] = Step(old.number, old.name, "completed", conclusion, old.started_at or now, now)

    def _skip(self, index: int, now: datetime) -> None:
        if self._steps[index + 1].status == "queued":
            self.end(index, "skipped", now)

    def close(self, conclusion_of_running: Conclusion, now: datetime) -> None:
        """The job is over: what runs has that conclusion, what never ran was skipped, and the tail is added."""
        if self._steps[0].conclusion != "success":
            # Cancelled or failed while it was set up: GitHub lists nothing but that.
            self.finish_setup(self._steps[0].conclusion or conclusion_of_running, now)
            return
        ran = []
        for index, plan in enumerate(self.plans):
            if self.is_running(index):
                self.end(index, conclusion_of_running, now)
            self._skip(index, now)
            step = self._steps[index + 1]
            if plan.has_post and step.conclusion != "skipped":
                ran.append(step.name)
        number = 2 * len(self.plans) + 2
        for name in reversed(ran):
            self._steps.append(Step(number, f"Post {name}", "completed", "success", now, now))
            number += 1
        self._steps.append(Step(number, "Complete job", "completed", "success", now, now))
