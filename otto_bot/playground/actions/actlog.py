"""Turn act's JSON lines about one job into GitHub's steps, log lines and annotations."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

from otto_bot.playground.actions.api import Annotation, Conclusion
from otto_bot.playground.actions.expressions import Scope
from otto_bot.playground.actions.joblog import JobLog
from otto_bot.playground.actions.steps import StepBook, StepPlan, evaluated, evaluated_all

_EXIT = re.compile(r"exit(?:ed with)? (?:status|code):? (\d+)|exitcode '(\d+)'")
_LEVELS: dict[str, Literal["failure", "warning", "notice"]] = {
    "error": "failure",
    "warning": "warning",
    "notice": "notice",
}
_MAX_ANNOTATIONS = 30
_RUNS = "⭐ Run Main "


def parse_line(raw: bytes) -> dict[str, Any] | None:
    """One line of act's output; `None` for what is not a JSON object."""
    try:
        found = json.loads(raw)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


class ActReader:
    """Follows one job. Feed it every event; afterwards `result` is act's own word for the job, or `None`."""

    def __init__(self, job_id: str, book: StepBook, log: JobLog, scope: Scope, now: Callable[[], datetime]) -> None:
        self.result: str | None = None
        self.annotations: list[Annotation] = []
        self._job_id = job_id
        self._book = book
        self._log = log
        self._outputs: dict[str, dict[str, dict[str, str]]] = {}
        self._scope = Scope({**scope.contexts, "steps": self._outputs, "env": {}, "runner": {"os": "Linux"}})
        self._now = now
        self._failing: tuple[int, Conclusion] | None = None
        self._explained = False
        self._step_began_at_line = 0

    def feed(self, event: dict[str, Any]) -> bool:
        """Take one event; whether a step changed its state."""
        if event.get("jobID") != self._job_id:
            return False
        if "jobResult" in event:
            self.result = str(event["jobResult"])
        step_id = event.get("stepID")
        if event.get("stage") != "Main" or not isinstance(step_id, list) or not step_id:
            return self.settle()
        index = self._book.index_of(str(step_id[0]))
        return index is not None and self._step_event(index, len(step_id) > 1, event)

    def settle(self) -> bool:
        """End a failing step whose explanation did not come."""
        if self._failing is None:
            return False
        self._explain("exit status 1")
        index, conclusion = self._failing
        self._failing = None
        self._book.end(index, conclusion, self._now())
        return True

    def _step_event(self, index: int, nested: bool, event: dict[str, Any]) -> bool:
        message = str(event.get("msg", ""))
        if self._failing is not None and self._failing[0] != index:
            self.settle()
        if event.get("raw_output"):
            self._log.line(message)
        elif "command" in event:
            self._command(index, event)
        elif message.startswith(_RUNS):
            return self._begins(index, nested, message.removeprefix(_RUNS), str(event.get("step", "")))
        elif "stepResult" in event:
            return not nested and self._ends(index, str(event["stepResult"]))
        elif message == "Failed but continue next step" and not nested:
            self._failing = (index, "success")
        elif event.get("level") == "error":
            self._explain(message)
            return not nested and self.settle()
        return False

    def _begins(self, index: int, nested: bool, text: str, name: str) -> bool:
        plan = self._book.plans[index]
        if nested:
            if not plan.is_remote:
                self._log.run_group(text, "bash", {})
            return False
        self._explained = False
        self._book.begin(index, None if plan.name.startswith("Run ") else name, self._now())
        self._step_began_at_line = self._log.lines
        self._head(plan)
        return True

    def _head(self, plan: StepPlan) -> None:
        env = evaluated_all(plan.env, self._scope)
        if plan.script is not None:
            self._log.run_group(evaluated(plan.script, self._scope), plan.shell, env)
        elif plan.uses is not None:
            self._log.uses_group(plan.uses, evaluated_all(plan.inputs, self._scope), env)

    def _ends(self, index: int, result: str) -> bool:
        if result == "failure":
            failing: Conclusion = "failure"
            if self._failing is not None and self._failing[0] == index:
                failing = self._failing[1]
            self._failing = (index, failing)
            # With continue-on-error act says nothing more about the step.
            return failing == "success" and self.settle()
        self._book.end(index, "skipped" if result == "skipped" else "success", self._now())
        return True

    def _explain(self, message: str) -> None:
        if self._explained:
            return
        self._explained = True
        code = _EXIT.search(message)
        text = f"Process completed with exit code {code[1] or code[2]}." if code else self._log.shown(message)
        if "deadline exceeded" in message:
            text = "The action has timed out."
        self._log.error(text)
        at = max(1, self._log.lines - self._step_began_at_line)
        self._annotate(Annotation(".github", at, at, "failure", text))

    def _command(self, index: int, event: dict[str, Any]) -> None:
        command, argument = str(event["command"]), str(event.get("arg", ""))
        if command == "group":
            self._log.line(f"##[group]{argument}")
        elif command == "endgroup":
            self._log.line("##[endgroup]")
        elif command in _LEVELS:
            self._log.line(f"##[{command}]{argument}")
            self._annotate(_annotation(_LEVELS[command], argument, event.get("kvPairs") or {}))
        elif command == "set-output":
            outputs = self._outputs.setdefault(self._book.plans[index].id, {"outputs": {}})
            outputs["outputs"][str(event.get("name"))] = argument

    def _annotate(self, annotation: Annotation) -> None:
        if len(self.annotations) < _MAX_ANNOTATIONS:
            self.annotations.append(replace(annotation, message=self._log.shown(annotation.message)))


def _annotation(level: Literal["failure", "warning", "notice"], message: str, pairs: dict[str, Any]) -> Annotation:
    line = _whole(pairs.get("line")) or 1
    return Annotation(
        path=str(pairs.get("file") or ".github"),
        start_line=line,
        end_line=_whole(pairs.get("endLine")) or line,
        level=level,
        message=message,
        title=str(pairs.get("title") or ""),
        start_column=_whole(pairs.get("col")),
        end_column=_whole(pairs.get("endColumn")),
    )


def _whole(value: object) -> int | None:
    text = str(value)
    return int(text) if text.isdecimal() and len(text) < 10 else None
