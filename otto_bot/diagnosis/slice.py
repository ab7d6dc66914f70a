"""The failing steps of a job, and which part of its log each of them wrote.

The jobs API says which steps failed and when, in whole seconds; the log says where steps begin (`##[group]Run …`) and
where the runner starts to clean up. Together they give byte ranges; what was written by other steps stays out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from otto_bot.diagnosis.clean import clean
from otto_bot.diagnosis.models import CheckedJob, StepResult
from otto_bot.diagnosis.runners import failed_parts
from otto_bot.diagnosis.runners import found as places_of

FAILING = ("failure", "timed_out", "startup_failure", "action_required")
RUNNER_STEPS = re.compile(
    r"(?:set up job|set up runner|initialize containers|stop containers|complete job|complete runner)$|(?:pre|post) ",
    re.IGNORECASE,
)
_MARKS = (
    (b"##[group]Run ", "run"),
    (b"##[error]", "error"),
    (b"Post job cleanup.", "post"),
    (b"Cleaning up orphan processes", "post"),
    (b"Stop and remove container", "post"),
)


class Section(NamedTuple):
    """A piece of a log: bytes `start:end`, the line number at `start`, and the step that wrote it (None: not known)."""

    start: int
    end: int
    line: int
    step: StepResult | None


class _Mark(NamedTuple):
    kind: str
    label: str
    at: str
    start: int
    end: int
    line: int


def is_runner_step(step: StepResult) -> bool:
    """Whether the step is the runner's own, not one of the workflow file."""
    return RUNNER_STEPS.match(step.name) is not None


def failing_steps(job: CheckedJob) -> tuple[StepResult, ...]:
    """Steps that made the job fail; those cut off by a cancellation where none failed."""
    failed = tuple(step for step in job.steps if step.conclusion in FAILING)
    return failed or tuple(step for step in job.steps if step.conclusion == "cancelled")


def sections(job: CheckedJob) -> tuple[Section, ...]:
    """What the failing steps wrote, in order; without step data, the parts that end in an error, else the whole log."""
    if not job.log:
        return ()
    marks = tuple(_marks(job.log))
    found = [cut for step in failing_steps(job) if (cut := _section_of(job, step, marks)) is not None]
    if found:
        return tuple(found)
    if parts := failed_parts(job.log):
        return tuple(_numbered(job.log, parts))
    return _by_errors(job.log, marks)


def _numbered(log: bytes, parts: Sequence[tuple[int, int]]) -> Iterator[Section]:
    line, counted = 1, 0
    for start, end in parts:
        line += log.count(b"\n", counted, start)
        counted = start
        yield Section(start, end, line, None)


def _marks(log: bytes) -> Iterator[_Mark]:
    line, counted = 1, 0
    places = sorted((at, literal, kind) for literal, kind in _MARKS for at in places_of(log, literal))
    for at, literal, kind in places:
        start = log.rfind(b"\n", 0, at) + 1
        if at - start > 64:  # a marker stands at the beginning of its line; elsewhere it is only quoted
            continue
        line += log.count(b"\n", counted, start)
        counted = start
        stop = log.find(b"\n", at)
        stop = len(log) if stop < 0 else stop + 1
        text = clean(log[start : min(stop, start + 400)], line)
        if text.text.startswith(literal.decode()):
            yield _Mark(kind, text.text.removeprefix("##[group]"), text.at, start, stop, line)


def _section_of(job: CheckedJob, step: StepResult, marks: Sequence[_Mark]) -> Section | None:
    """The step's own lines, or None where times or markers do not tell."""
    log = job.log or b""
    if step.started_at is None:
        return None
    begin = _stamp(step.started_at)
    until = _stamp(step.completed_at) if step.completed_at else "9999"
    own = [mark for mark in marks if mark.kind == "run" and begin <= mark.at <= until]
    first = None if is_runner_step(step) else _first_mark(job.steps, step, own, begin)
    if first is not None:
        start, line = first.start, first.line
    else:
        found = _first_line_at(log, begin, until)
        if found is None:
            return None
        start, line = found
    return Section(start, _end(log, marks, start, until, is_runner_step(step)), line, step)


def _first_mark(steps: Sequence[StepResult], step: StepResult, own: Sequence[_Mark], begin: str) -> _Mark | None:
    """The marker the step began with. Steps that started in the same second before it took one marker each."""
    named = [mark for mark in own if mark.label == step.name]
    if len(named) == 1:
        return named[0]
    earlier = [
        other
        for other in steps
        if other.number < step.number and other.started_at and _stamp(other.started_at) == begin
    ]
    taken = sum(1 for other in earlier if other.conclusion != "skipped" and not is_runner_step(other))
    same_second = [mark for mark in own if mark.at == begin]
    if taken and taken < len(same_second):
        return same_second[taken]
    later = [mark for mark in own if mark.at > begin]
    if taken and later:
        return later[0]
    return own[0] if own else None


def _end(log: bytes, marks: Sequence[_Mark], start: int, until: str, runner_step: bool) -> int:
    """Where the step stops: after its last error, before the next step or the runner's cleaning up."""
    end, last_error, seen_first = len(log), 0, False
    for mark in marks:
        if mark.start < start:
            continue
        if mark.at > until or (mark.kind == "post" and not runner_step):
            end = mark.start
            break
        if mark.kind == "run" and last_error and seen_first:
            end = mark.start
            break
        seen_first = True
        if mark.kind == "error":
            last_error = mark.end
    return last_error or end


def _first_line_at(log: bytes, begin: str, until: str) -> tuple[int, int] | None:
    """Byte offset and number of the first line written from `begin` to `until`."""
    start, number = 0, 1
    while start < len(log):
        at = clean(log[start : start + 64].split(b"\n", 1)[0], number).at
        if begin <= at <= until:
            return start, number
        stop = log.find(b"\n", start)
        if stop < 0 or at > until:
            return None
        start, number = stop + 1, number + 1
    return None


def _by_errors(log: bytes, marks: Sequence[_Mark]) -> tuple[Section, ...]:
    """Parts that end in an error marker; the whole log up to the cleaning up where there is no such marker."""
    found: list[Section] = []
    start, line, last_error = 0, 1, 0
    for mark in marks:
        if mark.kind == "error":
            last_error = mark.end
            continue
        if last_error:
            found.append(Section(start, last_error, line, None))
            last_error = 0
        if mark.kind == "run":
            start, line = mark.start, mark.line
    if last_error:
        found.append(Section(start, last_error, line, None))
    if found:
        return tuple(found)
    post = next((mark.start for mark in marks if mark.kind == "post"), len(log))
    return (Section(0, post or len(log), 1, None),)


def _stamp(when: datetime) -> str:
    aware = when if when.tzinfo else when.replace(tzinfo=UTC)
    return aware.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
