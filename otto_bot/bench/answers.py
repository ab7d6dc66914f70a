"""What Actions answered about one head: the real check's result, or a recorded answer of GitHub in its place."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from otto_bot.bench.checks import Checked
from otto_bot.bench.joblog import Written, write_log
from otto_bot.bench.scenario import Answer, BenchScenario, Workflow
from otto_bot.github.ci_models import Step

_LOST = (
    "The hosted runner: GitHub Actions 12 lost communication with the server. Anything in your workflow that "
    "terminates the runner process, starves it for CPU/Memory, or blocks its network access can cause this error."
)
_BILLING = (
    "The job was not started because recent account payments have failed or your spending limit needs to be "
    "increased. Please check the 'Billing & plans' section in your settings"
)
_TIMEOUT = "The job has exceeded the maximum execution time of 1h0m0s"
_NETWORK = "fatal: unable to access 'https://github.com/octo/bench.git/': Could not resolve host: github.com"
_PERMISSION = "RequestError [HttpError]: Resource not accessible by integration"


class Answered(NamedTuple):
    """One job's end, or none: `exists` says whether there is a workflow run, `ran` whether it has a job.

    `conclusion` is the workflow run's, `job` the job's own.
    """

    conclusion: str
    exists: bool = True
    ran: bool = True
    job: str = ""
    steps: tuple[Step, ...] = ()
    log: bytes | None = None
    annotations: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """Everything that it tells, for finding a fact in it."""
        return "\n".join([(self.log or b"").decode("utf-8", "replace"), *self.annotations])


def of_check(scenario: BenchScenario, checked: Checked, at: datetime) -> Answered:
    """The job around what the check printed."""
    flow = scenario.workflow
    if checked.green:
        written = write_log(at, flow.step, flow.command, checked.lines, "", "success")
        return Answered("success", job="success", steps=written.steps, log=written.log)
    return _failed(flow, checked.lines, checked.exit_code, at)


def of_record(scenario: BenchScenario, answer: Answer, checked: Checked | None, at: datetime) -> Answered:
    """The recorded answer; what the check printed stands before its own words where the job got that far."""
    flow = scenario.workflow
    before = () if checked is None or answer.lines or answer.log else checked.lines
    lines = (*before, *_lines(scenario, answer))
    if answer.kind in _WITHOUT_JOB:
        conclusion, exists = _WITHOUT_JOB[answer.kind]
        return Answered(conclusion, exists=exists, ran=False)
    if answer.kind == "billing":
        return Answered("failure", job="failure", annotations=(*answer.annotations, _BILLING))
    if answer.kind == "runner_lost":
        return _lost(flow, at, answer)
    if answer.kind in ("timeout", "cancelled"):
        notes = (*answer.annotations, *((_TIMEOUT,) if answer.kind == "timeout" else ()))
        words = "The operation was canceled."
        written = write_log(at, flow.step, flow.command, lines, words, "cancelled", answer.step)
        return _answered(written, "cancelled", (*notes, words))
    told, code = _worded(answer, lines)
    return _failed(flow, told, code, at, answer.step, answer.annotations)


_WITHOUT_JOB = {
    "startup_failure": ("startup_failure", True),
    "action_required": ("action_required", True),
    "no_run": ("", False),
}


def _worded(answer: Answer, lines: Sequence[str]) -> tuple[Sequence[str], int]:
    """The words and the exit code that a kind has of its own."""
    if answer.kind == "oom":
        return (*lines, "Killed"), 137
    if answer.kind == "network":
        return (lines if answer.lines or answer.log else (_NETWORK,)), 128
    if answer.kind == "permission":
        return (lines if answer.lines or answer.log else (_PERMISSION,)), 1
    return lines, answer.exit_code


def _lines(scenario: BenchScenario, answer: Answer) -> tuple[str, ...]:
    """The recorded lines; those of a file where it names one."""
    if not answer.log:
        return answer.lines
    return (*(scenario.folder / answer.log).read_text(encoding="utf-8").splitlines(), *answer.lines)


def _failed(
    flow: Workflow, lines: Sequence[str], code: int, at: datetime, step: str = "", notes: Sequence[str] = ()
) -> Answered:
    end = f"Process completed with exit code {code}."
    return _answered(write_log(at, flow.step, flow.command, lines, end, "failure", step), "failure", (*notes, end))


def _answered(written: Written, conclusion: str, notes: Sequence[str]) -> Answered:
    return Answered(conclusion, job=conclusion, steps=written.steps, log=written.log, annotations=tuple(notes))


def _lost(flow: Workflow, at: datetime, answer: Answer) -> Answered:
    """The runner is gone in the middle of the check: no end of that step, no log."""
    written = write_log(at, flow.step, flow.command, (), "", "success")
    steps = tuple(
        step.model_copy(update={"status": "in_progress", "conclusion": None, "completed_at": None})
        if step.name == flow.step
        else step
        for step in written.steps[:-1]
    )
    return Answered("failure", job="failure", steps=steps, annotations=(*answer.annotations, _LOST))
