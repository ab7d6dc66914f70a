"""The cause of a job's failure: by structure first, by text last, `unknown` rather than a guess."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from otto_bot.core.evidence import CLASS_OF, Cause, FailingTest, FailureClass
from otto_bot.diagnosis import rules
from otto_bot.diagnosis.models import CheckedJob, StepResult
from otto_bot.diagnosis.slice import failing_steps, is_runner_step

_EXIT = re.compile(r"Process completed with exit code (\d+)|exit code:? (\d+)\.?$|exit status (\d+)$")
_LIMIT = 4000
_QUOTE = 160

ORDER = (
    Cause.BUILD,
    Cause.TEST,
    Cause.LINT,
    Cause.DEPENDENCY,
    Cause.UNKNOWN,
    Cause.TIMEOUT,
    Cause.BILLING,
    Cause.PERMISSION,
    Cause.ACTION_REQUIRED,
    Cause.INFRA,
    Cause.NEVER_STARTED,
    Cause.CANCELLED,
)
"""Of several failed jobs the first of these speaks for all: work on the code outweighs a lost runner beside it."""


class Finding(NamedTuple):
    """A cause, what decided it, and what is known beside it."""

    cause: Cause
    signals: tuple[str, ...]
    detail: str = ""
    exit_code: int | None = None
    class_hint: FailureClass | None = None


class Output(NamedTuple):
    """What the failing steps of a job said: lines with an error in them, failing tests, the commands they ran."""

    errors: tuple[str, ...] = ()
    tests: tuple[FailingTest, ...] = ()
    commands: tuple[str, ...] = ()
    paths: frozenset[str] = frozenset()


def classify(job: CheckedJob, output: Output) -> Finding:
    """Why this job did not succeed."""
    said = [f"{item.title} {item.message}".strip() for item in job.annotations if item.level != "notice"]
    lines = [*said, *output.errors[:_LIMIT]]
    code = exit_code(lines)
    finding = _by_structure(job, lines, said, code) or _by_text(job, output, lines)
    hint = finding.class_hint or CLASS_OF[finding.cause]
    return finding._replace(exit_code=code, class_hint=hint)


def weightiest(findings: Sequence[Finding]) -> Finding:
    """The finding that speaks for several jobs, with the signals of all of them."""
    first = min(findings, key=lambda finding: ORDER.index(finding.cause))
    signals = tuple(dict.fromkeys(signal for finding in findings for signal in finding.signals))
    return first._replace(signals=signals)


def exit_code(lines: Sequence[str]) -> int | None:
    """The last exit code that is mentioned."""
    for line in reversed(lines):
        if match := _EXIT.search(line):
            return int(next(group for group in match.groups() if group))
    return None


def _by_structure(job: CheckedJob, lines: Sequence[str], said: Sequence[str], code: int | None) -> Finding | None:
    """What GitHub's own fields and messages tell; None where the job simply ran and failed."""
    platform = _first(rules.PLATFORM, [*said, *(line for line in lines if line.startswith("##[error]"))])
    if platform is not None and platform.cause in (Cause.BILLING, Cause.PERMISSION, Cause.NEVER_STARTED, Cause.TIMEOUT):
        return platform
    if (finding := _by_conclusion(job, platform)) is not None:
        return finding
    if not _ran(job) and job.steps == () and not job.log:
        return Finding(Cause.NEVER_STARTED, ("no step of the job ran",), "the job ended before any of its steps ran")
    if job.steps and not _ran(job):
        return Finding(Cause.NEVER_STARTED, ("no step of the job ran",), "the job ended before any of its steps ran")
    if platform is not None:
        return platform
    if (finding := _by_runner_step(failing_steps(job))) is not None:
        return finding
    if code in (137, 143):
        return Finding(
            Cause.INFRA,
            (f"exit code {code}",),
            "the process was killed from outside"
            if code == 143
            else "the process was killed, as a runner out of memory does",
        )
    return _by_log_of_runner(lines)


def _by_conclusion(job: CheckedJob, platform: Finding | None) -> Finding | None:
    signal = (f"conclusion {job.conclusion}",)
    if job.conclusion == "action_required":
        return Finding(Cause.ACTION_REQUIRED, signal, "GitHub waits for someone to approve this run")
    if job.conclusion == "timed_out":
        return Finding(Cause.TIMEOUT, signal, "the job ran into its time limit")
    if job.conclusion == "startup_failure":
        return Finding(Cause.INFRA, signal, "GitHub could not start the workflow")
    if job.conclusion in ("cancelled", "stale"):
        if platform is not None:
            return platform._replace(signals=(*signal, *platform.signals))
        return Finding(Cause.CANCELLED, signal, "the job was cancelled")
    return None


def _ran(job: CheckedJob) -> bool:
    return any(step.conclusion not in (None, "skipped", "cancelled") for step in job.steps)


def _by_runner_step(steps: Sequence[StepResult]) -> Finding | None:
    if not steps or not all(is_runner_step(step) for step in steps):
        return None
    return Finding(
        Cause.INFRA,
        tuple(f"the runner's own step “{step.name}” failed" for step in steps),
        f"“{steps[0].name}” is a step of GitHub's runner, not of the workflow",
    )


def _by_log_of_runner(lines: Sequence[str]) -> Finding | None:
    """A full disk or no memory, said by a tool instead of the runner."""
    rest = [rule for rule in rules.PLATFORM if rule.cause is Cause.INFRA]
    return _first(rest, lines)


def _by_text(job: CheckedJob, output: Output, lines: Sequence[str]) -> Finding:
    missing = _missing_module(lines, output)
    if output.tests:
        return _of_tests(output, missing)
    command = " ".join((*(step.name for step in failing_steps(job)), *output.commands))
    first: Sequence[rules.Rule] = (rules.NETWORK, *rules.DEPENDENCY)
    if (finding := _first(first, lines) or missing) is not None:
        return finding
    groups = (rules.LINT, rules.BUILD, rules.TEST) if _is_lint(command) else (rules.BUILD, rules.LINT, rules.TEST)
    for group in groups:
        if (finding := _first(group, lines)) is not None:
            return finding
    return _by_command(command) or Finding(Cause.UNKNOWN, ("nothing in the log names a cause",))


def _of_tests(output: Output, missing: Finding | None) -> Finding:
    """Failing tests, unless all of them fail because something is not installed or does not compile."""
    messages = [test.message for test in output.tests]
    if missing is not None and all(rules.MISSING_PYTHON.search(message) for message in messages):
        return missing
    for group in (rules.DEPENDENCY, rules.BUILD[2:3]):
        finding = _first(group, messages[:1])
        if finding is not None and all(_first(group, [message]) is not None for message in messages):
            return finding
    names = ", ".join(test.id for test in output.tests[:3])
    return Finding(Cause.TEST, (f"{len(output.tests)} failing tests named in the log",), names)


def _missing_module(lines: Sequence[str], output: Output) -> Finding | None:
    """A Python module that is not there: a dependency, unless the project has files of that name."""
    for line in lines:
        match = rules.MISSING_PYTHON.search(line)
        if match is None:
            continue
        name = match.group(1)
        own = "." in name or any(part == name for path in output.paths for part in re.split(r"[/.]", path)[:-1])
        if own:
            return None
        return Finding(Cause.DEPENDENCY, (f"text: {line.strip()[:_QUOTE]}",), f"module {name} is not installed")
    return None


def _is_lint(command: str) -> bool:
    return rules.LINT_COMMAND.search(command) is not None and rules.TEST_COMMAND.search(command) is None


def _by_command(command: str) -> Finding | None:
    kinds = (
        (rules.LINT_COMMAND, Cause.LINT),
        (rules.TEST_COMMAND, Cause.TEST),
        (rules.BUILD_COMMAND, Cause.BUILD),
    )
    hits = [(match.group(), cause) for pattern, cause in kinds if (match := pattern.search(command))]
    if len(hits) != 1:
        return None
    word, cause = hits[0]
    return Finding(cause, (f"the failing step's command says “{word}”",))


def _first(group: Sequence[rules.Rule], lines: Sequence[str]) -> Finding | None:
    """The earliest line that any rule of the group matches."""
    for line in lines:
        text = line.removeprefix("##[error]")
        for rule in group:
            if rule.pattern.search(text):
                return Finding(rule.cause, (f"{rule.name}: {text.strip()[:_QUOTE]}",), text.strip()[:_QUOTE])
    return None
