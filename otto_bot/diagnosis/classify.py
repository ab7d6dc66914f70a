"""The cause of a job's failure: by structure first, by text last, `unknown` rather than a guess."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from otto_bot.core.evidence import CLASS_OF, Cause, FailingTest, FailureClass
from otto_bot.diagnosis.models import CheckedJob, StepResult
from otto_bot.diagnosis.reading_text import Said, end_of_failure, said, said_in
from otto_bot.diagnosis.rules_code import BUILD_COMMAND, LINT_COMMAND, TEST_COMMAND
from otto_bot.diagnosis.rules_platform import PLATFORM
from otto_bot.diagnosis.rules_setup import MISSING_PYTHON
from otto_bot.diagnosis.slice import failing_steps, is_runner_step, sections
from otto_bot.diagnosis.weighing import ENOUGH, TELLING, Hit, Weighed, hits, quoted, weigh

_EXIT = re.compile(r"Process completed with exit code (\d+)|exit code:? (\d+)\.?$|exit status (\d+)$")
_TOLD = 400

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

_OF_PLATFORM = frozenset(rule.name for rule in PLATFORM)
_SETTLED = (Cause.BILLING, Cause.PERMISSION, Cause.NEVER_STARTED, Cause.TIMEOUT)


class Finding(NamedTuple):
    """A cause, what decided it, and what is known beside it."""

    cause: Cause
    signals: tuple[str, ...]
    detail: str = ""
    exit_code: int | None = None
    class_hint: FailureClass | None = None


class Output(NamedTuple):
    """What the failing steps of a job said: lines with an error in them, failing tests, the commands they ran.

    `spans` are the byte ranges of the failing parts of GitHub's log; without them they are looked for.
    """

    errors: tuple[str, ...] = ()
    tests: tuple[FailingTest, ...] = ()
    commands: tuple[str, ...] = ()
    paths: frozenset[str] = frozenset()
    spans: tuple[tuple[int, int], ...] = ()


def classify(job: CheckedJob, output: Output) -> Finding:
    """Why this job did not succeed."""
    notes = [f"{item.title} {item.message}".strip() for item in job.annotations if item.level != "notice"]
    found = _hits_of(job, output, notes)
    code = exit_code([*notes, *output.errors[-_TOLD:]])
    finding = _by_structure(job, found, notes) or _by_text(job, output, found, code)
    return finding._replace(exit_code=code, class_hint=finding.class_hint or CLASS_OF[finding.cause])


def class_of_text(log: bytes) -> FailureClass:
    """The class of a failed job by nothing but its log; `code`, the commonest, where the log does not tell."""
    job = CheckedJob(id=0, name="", conclusion="failure", log=log)
    finding = classify(job, Output())
    if finding.class_hint in (FailureClass.ENVIRONMENT, FailureClass.INFRASTRUCTURE):
        return finding.class_hint
    return FailureClass.INFRASTRUCTURE if finding.cause is Cause.TIMEOUT else FailureClass.CODE


def weightiest(findings: Sequence[Finding]) -> Finding:
    """The finding that speaks for several jobs, with the signals of all of them."""
    first = min(findings, key=lambda one: (ORDER.index(one.cause), one.class_hint is not FailureClass.CODE))
    signals = tuple(dict.fromkeys(signal for finding in findings for signal in finding.signals))
    return first._replace(signals=signals)


def exit_code(lines: Sequence[str]) -> int | None:
    """The last exit code that is mentioned."""
    for line in reversed(lines):
        if match := _EXIT.search(line):
            return int(next(group for group in match.groups() if group)[:9])
    return None


def _hits_of(job: CheckedJob, output: Output, notes: Sequence[str]) -> tuple[Hit, ...]:
    """What the rules find in annotations and in the failing parts of the log, read only as far as needed."""
    lines: list[Said] = list(said_in(notes))
    if not job.log:
        return hits((*lines, *said_in(output.errors[-_TOLD:])))
    spans = _spans(job, output.spans)
    found = _read(lines, job.log, spans)
    if job.steps or (found and found[0].score >= ENOUGH):
        return found
    return _read(lines, job.log, ((0, max((end for _, end in spans), default=0)),))


def _read(known: Sequence[Said], log: bytes, spans: Sequence[tuple[int, int]]) -> tuple[Hit, ...]:
    lines, found = list(known), hits(known)
    for more in said(log, spans):
        lines += more
        found = hits(lines)
        if found and found[0].score >= TELLING:
            break
    return found


def _spans(job: CheckedJob, known: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """The failing parts by GitHub's steps and markers; of another system's log all up to its last failed command.

    Other systems say last, after all parts, what they themselves failed at; `known` parts do not hold that.
    """
    log = job.log or b""
    if job.steps or b"##[error]" in log or b"##[group]" in log:
        return tuple(known) or tuple((cut.start, cut.end) for cut in sections(job))
    return ((0, end_of_failure(log)),)


def _by_structure(job: CheckedJob, found: Sequence[Hit], notes: Sequence[str]) -> Finding | None:
    """What GitHub's own fields and messages tell; None where the job simply ran and failed."""
    told = next((hit for hit in found if hit.rule.name in _OF_PLATFORM and _is_last_word(hit, notes)), None)
    platform = None if told is None else _finding(told.rule.cause, (told.signal,), told, told.rule.hint)
    if platform is not None and platform.cause in _SETTLED:
        return platform
    if (finding := _by_conclusion(job, platform)) is not None:
        return finding
    if platform is not None:
        return platform
    if not _ran(job) and (job.steps or not job.log):
        return Finding(Cause.NEVER_STARTED, ("no step of the job ran",), "the job ended before any of its steps ran")
    return _by_runner_step(failing_steps(job))


def _is_last_word(hit: Hit, notes: Sequence[str]) -> bool:
    """Whether the platform itself says so: in an annotation, or in words that are only its own."""
    return hit.line.text in notes or hit.score >= 90


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


def _by_text(job: CheckedJob, output: Output, found: Sequence[Hit], code: int | None) -> Finding:
    weighed = weigh(found, _owner(job, output))
    if output.tests and (finding := _of_tests(output.tests, weighed)) is not None:
        return finding
    command = " ".join((*(step.name for step in failing_steps(job)), *output.commands))
    if weighed is not None:
        cause, hint = weighed.cause, weighed.hint
        if cause is Cause.BUILD and _is_lint(command) and weighed.hit.rule.name == "compiler":
            cause = Cause.LINT
        return _finding(cause, weighed.signals, weighed.hit, hint)
    if code in (137, 143):
        how = "killed from outside" if code == 143 else "killed, as a runner out of memory does"
        return Finding(Cause.INFRA, (f"exit code {code}",), f"the process was {how}")
    return _by_command(command) or Finding(Cause.UNKNOWN, ("nothing in the log names a cause",))


def _of_tests(tests: Sequence[FailingTest], weighed: Weighed | None) -> Finding | None:
    """Failing tests speak for themselves, unless something weightier than a test stopped the step or explains all."""
    names = ", ".join(test.id for test in tests[:3])
    told = Finding(Cause.TEST, (f"failing tests named in the log: {len(tests)}",), names)
    if weighed is None:
        return told
    if weighed.cause is Cause.TEST:
        return told._replace(signals=(*told.signals, *weighed.signals), class_hint=weighed.hint)
    if MISSING_PYTHON.search(weighed.hit.line.text):
        explained = all(MISSING_PYTHON.search(test.message) for test in tests)
        return None if explained else told
    return None if weighed.hit.score > 60 else told


def _owner(job: CheckedJob, output: Output) -> Callable[[str], bool]:
    """Whether a Python package is the project's own: files of it are named in the log."""

    def is_own(name: str) -> bool:
        if any(part == name for path in output.paths for part in re.split(r"[/.]", path)[:-1]):
            return True
        inside = rb"(?<!-packages)[/\\\s\"']" + re.escape(name.encode()) + rb"[/\\](?:[\w.-]+[/\\])*[\w-]+\.py\b"
        return re.search(inside, (job.log or b"")[-200_000:]) is not None

    return is_own


def _is_lint(command: str) -> bool:
    return LINT_COMMAND.search(command) is not None and TEST_COMMAND.search(command) is None


def _by_command(command: str) -> Finding | None:
    kinds = ((LINT_COMMAND, Cause.LINT), (TEST_COMMAND, Cause.TEST), (BUILD_COMMAND, Cause.BUILD))
    told = [(match.group(), cause) for pattern, cause in kinds if (match := pattern.search(command))]
    if len(told) != 1:
        return None
    word, cause = told[0]
    return Finding(cause, (f"the failing step's command says “{word}”",))


def _finding(cause: Cause, signals: tuple[str, ...], hit: Hit, hint: FailureClass | None) -> Finding:
    return Finding(cause, signals, quoted(hit.line.text), class_hint=hint)
